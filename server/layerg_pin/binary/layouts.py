"""Compare the layouts of the runtime's `moduledata` in Go releases, and say what a difference does to the host.

plugin.Open does not compare layouts but relies on them. While a plugin is loaded, its `runtime.addmoduledata` links it
to the host's list of modules: it writes to the last field of the host's `moduledata`, `next`, at the offset of that
field in the plugin's release. The host then reads that field at its own offset.
- Different size: the host's `next` is still nil, and it dies with `runtime: no plugin module data`.
- Same size, different fields: the host finds the plugin, reads its fields at wrong offsets and dies with SIGSEGV.
- Same layout: the hashes are compared. Two minor releases never share the hash of a package of the runtime.
Source: Go: runtime/symtab.go (the struct), runtime/asm_amd64.s (addmoduledata), runtime/plugin.go. The layouts never
changed within a minor release from 1.18.0 to 1.27.1. The loads that confirm the rule: tests/binary/releases.json.
"""

from __future__ import annotations

from enum import StrEnum

from layerg_pin.core.gomod.versions import parse_go_release

_LAYOUTS = (
    ((1, 18), (1, 19), 552),
    ((1, 20), (1, 20), 568),  # covctrs, ecovctrs
    ((1, 21), (1, 22), 592),  # inittasks
    ((1, 23), (1, 25), 584),  # bad moved beside hasmain
    ((1, 26), (1, 26), 592),  # epclntab
    ((1, 27), (1, 27), 568),  # typedesclen, itaboffset and itabsize instead of typelinks and itablinks
)
"""The first and last minor release of each layout, and its size in bytes on 64-bit machines."""


class Layouts(StrEnum):
    """The result of comparing the layouts of a host and a plugin."""

    SAME = "same"
    OTHER_SIZE = "other size"
    OTHER_FIELDS = "other fields"
    UNKNOWN = "unknown"


def compare_layouts(host: tuple[str, int | None], plugin: tuple[str, int | None]) -> Layouts:
    """Compare two sides, each given by its Go release (`go1.26.8`; empty if unknown) and the size of its `moduledata`
    in bytes (None if unknown).
    """
    (host_go, host_size), (plugin_go, plugin_size) = host, plugin
    host_size = host_size or module_data_size(host_go)
    plugin_size = plugin_size or module_data_size(plugin_go)
    if host_size and plugin_size and host_size != plugin_size:
        return Layouts.OTHER_SIZE
    if host_go and host_go == plugin_go:
        return Layouts.SAME
    if _minor(host_go) and _minor(host_go) == _minor(plugin_go):
        return Layouts.SAME
    layouts = _layout(host_go, host_size), _layout(plugin_go, plugin_size)
    if None in layouts:
        return Layouts.UNKNOWN
    return Layouts.SAME if layouts[0] == layouts[1] else Layouts.OTHER_FIELDS


def module_data_size(go: str) -> int | None:
    """The size of `moduledata` in bytes for a Go release such as `go1.26.8`; None if unknown."""
    layout = _layout(go, None)
    return layout[2] if layout else None


def _layout(go: str, size: int | None) -> tuple[tuple[int, int], tuple[int, int], int] | None:
    """The layout of a release. Without a release, the first layout of that size: only plugins before Go 1.21 have no
    build info.
    """
    minor = _minor(go)
    if go:
        return next((layout for layout in _LAYOUTS if minor and layout[0] <= minor <= layout[1]), None)
    return next((layout for layout in _LAYOUTS if layout[2] == size), None)


def _minor(go: str) -> tuple[int, ...] | None:
    release = parse_go_release(go)
    return release.release[:2] if release else None
