"""What is known of the two sides: the host's manifest and the plugin's build."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from layerg_pin.core.builder import BuildSource
from layerg_pin.core.gofile import GoFile
from layerg_pin.core.gomod import GoMod, GoWork
from layerg_pin.core.modules_txt import ModulesTxt
from layerg_pin.core.text import LineIndex, Problem, Span, TextEdit, apply_edits


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


KNOWN_HOSTS = ("github.com/u2u-labs/layerg-core", "github.com/heroiclabs/nakama/v3")
"""The module paths of Layerg and Nakama, whose own builds use -trimpath."""


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


class HostBuild(NamedTuple):
    """How a host was built, as its binary says."""

    release: str
    """The Go release, as `go1.23.4`."""
    goos: str
    goarch: str
    cgo: bool | None = None
    trimpath: bool | None = None
    """Like the other flags, None where it is unknown."""
    race: bool | None = None
    tags: tuple[str, ...] | None = None
    experiment: str | None = None
    """GOEXPERIMENT, as far as it is not the release's default."""
    gcflags: str | None = None


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


class HostManifest(_HostFacts):
    """What is known of a host, and what follows from it.

    `packages` maps an import path to the path of the module that provides it; None where only modules are known.
    """

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

    def but(
        self,
        *,
        packages: Mapping[str, ModuleVersion] | None = None,
        unresolved: tuple[Unresolved, ...] | None = None,
        graph: Graph | None = None,
        lower: Mapping[tuple[str, ModuleVersion], str] | None = None,
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
        )

    @cached_property
    def own(self) -> frozenset[str]:
        """The plugin's own packages."""
        return frozenset(self.imports).difference(self.packages, self.members)

    @cached_property
    def imported(self) -> frozenset[str]:
        """The packages that the plugin's own packages import."""
        return frozenset(each for package in self.own for each in self.imports[package])


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
        if self.vendored:
            known[self.vendored.source.path] = self.vendored.source.index
        return {**known, self.plugin.path: self.plugin.index}

    @property
    def complete(self) -> bool:
        """Whether Go has answered for this very text, and for every package."""
        return self.trouble is None and self.build is not None and not self.build.unresolved
