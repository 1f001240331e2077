"""Read and rename files that other programs use at the same time, which Windows restricts."""

from __future__ import annotations

import os
import sys
import time

_GENERIC_READ, _OPEN_EXISTING = 0x80000000, 3
_SHARE_ALL = 0x7
"""FILE_SHARE_READ, FILE_SHARE_WRITE and FILE_SHARE_DELETE; Python's `open` omits the last."""
_IN_USE = (5, 32)
"""ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION."""
_LONGEST_PAUSE = 0.6
"""In seconds. All pauses together take twice as long."""


def open_shared(path: str | os.PathLike[str]) -> int:
    """Open a file for reading; returns its descriptor. Meanwhile other programs, such as editors and Git, can replace
    or delete the file. Raises OSError, or ValueError for an invalid path.
    """
    if sys.platform == "win32":
        import _winapi
        import msvcrt

        handle = _winapi.CreateFile(os.fspath(path), _GENERIC_READ, _SHARE_ALL, 0, _OPEN_EXISTING, 0, 0)
        return msvcrt.open_osfhandle(handle, os.O_RDONLY | os.O_BINARY)
    return os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # if the path now leads to a pipe, opening it must not block


def replace_shared(source: str, target: str) -> None:
    """Rename a file or folder, as `os.replace` does. Raises OSError.

    On Windows, this waits for up to about a second while another program uses one of them, as Go does
    (cmd/go/internal/robustio).
    """
    pause = 0.001
    while True:
        try:
            return os.replace(source, target)
        except OSError as error:
            if getattr(error, "winerror", None) not in _IN_USE or pause > _LONGEST_PAUSE:
                raise
        time.sleep(pause)
        pause *= 2
