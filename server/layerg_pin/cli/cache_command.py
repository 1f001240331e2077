"""`layerg-pin cache`: print the path of the cache folder, or remove what is cached."""

from __future__ import annotations

import argparse
import os
import shutil

from layerg_pin.cli.exit_codes import OK
from layerg_pin.core.text import count
from layerg_pin.system.cache_folder import cache_folder, is_own_folder
from layerg_pin.system.terminal import print_rows
from layerg_pin.system.text_files import FileError

_FOLDERS = ("go", "images")
"""Everything that layerg-pin caches."""


def run(options: argparse.Namespace) -> int:
    """Run a subcommand of `cache`; returns the exit code. Raises FileError."""
    folder = cache_folder("")
    if folder is None:
        raise FileError("there is no cache folder: set HOME or XDG_CACHE_HOME to a folder of yours")
    folder = folder.rstrip(os.sep)
    if options.subcommand == "dir":
        print_rows(folder)
        return OK
    removed = sum(_remove(os.path.join(folder, name)) for name in _FOLDERS)
    print_rows(f"removed {count(removed, 'file')} from {folder}")
    return OK


def _remove(folder: str) -> int:
    """Remove a folder of the cache; returns the number of its files. Raises FileError, also for a folder of others."""
    if not os.path.lexists(folder):
        return 0
    if not is_own_folder(folder):
        raise FileError(f"{folder} was not removed: others can write to it, or it is not yours")
    number = sum(len(files) for _, _, files in os.walk(folder))
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise FileError(f"{folder} cannot be removed: {error.strerror}", folder) from None
    return number
