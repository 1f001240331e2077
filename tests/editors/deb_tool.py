"""Unpack a program of a newer Debian release with all it needs, its libc included, into a folder of its own.

The system is only read: apt gets its own lists, cache and status, and no hook of the system's configuration runs. The
mirror is the one of the machine's own apt sources; packages are checked against Debian's keyring. What is unpacked is
kept in `cache_folder()`, so that the next call returns at once.

By hand, to fill the cache: `python tests/editors/deb_tool.py neovim`.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SUITE = "trixie"
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_TIMEOUT = 300
# Hooks of the system's apt configuration, some of which remove the system's own cached packages.
_HOOKS = ("APT::Update", "APT::Install", "DPkg")
_HOOK_KINDS = ("Pre-Invoke", "Post-Invoke", "Post-Invoke-Success", "Pre-Install-Pkgs")


class DebError(Exception):
    """A package is not available; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """A folder that packages were unpacked into, as if it were the root of a system."""

    root: Path

    def command(self, program: str) -> list[str]:
        """The command that runs a program such as `usr/bin/nvim` with its own loader and libraries.

        They are named on the command line and not in the environment, so that child processes get the system's.
        """
        loader = next(self.root.glob("usr/lib/*-linux-*/ld-linux*.so.*"), None)
        path = self.root / program
        if loader is None or not path.is_file():
            raise DebError(f"{self.root} has no libc or no {program}: remove it and run again")
        return [str(loader), "--library-path", str(loader.parent), "--argv0", str(path), str(path)]


def cache_folder() -> Path:
    """The folder of unpacked programs, which later runs use again."""
    if own := os.environ.get("LAYERG_PIN_TEST_CACHE"):
        return Path(own).absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "layerg-pin-tests"


def unpacked(package: str, *more: str, suite: str = SUITE) -> Prefix:
    """The packages of that suite and everything that they depend on; the first names the folder. Raises DebError."""
    target = cache_folder() / f"{package}-{suite}-{platform.machine()}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with locked(target):
        if not target.is_dir():
            with tempfile.TemporaryDirectory(prefix=f"{package}-", dir=target.parent) as scratch:
                _unpack((package, *more), suite, Path(scratch)).rename(target)
    return Prefix(target)


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Hold the lock of a file or folder that several processes may need, but only one may create."""
    import fcntl  # not on Windows, where no test uses Debian's packages

    with target.with_name(f"{target.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def own_suite() -> str:
    """The suite of this machine's own release, whose programs run with its libc."""
    return _os_release().get("VERSION_CODENAME", "")


def _unpack(packages: Sequence[str], suite: str, scratch: Path) -> Path:
    package = packages[0]
    for tool in ("apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            raise DebError(f"{package} can only be unpacked on Debian: there is no {tool} here")
    if _os_release().get("ID") != "debian":
        raise DebError(f"{package} can only be unpacked on Debian, and this is {_os_release().get('ID', 'unknown')}")
    if not _KEYRING.is_file():
        raise DebError(f"there is no {_KEYRING}: apt-get install debian-archive-keyring")
    apt = _apt(_mirror(), suite, scratch)
    _run([*apt, "--error-on=any", "update"], f"apt cannot read the list of {suite}")
    _run([*apt, "--yes", "--download-only", "install", *packages], f"apt cannot download {package} of {suite}")
    root = scratch / "root"
    for archive in sorted((scratch / "cache" / "archives").glob("*.deb")):
        _run(["dpkg-deb", "--extract", str(archive), str(root)], f"{archive.name} cannot be unpacked")
    return root


def _apt(mirror: str, suite: str, scratch: Path) -> list[str]:
    """apt-get with a state of its own, in which nothing is installed, so that it downloads all dependencies."""
    for folder in ("etc", "log", "state/lists/partial", "cache/archives/partial"):
        (scratch / folder).mkdir(parents=True)
    (scratch / "state" / "status").touch()
    (scratch / "etc" / "sources.list").write_text(f"deb [signed-by={_KEYRING}] {mirror} {suite} main\n")
    clear = "".join(f"#clear {hook}::{kind};\n" for hook in _HOOKS for kind in _HOOK_KINDS)
    (scratch / "etc" / "apt.conf").write_text(clear)
    options = {
        "Dir::Etc::sourcelist": scratch / "etc" / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::State": scratch / "state",
        "Dir::State::lists": scratch / "state" / "lists",
        "Dir::State::status": scratch / "state" / "status",
        "Dir::Cache": scratch / "cache",
        "Dir::Cache::archives": scratch / "cache" / "archives",
        "Dir::Log": scratch / "log",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
        "Acquire::Retries": "2",
        "Acquire::http::Timeout": "20",
        "Acquire::https::Timeout": "20",
    }
    settings = (word for key, value in options.items() for word in ("-o", f"{key}={value}"))
    return ["apt-get", "-q=2", f"--config-file={scratch / 'etc' / 'apt.conf'}", *settings]


def _mirror() -> str:
    """The archive that this machine's own release comes from."""
    release = _os_release().get("VERSION_CODENAME", "")
    listed = _run(
        ["apt-get", "indextargets", "--format", "$(RELEASE) $(COMPONENT) $(REPO_URI)", "Created-By: Packages"],
        "apt cannot read this machine's sources",
    )
    rows = (line.split(" ", 2) for line in listed.splitlines())
    found = [uri for suite, component, uri in rows if component == "main" and suite in (release, "stable", "testing")]
    # Others, too, name their suites after Debian's releases; only the archive itself is called so by every mirror.
    found.sort(key=lambda uri: not uri.rstrip("/").endswith("/debian"))
    if not found:
        raise DebError(f"the apt sources of this machine name no archive of Debian {release} (main)")
    return found[0]


def _os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def _run(command: Sequence[str], failure: str) -> str:
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TIMEOUT
        )
    except subprocess.TimeoutExpired:
        raise DebError(f"{failure}: no end within {_TIMEOUT} seconds") from None
    if done.returncode:
        raise DebError(f"{failure} (no network?):\n{done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: deb_tool.py PACKAGE")
    try:
        sys.stdout.write(f"{unpacked(sys.argv[1]).root}\n")
    except DebError as error:
        sys.exit(str(error))
