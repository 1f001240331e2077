"""A binary -> what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from layerg_pin.binary.bounded_reader import MAX_PIECE, BinaryError, Reader, opened
from layerg_pin.binary.buildinfo import BuildInfo, read_build_info
from layerg_pin.binary.elf import MAGIC as ELF_MAGIC
from layerg_pin.binary.elf import Elf, read_elf
from layerg_pin.binary.hashes import package_hashes
from layerg_pin.binary.macho import MAGICS as MACHO_MAGICS
from layerg_pin.binary.macho import read_macho

_STUB, _OPEN = b"plugin: not implemented", b'plugin.Open("'


class Format(StrEnum):
    """How a file is laid out."""

    ELF = "elf"
    MACHO = "macho"


class Role(StrEnum):
    """What a binary is for."""

    EXECUTABLE = "executable"
    PLUGIN = "plugin"
    LIBRARY = "library"
    """A shared library that is no Go plugin."""


class Opening(StrEnum):
    """How an executable opens plugins."""

    SHARING = "sharing"
    """It lets them have its packages."""
    HIDING = "hiding"
    """It does not, because it is linked statically or by Go's own linker; it dies of any plugin."""
    STUB = "stub"
    """Package plugin is there in the form without cgo, which answers `plugin: not implemented`."""
    NONE = "none"
    """It never calls plugin.Open."""
    UNKNOWN = "unknown"


class Binary(NamedTuple):
    """What a Go binary says of itself."""

    path: str
    format: Format
    role: Role
    refusal: str
    """What plugin.Open reports where it is asked to open an executable; empty for what can be loaded."""
    os: str
    """As in GOOS; empty if that is not known."""
    arch: str
    """As in GOARCH."""
    info: BuildInfo | None
    """None where there is no build info: not Go, removed on purpose, or a plugin that a Go before 1.21 linked."""
    hashes: Mapping[str, str]
    """The hash of each package that plugin.Open compares. Empty where it compares none, and for Mach-O, where they are
    not read.
    """
    order: tuple[str, ...]
    """Of a plugin: its packages as plugin.Open walks them."""
    libc: str
    """The name of the C library that it is linked with, such as `libc.so.6`; empty if that is not known."""
    module_data: int | None
    """The size of the runtime's `moduledata` in bytes; None if unknown."""
    opening: Opening

    @property
    def go(self) -> str:
        """The Go release, such as `go1.26.8`; empty if that is not known."""
        return self.info.release if self.info else ""

    @property
    def opens_plugins(self) -> bool | None:
        """Whether it can open plugins at all; None if that cannot be told."""
        return None if self.opening is Opening.UNKNOWN else self.opening is Opening.SHARING


def read_binary(path: str) -> Binary:
    """Read an executable, a plugin or another shared library. Raises BinaryError for anything else."""
    with opened(path) as reader:
        if reader.size < 4:
            raise BinaryError(f"{path} is empty or cut off: copy or build it again", refusal="file too short")
        magic = reader.at(0, 4, "header")
        if magic == ELF_MAGIC:
            return _elf(reader)
        if magic in MACHO_MAGICS:
            return _macho(reader)
        what = "a Windows program" if magic[:2] == b"MZ" else "not a program or library for Linux or macOS"
        raise BinaryError(
            f"{path} is {what}: pass a host's binary, or a .so that `go build -buildmode=plugin` wrote",
            refusal="invalid ELF header" if reader.size >= 64 else "file too short",
        )


def _elf(reader: Reader) -> Binary:
    elf = read_elf(reader)
    info = read_build_info(reader, elf.build_info_ranges())
    packages = package_hashes(elf)
    role = Role.EXECUTABLE if elf.executable else Role.PLUGIN if packages.order else Role.LIBRARY
    return Binary(
        path=reader.path,
        format=Format.ELF,
        role=role,
        refusal=elf.refusal,
        os=info.settings.get("GOOS", "") if info else "",
        arch=elf.arch,
        info=info,
        hashes=packages.hashes,
        order=packages.order,
        libc=packages.libc,
        module_data=packages.module_data,
        opening=_opening(elf, role, packages.hashes, info),
    )


def _opening(elf: Elf, role: Role, hashes: Mapping[str, str], info: BuildInfo | None) -> Opening:
    if role is not Role.EXECUTABLE:
        return Opening.NONE
    if hashes:
        return Opening.SHARING
    if info is None:
        return Opening.UNKNOWN
    # The texts of Go's plugin/plugin_stubs.go and plugin_dlopen.go, of which the linker keeps what is used.
    return Opening.STUB if _holds(elf, _STUB) else Opening.HIDING if _holds(elf, _OPEN) else Opening.NONE


def _holds(elf: Elf, text: bytes) -> bool:
    """Whether a text is among what is loaded to be read only."""
    parts = ((each.offset, min(each.size, MAX_PIECE)) for each in elf.segments if not each.writable)
    return any(True for offset, size in parts for _ in elf.reader.find(text, offset, size))


def _macho(reader: Reader) -> Binary:
    arch, kind, ranges = read_macho(reader)
    info = read_build_info(reader, ranges)
    plugin = info is not None and info.settings.get("-buildmode") == "plugin"
    role = Role.EXECUTABLE if kind == "executable" else Role.PLUGIN if plugin else Role.LIBRARY
    system = info.settings.get("GOOS", "darwin") if info else "darwin"
    return Binary(
        path=reader.path,
        format=Format.MACHO,
        role=role,
        refusal="",
        os=system,
        arch=arch,
        info=info,
        hashes={},
        order=(),
        libc="",
        module_data=None,
        opening=Opening.UNKNOWN,
    )
