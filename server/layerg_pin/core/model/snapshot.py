"""Everything that the checks know about one plugin at one moment."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.gomod.modules_txt import ModulesTxt
from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.model.host_manifest import HostManifest, HostNotFound, HostPlace, HostUnreadable
from layerg_pin.core.model.modules import ModuleVersion, Source
from layerg_pin.core.model.plugin_build import LocalGo, PluginBuild, Unresolved, Workspace
from layerg_pin.core.paths import parent_folder
from layerg_pin.core.text import LineIndex, Problem, TextEdit, apply_edits

if TYPE_CHECKING:
    from layerg_pin.core.analysis.compile_errors import Compiled  # only `--build` needs it
    from layerg_pin.core.gofile.go_syntax import GoFile  # the first diagnostics do not need it


class SourceFile(NamedTuple):
    """A Go file that is built; `path` is absolute."""

    path: str
    file: "GoFile"


class MainPackage(NamedTuple):
    """A main package of the plugin."""

    name: str
    """As Go's command line takes it: `.` or `./cmd/x`."""
    files: tuple[SourceFile, ...]
    """First the one that gets blank imports; without tests."""

    @property
    def imports(self) -> frozenset[str]:
        """The import paths in its files."""
        return frozenset(each.path.text for source in self.files for each in source.file.imports)


class MainPackages(NamedTuple):
    """The main packages of a plugin's module."""

    selected: tuple[MainPackage, ...] = ()
    """Those that the plugin is built from."""
    others: tuple[MainPackage, ...] = ()


class Vendored(NamedTuple):
    """The plugin's own vendor/modules.txt."""

    source: Source
    modules: ModulesTxt


class TrialInput(NamedTuple):
    """Edits of go.mod, and of the workspace's go.work, that Go tries on a copy before they are offered."""

    gomod: str
    """The text that the edits refer to."""
    edits: tuple[TextEdit, ...]
    work: str = ""
    work_edits: tuple[TextEdit, ...] = ()

    def texts(self) -> tuple[str, str | None]:
        """The edited go.mod and go.work; None for a go.work that stays."""
        gomod = apply_edits(self.gomod, self.edits)
        return gomod, apply_edits(self.work, self.work_edits) if self.work_edits else None


class TrialResult(NamedTuple):
    """Go's answer about a trial: the part of a PluginBuild that is needed, because many are kept at a time."""

    selected: Mapping[str, str] | None
    """The version of each compiled module, by its path; None if nothing can be built."""
    unresolved: tuple[Unresolved, ...] = ()
    unattributed: tuple[ModuleVersion, ...] = ()
    """Versions that an unknown module requires, see `unattributed_versions`."""
    go_failure: str = ""
    """Why nothing can be built."""
    is_unknown: bool = False
    """Whether the only failure is that a module is not in the module cache, so that the result is unknown."""


class Snapshot(NamedTuple):
    """The input of all checks."""

    plugin: Source
    """The plugin's go.mod."""
    gomod: GoMod
    host: HostManifest | HostNotFound | HostUnreadable
    build: PluginBuild | None
    """Go's last answer; its go.mod may be an earlier text than `gomod`."""
    go_failure: str | None = None
    """Why Go could not answer for the text of `gomod`; None also if it was not asked yet."""
    mains: tuple[MainPackage, ...] = ()
    """Empty if they have not been read."""
    workspace: Workspace | None = None
    vendored: Vendored | None = None
    trials: Mapping[TrialInput, TrialResult] = MappingProxyType({})
    """Go's answers about fixes for this go.mod, and for earlier texts of it."""
    local: LocalGo | None = None
    """The Go that was asked; None if none was."""
    builders: tuple[BuildSource, ...] = ()
    """The files around the plugin that define its build, the nearest first."""
    host_place: HostPlace = HostPlace.OUTSIDE
    host_member: str = ""
    """The module path of the host if the plugin's workspace uses the host's folder; else empty."""
    conflicted: tuple[Source, ...] = ()
    """Other files of the plugin, such as its go.sum, with markers of a merge conflict."""
    compiled: "Compiled | None" = None
    """The result of compiling the plugin, if the user requested it."""
    other_mains: tuple[MainPackage, ...] = ()
    """The other main packages of the plugin's module, which a build file may build."""
    go_failure_target: str | None = None
    """If Go was not run because of a file that it would have read: the folder with that file, as a `replace` or `use`
    line writes it, or empty if no line does. None for any other failure.
    """

    @property
    def unreadable(self) -> bool:
        """Whether Go refuses the plugin's go.mod, go.work or go.sum; the check `syntax` reports why."""
        work = self.workspace.work.problems if self.workspace else ()
        return bool(self.gomod.problems or work or self.conflicted)

    @property
    def not_read(self) -> tuple[tuple[str, Problem], ...]:
        """The path and the problem of each plugin file that was only partly read (gomod/size_limits.py)."""
        vendored, work = self.vendored, self.workspace
        found = [(self.plugin.path, self.gomod.excess)]
        found += [(work.path, work.work.excess)] if work else []
        found += [(vendored.source.path, vendored.modules.excess)] if vendored else []
        return tuple((path, problem) for path, problem in found if problem)

    @property
    def folder(self) -> str:
        """The absolute folder of the plugin's go.mod, its parts separated by `/`."""
        return parent_folder(self.plugin.path)

    def indexes(self) -> dict[str, LineIndex]:
        """The texts that were checked, by absolute path; they may differ from those on disk."""
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
        """Whether Go has answered about this text, and could load every package."""
        return self.go_failure is None and self.build is not None and not self.build.unresolved
