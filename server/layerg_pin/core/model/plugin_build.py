"""Go's answer about a plugin's build."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from layerg_pin.core.gomod.parser import GoMod, GoWork
from layerg_pin.core.gomod.versions import parse_go_release
from layerg_pin.core.model.modules import Graph, ModuleVersion
from layerg_pin.core.text import Span


class LocalGo(NamedTuple):
    """The Go of this machine, as `go env` reports it for builds without further settings."""

    release: str
    """Such as `go1.23.4`."""
    goos: str = ""
    goarch: str = ""
    cgo: bool | None = None
    flags: str = ""
    """GOFLAGS."""
    experiment: str = ""
    toolchain: str = ""
    """GOTOOLCHAIN; empty if unknown, and for Go before 1.21, which has none."""
    fips: str = ""
    """GOFIPS140, which Go has since 1.24."""


class Unresolved(NamedTuple):
    """An imported package that Go cannot load; its own imports are unknown."""

    package: str
    reason: str
    needs_download: bool = False
    """Whether the only reason is that its module is not in the module cache, so that a download would help."""


class Member(NamedTuple):
    """Another module that the workspace uses."""

    folder: str
    """Absolute."""
    gomod: GoMod
    use: Span
    """The folder's name in go.work."""


class Workspace(NamedTuple):
    """The go.work that applies to a build of the plugin; `path` is absolute."""

    path: str
    work: GoWork
    members: tuple[Member, ...]
    """The modules that it uses, without the plugin's own."""
    is_vendored: bool = False
    """Whether there is a folder of `go work vendor` beside go.work."""


class _BuildFacts(NamedTuple):
    """The fields of a PluginBuild; apart from it because a NamedTuple cannot cache properties."""

    gomod: GoMod
    """The go.mod that Go was asked about."""
    packages: Mapping[str, ModuleVersion]
    """The import path of each package that is compiled into the plugin, with the module that provides it at the version
    that the build selects; without the standard library's packages and the plugin's own.
    """
    unresolved: tuple[Unresolved, ...]
    graph: Graph
    imports: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """The imports of each package, including the plugin's own packages."""
    versions: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """The known versions of modules whose packages the host takes from another module."""
    lower: Mapping[tuple[str, ModuleVersion], str] = MappingProxyType({})
    """For a module that requires more than a host's version: its highest known version that does not."""
    workspace: Workspace | None = None
    """The one that Go was asked about."""
    members: Mapping[str, str] = MappingProxyType({})
    """The packages that come from other members of the workspace, each with that member's module path."""
    buildable: Mapping[ModuleVersion, tuple[ModuleVersion, ...]] = MappingProxyType({})
    """For a module whose `go` line is above the host's Go: the requirements that replace it, if known."""
    build_error: str = ""
    """Go's message if `go build` stops before it compiles anything; empty if it does not, or if that is unknown."""
    missing_sums: tuple[ModuleVersion, ...] = ()
    """The compiled modules without an entry in go.sum, if that stops `go build`."""


class PluginBuild(_BuildFacts):
    """Go's answer about a plugin's build, and what follows from it.

    Derived values are cached, because every edit is compared with the same answer.
    """

    @cached_property
    def compiled(self) -> tuple[ModuleVersion, ...]:
        """The modules that packages are compiled from, sorted."""
        return tuple(sorted(set(self.packages.values())))

    @cached_property
    def newest_go(self) -> str:
        """The highest `go` line among the compiled modules; empty if none is known."""
        return newest(known.go for module in self.compiled if (known := self.graph.get(module)))

    @cached_property
    def newest_go_known(self) -> str:
        """The highest `go` line in the module graph; empty if none is known."""
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
        """The versions of the compiled modules, by path."""
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
    """The highest of some `go` lines; empty if none can be parsed."""
    releases = {line: release for line in set(lines) if (release := parse_go_release(line))}
    return max(releases, key=lambda line: releases[line], default="")
