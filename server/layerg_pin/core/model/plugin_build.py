"""What Go reports of a plugin's build."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from layerg_pin.core.gomod.parser import GoMod, GoWork
from layerg_pin.core.gomod.versions import parse_go_release
from layerg_pin.core.model.modules import Graph, ModuleVersion
from layerg_pin.core.text import Span


class LocalGo(NamedTuple):
    """The Go of this machine, as `go env` tells of it for builds without further settings."""

    release: str
    """As `go1.23.4`."""
    goos: str = ""
    goarch: str = ""
    cgo: bool | None = None
    flags: str = ""
    """GOFLAGS."""
    experiment: str = ""
    toolchain: str = ""
    """GOTOOLCHAIN; empty where it is not known, and for Go before 1.21, which has none."""
    fips: str = ""
    """GOFIPS140, which Go knows since 1.24."""


class Unresolved(NamedTuple):
    """An imported package that Go cannot load; what it brings in is unknown."""

    package: str
    reason: str
    absent: bool = False
    """Whether its module is only not in the module cache, where a download would bring it."""


class Member(NamedTuple):
    """Another module that the workspace uses."""

    folder: str
    """Absolute."""
    gomod: GoMod
    use: Span
    """Where go.work names the folder."""


class Workspace(NamedTuple):
    """The go.work that a build of the plugin goes by; `path` is absolute."""

    path: str
    work: GoWork
    members: tuple[Member, ...]
    """The modules that it uses, the plugin's own left out."""


class PluginBuild:
    """What Go said of a plugin's build.

    `packages` maps the import path of each package that is compiled into the plugin, the standard library's and the
    plugin's own left out, to the module that provides it, at the version that the build selects. What follows from an
    answer is found out once, since every edit is held against the same one.
    """

    def __init__(
        self,
        gomod: GoMod,
        packages: Mapping[str, ModuleVersion],
        unresolved: tuple[Unresolved, ...],
        graph: Graph,
        imports: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
        versions: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
        lower: Mapping[tuple[str, ModuleVersion], str] = MappingProxyType({}),
        workspace: Workspace | None = None,
        members: Mapping[str, str] = MappingProxyType({}),
        buildable: Mapping[ModuleVersion, tuple[ModuleVersion, ...]] = MappingProxyType({}),
        stops: str = "",
        unsummed: tuple[ModuleVersion, ...] = (),
    ) -> None:
        self.gomod = gomod
        """The go.mod that Go was asked about."""
        self.packages = packages
        self.unresolved = unresolved
        self.graph = graph
        self.imports = imports
        """What each package imports, the plugin's own packages included."""
        self.versions = versions
        """The versions there are, as far as they are known, of modules that the host has otherwise."""
        self.lower = lower
        """For a module that asks for more than a host's version: its highest lower version known that does not."""
        self.workspace = workspace
        """The one that Go was asked about."""
        self.members = members
        """The packages that come from other members of the workspace, each with that member's module path."""
        self.buildable = buildable
        """For a module whose `go` line is above the host's Go: what to require instead, as far as that is known."""
        self.stops = stops
        """Why `go build` stops before it compiles anything, in Go's words; empty where it does not, or is not known."""
        self.unsummed = unsummed
        """The modules that the plugin compiles packages of and go.sum has no entry for, where that stops `go build`."""

    def but(
        self,
        *,
        packages: Mapping[str, ModuleVersion] | None = None,
        unresolved: tuple[Unresolved, ...] | None = None,
        graph: Graph | None = None,
        lower: Mapping[tuple[str, ModuleVersion], str] | None = None,
        buildable: Mapping[ModuleVersion, tuple[ModuleVersion, ...]] | None = None,
        stops: str | None = None,
    ) -> PluginBuild:
        """Another that says the same, but for what is given."""
        return PluginBuild(
            self.gomod,
            self.packages if packages is None else packages,
            self.unresolved if unresolved is None else unresolved,
            self.graph if graph is None else graph,
            self.imports,
            self.versions,
            self.lower if lower is None else lower,
            self.workspace,
            self.members,
            self.buildable if buildable is None else buildable,
            self.stops if stops is None else stops,
            self.unsummed,
        )

    @cached_property
    def compiled(self) -> tuple[ModuleVersion, ...]:
        """The modules that packages are compiled from, sorted."""
        return tuple(sorted(set(self.packages.values())))

    @cached_property
    def newest_go(self) -> str:
        """The highest `go` line among the modules that are compiled; empty where none is known."""
        return newest(known.go for module in self.compiled if (known := self.graph.get(module)))

    @cached_property
    def newest_go_known(self) -> str:
        """The highest `go` line in the module graph; empty where none is known."""
        return newest(self.by_go)

    @cached_property
    def by_go(self) -> Mapping[str, tuple[ModuleVersion, ...]]:
        """The modules of the graph by their `go` line."""
        found: dict[str, list[ModuleVersion]] = {}
        for module, known in self.graph.items():
            found.setdefault(known.go, []).append(module)
        return {line: tuple(sorted(modules)) for line, modules in found.items()}

    @cached_property
    def compiled_versions(self) -> Mapping[str, str]:
        """The versions of the modules that packages are compiled from, by path."""
        return dict(self.compiled)

    @cached_property
    def own(self) -> frozenset[str]:
        """The plugin's own packages."""
        return frozenset(self.imports).difference(self.packages, self.members)

    @cached_property
    def imported(self) -> frozenset[str]:
        """The packages that the plugin's own packages import."""
        return frozenset(each for package in self.own for each in self.imports[package])


def newest(lines: Iterable[str]) -> str:
    """The highest of some `go` lines; empty where none can be read."""
    releases = {line: release for line in set(lines) if (release := parse_go_release(line))}
    return max(releases, key=lambda line: releases[line], default="")
