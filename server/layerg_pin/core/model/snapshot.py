"""What is known of the two sides: the host's manifest and the plugin's build."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.gofile.go_file import GoFile
from layerg_pin.core.gomod.modules_txt import ModulesTxt
from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.model.host_manifest import HostManifest, HostNotFound, HostPlace, HostUnreadable
from layerg_pin.core.model.modules import ModuleVersion, Source
from layerg_pin.core.model.plugin_build import LocalGo, PluginBuild, Unresolved, Workspace
from layerg_pin.core.text import LineIndex, Problem, TextEdit, apply_edits

if TYPE_CHECKING:
    from layerg_pin.core.analysis.compile_errors import Compiled  # only `--build` needs it


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
