"""Write small ELF files by hand, with contents that no linker writes."""

from __future__ import annotations

import struct
from collections.abc import Mapping

BASE = 0x400000


def elf_file(
    tables: Mapping[int, bytes] | None = None,
    entries: Mapping[int, int] | None = None,
    *,
    kind: int = 3,
    machine: int = 62,
    width: int = 2,
    order: int = 1,
    segment_size: int | None = None,
    segments: int = 1,
) -> bytes:
    """A file with one segment, written `segments` times, that contains the tables of the dynamic section.

    `tables` are contents by tag, `entries` further values of the dynamic section, which override the tables' addresses.
    """
    start = 64 + 56 * (segments + 1)
    body, found = b"", {}
    for tag, content in (tables or {}).items():
        found[tag] = BASE + start + len(body)
        body += content + b"\0" * (-len(content) % 8)
    found.update(entries or {})
    dynamic = b"".join(struct.pack("<qQ", tag, value) for tag, value in found.items()) + bytes(16)
    at = start + len(body)
    size = at + len(dynamic) if segment_size is None else segment_size
    header = struct.pack(
        "<4sBBBBB7xHHIQQQIHHHHHH",
        b"\x7fELF", width, order, 1, 0, 0, kind, machine, 1, 0, 64, 0, 0, 64, 56, segments + 1, 64, 0, 0,
    )  # fmt: skip
    loaded = struct.pack("<IIQQQQQQ", 1, 6, 0, BASE, BASE, size, size, 4096)
    return (
        header
        + loaded * segments
        + struct.pack("<IIQQQQQQ", 2, 6, at, BASE + at, 0, len(dynamic), 0, 8)
        + body
        + dynamic
    )


def symbols(*rows: tuple[int, int, int]) -> bytes:
    """A symbol table: name, address and size of each symbol, after the empty first one."""
    return bytes(24) + b"".join(struct.pack("<IBBHQQ", name, 17, 0, 1, address, size) for name, address, size in rows)


def hash_table(count: int) -> bytes:
    """The old hash table, which stores the number of symbols."""
    return struct.pack("<II", 0, count)
