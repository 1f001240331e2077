"""Read untrusted files within limits.

Files are read in pieces on demand and never mapped: a build that overwrites a mapped file would end this process with
SIGBUS, which cannot be caught.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO

from layerg_pin.system.shared_files import open_shared

MAX_PIECE = 64 << 20
"""Limit on the bytes in memory at once. The largest table of a 100 MB host takes less than a tenth of it."""
_MAX_TOTAL = 512 << 20
"""Limit on the bytes read from one file, which bounds the time. A tenth of a 60 MB host is read."""
_STEP = 1 << 20


class BinaryError(Exception):
    """A file is not a readable Go binary. The message names it and gives cause and remedy, without a final dot."""

    def __init__(self, message: str, *, refusal: str = "", fatal: str = "") -> None:
        super().__init__(message)
        self.refusal = refusal
        """The error of plugin.Open for such a file, in the words of glibc's loader; empty if unknown."""
        self.fatal = fatal
        """How plugin.Open ends the host instead, if it does."""


class Reader:
    """A regular file of known size."""

    def __init__(self, path: str, file: FileIO, size: int) -> None:
        self.path = path
        self.size = size
        self._file = file
        self._left = _MAX_TOTAL

    def at(self, offset: int, length: int, what: str) -> bytes:
        """Read `length` bytes at `offset`; `what` names them in errors. Raises BinaryError if the file has no such
        bytes.
        """
        if length > MAX_PIECE:
            raise BinaryError(
                f"{self.path} is damaged: its {what} would take {length >> 20} MiB, more than in any Go binary; "
                "build it again"
            )
        if offset < 0 or length < 0 or offset + length > self.size:
            raise BinaryError(
                f"{self.path} is truncated or damaged: its {what} would lie outside the file; copy or build it again"
            )
        self._left -= length
        if self._left < 0:
            raise BinaryError(f"{self.path} is damaged: it refers to the same parts again and again; build it again")
        try:
            self._file.seek(offset)
            found = self._file.read(length)
        except (OSError, ValueError) as error:
            raise BinaryError(f"{self.path} cannot be read: {reason(error)}") from None
        if len(found) != length:
            raise BinaryError(f"{self.path} changed while it was read: its {what} are gone; try again")
        return found

    def pieces(self, offset: int, length: int, step: int, what: str) -> Iterator[bytes]:
        """Read a range in pieces of about a MiB whose lengths are multiples of `step`."""
        size = max(_STEP // step, 1) * step
        for start in range(offset, offset + length, size):
            yield self.at(start, min(size, offset + length - start), what)

    def find(self, needle: bytes, offset: int, length: int) -> Iterator[int]:
        """The offsets of a byte string in a range of the file."""
        keep = len(needle) - 1
        before, start = b"", offset
        for piece in self.pieces(offset, length, 1, "data"):
            text = before + piece
            at = text.find(needle)
            while at >= 0:
                yield start - len(before) + at
                at = text.find(needle, at + 1)
            before, start = text[-keep:], start + len(piece)


@contextmanager
def open_reader(path: str) -> Iterator[Reader]:
    """Open a file for reading. Raises BinaryError if it is not a regular file, so that reading cannot block."""
    try:
        _check_regular(path, os.stat(path).st_mode)  # before opening, which can have effects on a device
        handle = open_shared(path)
        with open(handle, "rb", buffering=0) as file:
            found = os.fstat(handle)
            _check_regular(path, found.st_mode)
            yield Reader(path, file, found.st_size)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        missing = isinstance(error, FileNotFoundError)
        refusal = "realpath failed" if missing else ""
        raise BinaryError(f"{path} cannot be read: {reason(error)}", refusal=refusal) from None


def _check_regular(path: str, mode: int) -> None:
    if not stat.S_ISREG(mode):
        folder = stat.S_ISDIR(mode)
        what = "a folder" if folder else "not a regular file"
        refusal = "cannot read file data: Is a directory" if folder else ""
        raise BinaryError(f"{path} is {what}: pass the file that `go build` wrote", refusal=refusal)


def reason(error: OSError | ValueError) -> str:
    """The system's error message, without number and file name."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
