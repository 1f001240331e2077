"""Bounded reading of files that nobody has checked.

Pieces are read when they are asked for, never mapped: a build that overwrites a mapped file would end this process with
SIGBUS, and nothing can catch that.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO

MAX_PIECE = 64 << 20
"""The most bytes that are held at once. The largest table of a host of 100 MB takes less than a tenth of it."""
_MAX_TOTAL = 512 << 20
"""The most bytes that are read of one file, which bounds the time: of a host of 60 MB a tenth of it is read."""
_STEP = 1 << 20


class BinaryError(Exception):
    """A file that is no Go binary that can be read; the text names it, and says why and what to do, without a dot."""

    def __init__(self, message: str, *, refusal: str = "", fatal: str = "") -> None:
        super().__init__(message)
        self.refusal = refusal
        """What plugin.Open reports of such a file, in the words of glibc's loader; empty if that is not known."""
        self.fatal = fatal
        """How plugin.Open ends the host instead, if it does."""


class Reader:
    """A regular file of a known size."""

    def __init__(self, path: str, file: FileIO, size: int) -> None:
        self.path = path
        self.size = size
        self._file = file
        self._left = _MAX_TOTAL

    def at(self, offset: int, length: int, what: str) -> bytes:
        """`length` bytes from `offset`, which are `what`. Raises BinaryError where the file does not hold them."""
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
            raise BinaryError(f"{self.path} is damaged: its parts overlap without end; build it again")
        try:
            self._file.seek(offset)
            found = self._file.read(length)
        except (OSError, ValueError) as error:
            raise BinaryError(f"{self.path} cannot be read: {reason(error)}") from None
        if len(found) != length:
            raise BinaryError(f"{self.path} changed while it was read: its {what} are gone; try again")
        return found

    def pieces(self, offset: int, length: int, step: int, what: str) -> Iterator[bytes]:
        """The same in pieces of about a MiB whose lengths are multiples of `step`."""
        size = max(_STEP // step, 1) * step
        for start in range(offset, offset + length, size):
            yield self.at(start, min(size, offset + length - start), what)

    def find(self, needle: bytes, offset: int, length: int) -> Iterator[int]:
        """Where in a range of the file a few bytes stand."""
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
def opened(path: str) -> Iterator[Reader]:
    """A file to read. Raises BinaryError where it is none; what hangs or never ends is not opened."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # before opening: a pipe would wait for its other end
            folder = os.path.isdir(path)
            what = "a folder" if folder else "not a regular file"
            refusal = "cannot read file data: Is a directory" if folder else ""
            raise BinaryError(f"{path} is {what}: pass the file that `go build` wrote", refusal=refusal)
        with open(path, "rb", buffering=0) as file:
            yield Reader(path, file, os.fstat(file.fileno()).st_size)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        missing = isinstance(error, FileNotFoundError)
        refusal = "realpath failed" if missing else ""
        raise BinaryError(f"{path} cannot be read: {reason(error)}", refusal=refusal) from None


def reason(error: OSError | ValueError) -> str:
    """What the system says, without numbers and names."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
