"""Relate absolute paths of this machine, in the style of either system, so that all files are written with `/`."""

from __future__ import annotations

import ntpath
import posixpath
import re

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
"""The beginning of an absolute path on Windows: a drive, or the name of another machine."""


def slashed(path: str) -> str:
    """An absolute path with `/`; in a path of a POSIX system, `\\` is a character of a name."""
    return path.replace("\\", "/") if _WINDOWS.match(path) else path


def relative_path(path: str, folder: str) -> str:
    """`path` relative to `folder`, with `/`; the absolute path, if there is no relative one: on another drive."""
    if not _WINDOWS.match(path):
        return posixpath.relpath(path, folder)
    try:
        return ntpath.relpath(path, folder).replace("\\", "/")
    except ValueError:
        return slashed(path)


def parent_folder(path: str) -> str:
    """The folder of an absolute path, with `/`."""
    return posixpath.dirname(slashed(path))


def joined(folder: str, path: str) -> str:
    """The absolute path of `path`, which may be relative to the absolute `folder`, with `/` and an upper-case drive."""
    if not _WINDOWS.match(folder):
        return posixpath.normpath(posixpath.join(folder, path))
    found = slashed(ntpath.normpath(ntpath.join(folder, path)))
    return found[0].upper() + found[1:]


def has_drive(path: str) -> bool:
    """Whether a path of Windows begins with a drive."""
    return path[1:2] == ":"
