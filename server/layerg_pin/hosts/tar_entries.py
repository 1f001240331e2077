"""List the entries of a tar stream, within limits.

tarfile is not used, because it reads an extended header of any size into memory, searches it in quadratic time in some
releases of Python, and keeps all entries. This module reads the formats that container tools write: ustar, GNU and pax
(pax(1), "Interchange Format"; tar(5) of libarchive for GNU's).
"""

from collections.abc import Iterator
from typing import NamedTuple

from layerg_pin.hosts.image_streams import ImageError, Readable, read_exactly

REGULAR, HARD_LINK, SYMLINK, FOLDER = b"0", b"1", b"2", b"5"
_BLOCK = 512
_LONG_NAME, _LONG_LINK, _PAX, _GLOBAL, _SPARSE = b"L", b"K", b"x", b"g", b"S"
_MAX_HEADER = 64 * 1024
"""In bytes, of an extended header. Linux has no path of more than 4 KiB."""
_MAX_NAME = 4096
_MAX_EXTENDED = 16
"""Limit on the extended headers of one entry."""
_LARGEST = 1 << 40


class TarEntry(NamedTuple):
    """An entry of a tar file."""

    name: str
    """Its path as it is written."""
    kind: bytes
    """REGULAR, HARD_LINK, SYMLINK, FOLDER or another type."""
    link: str
    """The target of a link."""
    size: int
    executable: bool
    offset: int
    """Where its content starts in the stream."""


def tar_entries(stream: Readable) -> Iterator[TarEntry]:
    """The entries of the tar file in a stream, in their order. The caller may read the stream between two entries.

    Entries whose names are longer than any system allows are omitted. Raises ImageError for a file that is not a tar,
    or is truncated.
    """
    at = 0
    extended: dict[str, str] = {}
    count = 0
    while True:
        stream.seek(at)
        block = read_exactly(stream, _BLOCK)
        if len(block) < _BLOCK:
            if block or extended:
                raise ImageError("its tar is truncated: copy or write it again")
            return  # some programs leave out the two blocks of zeros at the end
        if not block.strip(b"\0"):
            return
        if not _is_header(block):
            raise ImageError("a part of it is not a tar, or is damaged: copy or write it again")
        kind = block[156:157].replace(b"\0", REGULAR).replace(b"7", REGULAR)
        size = _number(block[124:136])
        content = at + _BLOCK
        if kind in (_LONG_NAME, _LONG_LINK, _PAX, _GLOBAL):
            count += 1
            if not 0 <= size <= _MAX_HEADER or count > _MAX_EXTENDED:
                raise ImageError("its tar has longer headers than any path needs")
            body = read_exactly(stream, size)
            if kind == _PAX:
                extended |= _pax(body)
            elif kind != _GLOBAL:
                extended["path" if kind == _LONG_NAME else "linkpath"] = _text(body)
            at = content + _padded(size)
            continue
        entry = _entry(block, kind, size, content, extended)
        if len(entry.name) <= _MAX_NAME and len(entry.link) <= _MAX_NAME:
            yield entry
        at = content + (_padded(entry.size) if kind not in (HARD_LINK, SYMLINK, FOLDER) else 0)
        extended, count = {}, 0


def _entry(block: bytes, kind: bytes, size: int, content: int, extended: dict[str, str]) -> TarEntry:
    name = _text(block[:100])
    if block[257:263] == b"ustar\0" and (prefix := _text(block[345:500])):
        name = f"{prefix}/{name}"
    if "size" in extended:
        text = extended["size"]
        size = int(text) if len(text) <= 16 and text.isascii() and text.isdigit() else -1
    if not 0 <= size <= _LARGEST:
        raise ImageError("its tar is damaged: an entry has no valid size")
    is_sparse = kind == _SPARSE or any(key.startswith("GNU.sparse") for key in extended)
    return TarEntry(
        name=extended.get("path", name),
        kind=b"sparse" if is_sparse else kind,
        link=extended.get("linkpath", _text(block[157:257])),
        size=size,
        executable=bool(_number(block[100:108]) & 0o111),
        offset=content,
    )


def _is_header(block: bytes) -> bool:
    """Whether the checksum of a header is right: the sum of its bytes, with blanks instead of the sum itself."""
    expected = _number(block[148:156])
    return expected == sum(block) - sum(block[148:156]) + 8 * 32


def _number(field: bytes) -> int:
    """A number in octal digits, or in base 256 by GNU's rule; -1 if it is neither."""
    if field[0] & 0x80:
        return int.from_bytes(bytes((field[0] & 0x7F,)) + field[1:], "big")
    digits = field.replace(b"\0", b" ").strip()
    return int(digits, 8) if digits.isdigit() and not digits.strip(b"01234567") else -1 if digits else 0


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _pax(body: bytes) -> dict[str, str]:
    """The records of a pax header, each `LENGTH KEY=VALUE` and a line break. A malformed record ends the list."""
    found, at = {}, 0
    while at < len(body):
        length, blank, _ = body[at : at + 8].partition(b" ")
        if not blank or not length.isdigit() or int(length) <= len(length) + 1:
            break
        record = body[at + len(length) + 1 : at + int(length) - 1]
        key, _, value = record.partition(b"=")
        found[_text(key)] = _text(value)
        at += int(length)
    return found
