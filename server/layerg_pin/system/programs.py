"""Find a program on PATH, but never in the working folder."""

from __future__ import annotations

import os
import sys

_PROGRAMS = (".com", ".exe")


def find_program(name: str) -> str | None:
    """The absolute path of a program: `name` itself if it is absolute, otherwise the first match on PATH; or None.

    Empty or relative entries of PATH mean the working folder, which the author of a workspace controls. They are
    skipped, as in Go's os/exec (https://go.dev/blog/path-security), and so is Windows' search of the working folder. A
    relative name that contains a folder is not found.
    """
    if _is_absolute(name):
        return _executable(name)
    if os.path.dirname(name) or not name:
        return None
    folders = (each.strip('"') for each in os.environ.get("PATH", os.defpath).split(os.pathsep))
    found = (_executable(os.path.join(folder, name)) for folder in folders if _is_absolute(folder))
    return next((each for each in found if each), None)


def _is_absolute(path: str) -> bool:
    """Whether a path is absolute: on Windows also by its drive, because `\\bin` is on that of the working folder."""
    return os.path.isabs(path) and (sys.platform != "win32" or os.path.splitdrive(path)[0] != "")


def _executable(path: str) -> str | None:
    for suffix in _suffixes(path):
        if os.path.isfile(path + suffix) and os.access(path + suffix, os.X_OK):
            return path + suffix
    return None


def _suffixes(path: str) -> tuple[str, ...]:
    """The suffixes to try for a program's name. On Windows, those in PATHEXT, but only the suffixes of programs: the
    arguments of a batch file are read by cmd, for which a name in a foreign workspace could contain commands.
    """
    if sys.platform != "win32":
        return ("",)
    known = [each for each in (os.environ.get("PATHEXT") or ".COM;.EXE").split(";") if each.lower() in _PROGRAMS]
    return ("",) if path.lower().endswith(_PROGRAMS) else tuple(known)
