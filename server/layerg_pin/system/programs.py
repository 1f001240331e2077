"""Finding a program on PATH without ever taking one from the working folder."""

from __future__ import annotations

import os
import sys


def find_program(name: str) -> str | None:
    """The absolute path of a program: of `name` itself where that is absolute, else of the first on PATH.

    Entries of PATH that are empty or relative name the working folder, which belongs to whoever wrote the workspace.
    They are skipped, as Go's own look-up refuses what they lead to (https://go.dev/blog/path-security), and so is
    Windows' habit of looking into the working folder first. A relative name with a folder in it is not found.
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
    """What the name of a program may lack: on Windows one of the endings in PATHEXT."""
    if sys.platform != "win32":
        return ("",)
    known = tuple(each for each in os.environ.get("PATHEXT", ".COM;.EXE;.BAT;.CMD").split(";") if each)
    return ("",) if path.lower().endswith(tuple(each.lower() for each in known)) else known
