"""Turn open go.mod files into plugins, reload plugins whose files changed, and drop those that are closed."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine, Mapping
from typing import Any

from layerg_pin.core.analysis.overview import Overview
from layerg_pin.core.gomod.parser import GoMod, parse_gomod
from layerg_pin.core.model.host_manifest import HostNotFound
from layerg_pin.engine.plugin_discovery import HostReference, find_host, in_module_cache, is_declared_plugin, is_plugin
from layerg_pin.engine.plugin_snapshot import PluginFiles, read_plugin_files, read_plugin_files_at_once
from layerg_pin.engine.project_settings import ProjectFile, read_project_file
from layerg_pin.engine.settings import Settings
from layerg_pin.lsp.session.analyser import Analyser
from layerg_pin.lsp.session.background import BackgroundTasks
from layerg_pin.lsp.session.build_file_edits import BuildFileEdits
from layerg_pin.lsp.session.client_settings import ClientSettings
from layerg_pin.lsp.session.diagnoser import Diagnoser
from layerg_pin.lsp.session.documents import Document, OpenDocuments, refresh_from_disk
from layerg_pin.lsp.session.first_pass import FirstPass
from layerg_pin.lsp.session.go_scheduler import IDLE_SECONDS, GoScheduler
from layerg_pin.lsp.session.open_plugin import Plugin
from layerg_pin.lsp.session.watched_files import ExcludedModule, WatchedFiles
from layerg_pin.lsp.session.watched_first_pass import FirstCheck, watched_first_pass
from layerg_pin.source_tree.go_work import uses_many_modules

_LARGE_CHARACTERS = 128 * 1024
_LARGE_LINES = 1500


class PluginLoader:
    """Owns the plugins of a session. Work that may take long runs in threads."""

    def __init__(
        self,
        documents: OpenDocuments,
        settings: ClientSettings,
        analyser: Analyser,
        diagnoser: Diagnoser,
        go: GoScheduler,
        watched: WatchedFiles,
        tasks: BackgroundTasks,
    ) -> None:
        self._documents = documents
        self._settings = settings
        self._analyser = analyser
        self._diagnoser = diagnoser
        self._go = go
        self._watched = watched
        self._tasks = tasks
        self.plugins: dict[str, Plugin] = {}
        """The loaded plugins, by the URI of their go.mod."""
        self._queue: OrderedDict[str, Document] = OrderedDict()
        """The go.mod files that `load_soon` has not looked at yet, by URI."""
        self._loading: dict[str, asyncio.Future[None]] = {}
        """The tasks that load go.mod files in several steps, by URI."""
        self._is_busy = False
        """Whether the queue is being processed."""
        self.build_file_edits = BuildFileEdits(self._change_build_file)
        self._excluded: dict[str, ExcludedModule] = {}
        """The open modules that a project file excludes, by the URI of their go.mod."""
        self._unasked: list[Plugin] = []
        """The plugins that Go is asked about once the queue is empty."""

    def load_soon(self, document: Document) -> None:
        """Load a go.mod that was opened: at once, or after those that were opened just before.

        Each turn of the event loop loads one, so that other messages need not wait for all of them.
        """
        if self._settings.are_known(document):
            self._enqueue(document)
        else:
            self._begin(document, self._request_settings_and_load(document))

    def load_queued(self, uri: str) -> None:
        """Load a go.mod now if it is queued."""
        if document := self._queue.pop(uri, None):
            self.load(document)

    async def wait_until_loaded(self, uri: str) -> None:
        """Wait for the client's settings for a go.mod, and for the threads that load it; returns at once for others."""
        while loading := self._loading.get(uri):
            await asyncio.wait((loading,))
            if self._loading.get(uri) is loading:
                del self._loading[uri]
            self.load_queued(uri)

    async def load_unopened(self, document: Document) -> None:
        """Load the go.mod of a plugin without open files, in a thread."""
        await self._settings.request(document)
        project = await asyncio.to_thread(read_project_file, document.folder, self._settings.readable_folders)
        gomod = await asyncio.to_thread(parse_gomod, document.text)
        settings = self._settings.effective(document, project)
        await self._load_large(document, gomod, project, settings, self._first_pass(project, settings))

    def is_queued(self, uri: str) -> bool:
        """Whether a go.mod is queued by `load_soon`."""
        return uri in self._queue

    def load_before_others(self, uri: str) -> None:
        """Load a queued go.mod first, because the user edits it."""
        self._queue.move_to_end(uri, last=False)

    def load(self, document: Document) -> None:
        """Load a go.mod if it is a plugin's. Decides that in a thread if it must read all sources of the module."""
        if in_module_cache(document.folder) or not refresh_from_disk(document):
            return
        project = read_project_file(document.folder, self._settings.readable_folders)
        gomod = parse_gomod(document.text)
        if document.uri in self.plugins or not self._settings.are_known(document):
            return
        if project and project.excluded_by:
            self._exclude(document)
            return
        if is_declared_plugin(gomod, project):
            self._load_plugin(document, gomod, project)
        else:
            self._begin(document, self._load_if_plugin(document, gomod, project))

    def reload(self, plugin: Plugin) -> None:
        """Read the files around a plugin again, diagnose it, and ask Go."""
        document = plugin.document
        plugin.project = read_project_file(document.folder, self._settings.readable_folders)
        if plugin.project and plugin.project.excluded_by:
            self._exclude(document)  # first, so that changes since the file was read are noticed, as in `_add`
            self._unload(document.uri)
            return
        plugin.settings = self._settings.effective(document, plugin.project)
        if not refresh_from_disk(document) or not self._is_wanted(document, plugin.settings):
            self.drop(document.uri)
            return
        self.read_plugin_files(plugin)
        plugin.trials = {}
        gomod = parse_gomod(document.text, plugin.analysis.snapshot.gomod)
        plugin.host = self._find_host(plugin, gomod)
        self._watched.follow(plugin)
        self._diagnose_with_host(plugin, delay=0)

    def read_plugin_files(self, plugin: Plugin) -> None:
        """Read the workspace, vendor folder and build files of a plugin.

        Large files are read in a thread; until then their earlier content is used.
        """
        folder, texts = plugin.document.folder, self._documents.build_texts()
        plugin.files = read_plugin_files_at_once(folder, texts, plugin.files, trusted=self._settings.trusted)
        if plugin.files.is_partial:
            self._tasks.start(self._read_rest(plugin, plugin.files))

    def _change_build_file(self, plugin: Plugin) -> None:
        """Read the build files again, with unsaved texts: a tag in one of them may name the host."""
        if plugin.is_closed:
            return
        before = plugin.host
        self.read_plugin_files(plugin)
        gomod = parse_gomod(plugin.document.text, plugin.analysis.snapshot.gomod)
        plugin.host = self._find_host(plugin, gomod)
        if plugin.host == before:
            self._diagnoser.diagnose(plugin)
        else:
            self._watched.follow(plugin)
            self._diagnose_with_host(plugin, delay=IDLE_SECONDS)

    def drop(self, uri: str) -> None:
        """Forget a go.mod, and withdraw the diagnostics of its plugin."""
        self._documents.gomods.pop(uri, None)
        self._settings.forget(uri)
        self._queue.pop(uri, None)
        self._include(uri)
        self._unload(uri)

    def _include(self, uri: str) -> None:
        """Stop watching for a module that a project file excluded."""
        if excluded := self._excluded.pop(uri, None):
            self._watched.forget(excluded)

    def _exclude(self, document: Document) -> None:
        """Wait until no project file excludes a module any more."""
        excluded = self._excluded.setdefault(document.uri, ExcludedModule())
        self._watched.follow_project_files(excluded, document.folder, trusted=self._settings.trusted)

    def _unload(self, uri: str) -> None:
        """Withdraw the diagnostics of a plugin, and stop watching its files."""
        if plugin := self.plugins.pop(uri, None):
            plugin.is_closed = True
            plugin.cancel_go()
            self._diagnoser.withdraw(plugin)
            self._watched.forget(plugin)

    def _enqueue(self, document: Document) -> None:
        self._queue[document.uri] = document
        if not self._is_busy:
            self._load_next()

    def _load_next(self) -> None:
        self._is_busy = bool(self._queue)
        if not self._queue:
            self._finish_loading()
            return
        self._diagnoser.diagnose_edited()  # the user waits for these
        _, document = self._queue.popitem(last=False)
        soon = asyncio.get_running_loop().call_soon
        soon(soon, self._load_next)  # one turn of the loop brings messages, the next one handles them
        try:
            if self._is_open(document):
                self.load(document)
        except Exception as error:
            self._tasks.report(error)

    async def _request_settings_and_load(self, document: Document) -> None:
        await self._settings.request(document)
        if self._is_open(document):
            self._enqueue(document)

    async def _load_if_plugin(self, document: Document, gomod: GoMod, project: ProjectFile | None) -> None:
        found = await asyncio.to_thread(is_plugin, document.folder, gomod, project)
        if found and self._is_open(document) and document.uri not in self.plugins:
            project = read_project_file(document.folder, self._settings.readable_folders)  # it may have changed
            if not (project and project.excluded_by):
                self._load_plugin(document, parse_gomod(document.text, gomod), project)

    def _load_plugin(self, document: Document, gomod: GoMod, project: ProjectFile | None) -> None:
        settings = self._settings.effective(document, project)
        if not self._is_wanted(document, settings):
            return
        folders, hosts = self._settings.folders, self._analyser.hosts
        texts = self._documents.build_texts()
        files = read_plugin_files_at_once(document.folder, texts, trusted=settings.trusted)
        host = find_host(document.folder, gomod, project, settings, folders, files.builders)
        check = self._first_pass(project, settings)
        takes_long = _is_large(document.text) or uses_many_modules(document.folder, texts)
        if takes_long or (isinstance(host, HostReference) and hosts.takes_long(*host)):
            self._begin(document, self._load_large(document, gomod, project, settings, check))
        else:
            self._add(document, project, settings, check(document.path, gomod, files, host))

    def _first_pass(self, project: ProjectFile | None, settings: Settings) -> FirstCheck:
        return watched_first_pass(project, settings, self._settings.folders, self._analyser.hosts, self._watched)

    def _is_wanted(self, document: Document, settings: Settings) -> bool:
        """Whether a go.mod is checked: it is open or kept, or the .go files of its module are checked too."""
        return document.version is not None or settings.go_files or self._documents.is_kept(document)

    def _begin(self, document: Document, work: Coroutine[Any, Any, None]) -> None:
        """Start a task that loads a go.mod, or a part of it; see `wait_until_loaded`."""
        loading = self._loading[document.uri] = self._tasks.start(work)

        def ended(_: object) -> None:
            if self._loading.get(document.uri) is loading:
                del self._loading[document.uri]

        loading.add_done_callback(ended)

    async def _load_large(
        self,
        document: Document,
        gomod: GoMod,
        project: ProjectFile | None,
        settings: Settings,
        check: FirstCheck,
    ) -> None:
        """Load a large plugin, or one with a large host: its first pass runs in a thread."""

        def run(gomod: GoMod, texts: Mapping[str, str]) -> FirstPass:
            files = read_plugin_files(document.folder, texts, trusted=settings.trusted)
            return check(document.path, gomod, files, None)

        text = document.text
        first = await asyncio.to_thread(run, gomod, self._documents.build_texts())
        while document.text != text:
            text = document.text
            gomod = parse_gomod(text, gomod)
            first = await asyncio.to_thread(run, gomod, self._documents.build_texts())
        if self._is_open(document) and document.uri not in self.plugins:
            self._add(document, project, settings, first)

    def _add(self, document: Document, project: ProjectFile | None, settings: Settings, first: FirstPass) -> None:
        plugin = Plugin(
            document=document,
            project=project,
            settings=settings,
            host=first.host,
            overview=Overview(first.analysis),
            findings=first.findings,
            files=first.files,
        )
        self.plugins[document.uri] = plugin
        self._watched.follow(plugin, first.hashes, at_once=not self._is_busy)
        self._include(document.uri)
        self._analyser.add_import_findings(plugin)
        self._diagnoser.publish(plugin)
        if first.files.is_partial:
            self._tasks.start(self._read_rest(plugin, first.files))
        self._unasked.append(plugin)
        if not self._is_busy:
            self._finish_loading()

    def _finish_loading(self) -> None:
        """Watch the files of the loaded plugins, and ask Go about them unless an edit has done so meanwhile."""
        self._watched.begin()
        unasked, self._unasked = self._unasked, []
        for plugin in unasked:
            if plugin.task is None and not plugin.is_closed:
                self._go.ask_soon(plugin, delay=0)

    def _diagnose_with_host(self, plugin: Plugin, delay: float) -> None:
        """Diagnose a plugin whose host may have changed, and ask Go. A host that takes long is read in a thread."""
        if isinstance(plugin.host, HostReference) and self._analyser.hosts.takes_long(*plugin.host):
            self._tasks.start(self._diagnose_after_host(plugin, plugin.host))
        else:
            self._diagnoser.diagnose(plugin)
            self._go.ask_soon(plugin, delay)

    async def _diagnose_after_host(self, plugin: Plugin, host: HostReference) -> None:
        """Diagnose a plugin after its changed host, which is large, was read in a thread."""
        await asyncio.to_thread(self._analyser.hosts.read, *host)
        if not plugin.is_closed:
            self._diagnoser.diagnose(plugin)
            self._go.ask_soon(plugin, delay=0)

    async def _read_rest(self, plugin: Plugin, partly: PluginFiles) -> None:
        """Read large build files and workspaces in a thread, and diagnose the plugin with them."""
        found = await asyncio.to_thread(read_plugin_files, plugin.document.folder, self._documents.build_texts())
        if plugin.is_closed or plugin.files is not partly:
            return
        before, plugin.files = plugin.host, found
        plugin.host = self._find_host(plugin, plugin.analysis.snapshot.gomod)
        self._watched.follow(plugin)
        if plugin.host != before or (found.outside_workspace, found.workspace) != (
            partly.outside_workspace,
            partly.workspace,
        ):
            self._diagnose_with_host(plugin, delay=0)
        else:
            self._diagnoser.diagnose(plugin)

    def _find_host(self, plugin: Plugin, gomod: GoMod) -> HostReference | HostNotFound:
        folder, folders = plugin.document.folder, self._settings.folders
        return find_host(folder, gomod, plugin.project, plugin.settings, folders, plugin.files.builders)

    def _is_open(self, document: Document) -> bool:
        return self._documents.gomods.get(document.uri) is document


def _is_large(text: str) -> bool:
    """Whether the first pass of a go.mod may block the event loop for too long."""
    return len(text) > _LARGE_CHARACTERS or text.count("\n") > _LARGE_LINES
