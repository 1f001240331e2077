"""Reading and writing the user's text files without losing a byte."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b as blake2b
from io import FileIO

from layerg_pin.core.text import LineIndex
from layerg_pin.system.leftovers import SIBLING_PREFIX, remove_leftovers

MAX_BYTES = 64 * 1024 * 1024
_LARGE = 8 * 1024 * 1024


class FileError(Exception):
    """A file that cannot be read or written; the text names it, and says why in a sentence without a dot.

    `path` is the file's, where one file is at fault.
    """

    def __init__(self, message: str, path: str | os.PathLike[str] | None = None) -> None:
        super().__init__(message)
        self.path = None if path is None else os.fspath(path)


def read_text(path: str | os.PathLike[str], most: int = MAX_BYTES) -> str:
    """The text of a file of at most so many bytes. Bytes that are not UTF-8 become lone surrogates, which `write_text`
    turns back. Only what is a file is read: a pipe would be waited for, and a device need not end. Raises FileError.
    """
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe or a device, not a file"
            raise FileError(f"{path} cannot be read: it is {kind}", path)
        if found.st_size > most:
            raise FileError(f"{path} is larger than {_size(most)}", path)
        # What was exchanged for a pipe meanwhile is opened without waiting.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
        with open(handle, "rb") as stream:
            content = stream.read(found.st_size + 1)
            if content is None:  # what says it is a file and has nothing now, such as /proc/kmsg
                raise FileError(f"{path} cannot be read: it is a pipe or a device, not a file", path)
            while len(content) <= most and (more := stream.read(_LARGE)):  # it grew, or has no size, as in /proc
                content += more
        if len(content) > most:
            raise FileError(f"{path} is larger than {_size(most)}", path)
        return content.decode("utf-8", "surrogateescape")
    except (OSError, ValueError) as error:  # a name that no file can have is a ValueError
        raise FileError(f"{path} cannot be read: {_reason(error)}", path) from error


def text_or_empty(path: str) -> str:
    """The text of a file, as `read_text` returns it; empty where there is none that can be read."""
    try:
        return read_text(path)
    except FileError:
        return ""


def _size(number: int) -> str:
    return f"{number >> 20} MiB" if number >= 1 << 20 else f"{number >> 10} KiB"


def digest(path: str | os.PathLike[str]) -> bytes | None:
    """A digest of what a file holds, of a large one of when it was written; None for what is no file that can be
    read.
    """
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            return None
        if found.st_size > _LARGE:
            return repr((found.st_size, found.st_mtime_ns, found.st_ino)).encode()
        with open(path, "rb") as stream:
            return blake2b(stream.read()).digest()
    except (OSError, ValueError):
        return None


def write_text(path: str | os.PathLike[str], before: str, after: str) -> None:
    """Replace a file's text at once or not at all; refuses one that no longer holds `before`. Raises FileError.

    Owner, group, mode and links stay. A file with several hard links, and one whose owner or group cannot be given to a
    new file, are overwritten in place, which a crash of the machine can interrupt.
    """
    target = os.path.realpath(path)
    _must_hold(target, before, path)
    try:
        encoded = after.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise FileError(f"{path} cannot be written: the text contains an unpaired surrogate") from None
    try:
        found = os.stat(target)
        if not found.st_mode & 0o222:
            raise FileError(f"{path} is read-only; nothing was written")
        if found.st_nlink > 1 or not _replace(target, encoded, found, lambda: _must_hold(target, before, path)):
            _overwrite(target, before.encode("utf-8", "surrogateescape"), encoded)
    except OSError as error:
        raise FileError(f"{path} cannot be written: {_reason(error)}") from error


def _replace(target: str, encoded: bytes, found: os.stat_result, must_hold: Callable[[], None]) -> bool:
    """Put a new file in the place of one; returns False, with nothing changed, where it cannot have the same owner."""
    import tempfile  # late: what only reads starts sooner without it

    folder = os.path.dirname(target)
    remove_leftovers(folder, SIBLING_PREFIX)
    handle, scratch = tempfile.mkstemp(prefix=SIBLING_PREFIX, dir=folder)
    try:
        with os.fdopen(handle, "wb") as stream:
            if not _takes_owner(scratch, found):
                os.unlink(scratch)
                return False
            stream.write(encoded)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(scratch, found.st_mode & 0o7777)
        must_hold()  # once more: a full disk or a slow one takes its time
        os.replace(scratch, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(scratch)
        raise
    return True


def _takes_owner(scratch: str, found: os.stat_result) -> bool:
    """Give a new file the owner and group of another; whether it has them."""
    mine = os.stat(scratch)
    if (mine.st_uid, mine.st_gid) == (found.st_uid, found.st_gid):
        return True
    try:
        os.chown(scratch, found.st_uid, found.st_gid)
    except (OSError, AttributeError):  # Windows has no chown
        return False
    return True


def _overwrite(target: str, before: bytes, after: bytes) -> None:
    """Write into a file itself. Room for the longer text is made first, and the old text put back if that fails."""
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
    """Write a new file, whole or not at all; refuses one that exists. Raises FileError."""
    try:
        with open(path, "x", encoding="utf-8", errors="surrogateescape", newline="") as stream:
            try:
                stream.write(text)
                stream.flush()
            except BaseException:
                os.unlink(path)
                raise
    except FileExistsError:
        raise FileError(f"{path} exists already; nothing was written") from None
    except (OSError, ValueError) as error:
        raise FileError(f"{path} cannot be written: {_reason(error)}") from error


def nothing_more_to_say() -> None:
    """Standard output has no reader, or no room: what is still to be written to it goes nowhere, and without an error
    when Python ends.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class LineIndexes:
    """Line indexes of files that findings lead to; an unreadable file reads as empty."""

    def __init__(self, known: dict[str, LineIndex]) -> None:
        self._known = known

    def of(self, path: str) -> LineIndex:
        """The index of the file at an absolute path, read when first asked for."""
        if path not in self._known:
            try:
                self._known[path] = LineIndex(read_text(path))
            except FileError:
                self._known[path] = LineIndex("")
        return self._known[path]


def _must_hold(target: str, before: str, path: str | os.PathLike[str]) -> None:
    if read_text(target) != before:
        raise FileError(f"{path} changed in the meantime; nothing was written")


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)


def file_identity(path: str) -> object:
    """What two paths have in common that lead to the same file, by a link or by the file system's ignoring case.

    Where there is no file yet it is the path itself. Equal values mean the same file; they are not kept for long, since
    a file that is saved may be another one afterwards.
    """
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return path
    return (found.st_dev, found.st_ino)
