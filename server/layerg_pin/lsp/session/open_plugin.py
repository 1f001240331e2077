"""The state of one plugin whose go.mod, or one of whose .go files, is open."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.overview import Overview
from layerg_pin.core.analysis.unreadable_input import unreadable_input
from layerg_pin.core.finding import Finding
from layerg_pin.core.model.host_manifest import HostNotFound
from layerg_pin.core.model.plugin_build import PluginBuild
from layerg_pin.core.model.snapshot import MainPackages, SourceFile, TrialInput, TrialResult
from layerg_pin.core.text import LineIndex
from layerg_pin.engine.plugin_discovery import HostReference
from layerg_pin.engine.plugin_snapshot import PluginFiles
from layerg_pin.engine.project_settings import ProjectFile
from layerg_pin.engine.settings import Settings
from layerg_pin.go.query_types import Cancellation
from layerg_pin.lsp.session.documents import Document
from layerg_pin.system.text_files import FileError, LineIndexes


class Annotations(NamedTuple):
    """The inputs of inlay hints and code lenses."""

    settings: Settings
    overview: Overview
    findings: tuple[Finding, ...]

    def need_refresh(self, now: "Annotations") -> bool:
        """Whether hints or lenses changed while the text did not, so that the client must be asked to refresh.

        After a change of the text the client requests them by itself.
        """
        old, new = self.overview, now.overview
        if old.analysis.snapshot.gomod.text != new.analysis.snapshot.gomod.text:
            return False
        switched = (self.settings.hints, self.settings.lenses) != (now.settings.hints, now.settings.lenses)
        return switched or old.hints_and_lenses(self.findings) != new.hints_and_lenses(now.findings)


@dataclass(slots=True)
class Plugin:
    """A plugin's go.mod, the last answer of Go about it, and the findings that follow from both."""

    document: Document
    project: ProjectFile | None
    settings: Settings
    host: HostReference | HostNotFound
    overview: Overview
    findings: tuple[Finding, ...]
    open_sources: tuple[SourceFile, ...] = ()
    """The open .go files of the module, except tests."""
    build: PluginBuild | None = None
    go_failure: str | None = None
    go_failure_target: str | None = None
    """As in a Snapshot."""
    needs_download: bool = False
    """Whether `go_failure` is only that something is not in the module cache."""
    mains: MainPackages = field(default_factory=MainPackages)
    files: PluginFiles = field(default_factory=PluginFiles)
    trials: Mapping[TrialInput, TrialResult] = field(default_factory=dict)
    """Go's verdicts on fixes. Replaced, not changed, when there are more."""
    sources: frozenset[str] = frozenset()
    """The .go files of the module, as far as they are known."""
    watched: frozenset[str] = frozenset()
    """The files that the checks depend on, absolute; see watched_files.py."""
    annotations: Annotations | None = None
    """The annotations at the time of the last publication."""
    cancellation: Cancellation = field(default_factory=Cancellation)
    task: asyncio.Future[None] | None = None
    """The task that asks Go about the plugin."""
    is_closed: bool = False
    """Whether the session dropped the plugin. Background tasks must not publish it any more."""

    @property
    def analysis(self) -> Analysis:
        """The analysis of the current text."""
        return self.overview.analysis

    @property
    def name(self) -> str:
        """The path of the plugin's module, or its folder if go.mod has no module line."""
        module = self.analysis.snapshot.gomod.module
        return module.text if module else self.document.folder

    def indexes(self) -> LineIndexes:
        """The texts that were checked, which may differ from those on disk."""
        open_sources = {source.path: LineIndex(source.file.text) for source in self.open_sources}
        return LineIndexes({**open_sources, **self.analysis.snapshot.indexes()})

    def index_of(self, path: str) -> LineIndex:
        """The checked text of the file at an absolute path."""
        return self.indexes().of(path)

    @property
    def has_readable_inputs(self) -> bool:
        """Whether `layerg-pin fix` would write; see `refuse_unreadable`."""
        return not (self.project and self.project.faults) and unreadable_input(self.analysis.snapshot) is None

    @property
    def lacks_modules(self) -> bool:
        """Whether downloading modules would lead to more complete findings."""
        unresolved = self.build.unresolved if self.build else ()
        untried = self.build is not None and bool(self.analysis.alignment.untried)
        return self.settings.trusted and (
            self.needs_download or untried or any(each.needs_download for each in unresolved)
        )

    def cancel_go(self) -> None:
        """Cancel the task that asks Go."""
        self.cancellation.cancel()
        if self.task:
            self.task.cancel()


def refuse_unreadable(plugin: Plugin) -> None:
    """Raise FileError where `layerg-pin fix` refuses: a file that the fix depends on cannot be read."""
    faults = plugin.project.faults if plugin.project else ()
    if faults:
        raise FileError(f"{faults[0].message}; nothing was written: fix {os.path.basename(faults[0].path)} first")
    if found := unreadable_input(plugin.analysis.snapshot):
        raise FileError(found.described(os.path.basename(found.path)), found.path)
