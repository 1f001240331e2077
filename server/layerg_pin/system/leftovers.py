"""Remove the scratch folders and half-written files of runs that were killed."""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from itertools import islice

SIBLING_PREFIX = ".layerg-pin-"
"""Name prefix of a file that is written beside another one, which it then replaces."""
SCRATCH_PREFIX = "layerg-pin-"
"""Name prefix of scratch folders in the system's temporary folder."""
_MIN_AGE = 24 * 60 * 60
"""In seconds. No run takes that long, see the setting goTimeout."""
_MAX_ENTRIES = 20_000
"""Limit on the number of a folder's entries that are examined."""


def remove_leftovers(folder: str, prefix: str) -> None:
    """Remove entries of `folder` whose names start with `prefix`, that belong to this user and were not modified for a
    day.

    Links are not followed. Entries that cannot be removed stay.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in islice(entries, _MAX_ENTRIES):
            if entry.name.startswith(prefix):
                with suppress(OSError):
                    _remove(entry.path, entry.stat(follow_symlinks=False))


def _remove(path: str, found: os.stat_result) -> None:
    if time.time() - found.st_mtime < _MIN_AGE or (hasattr(os, "geteuid") and found.st_uid != os.geteuid()):
        return
    if stat.S_ISDIR(found.st_mode):
        import shutil  # imported here: it loads three compression libraries, and leftovers are rare

        shutil.rmtree(path, ignore_errors=True)
    elif stat.S_ISREG(found.st_mode):
        os.unlink(path)
