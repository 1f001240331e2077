"""Get real VS Code workbenches: the `code-server` of the npm registry, which is VS Code with its extension host.

What is installed is kept in `cache_folder()`. Chromium shows the workbench; it comes from Debian's packages.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.editors.deb_tool import cache_folder, locked

_TIMEOUT = 400
_NODE = "24.21.0"
_ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64"}
_PACKAGES = {"chromium": "chromium", "rg": "ripgrep"}
"""A program, and the Debian package that has it. Old workbenches search with the system's ripgrep."""


class NoVSCode(Exception):
    """There is no VS Code to test with; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release of VS Code, and what it needs to be installed."""

    name: str
    code_server: str
    own_node: bool
    """Whether it needs a newer Node.js than this repository does."""
    native: tuple[str, ...]
    """Packages with native parts that are to be built: they watch over processes, write logs, and run tasks."""


NEWEST = Release("newest", "4.139.1", True, ("@vscode/native-watchdog", "@vscode/spdlog"))
OLDEST = Release("oldest", "4.100.3", False, ("native-watchdog", "@vscode/spdlog", "node-pty"))
"""VS Code 1.100, which package.json names as the oldest."""


@dataclass(frozen=True, slots=True)
class VSCode:
    """How to start a VS Code."""

    release: Release
    node: str
    entry: str


def installed(release: Release) -> VSCode:
    """Get a release from the cache or the npm registry. Raises NoVSCode."""
    machine = _ARCHITECTURES.get(platform.machine())
    if platform.system() != "Linux" or machine is None:
        raise NoVSCode(f"VS Code is tested on Linux, x86-64 or arm64, and this is {platform.platform()}")
    for program in ("node", "npm", "g++", "make"):
        if not shutil.which(program):
            raise NoVSCode(
                f"there is no {program} on PATH: VS Code is installed with Node.js 20, npm and a C++ compiler"
            )
    target = cache_folder() / f"vscode-{release.code_server}-{platform.machine()}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with locked(target.with_name("system-packages")):
        system_packages()
    with locked(target):
        complete = target / "complete"
        if not complete.is_file() or complete.read_text() != str(release):
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()
            _install(release, target, machine)
            complete.write_text(str(release))
    node = str(target / "node" / "bin" / "node") if release.own_node else shutil.which("node") or "node"
    return VSCode(release, node, str(target / "node_modules" / "code-server" / "out" / "node" / "entry.js"))


def system_packages() -> None:
    """Install what the system lacks. Raises NoVSCode."""
    missing = [package for program, package in _PACKAGES.items() if not shutil.which(program)]
    if not missing:
        return
    wanted = f"apt-get install --no-install-recommends {' '.join(missing)}"
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise NoVSCode(f"{' and '.join(missing)} are needed, and only root can install them: {wanted}")
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    _run(("apt-get", "-q=2", "update"), Path("/"), env, "apt cannot read its lists")
    fonts = "fonts-dejavu-core"
    _run(("apt-get", "-q=2", "--yes", *wanted.split()[1:], fonts), Path("/"), env, f"{wanted} fails")


def _install(release: Release, target: Path, machine: str) -> None:
    (target / "package.json").write_text('{"private": true}\n')
    env: dict[str, str] = {}
    if release.own_node:
        _npm(target, env, "install", f"node-linux-{machine}@{_NODE}")
        # Outside of node_modules, where the next install would remove it.
        (target / "node_modules" / f"node-linux-{machine}").rename(target / "node")
        env = {
            "PATH": f"{target / 'node' / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "npm_config_nodedir": str(target / "node"),
        }
    _npm(target, env, "install", f"code-server@{release.code_server}")
    server = target / "node_modules" / "code-server"
    workbench = server / "lib" / "vscode"
    # Not `npm ci`: the shrinkwrap files do not agree with their package.json.
    _npm(workbench, env, "install", "--omit=dev")
    _npm(workbench / "extensions", env, "install", "--omit=dev")
    if release is OLDEST:
        _npm(target, env, "rebuild", "argon2", scripts=True)
        # This script would run after node-pty is built, and download a program that describes the build for editors.
        (workbench / "node_modules" / "node-pty" / "scripts" / "post-install.js").write_text("")
        ripgrep = workbench / "node_modules" / "@vscode" / "ripgrep" / "bin"
        ripgrep.mkdir(parents=True, exist_ok=True)
        (ripgrep / "rg").symlink_to(shutil.which("rg") or "/usr/bin/rg")
    _npm(workbench, env, "rebuild", *release.native, scripts=True)


def _npm(folder: Path, env: Mapping[str, str], *arguments: str, scripts: bool = False) -> None:
    # Scripts that download programs would fail, so only the named packages run theirs.
    kept = () if scripts else ("--no-save", "--ignore-scripts", "--no-audit", "--no-fund")
    _run(
        ("npm", *arguments, *kept), folder, env, f"VS Code cannot be installed (no network?): npm {' '.join(arguments)}"
    )


def _run(command: Sequence[str], folder: Path, env: Mapping[str, str], failure: str) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise NoVSCode(f"{failure}: no end within {_TIMEOUT} seconds") from None
    if done.returncode:
        raise NoVSCode(f"{failure}:\n{(done.stderr.strip() or done.stdout.strip())[-3000:]}")
