"""Find a program on PATH, but never in the working folder."""

from __future__ import annotations

import os
import sys


def find_program(name: str) -> str | None:
    """The absolute path of a program: `name` itself if it is absolute, otherwise the first match on PATH; or None.

    Empty or relative entries of PATH mean the working folder, which the author of a workspace controls. They are
    skipped, as in Go's os/exec (https://go.dev/blog/path-security), and so is Windows' search of the working folder. A
    relative name that contains a folder is not found.
    """
    if os.path.isabs(name):
        return _executable(name)
    if os.path.dirname(name) or not name:
        return None
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    found = (_executable(os.path.join(folder, name)) for folder in folders if os.path.isabs(folder))
    return next((each for each in found if each), None)


def _executable(path: str) -> str | None:
    for suffix in _suffixes(path):
        if os.path.isfile(path + suffix) and os.access(path + suffix, os.X_OK):
            return path + suffix
    return None


def _suffixes(path: str) -> tuple[str, ...]:
    """The suffixes to try for a program's name: on Windows those in PATHEXT."""
    if sys.platform != "win32":
        return ("",)
    known = tuple(each for each in os.environ.get("PATHEXT", ".COM;.EXE;.BAT;.CMD").split(";") if each)
    return ("",) if path.lower().endswith(tuple(each.lower() for each in known)) else known
