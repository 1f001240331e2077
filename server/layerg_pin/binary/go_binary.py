"""Read a Go binary: its role, build info, package hashes, and whether it can open plugins."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from layerg_pin.binary.bounded_reader import MAX_PIECE, BinaryError, Reader, open_reader
from layerg_pin.binary.buildinfo import BuildInfo, read_build_info
from layerg_pin.binary.elf import MAGIC as ELF_MAGIC
from layerg_pin.binary.elf import Elf, read_elf
from layerg_pin.binary.hashes import package_hashes
from layerg_pin.binary.macho import MAGICS as MACHO_MAGICS
from layerg_pin.binary.macho import read_macho

_STUB, _OPEN = b"plugin: not implemented", b'plugin.Open("'


class Format(StrEnum):
    """The format of a binary."""

    ELF = "elf"
    MACHO = "macho"


class Role(StrEnum):
    """The kind of a binary."""

    EXECUTABLE = "executable"
    PLUGIN = "plugin"
    LIBRARY = "library"
    """A shared library that is not a Go plugin."""


class PluginSupport(StrEnum):
    """Whether and how an executable opens plugins."""

    SHARING = "sharing"
    """It shares its packages with plugins."""
    HIDING = "hiding"
    """It does not share its packages, because it is linked statically or by Go's own linker. Any plugin crashes it."""
    STUB = "stub"
    """It has package plugin without cgo, which returns `plugin: not implemented`."""
    NONE = "none"
    """It never calls plugin.Open."""
    UNKNOWN = "unknown"


class Binary(NamedTuple):
    """The properties of a Go binary."""

    path: str
    format: Format
    role: Role
    refusal: str
    """The error of plugin.Open for an executable; empty for a file that can be loaded."""
    os: str
    """A GOOS value; empty if unknown."""
    arch: str
    """A GOARCH value."""
    info: BuildInfo | None
    """None if there is no build info: not a Go binary, removed on purpose, or a plugin that a Go before 1.21 linked."""
    hashes: Mapping[str, str]
    """The hash of each package that plugin.Open compares. Empty if it compares none, and for Mach-O, where hashes are
    not read.
    """
    order: tuple[str, ...]
    """For a plugin: its packages in the order in which plugin.Open compares them."""
    libc: str
    """The name of the C library that it is linked with, such as `libc.so.6`; empty if unknown."""
    module_data: int | None
    """The size of the runtime's `moduledata` in bytes; None if unknown."""
    plugin_support: PluginSupport

    @property
    def go(self) -> str:
        """The Go release, such as `go1.26.8`; empty if unknown."""
        return self.info.release if self.info else ""

    @property
    def opens_plugins(self) -> bool | None:
        """Whether it can open plugins at all; None if unknown."""
        return None if self.plugin_support is PluginSupport.UNKNOWN else self.plugin_support is PluginSupport.SHARING


def read_binary(path: str) -> Binary:
    """Read an executable, a plugin or another shared library. Raises BinaryError for any other file."""
    with open_reader(path) as reader:
        if reader.size < 4:
            raise BinaryError(f"{path} is empty or truncated: copy or build it again", refusal="file too short")
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
        plugin_support=_plugin_support(elf, role, packages.hashes, info),
    )


def _plugin_support(elf: Elf, role: Role, hashes: Mapping[str, str], info: BuildInfo | None) -> PluginSupport:
    if role is not Role.EXECUTABLE:
        return PluginSupport.NONE
    if hashes:
        return PluginSupport.SHARING
    if info is None:
        return PluginSupport.UNKNOWN
    # String constants of Go's plugin/plugin_stubs.go and plugin_dlopen.go, which the linker keeps only if they are
    # used.
    return (
        PluginSupport.STUB
        if _contains(elf, _STUB)
        else PluginSupport.HIDING
        if _contains(elf, _OPEN)
        else PluginSupport.NONE
    )


def _contains(elf: Elf, text: bytes) -> bool:
    """Whether a text is in the read-only segments."""
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
        plugin_support=PluginSupport.UNKNOWN,
    )
