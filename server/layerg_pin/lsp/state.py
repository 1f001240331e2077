"""What a session holds: open documents, the plugins among them, and the editor they are shown in."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import NamedTuple

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.overview import Overview
from layerg_pin.core.analysis.soundness import unsound
from layerg_pin.core.finding import FileEdits, Finding
from layerg_pin.core.model.host_manifest import HostNotFound
from layerg_pin.core.model.plugin_build import PluginBuild
from layerg_pin.core.model.snapshot import MainPackage, SourceFile, TrialInput, TrialResult
from layerg_pin.core.text import LineIndex
from layerg_pin.engine.plugin_discovery import HostReference
from layerg_pin.engine.plugin_snapshot import PluginFiles
from layerg_pin.engine.project_settings import ProjectFile
from layerg_pin.engine.settings import Settings
from layerg_pin.go.query_types import Cancellation
from layerg_pin.system.text_files import FileError, LineIndexes


@dataclass(slots=True)
class Document:
    """An open file. `path` is absolute; the version is the client's count of changes.

    Without a version it is the text on disk of a go.mod that is not open, but a .go file of its module is.
    """

    uri: str
    path: str
    version: int | None
    text: str

    @property
    def folder(self) -> str:
        """The folder of the file, absolute."""
        return os.path.dirname(self.path)


class Margin(NamedTuple):
    """What hints and lenses are made of."""

    settings: Settings
    overview: Overview
    findings: tuple[Finding, ...]

    def is_stale(self, now: Margin) -> bool:
        """Whether hints and lenses are others now, though the text is the same: for a new one the client asks."""
        old, new = self.overview, now.overview
        if old.analysis.snapshot.gomod.text != new.analysis.snapshot.gomod.text:
            return False
        switched = (self.settings.hints, self.settings.lenses) != (now.settings.hints, now.settings.lenses)
        pairs = zip(old.margin(self.findings), new.margin(now.findings), strict=True)
        return switched or any(before != after for before, after in pairs)


@dataclass(slots=True)
class Plugin:
    """An open go.mod of a plugin, what Go last said of it, and what follows from both."""

    document: Document
    project: ProjectFile | None
    settings: Settings
    host: HostReference | HostNotFound
    overview: Overview
    findings: tuple[Finding, ...]
    opened: tuple[SourceFile, ...] = ()
    """The open .go files of the module, tests left out."""
    build: PluginBuild | None = None
    trouble: str | None = None
    trouble_at: str | None = None
    """As in a Snapshot."""
    absent: bool = False
    """Whether the trouble is only that something is not in the module cache."""
    mains: tuple[MainPackage, ...] = ()
    beside: PluginFiles = field(default_factory=PluginFiles)
    trials: Mapping[TrialInput, TrialResult] = field(default_factory=dict)
    """What Go said of fixes; another mapping where it has said more."""
    sources: frozenset[str] = frozenset()
    """The .go files of the module, as far as they are known."""
    watched: frozenset[str] = frozenset()
    """The files that it depends on, absolute, see watching.py."""
    shown: Margin | None = None
    """What stands beside the text, as it was last told."""
    cancellation: Cancellation = field(default_factory=Cancellation)
    task: asyncio.Task[None] | None = None

    @property
    def analysis(self) -> Analysis:
        """What is known of the current text."""
        return self.overview.analysis

    @property
    def name(self) -> str:
        """How people call the plugin: its module's path, else its folder."""
        module = self.analysis.snapshot.gomod.module
        return module.text if module else self.document.folder

    def indexes(self) -> LineIndexes:
        """The texts that were checked, which may not be those on disk."""
        opened = {source.path: LineIndex(source.file.text) for source in self.opened}
        return LineIndexes({**opened, **self.analysis.snapshot.indexes()})

    def index_of(self, path: str) -> LineIndex:
        """The text that was checked of the file at an absolute path, which may not be the one on disk."""
        return self.indexes().of(path)

    @property
    def is_sound(self) -> bool:
        """Whether `layerg-pin fix` would write, see `refuse_unsound`."""
        return not (self.project and self.project.faults) and unsound(self.analysis.snapshot) is None

    @property
    def lacks_modules(self) -> bool:
        """Whether a download would make more known."""
        unresolved = self.build.unresolved if self.build else ()
        untried = self.build is not None and bool(self.analysis.alignment.untried)
        return self.settings.trusted and (self.absent or untried or any(each.absent for each in unresolved))


def refuse_unsound(plugin: Plugin) -> None:
    """Refuse what `layerg-pin fix` refuses: to fix everything while a file that decides it cannot be read. Raises
    FileError.
    """
    faults = plugin.project.faults if plugin.project else ()
    if faults:
        raise FileError(f"{faults[0].message}; nothing was written: fix {os.path.basename(faults[0].path)} first")
    if found := unsound(plugin.analysis.snapshot):
        raise FileError(found.described(os.path.basename(found.path)), found.path)


class TidyResult(NamedTuple):
    """Texts for a go.mod and the go.sum beside it."""

    document: Document
    gomod: str
    gosum_path: str
    gosum: str
    others: tuple[FileEdits, ...] = ()
    """Changes of other files that belong to it."""


class Editor(NamedTuple):
    """What the session asks of the client."""

    publish: Callable[[Plugin], None]
    """Show a plugin's findings."""
    forget: Callable[[Plugin], None]
    """Take back all that a plugin showed."""
    log: Callable[[str], None]
    warn: Callable[[str, str | None], None]
    """Tell the person something that needs them, with the path of the file in which it is to be mended, if any."""
    watch: Callable[[frozenset[str], frozenset[str]], None]
    """Report, by `Session.noticed`, when one of the first files may have changed, and the second ones no longer."""
    progress: Callable[[str, Cancellation], AbstractAsyncContextManager[None]]
    """Show, with this title, that work goes on while the context lasts, where it lasts; the person may cancel it."""
    refresh: Callable[[], None]
    """Ask for what is shown beside the text anew: it has changed, though the text has not."""
    trace: Callable[[str, Callable[[], str]], None]
    """What one who looks for a fault wants to know: a line, and the details."""
    configuration: Callable[[str], Awaitable[object]] | None = None
    """The client's settings for a URI; None where it cannot be asked."""
