"""Read the package hashes of a build that is not linked, from the compiler's output in the build cache.

`go list -export` gives an archive for each package. Its object `_go_.o` starts with the fingerprint that the linker
would write as the package's hash, and lists the imports in the order in which the linker would load them.
Source: Go: cmd/internal/goobj/objfile.go, cmd/internal/archive; the order: cmd/link/internal/ld/lib.go, postorder.
"""

import re
import struct
from collections.abc import Mapping
from typing import NamedTuple

from layerg_pin.binary.bounded_reader import BinaryError, Reader, open_reader
from layerg_pin.binary.buildinfo import go_release

_ARCHIVE = b"!<arch>\n"
_MEMBER_HEADER = 60
_OBJECT = b"_go_.o"
_MAGIC = re.compile(rb"\x00go1(?:18|20)ld")
"""The second one since Go 1.20; the fields that are read are the same."""
_HEADER = struct.Struct("<8s8sIII")
_IMPORT = struct.Struct("<II8s")
_RELEASE = re.compile(rb"go object \S+ \S+ (go\S+)")
_IMPLICIT = ("runtime/race", "runtime/msan", "runtime/asan", "runtime", "runtime/cgo")
"""Packages that the linker loads after the main package, if the build has them."""
_MAX_TEXT = 8 << 20
_MAX_IMPORTS = 16384
_MAX_NAME = 2048


class Export(NamedTuple):
    """The compiler's output for a package."""

    go: str
    fingerprint: str
    """In hexadecimal digits."""
    imports: tuple[str, ...]


def read_export(path: str) -> Export:
    """Read a package's archive. Raises BinaryError."""
    with open_reader(path) as reader:
        at, end = _object(reader)
        text = reader.at(at, min(end - at, _MAX_TEXT), "object")
        magic = _MAGIC.search(text)
        release = _RELEASE.match(text)
        start = magic.start() if magic else 0
        if magic is None or release is None or start + _HEADER.size > len(text):
            raise _unknown(path)
        _, fingerprint, _, imports_at, imports_end = _HEADER.unpack_from(text, start)
        base, count = at + start, (imports_end - imports_at) // _IMPORT.size
        if not 0 <= count <= _MAX_IMPORTS:
            raise _unknown(path)
        table = reader.at(base + imports_at, count * _IMPORT.size, "imports")
        imports = tuple(
            reader.at(base + offset, length, "imports").decode("utf-8", "replace")
            for length, offset, _ in _IMPORT.iter_unpack(table)
            if length <= _MAX_NAME
        )
        return Export(go_release(release[1].decode("ascii", "replace")), fingerprint.hex(), imports)


def link_order(main: str, exports: Mapping[str, Export]) -> tuple[str, ...]:
    """The packages in the order in which the linker writes them and plugin.Open compares them.

    The linker loads the main package and, level by level, its imports; then the runtime and the other packages. It then
    sorts the list by a depth-first search, dependencies first.
    """
    loaded = dict.fromkeys([main])
    for root in (main, *_IMPLICIT, *exports):
        queue = [root]
        loaded.setdefault(root)
        for package in queue:
            for each in exports[package].imports if package in exports else ():
                if each in exports and each not in loaded:
                    loaded[each] = None
                    queue.append(each)
    order: dict[str, None] = {}
    entered: set[str] = set()
    for root in loaded:
        stack = [(root, False)]
        while stack:
            package, left = stack.pop()
            if left:
                order[package] = None
            elif package not in entered and package in exports:
                entered.add(package)
                stack.append((package, True))
                stack += [(each, False) for each in reversed(exports[package].imports)]
    return tuple(order)


def _object(reader: Reader) -> tuple[int, int]:
    """Start and end of the compiler's object in an archive."""
    if reader.size < len(_ARCHIVE) or reader.at(0, len(_ARCHIVE), "header") != _ARCHIVE:
        raise _unknown(reader.path)
    at = len(_ARCHIVE)
    while at + _MEMBER_HEADER <= reader.size:
        header = reader.at(at, _MEMBER_HEADER, "header")
        digits = header[48:58].rstrip()
        if not digits.isdigit():
            raise _unknown(reader.path)
        start, size = at + _MEMBER_HEADER, int(digits)
        if header[:16].rstrip() == _OBJECT:
            return start, min(start + size, reader.size)
        at = start + size + size % 2
    raise _unknown(reader.path)


def _unknown(path: str) -> BinaryError:
    return BinaryError(
        f"{path} is not a readable compiled package: run `go clean -cache` and try again, or predict from the .so"
    )
