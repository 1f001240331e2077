"""Why plugin.Open refuses a package though no version differs: how the two sides are built.

Source: what hosts were seen to do with plugins that were each built otherwise in one respect.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Cause(NamedTuple):
    """What may be the cause, and what is to be done about it."""

    text: str
    cure: str


VERSION = Cause(
    "its module is selected at another version than on the host",
    "`layerg-pin check --host REF` in the plugin's folder shows this and all others, and `layerg-pin fix --tidy` "
    "mends them",
)
STALE = Cause(
    "what ran is not what was looked at: an older .so, or a host that was built from other versions",
    "build the plugin again and copy it; `go version -m` on the .so and on the host's binary tells the versions inside",
)
TOOLCHAIN = Cause(
    "another Go release built the plugin, be it another patch of the same minor release",
    "build both with one release: `go version` on the .so and on the host's binary tells them; "
    "a pluginbuilder image must have the tag of the server's image",
)
TRIMPATH = Cause(
    "only one of the two is built with -trimpath",
    "build the plugin with -trimpath where the host is, as Layerg and Nakama are: `go version -m` on the host's "
    "binary tells it",
)
RACE = Cause("only one of the two is built with -race", "build the plugin without -race, unless the host has it")
EXPERIMENT = Cause(
    "GOEXPERIMENT is not the same on both sides", "build with the host's GOEXPERIMENT, which is mostly none"
)
GCFLAGS = Cause(
    "the plugin is built with -gcflags for all packages, as debug builds are", "build the plugin without -gcflags=all=…"
)
TAGS = Cause("build tags that this package uses are not the same on both sides", "build with the host's -tags")
WORKSPACE = Cause(
    "a go.work uses the module from a folder, where it has no version",
    "build with GOWORK=off, or take the module out of go.work",
)
REPLACE = Cause(
    "a replace on one side gives the package, or one that it imports, other contents",
    "replace the module as the host does, with the same version left of the =>, or remove the replace",
)

_TELLTALES = {
    "internal/cpu": TRIMPATH,
    "internal/goarch": TRIMPATH,
    "internal/runtime/sys": RACE,
    "sync/atomic": RACE,
    "internal/goexperiment": EXPERIMENT,
    "internal/abi": GCFLAGS,
    "net": TAGS,
}
"""Packages that are reported first where host and plugin differ in just this."""
_STANDARD = (TOOLCHAIN, TRIMPATH, RACE, EXPERIMENT, GCFLAGS, TAGS)
_EQUAL = (STALE, TRIMPATH, TOOLCHAIN, WORKSPACE, REPLACE, TAGS, GCFLAGS, RACE, EXPERIMENT)


def likeliest_first(package: str, *, standard: bool, equal: bool, replaced: Sequence[int] = ()) -> tuple[Cause, ...]:
    """The causes that remain for a package: of the standard library, or of a module with `equal` or unknown versions.

    `replaced` are the lines of go.mod that replace its module.
    """
    if standard:
        telltale = _TELLTALES.get(package, TOOLCHAIN)
        return (telltale, *(cause for cause in _STANDARD if cause is not telltale))
    if not equal:
        return (VERSION, *(cause for cause in _EQUAL if cause is not STALE))
    if replaced:
        at = ", ".join(f"go.mod:{line}" for line in replaced)
        own = Cause(f"{REPLACE.text}: the plugin replaces the module at {at}", REPLACE.cure)
        return (own, *(cause for cause in _EQUAL if cause is not REPLACE))
    return _EQUAL
