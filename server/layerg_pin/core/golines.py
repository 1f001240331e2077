"""Which `go` lines and directives the host's Go can read and build, as measured with Go 1.18 to 1.26.

Since Go 1.21 a release refuses a main module whose `go` line is above it, and a dependency whose `go` line is, as soon
as it compiles a package of it; with a main module of go 1.16 or older, any dependency of the build list. Older releases
ignore both, but read only the form `1.23` of the main module's `go` line. A directive that a release does not know is
an error in the main module, and ignored in dependencies.
Source: Go: cmd/go/internal/modload, golang.org/x/mod/modfile and internal/gover; https://go.dev/doc/toolchain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from layerg_pin.core.gomod import GoMod
from layerg_pin.core.manifest import HostManifest, ModuleVersion, Snapshot
from layerg_pin.core.text import Span
from layerg_pin.core.versions import parse_go_release, prunes

_OLD_FORM = re.compile(r"[1-9]\d*\.\d+")
_FIRST_TO_ENFORCE = (1, 21)
DIRECTIVES = {"toolchain": "1.21", "godebug": "1.23", "tool": "1.24", "ignore": "1.25"}
"""The Go release that first reads each directive of go.mod."""


class HostGo(NamedTuple):
    """The Go release that has to build the plugin: the host's."""

    version: str
    """An exact release as `1.23.4`, or a minor release as `1.23` whose newest patch may be meant."""
    is_exact: bool
    is_known: bool
    """False where only the `go` line of the host's go.mod is known, so that the release may be a newer one."""

    def __str__(self) -> str:
        return f"go{self.version}"

    @property
    def enforces(self) -> bool:
        """Whether it refuses `go` lines above itself."""
        mine = parse_go_release(self.version)
        return mine is not None and mine.release[:2] >= _FIRST_TO_ENFORCE

    def is_below(self, version: str) -> bool:
        """Whether it is older than a `go` line or release asks for; False for what cannot be read."""
        return _is_below(self, version)

    @property
    def line(self) -> str:
        """The highest `go` line that it can read and build."""
        return self.version if self.enforces else ".".join(self.version.split(".")[:2])


@lru_cache(maxsize=4096)
def _is_below(go: HostGo, version: str) -> bool:
    mine, other = parse_go_release(go.version), parse_go_release(version)
    if mine is None or other is None:
        return False
    return mine < other if go.is_exact else mine.release[:2] < other.release[:2]


def host_go(host: object) -> HostGo | None:
    """The host's Go as far as it is known; None where nothing is."""
    if not isinstance(host, HostManifest):
        return None
    build = host.build
    if build and build.release and parse_go_release(build.release):
        return HostGo(build.release.removeprefix("go"), True, True)
    if build and build.minor and parse_go_release(build.minor):
        return HostGo(build.minor, False, True)
    if host.go is None or parse_go_release(host.go) is None:
        return None
    version = host.go.removeprefix("go")
    return HostGo(version, len(version.split(".")) > 2, False)


def is_toolchain_above(go: HostGo, gomod: GoMod) -> bool:
    """Whether the `toolchain` line names a release above the host's, with which Go may build the plugin."""
    line = gomod.toolchain
    return line is not None and go.is_known and go.enforces and go.is_below(line.text.removeprefix("go"))


class UnreadLine(NamedTuple):
    """A directive of the plugin's go.mod that the host's Go cannot read."""

    directive: str
    span: Span
    since: str
    """The Go release that first reads it."""


def is_unread_form(go: HostGo, line: str) -> bool:
    """Whether the form of a main module's `go` line is one that the host's Go cannot read."""
    return go.is_known and not go.enforces and _OLD_FORM.fullmatch(line) is None


def unread_lines(go: HostGo, gomod: GoMod) -> Iterator[UnreadLine]:
    """The directives that the host's Go does not know."""
    if not go.is_known:
        return
    found = [
        *(("toolchain", each.span) for each in (gomod.toolchain,) if each),
        *(("godebug", each.line.span) for each in gomod.godebugs),
        *(("tool", each.span) for each in gomod.tools),
        *(("ignore", each.span) for each in gomod.ignores),
    ]
    for directive, span in found:
        if go.is_below(DIRECTIVES[directive]):
            yield UnreadLine(directive, span, DIRECTIVES[directive])


def needed_go(snapshot: Snapshot) -> str:
    """The highest `go` line among the modules that the plugin compiles; empty where none is known."""
    return snapshot.build.newest_go if snapshot.build else ""


def too_new(snapshot: Snapshot, selected: Mapping[str, str], go: HostGo) -> Iterator[tuple[ModuleVersion, str]]:
    """The modules of the build, at the versions selected for the current text, whose `go` line is above the
    host's Go, which therefore refuses to build them; each with that line.
    """
    build = snapshot.build
    if build is None or not go.enforces or not go.is_below(build.newest_go_known):
        return
    is_pruned = prunes(snapshot.gomod.go.text if snapshot.gomod.go else None)
    for module in build.compiled if is_pruned else map(ModuleVersion._make, selected.items()):
        now = module._replace(version=selected.get(module.path, module.version))
        known = build.graph.get(now)
        if known and go.is_below(known.go):
            yield now, known.go
