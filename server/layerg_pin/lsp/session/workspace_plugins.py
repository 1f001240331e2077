"""Check the workspace's plugins that are not open, for clients that request the workspace's diagnostics."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection

from layerg_pin.engine.plugin_discovery import HostReference, find_workspace_plugins
from layerg_pin.hosts.references import host_module_folder
from layerg_pin.lsp.protocol.file_uris import uri_of
from layerg_pin.lsp.session.background import BackgroundTasks
from layerg_pin.lsp.session.client_settings import ClientSettings
from layerg_pin.lsp.session.documents import Document, OpenDocuments, may_make_a_plugin, text_on_disk
from layerg_pin.lsp.session.editor import Editor
from layerg_pin.lsp.session.plugin_loader import PluginLoader

_COLLECT_SECONDS = 0.5
"""How long changes that may add or remove plugins are collected."""
_MAX_READ = 20
"""If more files appear at once, the workspace is searched without reading them first."""


class WorkspacePlugins:
    """Finds the plugins in the workspace's folders, and loads those that are not loaded yet, one after another."""

    def __init__(
        self,
        editor: Editor,
        documents: OpenDocuments,
        settings: ClientSettings,
        loader: PluginLoader,
        tasks: BackgroundTasks,
    ) -> None:
        self._editor = editor
        self._documents = documents
        self._settings = settings
        self._loader = loader
        self._tasks = tasks
        self._is_begun = False
        self._is_searching = False
        self._must_search = False
        """Whether the workspace changed since the last search began."""
        self.loaded = asyncio.Event()
        """Set once the plugins of the first search are loaded."""

    def begin(self) -> None:
        """Search the workspace, if that was not done before."""
        if not self._is_begun:
            self._is_begun = True
            self.search_soon(0)

    def search_soon(self, delay: float = _COLLECT_SECONDS) -> None:
        """Search the workspace again, after `begin`."""
        if self._is_begun:
            self._must_search = True
            if not self._is_searching:
                self._is_searching = True
                self._tasks.start(self._search(delay))

    def files_appeared(self, paths: Collection[str]) -> None:
        """Search the workspace again if new or saved files may make modules plugins."""
        if self._is_begun and (len(paths) > _MAX_READ or any(map(may_make_a_plugin, paths))):
            self.search_soon()

    async def _search(self, delay: float) -> None:
        try:
            while self._must_search:
                await asyncio.sleep(delay)
                self._must_search = False
                settings = self._settings
                found, is_complete = await asyncio.to_thread(
                    find_workspace_plugins, settings.folders, settings.readable_folders
                )
                if not is_complete:
                    self._editor.log("the workspace is too large: some plugins that are not open are not checked")
                await self._keep([os.path.join(folder, "go.mod") for folder in found])
        finally:
            self._is_searching = False
            self.loaded.set()

    async def _keep(self, gomods: Collection[str]) -> None:
        gone, self._documents.kept = self._documents.kept.difference(gomods), frozenset(gomods)
        self._release(gone)
        for path in gomods:
            if self._must_search:
                return
            if self._documents.checked_at(path):
                continue
            text = await asyncio.to_thread(text_on_disk, path)
            if text is not None and not self._documents.checked_at(path):
                document = Document(uri_of(path), path, None, text)
                self._documents.gomods[document.uri] = document
                await self._loader.load_unopened(document)
        self._release(self._hosts())

    def _hosts(self) -> frozenset[str]:
        """The go.mod files of kept modules that are the hosts of plugins, and so not plugins themselves."""
        hosts = (plugin.host for plugin in self._loader.plugins.values())
        paths = (host_module_folder(each.path) for each in hosts if isinstance(each, HostReference))
        return self._documents.kept & {os.path.join(path, "go.mod") for path in paths}

    def _release(self, gomods: frozenset[str]) -> None:
        """Stop checking modules that are not plugins any more, except those of which a file is open."""
        documents = self._documents
        documents.kept -= gomods
        for document in list(documents.gomods.values()):
            if document.path in gomods and document.version is None and not documents.has_source_of(document):
                self._loader.drop(document.uri)
