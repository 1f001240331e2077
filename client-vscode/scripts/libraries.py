"""Put the server and the libraries that it needs into bundled/libs, the same files wherever and whenever it is run."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CLIENT = Path(__file__).resolve().parent.parent
LIBRARIES = CLIENT / "bundled" / "libs"
# The wheels for Linux: watchdog's contains no compiled files, and the Python code is the same for all systems.
_TARGET = ("--python-version", "3.11", "--python-platform", "x86_64-manylinux2014", "--only-binary", ":all:")
# What an installer notes for itself, with paths and times of this machine.
_NOTES = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json")
# PyYAML's optional binding to libyaml. The server uses only PyYAML's pure Python parser.
_COMPILED = ("_yaml", "yaml/_yaml*.so")
_FOR_TYPE_CHECKERS = ("*.pyi", "py.typed")


def main() -> None:
    shutil.rmtree(LIBRARIES, ignore_errors=True)
    locked = ("--no-deps", "--require-hashes", "--requirement", str(CLIENT / "requirements.txt"))
    _install(*_TARGET, *locked)
    with tempfile.TemporaryDirectory() as folder:
        _run("hatchling", "build", "--target", "wheel", "--directory", folder, cwd=CLIENT.parent)
        _install("--no-deps", *map(str, Path(folder).glob("*.whl")))
    _prune()


def _install(*arguments: str) -> None:
    # Copied: a link into uv's cache would carry the cache's own permissions.
    _run("uv", "pip", "install", "--quiet", "--link-mode", "copy", "--target", str(LIBRARIES), *arguments)


def _prune() -> None:
    shutil.rmtree(LIBRARIES / "bin", ignore_errors=True)
    (LIBRARIES / ".lock").unlink(missing_ok=True)
    for pattern in _COMPILED:
        for path in LIBRARIES.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for folder in LIBRARIES.rglob("__pycache__"):
        shutil.rmtree(folder)
    for pattern in _FOR_TYPE_CHECKERS:
        for path in LIBRARIES.rglob(pattern):
            path.unlink()
    for info in LIBRARIES.glob("*.dist-info"):
        for name in _NOTES:
            (info / name).unlink(missing_ok=True)
    for path in LIBRARIES.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _run(program: str, *arguments: str, cwd: Path = CLIENT) -> None:
    command = (str(Path(sys.executable).with_name(program)), *arguments)
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
