"""Locate the build info in Mach-O files.

Source: Go's debug/macho and debug/buildinfo; Apple's mach-o/loader.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from layerg_pin.binary.bounded_reader import BinaryError, Reader

MAGICS = (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")
_SINGLE, _FAT, _FAT_64 = MAGICS
_HEADER = struct.Struct("<4sIIIIIII")
_COMMAND = struct.Struct("<II")
_SEGMENT = struct.Struct("<II16sQQQQIIII")
_SECTION = struct.Struct("<16s16sQQIIIIIIII")
_SEGMENT_64 = 0x19
_WRITABLE = 3
_MAX_COMMANDS = 1024
_ARCHITECTURES = {0x01000007: "amd64", 0x0100000C: "arm64"}
_KINDS = {2: "executable", 6: "library", 8: "library"}


def read_macho(reader: Reader) -> tuple[str, str, tuple[tuple[int, int], ...]]:
    """The architecture, the kind (`executable` or `library`), and offsets and sizes of the parts that may contain the
    build info.

    For a universal file the first architecture is read, as Go does. Raises BinaryError.
    """
    base = _first_architecture(reader)
    magic, cpu, _, kind, commands, size, _, _ = _HEADER.unpack(reader.at(base, _HEADER.size, "header"))
    if magic != _SINGLE:
        raise BinaryError(f"{reader.path} is damaged: its first architecture is not a 64-bit program; build it again")
    if commands > _MAX_COMMANDS:
        raise BinaryError(f"{reader.path} is damaged: it claims {commands} load commands; build it again")
    table = reader.at(base + _HEADER.size, size, "load commands")
    ranges = tuple((base + offset, length) for offset, length in _ranges(reader, table, commands))
    return _ARCHITECTURES.get(cpu, f"cpu {cpu:#x}"), _KINDS.get(kind, f"file of type {kind}"), ranges


def _first_architecture(reader: Reader) -> int:
    magic = reader.at(0, 4, "header")
    if magic not in (_FAT, _FAT_64):
        return 0
    wide = magic == _FAT_64
    offset = struct.unpack(">8xQ", reader.at(8, 16, "header"))[0] if wide else 0
    return int(offset if wide else struct.unpack(">8xI", reader.at(8, 12, "header"))[0])


def _ranges(reader: Reader, table: bytes, commands: int) -> Iterator[tuple[int, int]]:
    """The section with the build info, else the first data segment (Go: debug/buildinfo, (*machoExe).DataStart)."""
    data: list[tuple[int, int]] = []
    at = 0
    for _ in range(commands):
        if at + _COMMAND.size > len(table):
            raise BinaryError(f"{reader.path} is damaged: its load commands overlap; build it again")
        kind, size = _COMMAND.unpack_from(table, at)
        if size < _COMMAND.size:
            raise BinaryError(f"{reader.path} is damaged: one of its load commands is empty; build it again")
        if kind == _SEGMENT_64 and at + _SEGMENT.size <= len(table):
            _, _, _, _, _, offset, length, most, _, sections, _ = _SEGMENT.unpack_from(table, at)
            yield from _build_info_sections(table[at + _SEGMENT.size : at + size], sections)
            if length and most == _WRITABLE:
                data.append((offset, length))
        at += size
    yield from data[:1]


def _build_info_sections(table: bytes, count: int) -> Iterator[tuple[int, int]]:
    for index in range(min(count, len(table) // _SECTION.size)):
        name, _, _, size, offset, *_ = _SECTION.unpack_from(table, index * _SECTION.size)
        if name.rstrip(b"\0") == b"__go_buildinfo":
            yield offset, size
