"""What a session holds: open documents, the plugins among them, and the editor they are shown in."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from layerg_pin.config import ProjectFile, Settings
from layerg_pin.core.analysis import Analysis
from layerg_pin.core.finding import FileEdits, Finding
from layerg_pin.core.manifest import HostNotFound, MainPackage, PluginBuild, Trial
from layerg_pin.core.text import LineIndex
from layerg_pin.files import LineIndexes
from layerg_pin.gotool import Cancellation
from layerg_pin.workspace import Beside, HostReference


@dataclass(slots=True)
class Document:
    """An open file. `path` is absolute; the version is the client's count of changes."""

    uri: str
    path: str
    version: int | None
    text: str

    @property
    def folder(self) -> str:
        """The folder of the file, absolute."""
        return os.path.dirname(self.path)


@dataclass(slots=True)
class Plugin:
    """An open go.mod of a plugin, what Go last said of it, and what follows from both."""

    document: Document
    project: ProjectFile | None
    settings: Settings
    host: HostReference | HostNotFound
    analysis: Analysis
    findings: tuple[Finding, ...]
    build: PluginBuild | None = None
    trouble: str | None = None
    absent: bool = False
    """Whether the trouble is only that something is not in the module cache."""
    mains: tuple[MainPackage, ...] = ()
    beside: Beside = field(default_factory=Beside)
    trials: dict[str, Trial] = field(default_factory=dict)
    """What Go said of texts that fixes would leave, by text."""
    sources: frozenset[str] = frozenset()
    """The .go files of the module, as far as they are known."""
    cancellation: Cancellation = field(default_factory=Cancellation)
    task: asyncio.Task[None] | None = None

    def index_of(self, path: str) -> LineIndex:
        """The text that was checked of the file at an absolute path, which may not be the one on disk."""
        return LineIndexes(self.analysis.snapshot.indexes()).of(path)

    @property
    def lacks_modules(self) -> bool:
        """Whether a download would make more known."""
        unresolved = self.build.unresolved if self.build else ()
        untried = self.build is not None and bool(self.analysis.alignment.untried)
        return self.settings.trusted and (self.absent or untried or any(each.absent for each in unresolved))


@dataclass(frozen=True, slots=True)
class TidyResult:
    """Texts for a go.mod and the go.sum beside it."""

    document: Document
    gomod: str
    gosum_path: str
    gosum: str
    others: tuple[FileEdits, ...] = ()
    """Changes of other files that belong to it."""


@dataclass(frozen=True, slots=True)
class Editor:
    """What the session asks of the client."""

    publish: Callable[[Plugin], None]
    """Show a plugin's findings."""
    forget: Callable[[Plugin], None]
    """Take back all that a plugin showed."""
    log: Callable[[str], None]
    warn: Callable[[str], None]
    """Tell the person something that needs them."""
    watch: Callable[[frozenset[str]], None]
    """Tell, by `Session.noticed`, when one of just these files may have changed."""
    progress: Callable[[str, Cancellation], AbstractAsyncContextManager[None]]
    """Show, with this title, that work goes on while the context lasts, where it lasts; the person may cancel it."""
    configuration: Callable[[str], Awaitable[object]] | None = None
    """The client's settings for a URI; None where it cannot be asked."""
