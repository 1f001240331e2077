"""Read the hash that Go's linker writes for each package, and the order in which plugin.Open compares them.

Source: Go: cmd/link/internal/ld/symtab.go writes `go:link.pkghashbytes.<package>`, 8 bytes, and a pointer to it,
`go:link.pkghash.<package>`. runtime/plugin.go walks a table in which the loader has filled in the first such pointer of
the whole process, which is the host's if the host has one. Before Go 1.20 the names start with `go.link.`.
"""

from collections.abc import Iterator
from typing import NamedTuple

from layerg_pin.binary.bounded_reader import BinaryError
from layerg_pin.binary.elf import Elf

_BYTES = (b"go:link.pkghashbytes.", b"go.link.pkghashbytes.")
_POINTER = (b"go:link.pkghash.", b"go.link.pkghash.")
_MODULE_DATA = b"runtime.firstmoduledata"
_HASH_SIZE = 8
_MAX_NAME = 2048
_MAX_PACKAGES = 50_000
"""A 60 MB host has 600."""


class PackageHashes(NamedTuple):
    """The packages of a binary that plugin.Open may compare."""

    hashes: dict[str, str]
    """Hexadecimal digits by package."""
    order: tuple[str, ...]
    """For a plugin: the packages in the order in which plugin.Open compares them; empty for a host."""
    libc: str
    """The name of the C library that it is linked with; empty if there is none."""
    module_data: int | None
    """The size of the runtime's `moduledata` in bytes; None if unknown. A host finds a plugin by its last field."""


def package_hashes(elf: Elf) -> PackageHashes:
    """Read the hashes from the dynamic symbols, which `strip` cannot remove. Raises BinaryError."""
    names = elf.names()
    prefixes = (*_BYTES, *_POINTER)
    wanted = {at: (prefix, package) for prefix in prefixes for at, package in _names(elf, names, prefix)}
    at = names.find(b"\0" + _MODULE_DATA + b"\0") + 1
    if at:
        wanted[at] = (_MODULE_DATA, "")
    addresses: dict[str, int] = {}
    pointers: dict[int, str] = {}
    module_data = None
    for symbol in elf.symbols(wanted) if wanted else ():
        prefix, package = wanted[symbol.name]
        if not symbol.defined:
            continue
        if prefix == _MODULE_DATA:
            module_data = symbol.size
        elif prefix in _POINTER:
            pointers[symbol.index] = package
        elif symbol.size == _HASH_SIZE:
            addresses[package] = symbol.address
    hashes = {package: elf.content(address, _HASH_SIZE, "hashes").hex() for package, address in addresses.items()}
    order = tuple(package for package in _order(elf, pointers) if package in hashes)
    return PackageHashes(hashes, order, _libc(elf, names), module_data)


def _libc(elf: Elf, names: bytes) -> str:
    needed = (names[at : names.find(b"\0", at, at + _MAX_NAME)] for at in elf.needed)
    return next((name.decode("utf-8", "replace") for name in needed if name.startswith(b"libc.")), "")


def _names(elf: Elf, names: bytes, prefix: bytes) -> Iterator[tuple[int, str]]:
    """For each name with a prefix: its offset in the string table, and the rest of the name."""
    count = 0
    at = names.find(prefix)
    while at >= 0:
        start = at + len(prefix)
        end = names.find(b"\0", start, start + _MAX_NAME)
        count += 1
        if end < 0 or count > _MAX_PACKAGES:
            raise BinaryError(f"{elf.reader.path} is damaged: its list of package names has no end; build it again")
        yield at, names[start:end].decode("utf-8", "replace")
        at = names.find(prefix, end)


def _order(elf: Elf, pointers: dict[int, str]) -> tuple[str, ...]:
    """The packages in the order of the table that plugin.Open walks, which has one pointer per package."""
    if not pointers:
        return ()
    places = sorted((place, symbol) for place, symbol in elf.address_relocations() if symbol in pointers)
    return tuple(dict.fromkeys(pointers[symbol] for _, symbol in places))
