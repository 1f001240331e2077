"""Locate the user's cache folder, and check that only the user can write to what is read from it."""

from __future__ import annotations

import os
import stat


def cache_folder(name: str) -> str | None:
    """The absolute path of the folder `name` in the user's cache folder for layerg-pin, whether or not it exists; None
    for a user without a home folder, which turns caches off.
    """
    from platformdirs import PlatformDirs  # imported here: the import is slow, and many commands need no cache

    is_named = os.path.isabs(os.environ.get("XDG_CACHE_HOME", ""))
    has_home = os.environ.get("HOME") != "" and os.path.isabs(os.path.expanduser("~"))
    if not is_named and not has_home:
        return None  # platformdirs would use the home folder of the user's account instead
    try:
        base = PlatformDirs("layerg-pin", appauthor=False, opinion=False).user_cache_dir
    except RuntimeError:
        return None
    return os.path.join(base, name) if os.path.isabs(base) else None


def is_own(found: os.stat_result) -> bool:
    """Whether a file belongs to this user."""
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


def is_own_folder(folder: str) -> bool:
    """Whether a folder belongs to this user and nobody else can write to it."""
    try:
        found = os.stat(folder, follow_symlinks=False)
    except (OSError, ValueError):
        return False
    others_write = os.name == "posix" and found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISDIR(found.st_mode) and is_own(found) and not others_write


def open_own(path: str) -> int:
    """A file descriptor of a regular file of this user, opened for reading without following a link. Raises OSError."""
    handle = os.open(
        path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    found = os.fstat(handle)
    if stat.S_ISREG(found.st_mode) and is_own(found):
        return handle
    os.close(handle)
    raise PermissionError(f"{path} is not a regular file of this user")
