"""Read parts of files, and what is compressed in them, as seekable streams within limits of time and size.

All streams are read in pieces on demand; nothing is unpacked to disk.
"""

from __future__ import annotations

import gzip
import importlib
import os
import stat
import time
import zlib
from io import FileIO, RawIOBase
from typing import IO, Any, Protocol

from layerg_pin.system.text_files import FileError

MAX_SECONDS = 120.0
"""Limit on the time to read one image."""
MAX_BYTES = 16 << 30
"""Limit on the bytes that are read and unpacked of one image."""
MAX_ENTRIES = 300_000
"""Limit on the files and folders in all layers of an image, including folders that have no entry of their own."""
MAX_PATHS = 32 << 20
"""Limit on the characters of the paths and links in all layers. 300,000 files of a Linux system have about as many."""
PIECE = 1 << 20
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_OTHERS = {b"\xfd7zXZ\x00": "xz", b"BZh": "bzip2"}
_MAX_WINDOW = 27
"""The logarithm of the largest window of zstd, 128 MiB: that of `zstd --ultra`, and libzstd's own limit."""
_ZSTD_MODULES = ("compression.zstd", "backports.zstd")
"""In Python since 3.14, and the same for older ones."""
_NO_ZSTD = (
    "is compressed with zstd, which this Python cannot read: install layerg-pin with `pip install 'layerg-pin[zstd]'` "
    "or for Python 3.14, or convert the image with "
    "`skopeo copy --dest-compress-format gzip oci:DIR dir:OTHER` or `docker save`"
)


class ImageError(FileError):
    """An image cannot be used. The message gives the cause, without a final dot."""


class Budget:
    """The remaining limits on one image."""

    def __init__(self) -> None:
        self._deadline = time.monotonic() + MAX_SECONDS
        self._left = MAX_BYTES
        self._entries, self._characters = MAX_ENTRIES, MAX_PATHS

    def spend(self, number: int) -> None:
        """Count bytes that are read. Raises ImageError if that exceeds a limit."""
        self._left -= number
        if self._left < 0:
            raise ImageError(f"it is larger than {MAX_BYTES >> 30} GiB")
        if time.monotonic() > self._deadline:
            raise ImageError(f"reading it took longer than {MAX_SECONDS:g} seconds")

    def add_entry(self, characters: int = 0) -> None:
        """Count a file or folder, with the characters of its path. Raises ImageError if that exceeds a limit."""
        self._entries -= 1
        self._characters -= characters
        if self._entries < 0:
            raise ImageError(f"it contains more than {MAX_ENTRIES:,} files and folders")
        if self._characters < 0:
            raise ImageError(f"the paths of its files have more than {MAX_PATHS >> 20} million characters together")


class Readable(Protocol):
    """A seekable stream of bytes."""

    def read(self, size: int = -1, /) -> bytes | None:
        """The next bytes."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move to an offset from the start."""


class _Reader(RawIOBase):
    """A stream that can be read and seeked."""

    _at = 0
    """The offset in bytes."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at


class Window(_Reader):
    """A part of a stream as a stream of its own."""

    def __init__(self, stream: Readable, offset: int, size: int, budget: Budget) -> None:
        super().__init__()
        self._stream, self._offset, self.size, self._budget = stream, offset, size, budget

    @property
    def order(self) -> int:
        """A key that sorts the parts of one file by their place in it."""
        return self._offset + (self._stream.order if isinstance(self._stream, Window) else 0)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move to an offset."""
        self._at = offset + (self._at if whence == os.SEEK_CUR else self.size if whence == os.SEEK_END else 0)
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        number = max(0, min(len(buffer), self.size - self._at, PIECE))
        if not number:
            return 0
        self._budget.spend(number)
        self._stream.seek(self._offset + self._at)
        found = self._stream.read(number) or b""
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)


class Unpacked(_Reader):
    """The content of a compressed stream. Seeking back starts again, so read it forwards."""

    def __init__(self, packed: Window, budget: Budget) -> None:
        super().__init__()
        self._packed, self._budget = packed, budget
        self._content = _unpacker(packed)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Only offsets from the start are supported."""
        if offset < self._at:
            self._packed.seek(0)
            self._content, self._at = _unpacker(self._packed), 0
        while self._at < offset and self._next(min(PIECE, offset - self._at)):
            pass
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        found = self._next(min(len(buffer), PIECE))
        buffer[: len(found)] = found
        return len(found)

    def _next(self, number: int) -> bytes:
        try:
            found: bytes = self._content.read(number)
        except _damage() as error:
            raise ImageError(f"it is damaged, or not downloaded to its end: {error}") from None
        self._budget.spend(len(found))
        self._at += len(found)
        return found


def unpacked(part: Window, budget: Budget) -> Window | Unpacked:
    """The content of a stream, which may be compressed with gzip or zstd. Raises ImageError."""
    part.seek(0)
    start = part.read(6) or b""
    part.seek(0)
    for magic, name in _OTHERS.items():
        if start.startswith(magic):
            raise ImageError(f"it is compressed with {name}, which is not read: unpack it with `{name} -d` first")
    return Unpacked(part, budget) if start.startswith((_GZIP, _ZSTD)) else part


def read_exactly(stream: Readable, size: int) -> bytes:
    """Read `size` bytes, or fewer at the end of the stream."""
    parts = []
    while size and (found := stream.read(min(size, PIECE))):
        parts.append(found)
        size -= len(found)
    return b"".join(parts)


def open_regular(path: str) -> IO[bytes]:
    """Open a regular file for reading; raises ImageError for anything else, so that reading cannot block."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ImageError(f"{path} is not a regular file")
        # If the file was replaced by a pipe in the meantime, O_NONBLOCK keeps the call from blocking.
        stream = FileIO(os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)))
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            stream.close()
            raise ImageError(f"{path} is not a regular file")
        return stream
    except (OSError, ValueError) as error:
        raise ImageError(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def _unpacker(packed: Window) -> Any:
    """A stream of the content of a compressed stream at its start. Raises ImageError without zstd."""
    is_zstd = (packed.read(4) or b"") == _ZSTD
    packed.seek(0)
    if not is_zstd:
        return gzip.GzipFile(fileobj=packed, mode="rb")
    zstd = _zstd()
    if zstd is None:
        raise ImageError(f"a part of it {_NO_ZSTD}")
    return zstd.ZstdFile(packed, options={zstd.DecompressionParameter.window_log_max: _MAX_WINDOW})


def _zstd() -> Any:
    """The module that reads zstd; None if this Python has none."""
    for name in _ZSTD_MODULES:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


def _damage() -> tuple[type[BaseException], ...]:
    """The errors of a compressed stream that is damaged or truncated."""
    zstd = _zstd()
    return (EOFError, OSError, ValueError, zlib.error, *((zstd.ZstdError,) if zstd else ()))
