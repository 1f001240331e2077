"""What is known of the two sides: the host's manifest and the plugin's build."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.gofile.go_file import GoFile
from layerg_pin.core.gomod.modules_txt import ModulesTxt
from layerg_pin.core.gomod.parser import GoMod, GoWork
from layerg_pin.core.gomod.versions import parse_go_release
from layerg_pin.core.text import LineIndex, Problem, Span, TextEdit, apply_edits

if TYPE_CHECKING:
    from layerg_pin.core.analysis.compile_errors import Compiled  # only `--build` needs it


class Certainty(StrEnum):
    """How sure it is that a package is linked into both sides."""

    CERTAIN = "certain"
    """Both link sets are known: the plugin's from `go list -deps`, the host's likewise, or from its binary."""
    LIKELY = "likely"
    """The plugin's is known, and the host's modules.txt, a superset of what is linked, lists the package."""
    POSSIBLE = "possible"
    """One side is known by module only."""


class ModuleVersion(NamedTuple):
    """A module at a version, the one left of any `=>`. Graphs hash them all the time: hence a tuple."""

    path: str
    version: str

    def __str__(self) -> str:
        return f"{self.path} {self.version}".strip()


class Source:
    """A text file that findings speak of; `path` is absolute."""

    def __init__(self, path: str, index: LineIndex) -> None:
        self.path = path
        self.index = index


class Origin(NamedTuple):
    """Where a fact stands: an absolute path, a 0-based line, and how people call the file."""

    path: str
    line: int | None
    """None where a binary says it, which has no lines."""
    label: str

    def __str__(self) -> str:
        return self.label if self.line is None else f"{self.label}:{self.line + 1}"


class Replacement(NamedTuple):
    """What stands right of `=>`: a module at a version, or the absolute path of a folder, which has none."""

    path: str
    version: str | None

    def __str__(self) -> str:
        return f"{self.path} {self.version}" if self.version else self.path


class HostModule(NamedTuple):
    """A module of the host, at the version left of any `=>`; None for the host's own module."""

    path: str
    version: str | None
    origin: Origin
    replacement: Replacement | None = None


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


class HostBuild(NamedTuple):
    """How a host was built, as its binary or its own build files state. None and empty texts mean: not known.

    A binary states every flag. Build files may leave some to variables, and Go 1.18 does not record `-trimpath`.
    """

    release: str = ""
    """The exact Go release, as `go1.23.4`; empty where it is not known."""
    goos: str = ""
    goarch: str = ""
    cgo: bool | None = None
    trimpath: bool | None = None
    race: bool | None = None
    tags: tuple[str, ...] | None = None
    experiment: str | None = None
    """GOEXPERIMENT, as far as it is not the release's default; an empty text: none."""
    gcflags: str | None = None
    minor: str = ""
    """The minor release, as `1.23`, where a floating image tag such as `golang:1.23` names no exact one."""
    libc: str = ""
    """The C library: `glibc` or `musl`."""
    libc_version: str = ""
    """The version of the C library on the system that the server runs on, as `2.36`."""
    linking: str = ""
    """Why the host cannot open plugins because of how it is linked, as `-linkmode=internal`; empty where it can."""
    origins: Mapping[str, Origin] = MappingProxyType({})
    """Where build files state a fact, by the name of the field; a fact of a binary has no line and is not listed."""
    fips: str | None = None
    """GOFIPS140, as `v1.0.0`; an empty text: none."""
    sanitizer: str | None = None
    """`asan` or `msan`; an empty text: none."""

    @property
    def unfit(self) -> str:
        """Why a host that is built so certainly cannot open plugins, and the cure; empty where it can.

        Without cgo `plugin.Open` is a stub (Go: plugin/plugin_stubs.go).
        """
        if self.cgo is False:
            return f"it is built with CGO_ENABLED=0{self._place('cgo')}; build it with CGO_ENABLED=1 and a C compiler"
        if not self.linking:
            return ""
        if self.linking.startswith("-"):
            return f"it is linked with {self.linking}{self._place('linking')}; remove the flag from the host's build"
        return f"{self.linking}; build it without -extldflags=-static and -linkmode=internal"

    @property
    def unfit_origin(self) -> Origin | None:
        """The line of the host's build files that states why it cannot open plugins; None where none does."""
        return self.origins.get("cgo" if self.cgo is False else "linking") if self.unfit else None

    def _place(self, field: str) -> str:
        origin = self.origins.get(field)
        return f" ({origin})" if origin else ""


class HostWork(NamedTuple):
    """The go.work that a plain `go build` in a host's folder finds, and what the host's build files say about it."""

    path: str
    """The absolute path of the go.work, its parts separated by `/`."""
    used: bool
    """Whether the go.work on disk uses the host's folder."""
    outside: str = ""
    """Why every build of the host leaves the workspace, with the file and line; empty where none or not all do."""
    doubt: str = ""
    """Why the host may be built outside the workspace; empty where nothing speaks against a plain `go build` in it."""

    @property
    def decides(self) -> bool:
        """Whether the workspace selects the versions of the host."""
        return self.used and not self.outside and not self.doubt


class HostPlace(StrEnum):
    """Where a host is built, as seen from the workspace that the plugin is built in."""

    OUTSIDE = "outside"
    """Outside that workspace, or the plugin is in none."""
    INSIDE = "inside"
    """In the same workspace: one build list decides the versions of both."""
    UNCLEAR = "unclear"
    """The workspace uses the host's folder, but other facts speak for a build outside it."""


class _HostFacts(NamedTuple):
    """What is told of a host."""

    reference: str
    """As the user, the project file or discovery named it."""
    path: str
    """The absolute path of what is named."""
    kind: str
    """What is named: `folder`, `modules.txt`, `go.mod`, `binary`, `profile` or `module@version`."""
    module: str | None
    go: str | None
    modules: Mapping[str, HostModule]
    packages: Mapping[str, str] | None
    linked: bool
    """Whether `packages` is just what the host links, as Go lists it, rather than all that it vendors."""
    asked: bool
    """Whether Go has been asked for the linked packages, with success or without."""
    source: Source
    problems: tuple[Problem, ...] = ()
    """Lines of `source` that cannot be read."""
    hint: str = ""
    """What would make more known."""
    doubt: str = ""
    """Why what was read may not be what the host is built from; empty if nothing speaks against it."""
    build: HostBuild | None = None
    """How it was built; None where only its source is known."""
    go_origin: Origin | None = None
    """The line that says `go`; None where none does."""
    listing: ModulesTxt | None = None
    """What its modules.txt says, if it is one that was read."""
    version: str | None = None
    """The version of the host itself, as `v3.22.0`; None where it is not known."""
    main: str = ""
    """The host's main package, relative to its module, as `.` or `./cmd/server`; empty where it is not known."""
    mains: tuple[str, ...] = ()
    """The other main packages that the server could be, where none of them is certain to be it."""
    builder: HostBuild | None = None
    """How the host's own plugin builder image is built, where the host's source says so."""
    work: HostWork | None = None
    """The go.work around the host's source folder; None where there is none, or the host is no folder."""


class HostManifest(_HostFacts):
    """What is known of a host, and what follows from it.

    `packages` maps an import path to the path of the module that provides it; None where only modules are known.
    """

    @property
    def unfit(self) -> str:
        """Why the host certainly cannot open plugins, and the cure; empty where it can, as far as that is known."""
        why = self.build.unfit if self.build and not self.doubt else ""
        return f"the host {self.reference} cannot open plugins: {why}" if why else ""

    @property
    def required(self) -> int:
        """How many modules the host requires: all but its own."""
        return sum(module.version is not None for module in self.modules.values())

    @cached_property
    def packages_of(self) -> Mapping[str, tuple[str, ...]]:
        """The packages that each module provides, by the module's path, as far as they are known."""
        found: dict[str, list[str]] = {}
        for package, module in (self.packages or {}).items():
            found.setdefault(module, []).append(package)
        return {module: tuple(packages) for module, packages in found.items()}


class HostNotFound(NamedTuple):
    """No host is named, and none or more than one was found."""

    message: str


class HostUnreadable(NamedTuple):
    """A host is named, but its files cannot be read."""

    reference: str
    message: str


class Unresolved(NamedTuple):
    """An imported package that Go cannot load; what it brings in is unknown."""

    package: str
    reason: str
    absent: bool = False
    """Whether its module is only not in the module cache, where a download would bring it."""


class Requirements(NamedTuple):
    """What the go.mod of a dependency asks for, and whether it lists all it needs (`go 1.17` and later)."""

    requires: tuple[ModuleVersion, ...]
    pruned: bool
    go: str = ""
    """Its `go` line; empty where it has none."""


Graph = Mapping[ModuleVersion, Requirements]
"""The go.mod files of dependencies, as far as they are known."""


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


class SourceFile(NamedTuple):
    """A Go file that is built; `path` is absolute."""

    path: str
    file: GoFile


class MainPackage(NamedTuple):
    """A main package of the plugin."""

    name: str
    """As Go's command line takes it: `.` or `./cmd/x`."""
    files: tuple[SourceFile, ...]
    """First the one that blank imports go into; tests are left out."""

    @property
    def imports(self) -> frozenset[str]:
        """All that its files import."""
        return frozenset(each.path.text for source in self.files for each in source.file.imports)


class Vendored(NamedTuple):
    """The plugin's own vendor/modules.txt."""

    source: Source
    modules: ModulesTxt


class Attempt(NamedTuple):
    """Edits of go.mod, and of the workspace's go.work, for Go to try before they are made."""

    gomod: str
    """The text that the edits refer to."""
    edits: tuple[TextEdit, ...]
    work: str = ""
    work_edits: tuple[TextEdit, ...] = ()

    def texts(self) -> tuple[str, str | None]:
        """What go.mod and go.work would read; None for a go.work that stays."""
        gomod = apply_edits(self.gomod, self.edits)
        return gomod, apply_edits(self.work, self.work_edits) if self.work_edits else None


class Trial(NamedTuple):
    """What Go makes of a go.mod that is not written yet. Many are kept at a time: hence not the build itself."""

    selected: Mapping[str, str] | None
    """The version of each module that is compiled, by its path; None where nothing can be built."""
    unresolved: tuple[Unresolved, ...] = ()
    hidden: tuple[ModuleVersion, ...] = ()
    """What somebody asks for without its being known who, see differences.py."""
    trouble: str = ""
    """Why nothing can be built."""
    absent: bool = False
    """Whether the trouble is only that something is not in the module cache, so that nothing is known."""


class Snapshot(NamedTuple):
    """All that a check may look at, of one plugin at one moment."""

    plugin: Source
    """The plugin's go.mod."""
    gomod: GoMod
    host: HostManifest | HostNotFound | HostUnreadable
    build: PluginBuild | None
    """The last answer of Go; its go.mod may be an earlier text than `gomod`."""
    trouble: str | None = None
    """Why Go could not answer for the text of `gomod`; None while it is still to be asked."""
    mains: tuple[MainPackage, ...] = ()
    """Empty where they have not been read."""
    workspace: Workspace | None = None
    vendored: Vendored | None = None
    trials: Mapping[Attempt, Trial] = MappingProxyType({})
    """What Go says of fixes of this go.mod, and of earlier texts of it."""
    local: LocalGo | None = None
    """The Go that was asked; None where none was."""
    builders: tuple[BuildSource, ...] = ()
    """The files beside the plugin that say what builds it, the nearest first."""
    host_place: HostPlace = HostPlace.OUTSIDE
    host_member: str = ""
    """The module path of the host where the plugin's workspace uses the host's folder; else empty."""
    conflicted: tuple[Source, ...] = ()
    """Other files of the plugin, such as its go.sum, that hold the markers of a merge conflict."""
    compiled: Compiled | None = None
    """What came of compiling the plugin, where the user asked for that."""
    trouble_at: str | None = None
    """Where Go was not run, for what it would have read: the folder that leads there, as a `replace` or `use` line
    writes it, empty where none does. None for any other trouble.
    """

    @property
    def unreadable(self) -> bool:
        """Whether Go refuses the plugin's go.mod, go.work or go.sum, which the check `syntax` is about."""
        work = self.workspace.work.problems if self.workspace else ()
        return bool(self.gomod.problems or work or self.conflicted)

    @property
    def not_read(self) -> tuple[tuple[str, Problem], ...]:
        """The plugin's files of which not all was read, see bounds.py: the path of each, and the problem."""
        vendored, work = self.vendored, self.workspace
        found = [(self.plugin.path, self.gomod.beyond)]
        found += [(work.path, work.work.beyond)] if work else []
        found += [(vendored.source.path, vendored.modules.beyond)] if vendored else []
        return tuple((path, problem) for path, problem in found if problem)

    @property
    def folder(self) -> str:
        """The absolute folder of the plugin's go.mod, its parts separated by `/`."""
        path = self.plugin.path
        return (path.replace("\\", "/") if path[1:3] == ":\\" else path).rpartition("/")[0]

    def indexes(self) -> dict[str, LineIndex]:
        """The texts that were looked at, by absolute path: they may not be those on disk."""
        known = {source.path: LineIndex(source.file.text) for main in self.mains for source in main.files}
        if isinstance(self.host, HostManifest):
            known[self.host.source.path] = self.host.source.index
        if self.workspace:
            known[self.workspace.path] = LineIndex(self.workspace.work.text)
        known |= {source.path: source.index for source in self.builders}
        known |= {source.path: source.index for source in self.conflicted}
        if self.vendored:
            known[self.vendored.source.path] = self.vendored.source.index
        return {**known, self.plugin.path: self.plugin.index}

    @property
    def complete(self) -> bool:
        """Whether Go has answered for this very text, and for every package."""
        return self.trouble is None and self.build is not None and not self.build.unresolved
