"""Removing what an earlier run left behind when it was killed: scratch folders and half-written files."""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from itertools import islice

SIBLING_PREFIX = ".layerg-pin-"
"""How the name of a file begins that is written beside another, which it then replaces."""
SCRATCH_PREFIX = "layerg-pin-"
"""How the name of a folder for copies begins, in the system's folder for temporary files."""
_MIN_AGE = 24 * 60 * 60
"""In seconds. No run takes as long, see the setting goTimeout."""
_MAX_ENTRIES = 20_000
"""Of a folder: more are not looked at."""


def remove_leftovers(folder: str, prefix: str) -> None:
    """Remove the files and folders in `folder` whose names begin with `prefix`, that are the user's own and that
    nobody has written to for a day. Links are not followed, and what cannot be removed stays.
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
        import shutil  # late: it loads three compression libraries, and leftovers are rare

        shutil.rmtree(path, ignore_errors=True)
    elif stat.S_ISREG(found.st_mode):
        os.unlink(path)
