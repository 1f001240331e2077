"""Find undefined symbols of a plugin with C code that the dynamic loader cannot resolve, or may not resolve.

plugin.Open calls dlopen with RTLD_NOW, so every strong undefined symbol must be resolved while the plugin is loaded: in
the host, in the host's libraries, or in the plugin's libraries. Only the two files are read, because the server's
libraries are not available. These conclusions are certain:
- The host defines or imports the symbol: it is resolved.
- The symbol has a version of glibc, and the host needs that version or a newer one: it is resolved, because glibc keeps
all of its versions. The same applies to versions up to 2.17, the oldest glibc that supported releases run on.
- The symbol has no version, only glibc's libraries are involved, and the host does not have it: it is missing, because
every symbol of glibc has a version.
All other cases depend on the server's libraries.
Source: glibc's elf/dl-lookup.c, elf/dl-version.c; the GNU extensions of the System V ABI for symbol versions.
"""

import re
import struct
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from layerg_pin.binary.bounded_reader import BinaryError, open_reader
from layerg_pin.binary.elf import MAGIC, Elf, read_elf

_VERSYM, _VERNEED, _VERNEEDNUM = 0x6FFFFFF0, 0x6FFFFFFE, 0x6FFFFFFF
_NEEDED_VERSION = struct.Struct("<HHIII")
_VERSION_NAME = struct.Struct("<IHHII")
_WEAK_VERSION = 2
_WEAK = 2
_HIDDEN = (1, 2)
_MAX_NAME = 2048
_MAX_IMPORTS = 50_000
_MAX_LIBRARIES = 256
_MAX_VERSIONS = 4096
_GLIBC = re.compile(r"(?:lib(?:c|m|dl|pthread|rt|resolv|util|anl)\.so\.\d+|ld-linux[-\w]*\.so\.\d+|ld64\.so\.\d+)")
"""The libraries that are installed with glibc, all of one version."""
_GLIBC_VERSION = re.compile(r"GLIBC_(\d+(?:\.\d+)+)")
_OLDEST_GLIBC = (2, 17)
_RELR, _RELR_SINCE = "GLIBC_ABI_DT_RELR", (2, 36)
_SHOWN = 3


class Import(NamedTuple):
    """A strong undefined symbol."""

    name: str
    version: str
    """Such as `GLIBC_2.34`; empty if it has none."""
    library: str
    """The library with that version; empty if it has none."""

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}" if self.version else self.name


class Linkage(NamedTuple):
    """The dynamic linking information of a file: what it needs and what it provides."""

    libraries: tuple[str, ...] = ()
    """The libraries that it needs (DT_NEEDED)."""
    imports: tuple[Import, ...] = ()
    """In the loader's order."""
    versions: frozenset[tuple[str, str]] = frozenset()
    """The versions that it needs, each with its library: (library, version)."""
    exports: frozenset[str] = frozenset()
    """The requested symbols that it defines."""


class UnresolvedSymbols(NamedTuple):
    """The symbols that the loader cannot resolve, and those that depend on the server's libraries."""

    missing: tuple[Import, ...] = ()
    uncertainties: tuple[str, ...] = ()
    """One phrase each, without a final dot."""


def read_linkage(path: str, wanted: Collection[str] = ()) -> Linkage:
    """The dynamic linking information of an ELF file, with the symbols of `wanted` that it defines; empty for another
    kind of file.

    Raises BinaryError for a damaged file.
    """
    with open_reader(path) as reader:
        if reader.size < len(MAGIC) or reader.at(0, len(MAGIC), "header") != MAGIC:
            return Linkage()
        elf = read_elf(reader)
        names = elf.names()
        versions = _needed_versions(elf, names)
        undefined, exports = _symbols(elf, names, frozenset(wanted))
        imports = [_import(elf, index, name, versions) for index, name in undefined.items()]
        return Linkage(
            tuple(_name(names, at) for at in elf.needed),
            tuple(imports),
            frozenset((library, version) for library, version, weak in versions.values() if not weak),
            exports,
        )


def find_unresolved_symbols(host: Linkage, plugin: Linkage) -> UnresolvedSymbols:
    """The unresolved symbols of a plugin in a host. Pure."""
    foreign = [name for name in plugin.libraries if name not in host.libraries and not _GLIBC.fullmatch(name)]
    newest = _newest_glibc(host)
    uncertainties = [f"the plugin needs the library {name}, which the host does not need" for name in foreign]
    newer = sorted(
        {version for library, version in plugin.versions if _is_newer(library, version, host, newest)}, key=_by_number
    )
    if newer:
        most = f"GLIBC_{'.'.join(map(str, newest))}" if newest else "none of its versions"
        uncertainties.append(f"the plugin needs glibc with {', '.join(newer)}, and the host needs {most}")
    other = sorted(
        f"{version} of {library}"
        for library, version in plugin.versions - host.versions
        if not _GLIBC.fullmatch(library) and library not in foreign
    )
    if other:
        uncertainties.append(f"the plugin needs {', '.join(other[:_SHOWN])}, and the host needs other versions")
    known = host.exports.union(each.name for each in host.imports)
    open_ended = [each for each in plugin.imports if not each.version and each.name not in known]
    others = [name for name in (*host.libraries, *plugin.libraries) if not _GLIBC.fullmatch(name)]
    if open_ended and others:
        shown = ", ".join(each.name for each in open_ended[:_SHOWN])
        more = f" and {len(open_ended) - _SHOWN} more" if len(open_ended) > _SHOWN else ""
        uncertainties.append(f"the host does not define {shown}{more}, so {', '.join(dict.fromkeys(others))} must")
        return UnresolvedSymbols((), tuple(uncertainties))
    return UnresolvedSymbols(tuple(open_ended), tuple(uncertainties))


def _is_newer(library: str, version: str, host: Linkage, newest: tuple[int, ...]) -> bool:
    """Whether a version of glibc may be newer than the server's."""
    if not _GLIBC.fullmatch(library) or (library, version) in host.versions:
        return False
    number = _glibc_number(version)
    return number is None or number > max(newest, _OLDEST_GLIBC)


def _newest_glibc(host: Linkage) -> tuple[int, ...]:
    numbers = [_glibc_number(version) for library, version in host.versions if _GLIBC.fullmatch(library)]
    return max((number for number in numbers if number), default=())


def _glibc_number(version: str) -> tuple[int, ...] | None:
    """(2, 34) for `GLIBC_2.34`; None for other versions, such as GLIBC_PRIVATE."""
    if version == _RELR:
        return _RELR_SINCE
    match = _GLIBC_VERSION.fullmatch(version)
    return tuple(int(part[:9]) for part in match[1].split(".")) if match else None


def _by_number(version: str) -> tuple[tuple[int, ...], str]:
    return _glibc_number(version) or (), version


def _symbols(elf: Elf, names: bytes, wanted: frozenset[str]) -> tuple[dict[int, str], frozenset[str]]:
    """The strong undefined symbols by index, in the loader's order, and the defined symbols of `wanted`."""
    undefined: dict[int, str] = {}
    exports = set()
    for index, (at, kind, visibility, section, _, _) in enumerate(elf.symbol_rows()):
        if section == 0:
            if kind >> 4 != _WEAK and at:
                undefined[index] = _name(names, at)
                if len(undefined) > _MAX_IMPORTS:
                    raise BinaryError(
                        f"{elf.reader.path} is damaged: it has too many undefined symbols; build it again"
                    )
        elif wanted and visibility & 3 not in _HIDDEN and (name := _name(names, at)) in wanted:
            exports.add(name)
    order = {index: undefined[index] for index in elf.relocated_symbols() if index in undefined} if undefined else {}
    return {**order, **undefined}, frozenset(exports)


def _import(elf: Elf, index: int, name: str, versions: Mapping[int, tuple[str, str, bool]]) -> Import:
    if not versions or _VERSYM not in elf.dynamic:
        return Import(name, "", "")
    number = int.from_bytes(elf.content(elf.dynamic[_VERSYM] + 2 * index, 2, "symbol versions"), "little") & 0x7FFF
    library, version, _ = versions.get(number, ("", "", False))
    return Import(name, version, library)


def _needed_versions(elf: Elf, names: bytes) -> dict[int, tuple[str, str, bool]]:
    """By index in the symbol version table: the library, the version, and whether it is optional."""
    return {number: (library, version, weak) for number, library, version, weak in _version_rows(elf, names)}


def _version_rows(elf: Elf, names: bytes) -> Iterator[tuple[int, str, str, bool]]:
    at = elf.dynamic.get(_VERNEED, 0)
    left = _MAX_VERSIONS
    for _ in range(min(elf.dynamic.get(_VERNEEDNUM, 0), _MAX_LIBRARIES) if at else 0):
        _, count, file, first, following = _NEEDED_VERSION.unpack(
            elf.content(at, _NEEDED_VERSION.size, "symbol versions")
        )
        place = at + first
        for _ in range(min(count, left)):
            _, flags, number, name, step = _VERSION_NAME.unpack(
                elf.content(place, _VERSION_NAME.size, "symbol versions")
            )
            yield number & 0x7FFF, _name(names, file), _name(names, name), bool(flags & _WEAK_VERSION)
            left -= 1
            if not step:
                break
            place += step
        if not following:
            break
        at += following


def _name(names: bytes, at: int) -> str:
    end = names.find(b"\0", at, at + _MAX_NAME)
    return names[at : end if end >= 0 else at + _MAX_NAME].decode("utf-8", "replace")
