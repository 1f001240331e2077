"""Read the lines of a log that may still be written, grouped by the pauses of its writer."""

from __future__ import annotations

import select
import sys
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterator
from io import FileIO

_READ_SIZE = 64 * 1024
"""Size of one read, in bytes."""
_MAX_LINE = 1024 * 1024
"""In characters. The rest of a longer line becomes the next line."""
_PAUSE = 0.5
"""In seconds. A log has paused if no text arrives for this long."""


class LogFile:
    """The lines of an unbuffered stream of arbitrary bytes, in UTF-8 or UTF-16."""

    def __init__(self, stream: FileIO) -> None:
        """Reads the start of the stream. Raises OSError, as do the methods."""
        self._stream = stream
        self._chunk = stream.read(_READ_SIZE)
        self.begin = self._chunk[:4]
        """The first four bytes, or fewer if the stream is shorter."""
        utf16 = self.begin[:2] in (BOM_UTF16_LE, BOM_UTF16_BE)  # PowerShell writes UTF-16
        self._decoder = getincrementaldecoder("utf-16" if utf16 else "utf-8")("replace")
        self._line: list[str] = []
        """The pieces of a line whose end was not read yet."""
        self._size = 0

    def parts(self) -> Iterator[Iterator[str]]:
        """The lines without their line ends, in groups. Each group must be consumed before the next one."""
        yield self._part()
        while self._chunk:
            self._chunk = self._stream.read(_READ_SIZE)
            yield self._part()

    def _part(self) -> Iterator[str]:
        while True:
            chunk = self._chunk
            *ends, rest = self._decoder.decode(chunk, final=not chunk).split("\n")
            for end in ends:
                yield self._ended(end)
            self._line.append(rest)
            self._size += len(rest)
            if self._size > _MAX_LINE or (not chunk and self._size):
                yield self._ended("")
            if not chunk or not self._continues():
                return
            self._chunk = self._stream.read(_READ_SIZE)

    def _ended(self, end: str) -> str:
        line = "".join((*self._line, end))
        self._line, self._size = [], 0
        return line

    def _continues(self) -> bool:
        """Whether more text, or the end of the stream, arrives without a pause."""
        if sys.platform == "win32":  # select supports only sockets on Windows
            return len(self._chunk) == _READ_SIZE
        return bool(select.select([self._stream], [], [], _PAUSE)[0])
