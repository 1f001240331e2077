"""The state of one client's session. The event loop owns it: other threads get values and return values.

Each change of a go.mod is checked at once against what is known. Go is asked in the background after an open, a
save or a pause, and its answer refines what was shown.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from layerg_pin.config import ProjectFile, Settings, read_project_file
from layerg_pin.core.analysis import Analysis, analyse
from layerg_pin.core.checks import run_checks
from layerg_pin.core.finding import Finding
from layerg_pin.core.gomod import GoMod, parse_gomod
from layerg_pin.core.manifest import HostManifest, HostNotFound, HostUnreadable, PluginBuild
from layerg_pin.gotool import Cancellation, Go, GoCancelled, GoEnv, GoError, find_go, go_env
from layerg_pin.host import Hosts, link
from layerg_pin.workspace import HostReference, ask_go, find_host, is_plugin, keep_known, says_plugin, take_snapshot

_IDLE_SECONDS = 0.4
"""How long typing has to rest before Go is asked about the new text."""

Publish = Callable[["Plugin"], None]
Log = Callable[[str], None]


@dataclass(slots=True)
class Document:
    """An open go.mod. `path` is absolute; the version is the client's count of changes."""

    uri: str
    path: str
    version: int | None
    text: str

    @property
    def folder(self) -> str:
        """The folder of the module, absolute."""
        return os.path.dirname(self.path)


@dataclass(slots=True)
class Plugin:
    """An open go.mod of a plugin, what Go last said of it, and what follows from both."""

    document: Document
    project: ProjectFile | None
    host: HostReference | HostNotFound
    analysis: Analysis
    findings: tuple[Finding, ...]
    build: PluginBuild | None = None
    trouble: str | None = None
    cancellation: Cancellation = field(default_factory=Cancellation)
    task: asyncio.Task[None] | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a background run found: the host as Go knows it, the build, or why there is none."""

    env: GoEnv | None
    host: HostManifest
    build: PluginBuild | None
    trouble: str | None


class Session:
    """The plugins that are open, and the hosts they are held against."""

    def __init__(self, publish: Publish, log: Log) -> None:
        self.settings = Settings()
        self.folders: tuple[str, ...] = ()
        self.plugins: dict[str, Plugin] = {}
        """Those of the open documents that are plugins', by URI."""
        self._documents: dict[str, Document] = {}
        self._looking: set[asyncio.Task[None]] = set()
        self._publish = publish
        self._log = log
        self._hosts = Hosts()
        self._env: GoEnv | None = None

    def opened(self, document: Document) -> None:
        """A go.mod is shown: if it is a plugin's, check it and ask Go."""
        self._documents[document.uri] = document
        if says_plugin(parse_gomod(document.text), read_project_file(document.folder)):
            self._begin(document)
        else:
            self._look(document)

    def changed(self, uri: str, version: int | None, text: str) -> None:
        """The text of an open go.mod is another."""
        document = self._documents.get(uri)
        if document is None:
            return
        document.version, document.text = version, text
        if plugin := self.plugins.get(uri):
            self._refresh(plugin)
            self._ask(plugin, delay=_IDLE_SECONDS)
        elif says_plugin(parse_gomod(text), None):
            self._begin(document)

    def saved(self, path: str) -> None:
        """A file was saved: it may change what the plugins around it compile, or the host."""
        for document in self._documents.values():
            if document.uri not in self.plugins and path.startswith(document.folder + os.sep):
                self.opened(document)
        for plugin in self.plugins.values():
            host = plugin.host.path if isinstance(plugin.host, HostReference) else plugin.document.folder
            if any(path == each or path.startswith(each + os.sep) for each in (plugin.document.folder, host)):
                plugin.project = read_project_file(plugin.document.folder)
                gomod = plugin.analysis.snapshot.gomod
                plugin.host = find_host(plugin.document.folder, gomod, plugin.project, self.settings, self.folders)
                self._refresh(plugin)
                self._ask(plugin, delay=0)

    def closed(self, uri: str) -> Plugin | None:
        """A go.mod is no longer shown; returns the plugin that it was."""
        self._documents.pop(uri, None)
        plugin = self.plugins.pop(uri, None)
        if plugin:
            _stop(plugin)
        return plugin

    def close(self) -> None:
        """End all that runs in the background."""
        for plugin in self.plugins.values():
            _stop(plugin)

    def _look(self, document: Document) -> None:
        """Begin if the sources around a go.mod say that it is a plugin's; reading them is not for the event loop."""

        async def look() -> None:
            if await asyncio.to_thread(is_plugin, document.folder, parse_gomod(document.text), None):
                open_still = self._documents.get(document.uri) is document
                if open_still and document.uri not in self.plugins:
                    self._begin(document)

        task = asyncio.get_running_loop().create_task(look())
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    def _begin(self, document: Document) -> None:
        project = read_project_file(document.folder)
        for problem in project.problems if project else ():
            self._log(problem)
        gomod = parse_gomod(document.text)
        host = find_host(document.folder, gomod, project, self.settings, self.folders)
        analysis = analyse(take_snapshot(document.path, document.text, self._read(host), None, None))
        plugin = self.plugins[document.uri] = Plugin(document, project, host, analysis, run_checks(analysis))
        self._publish(plugin)
        self._ask(plugin, delay=0)

    def _refresh(self, plugin: Plugin) -> None:
        snapshot = take_snapshot(
            plugin.document.path, plugin.document.text, self._read(plugin.host), plugin.build, plugin.trouble
        )
        plugin.analysis = analyse(snapshot)
        plugin.findings = run_checks(plugin.analysis)
        self._publish(plugin)

    def _read(self, host: HostReference | HostNotFound) -> HostManifest | HostNotFound | HostUnreadable:
        return self._hosts.read(host.text, host.path) if isinstance(host, HostReference) else host

    def _ask(self, plugin: Plugin, delay: float) -> None:
        """Ask Go about the plugin's text; what was asked about an earlier text is dropped."""
        _stop(plugin)
        plugin.cancellation = Cancellation()
        plugin.task = asyncio.get_running_loop().create_task(self._refine(plugin, plugin.cancellation, delay))

    async def _refine(self, plugin: Plugin, cancellation: Cancellation, delay: float) -> None:
        try:
            await asyncio.sleep(delay)
            snapshot = plugin.analysis.snapshot
            if not isinstance(snapshot.host, HostManifest):
                return
            started = time.monotonic()
            go = find_go(self.settings.go_path, self.settings.go_timeout)
            packages = plugin.project.packages if plugin.project else ()
            answer = await asyncio.to_thread(
                _answer, go, self._env, plugin.document.folder, snapshot.gomod, packages, snapshot.host, cancellation
            )
        except asyncio.CancelledError:
            cancellation.cancel()
            raise
        except GoCancelled:
            return
        self._take(plugin, snapshot.host, answer, time.monotonic() - started)

    def _take(self, plugin: Plugin, host: HostManifest, answer: _Answer, seconds: float) -> None:
        self._env = answer.env or self._env
        self._hosts.keep(host, answer.host)
        if answer.build:
            plugin.build = keep_known(plugin.build, answer.build)
        plugin.trouble = answer.trouble
        said = answer.trouble or (f"{len(answer.build.packages)} packages" if answer.build else "nothing")
        self._log(f"go list for {plugin.document.path}: {said} ({seconds:.2f} s)")
        self._refresh(plugin)


def _stop(plugin: Plugin) -> None:
    plugin.cancellation.cancel()
    if plugin.task:
        plugin.task.cancel()


def _answer(
    go: Go | None,
    env: GoEnv | None,
    folder: str,
    gomod: GoMod,
    packages: tuple[str, ...],
    host: HostManifest,
    cancellation: Cancellation,
) -> _Answer:
    """Ask Go about host and plugin; runs in a thread of its own. Raises GoCancelled."""
    if go is None:
        return _Answer(None, host, None, "no go was found to ask")
    linked = host
    try:
        linked = link(host, go, cancellation)
        env = env or go_env(go, cancellation)
        return _Answer(env, linked, ask_go(go, env, folder, gomod, packages, linked, cancellation), None)
    except GoCancelled:
        raise
    except GoError as error:
        return _Answer(env, linked, None, str(error))
