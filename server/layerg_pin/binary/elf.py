"""Read ELF files as the dynamic loader does: segments, dynamic symbols and relocations.

Only the program headers and what they point to are trusted: they apply at run time and survive `strip`. Section
headers, which a file need not have, are used only to locate the build info.
Source: the System V ABI, chapters 4 and 5; GNU's hash table as in glibc's elf/dl-lookup.c.
"""

import struct
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from layerg_pin.binary.bounded_reader import BinaryError, Reader

MAGIC = b"\x7fELF"
_HEADER = struct.Struct("<4sBBBBB7xHHIQQQIHHHHHH")
_PROGRAM = struct.Struct("<IIQQQQQQ")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_DYNAMIC = struct.Struct("<qQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_RELOCATION = struct.Struct("<QIIq")
_WORD = struct.Struct("<I")

_EXECUTABLE, _SHARED = 2, 3
_LOAD, _DYNAMIC_SEGMENT, _INTERPRETER = 1, 2, 3
_EXECUTE, _WRITE = 1, 2
_NEEDED, _HASH, _STRTAB, _SYMTAB, _RELA, _RELASZ, _STRSZ = 1, 4, 5, 6, 7, 8, 10
_PLTRELSZ, _JMPREL = 2, 23
_GNU_HASH, _FLAGS_1 = 0x6FFFFEF5, 0x6FFFFFFB
_PIE = 0x08000000
_ARCHITECTURES = {62: "amd64", 183: "arm64", 3: "386", 40: "arm", 243: "riscv64", 258: "loong64", 22: "s390x"}
_ADDRESS_OF = {62: 1, 183: 257}
"""R_X86_64_64 and R_AARCH64_ABS64: the address of a symbol."""
_MAX_SEGMENTS = 256
_MAX_SECTIONS = 4096
_MAX_ENTRIES = 4 << 20
"""Limit on symbols or relocations; a 60 MB host has 200,000."""
_MAX_CHAIN = 1 << 16
_PAGE = 4096


class Segment(NamedTuple):
    """A loaded part of the file: `size` bytes at `offset` are loaded at `address`."""

    address: int
    offset: int
    size: int
    writable: bool
    executable: bool


@dataclass(frozen=True, slots=True)
class Symbol:
    """A dynamic symbol; `name` is an offset into the string table."""

    index: int
    name: int
    address: int
    size: int
    defined: bool


class Elf(NamedTuple):
    """The relevant parts of a 64-bit little-endian ELF file."""

    reader: Reader
    machine: int
    executable: bool
    """Whether it is a program, position-independent or not, rather than a library."""
    refusal: str
    """The error of plugin.Open for a program, in the words of glibc's loader; empty for a file that can be loaded."""
    segments: tuple[Segment, ...]
    dynamic: dict[int, int]
    needed: tuple[int, ...]
    """For each linked library, the offset of its name in the string table."""
    sections: tuple[int, int, int]
    """Offset and count of the section headers, and the index of the one with the section names."""

    @property
    def arch(self) -> str:
        """The architecture as a GOARCH value."""
        return _ARCHITECTURES.get(self.machine, f"machine {self.machine}")

    def names(self) -> bytes:
        """The string table of the dynamic symbols."""
        if _STRTAB not in self.dynamic:
            return b""
        size = self.dynamic.get(_STRSZ, 0)
        return self.reader.at(self._offset(self.dynamic[_STRTAB], size), size, "symbol names")

    def symbols(self, names: Container[int]) -> Iterator[Symbol]:
        """The dynamic symbols with these names, given as offsets into the string table."""
        for index, (name, _, _, section, address, length) in enumerate(self.symbol_rows()):
            if name in names:
                yield Symbol(index=index, name=name, address=address, size=length, defined=section != 0)

    def symbol_rows(self) -> Iterator[tuple[int, int, int, int, int, int]]:
        """All dynamic symbols in file order: name (an offset into the string table), type and binding, visibility,
        section (0: undefined), address, size.
        """
        if _SYMTAB not in self.dynamic:
            return
        size = self._symbol_count() * _SYMBOL.size
        start = self._offset(self.dynamic[_SYMTAB], size)
        for piece in self.reader.pieces(start, size, _SYMBOL.size, "symbols"):
            yield from _SYMBOL.iter_unpack(piece)

    def address_relocations(self) -> Iterator[tuple[int, int]]:
        """For each relocation that writes the address of a symbol: the place and the symbol's index."""
        wanted = _ADDRESS_OF.get(self.machine)
        for place, kind, symbol, _ in self._relocations(_RELA, _RELASZ):
            if kind == wanted:
                yield place, symbol

    def relocated_symbols(self) -> Iterator[int]:
        """The indexes of the symbols that the loader looks up, in its order: data, then procedures."""
        for table, size in ((_RELA, _RELASZ), (_JMPREL, _PLTRELSZ)):
            for _, _, symbol, _ in self._relocations(table, size):
                if symbol:
                    yield symbol

    def _relocations(self, table: int, table_size: int) -> Iterator[tuple[int, int, int, int]]:
        size = self.dynamic.get(table_size, 0)
        if table not in self.dynamic or not size:
            return
        self._limit(size // _RELOCATION.size, "relocations")
        size -= size % _RELOCATION.size
        start = self._offset(self.dynamic[table], size)
        for piece in self.reader.pieces(start, size, _RELOCATION.size, "relocations"):
            yield from _RELOCATION.iter_unpack(piece)

    def content(self, address: int, size: int, what: str) -> bytes:
        """The file's bytes for an address range."""
        return self.reader.at(self._offset(address, size), size, what)

    def build_info_ranges(self) -> Iterator[tuple[int, int]]:
        """Offset and size of the file's parts that may contain the build info: its section, else the data segments.

        Go: debug/buildinfo, (*elfExe).DataStart.
        """
        yield from self._named_sections(b".go.buildinfo")
        for segment in self.segments:
            if segment.writable and not segment.executable:
                yield segment.offset, segment.size

    def _offset(self, address: int, size: int) -> int:
        for segment in self.segments:
            if segment.address <= address and address + size <= segment.address + segment.size:
                return segment.offset + address - segment.address
        raise BinaryError(
            f"{self.reader.path} is damaged: {size} bytes at address {address:#x} lie in no segment; build it again"
        )

    def _limit(self, count: int, what: str) -> None:
        if count > _MAX_ENTRIES:
            raise BinaryError(
                f"{self.reader.path} is damaged: it claims {count} {what}, more than any Go binary has; build it again"
            )

    def _symbol_count(self) -> int:
        if _HASH in self.dynamic:
            _, count = struct.unpack("<II", self.content(self.dynamic[_HASH], 8, "symbol hash table"))
        elif _GNU_HASH in self.dynamic:
            count = self._gnu_symbol_count(self.dynamic[_GNU_HASH])
        else:
            count = 0
        self._limit(count, "symbols")
        return int(count)

    def _gnu_symbol_count(self, table: int) -> int:
        """The number of symbols of a GNU hash table, which does not store it: the last entry of the last chain has its
        lowest bit set and is the last symbol's.
        """
        buckets, first, filters, _ = struct.unpack("<IIII", self.content(table, 16, "symbol hash table"))
        self._limit(max(buckets, filters), "hash buckets")
        start = table + 16 + filters * 8
        words = self.content(start, buckets * 4, "symbol hash table")
        last = max((word for (word,) in _WORD.iter_unpack(words)), default=0)
        if last < first:
            return int(first)
        self._limit(last, "symbols")
        chains = start + buckets * 4
        for index in range(last, last + _MAX_CHAIN):
            (word,) = _WORD.unpack(self.content(chains + (index - first) * 4, 4, "symbol hash table"))
            if word & 1:
                return index + 1
        raise BinaryError(f"{self.reader.path} is damaged: its symbol hash table has no end; build it again")

    def _named_sections(self, name: bytes) -> Iterator[tuple[int, int]]:
        offset, count, names_index = self.sections
        if not count or names_index >= count or offset + count * _SECTION.size > self.reader.size:
            return  # no usable section headers, or truncated after the loaded parts
        table = self.reader.at(offset, count * _SECTION.size, "section headers")
        headers = list(_SECTION.iter_unpack(table))
        names_offset, names_size = headers[names_index][4:6]
        if names_offset + min(names_size, 1 << 20) > self.reader.size:
            return
        names = self.reader.at(names_offset, min(names_size, 1 << 20), "section names")
        for header in headers:
            start, size = header[4:6]
            if names[header[0] : header[0] + len(name) + 1] == name + b"\0" and start + size <= self.reader.size:
                yield start, size


def read_elf(reader: Reader) -> Elf:
    """Parse the headers of an ELF file. Raises BinaryError unless it is an intact 64-bit little-endian file."""
    path = reader.path
    if reader.size < _HEADER.size:
        raise BinaryError(f"{path} is truncated in its header: copy or build it again", refusal="file too short")
    header = _HEADER.unpack(reader.at(0, _HEADER.size, "header"))
    _, width, order, *_, kind, machine, _, _, segments_at, sections_at, _, _, _, segments, _, sections, names = header
    if width != 2:
        raise BinaryError(
            f"{path} is a 32-bit program, and Go plugins are 64-bit: build it with GOARCH=amd64 or arm64",
            refusal=f"wrong ELF class: ELFCLASS{32 if width == 1 else 'NONE'}" if width < 2 else "invalid ELF header",
        )
    if order != 1:
        raise BinaryError(
            f"{path} is for big-endian machines, which is not supported: build it with GOARCH=amd64 or arm64",
            refusal="ELF file data encoding not little-endian" if order == 2 else "",
        )
    if kind not in (_EXECUTABLE, _SHARED):
        raise BinaryError(
            f"{path} is an ELF file of type {kind}, neither a program nor a library: pass what `go build` links",
            refusal="only ET_DYN and ET_EXEC can be loaded",
        )
    if segments > _MAX_SEGMENTS:
        raise BinaryError(f"{path} is damaged: it claims {segments} segments; build it again")
    table = reader.at(segments_at, segments * _PROGRAM.size, "program headers")
    loaded, interpreted = [], False
    dynamic: dict[int, int] = {}
    needed: tuple[int, ...] = ()
    for type_, flags, offset, address, _, size, _, _ in _PROGRAM.iter_unpack(table):
        interpreted |= type_ == _INTERPRETER
        if type_ == _LOAD:
            loaded.append(
                Segment(
                    address=address,
                    offset=offset,
                    size=size,
                    writable=bool(flags & _WRITE),
                    executable=bool(flags & _EXECUTE),
                )
            )
    _refuse_truncated(reader, loaded)
    for type_, _, offset, _, _, size, _, _ in _PROGRAM.iter_unpack(table):
        if type_ == _DYNAMIC_SEGMENT:
            entries = _read_dynamic(reader, offset, size)
            dynamic, needed = dict(entries), tuple(value for tag, value in entries if tag == _NEEDED)
    refusal = ""
    if kind == _EXECUTABLE:
        refusal = "cannot dynamically load executable"
    elif dynamic.get(_FLAGS_1, 0) & _PIE:
        refusal = "cannot dynamically load position-independent executable"
    places = (sections_at, min(sections, _MAX_SECTIONS), names)
    return Elf(
        reader=reader,
        machine=machine,
        executable=bool(refusal) or interpreted,
        refusal=refusal,
        segments=tuple(loaded),
        dynamic=dynamic,
        needed=needed,
        sections=places,
    )


def _read_dynamic(reader: Reader, offset: int, size: int) -> list[tuple[int, int]]:
    """The tags and values of the dynamic section up to DT_NULL."""
    found = []
    size = min(size, 1 << 16)
    for tag, value in _DYNAMIC.iter_unpack(reader.at(offset, size - size % _DYNAMIC.size, "dynamic section")):
        if tag == 0:
            break
        found.append((tag, value))
    return found


def _refuse_truncated(reader: Reader, segments: list[Segment]) -> None:
    end = max((segment.offset + segment.size for segment in segments), default=0)
    if end <= reader.size:
        return
    # The rest of the last page reads as zeros; access to a page outside the file ends the process.
    pages = -(-reader.size // _PAGE) * _PAGE
    raise BinaryError(
        f"{reader.path} is truncated: it has {reader.size} of at least {end} bytes; copy or build it again",
        fatal="SIGBUS" if end > pages else "",
    )
