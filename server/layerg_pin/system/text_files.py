"""Read and write text files without losing a byte."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader, FileIO

from layerg_pin.core.text import LineIndex
from layerg_pin.system.leftovers import SIBLING_PREFIX, remove_leftovers
from layerg_pin.system.shared_files import open_shared, replace_shared
from layerg_pin.system.terminal import print_detail

MAX_BYTES = 12 * 1024 * 1024
"""A single character beyond ASCII can make a text take four times its size, so that reading takes up to 60 MiB."""
_TAIL = 64 * 1024
"""In bytes: the size of each read beyond the initial size of a file."""
_LARGE = 8 * 1024 * 1024
_NOT_REGULAR = "it is a pipe or a device, not a file"


class FileError(Exception):
    """A file cannot be read or written. The message names the file and gives the reason, without a final dot.

    `path` is the file's path, if a single file is the cause.
    """

    def __init__(self, message: str, path: str | os.PathLike[str] | None = None) -> None:
        super().__init__(message)
        self.path = None if path is None else os.fspath(path)


def read_text(path: str | os.PathLike[str], limit: int = MAX_BYTES) -> str:
    """The text of a file of at most `limit` bytes. Bytes that are not UTF-8 become lone surrogates, which `write_text`
    converts back. Only regular files are read: a pipe could block, and a device need not end. Raises FileError.
    """
    with _opened(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > limit:
            raise FileError(f"{path} is larger than {_size(limit)}", path)
        content = _read(path, stream, size + 1)
        pieces, size = [content], len(content)
        while size <= limit and (more := stream.read(_TAIL)):  # it grew, or reports no size, as in /proc
            pieces.append(more)
            size += len(more)
    if size > limit:
        raise FileError(f"{path} is larger than {_size(limit)}", path)
    print_detail(f"read {path} ({size} bytes)")
    return b"".join(pieces).decode("utf-8", "surrogateescape")


def read_head(path: str | os.PathLike[str], limit: int) -> str:
    """The text at the start of a file, up to `limit` bytes; otherwise as `read_text`. Raises FileError."""
    with _opened(path) as stream:
        return _read(path, stream, limit).decode("utf-8", "surrogateescape")


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[BufferedReader]:
    """Open a regular file for reading. Raises FileError, also for errors while it is read."""
    try:
        _check_regular(path, os.stat(path))  # before opening, which can have effects on a device
        handle = open_shared(path)
        with open(handle, "rb") as stream:
            _check_regular(path, os.fstat(handle))
            yield stream
    except (OSError, ValueError) as error:  # ValueError: not a valid file name
        raise FileError(f"{path} cannot be read: {_reason(error)}", path) from error


def _check_regular(path: str | os.PathLike[str], found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = "it is a folder" if stat.S_ISDIR(found.st_mode) else _NOT_REGULAR
        raise FileError(f"{path} cannot be read: {kind}", path)


def _read(path: str | os.PathLike[str], stream: BufferedReader, size: int) -> bytes:
    content: bytes | None = stream.read(size)
    if content is None:  # a file that reports to be regular but has no data, such as /proc/kmsg
        raise FileError(f"{path} cannot be read: {_NOT_REGULAR}", path)
    return content


def read_text_or_empty(path: str) -> str:
    """The text of a file, as `read_text` returns it; empty if the file cannot be read."""
    try:
        return read_text(path)
    except FileError:
        return ""


def _size(number: int) -> str:
    return f"{number >> 20} MiB" if number >= 1 << 20 else f"{number >> 10} KiB"


def content_hash(path: str | os.PathLike[str]) -> int | None:
    """A hash of a file's content, or of the size and modification time of a large file; None if it cannot be read.

    Hashes of different processes cannot be compared, because Python seeds them differently in each process.
    """
    try:
        with _opened(path) as stream:
            found = os.fstat(stream.fileno())
            if found.st_size <= _LARGE and len(content := _read(path, stream, _LARGE + 1)) <= _LARGE:
                return hash(content)
            return hash((found.st_size, found.st_mtime_ns, found.st_ino))
    except FileError:
        return None


def hashes_of(paths: Iterable[str]) -> dict[str, int | None]:
    """A hash of each file's content, as `content_hash` returns it."""
    return {path: content_hash(path) for path in paths}


def was_modified_since(path: str, moment: int) -> bool:
    """Whether a file was written or put in its place after a moment, as `time.time_ns` returns it."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return False
    return max(found.st_mtime_ns, found.st_ctime_ns) > moment


def write_text(path: str | os.PathLike[str], before: str, after: str) -> None:
    """Replace a file's text atomically, unless its text is no longer `before`. Raises FileError.

    Owner, group, mode and links are kept. A file with several hard links, or whose owner or group cannot be given to a
    new file, is overwritten in place, which a crash of the machine can interrupt.
    """
    target = os.path.realpath(path)
    check_unchanged(target, before, path)
    try:
        encoded = after.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise FileError(f"{path} cannot be written: the text contains an unpaired surrogate", path) from None
    try:
        found = os.stat(target)
        if not found.st_mode & 0o222:
            raise FileError(f"{path} is read-only; nothing was written", path)
        if found.st_nlink > 1 or not _replace(target, encoded, found, lambda: check_unchanged(target, before, path)):
            overwrite(target, before.encode("utf-8", "surrogateescape"), encoded)
    except OSError as error:
        raise FileError(f"{path} cannot be written: {_reason(error)}", path) from error


def _replace(target: str, encoded: bytes, found: os.stat_result, check_unchanged: Callable[[], None]) -> bool:
    """Replace a file by a new one. Returns False, with nothing changed, if the new file cannot have the same owner."""
    scratch = new_sibling(target, encoded, found)
    if scratch is None:
        return False
    try:
        check_unchanged()  # check again, because writing to a slow disk takes time
        replace_shared(scratch, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(scratch)
        raise
    return True


def new_sibling(target: str, content: bytes, found: os.stat_result | None) -> str | None:
    """Write a file with this content beside `target`, which can then be renamed to it; returns its path.

    `found` is the state of the file whose owner, group and mode it gets; None for a new file. Returns None if it cannot
    have that owner. Raises OSError.
    """
    import tempfile  # imported here: code that only reads files does not need it

    folder = os.path.dirname(target)
    remove_leftovers(folder, SIBLING_PREFIX)
    handle, scratch = tempfile.mkstemp(prefix=SIBLING_PREFIX, dir=folder)
    try:
        with os.fdopen(handle, "wb") as stream:
            is_suitable = found is None or _takes_owner(scratch, found)
            if is_suitable:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
        if not is_suitable:
            os.unlink(scratch)  # only now, because Windows removes no open file
            return None
        os.chmod(scratch, found.st_mode & 0o7777 if found else 0o666 & ~_umask())
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(scratch)
        raise
    return scratch


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _takes_owner(scratch: str, found: os.stat_result) -> bool:
    """Give a new file the owner and group of another; return whether it has them."""
    mine = os.stat(scratch)
    if (mine.st_uid, mine.st_gid) == (found.st_uid, found.st_gid):
        return True
    try:
        os.chown(scratch, found.st_uid, found.st_gid)
    except (OSError, AttributeError):  # Windows has no chown
        return False
    return True


def overwrite(target: str, before: bytes, after: bytes) -> None:
    """Overwrite a file in place. Space for a longer text is allocated first; the old text is restored on failure."""
    with open(target, "r+b", buffering=0) as stream:
        try:
            if len(after) > len(before):
                stream.seek(len(before))
                _write_all(stream, b"\n" * (len(after) - len(before)))
            stream.seek(0)
            _write_all(stream, after)
            stream.truncate(len(after))
            os.fsync(stream.fileno())
        except OSError:
            stream.seek(0)
            _write_all(stream, before)
            stream.truncate(len(before))
            raise


def _write_all(stream: FileIO, content: bytes) -> None:
    while content:
        content = content[stream.write(content) :]


def create_text(path: str | os.PathLike[str], text: str) -> None:
    """Create a file, completely or not at all, unless it exists. Raises FileError."""
    try:
        stream = open(path, "x", encoding="utf-8", errors="surrogateescape", newline="")  # noqa: SIM115  # below
        try:
            with stream:
                stream.write(text)
        except BaseException:
            os.unlink(path)  # the file is closed by now; Windows would not remove an open one
            raise
    except FileExistsError:
        raise FileError(f"{path} exists already; nothing was written", path) from None
    except (OSError, ValueError) as error:
        raise FileError(f"{path} cannot be written: {_reason(error)}", path) from error


def discard_stdout() -> None:
    """Redirect standard output to the null device, because its reader is gone or its disk is full, so that Python ends
    without an error.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class LineIndexes:
    """Line indexes of the files in findings, by path. An unreadable file is treated as empty."""

    def __init__(self, known: dict[str, LineIndex]) -> None:
        self._known = known

    def of(self, path: str) -> LineIndex:
        """The line index of the file at an absolute path, read on first use."""
        if path not in self._known:
            try:
                self._known[path] = LineIndex(read_text(path))
            except FileError:
                self._known[path] = LineIndex("")
        return self._known[path]


def check_unchanged(target: str, before: str, path: str | os.PathLike[str]) -> None:
    """Raises FileError, which names `path`, if the text of the file `target` is no longer `before`."""
    if read_text(target) != before:
        raise FileError(f"{path} changed in the meantime; nothing was written", path)


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)


def file_identity(path: str) -> object:
    """A value that is equal for paths to the same file, through links or a case-insensitive file system.

    If there is no file yet, it is the path itself. Do not keep the value: a saved file may be a new file.
    """
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return path
    return (found.st_dev, found.st_ino)
