"""The session of one client: takes file modifications and changes of settings, and gives access to the plugins.

The event loop owns the session. Threads receive values and return values.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence

from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.engine.plugin_discovery import is_declared_plugin
from layerg_pin.lsp.protocol.file_uris import path_of
from layerg_pin.lsp.session.analyser import Analyser
from layerg_pin.lsp.session.background import BackgroundTasks
from layerg_pin.lsp.session.client_settings import ClientSettings
from layerg_pin.lsp.session.diagnoser import Diagnoser
from layerg_pin.lsp.session.documents import (
    Document,
    OpenDocuments,
    is_go_mod,
    is_go_work,
    is_modules_txt,
    is_settings_above,
    is_source,
    may_make_a_plugin,
    text_on_disk,
)
from layerg_pin.lsp.session.editor import Editor
from layerg_pin.lsp.session.file_modifications import Cause, FileModification
from layerg_pin.lsp.session.go_scheduler import IDLE_SECONDS, GoScheduler
from layerg_pin.lsp.session.open_modules_txt import modules_txt_findings
from layerg_pin.lsp.session.open_plugin import Plugin
from layerg_pin.lsp.session.plugin_loader import PluginLoader
from layerg_pin.lsp.session.watched_files import WatchedFiles, depends_on, is_watched_name
from layerg_pin.lsp.session.workspace_plugins import WorkspacePlugins
from layerg_pin.source_tree.build_files import is_build_file
from layerg_pin.source_tree.main_packages import is_source_of


class Session:
    """Connects the parts of a session. Each part owns its state; docs/ARCHITECTURE.md shows the calls between them."""

    def __init__(self, editor: Editor, documents: OpenDocuments | None = None) -> None:
        """`documents` may be shared with the functions of `editor`, which read it."""
        self.documents = documents = OpenDocuments() if documents is None else documents
        self.settings = ClientSettings(editor, documents)
        self._editor = editor
        self._tasks = BackgroundTasks(editor.log)
        self._is_closed = False
        self._watched = WatchedFiles(editor.watch)
        analyser = Analyser(documents)
        self._diagnoser = Diagnoser(editor, analyser, self._tasks)
        self.go = GoScheduler(editor, documents, analyser, self._diagnoser, self._watched, self._tasks)
        self._loader = PluginLoader(
            documents, self.settings, analyser, self._diagnoser, self.go, self._watched, self._tasks
        )
        self.workspace = WorkspacePlugins(editor, documents, self.settings, self._loader, self._tasks)

    def did_modify_files(self, modifications: Sequence[FileModification]) -> None:
        """Handle events of files, until `close`. All changes of texts and files reach the session here."""
        if self._is_closed:  # a file may change before the event loop has ended
            return
        for each in modifications:
            if each.cause is Cause.OPEN:
                self._open(Document(each.uri, each.path, each.version, each.text))
            elif each.cause is Cause.CHANGE and each.uri in self.documents.texts:
                self._change(each.uri, each.version, each.text)
            elif each.cause is Cause.SAVE:
                self._save(each.path)
            elif each.cause is Cause.CLOSE:
                self._close(each.uri)
        if on_disk := [each.path for each in modifications if each.cause is Cause.ON_DISK]:
            self._change_on_disk(on_disk)

    def current_plugin(self, uri: str) -> Plugin | None:
        """The plugin whose go.mod has this URI, analysed with its current text; None for any other file."""
        self._loader.load_queued(uri)
        self._loader.build_file_edits.read_now(uri)
        self._diagnoser.catch_up()
        return self._loader.plugins.get(uri)

    async def loaded_plugin(self, uri: str) -> Plugin | None:
        """Return the same as `current_plugin`, after waiting for a large go.mod that is still being loaded."""
        self._loader.load_queued(uri)
        await self._loader.wait_until_loaded(uri)
        return self.current_plugin(uri)

    async def publish_current(self, uri: str) -> None:
        """Publish all files with their current texts, after waiting until the go.mod with this URI is loaded."""
        await self.loaded_plugin(uri)
        self._loader.build_file_edits.read_all_now()
        self._diagnoser.diagnose_edited()

    def current_plugins(self) -> Collection[Plugin]:
        """All loaded plugins, analysed with their current texts."""
        self._loader.build_file_edits.read_all_now()
        self._diagnoser.catch_up()
        return self._loader.plugins.values()

    def reload(self, plugin: Plugin) -> None:
        """Read the files around a plugin again, diagnose it, and ask Go, unless it was closed."""
        if not plugin.is_closed:
            self._loader.reload(plugin)

    def ask_go(self, plugin: Plugin) -> None:
        """Ask Go about a plugin again, unless it was closed."""
        if not plugin.is_closed:
            self.go.ask_soon(plugin, delay=0)

    async def request_settings(self) -> None:
        """Request the client's settings for each open go.mod, and reload those whose settings changed."""
        gomods = list(self.documents.gomods.values())
        changed = {each.uri for each in gomods if await self.settings.request(each)}
        if changed:
            self.go.forget_env()
        self._reload_all([each for each in self.documents.gomods.values() if each.uri in changed])

    def change_settings(self, values: object, origin: str) -> None:
        """Take settings for all files that the client sent, and reload all plugins."""
        self.settings.update_common(values, origin)
        self._reload_everything()

    def change_folders(self, folders: tuple[str, ...]) -> None:
        """Take the workspace's folders, absolute, and reload all plugins."""
        self.settings.folders = folders
        self._reload_everything()
        self.workspace.search_soon()

    def close(self) -> None:
        """End all background work."""
        self._is_closed = True
        for plugin in self._loader.plugins.values():
            plugin.cancel_go()
        self._tasks.close()
        self.go.close()
        self._watched.close()

    def _open(self, document: Document) -> None:
        documents, path = self.documents, document.path
        is_new = document.uri not in documents.texts and is_watched_name(path)
        if is_new and (other := documents.same_file(document)):
            self._editor.warn(
                f"{path} is open twice, and each text is checked alone: close it, or {path_of(other)} ({other})", None
            )
        documents.texts[document.uri] = document
        if is_go_mod(path):
            self._open_gomod(document)
        elif is_source(path):
            self._take_source(document)
        elif is_modules_txt(path):
            self._publish_modules_txt(document)
            self._publish_all()
        else:
            self._take_build_file(path)

    def _change(self, uri: str, version: int | None, text: str) -> None:
        path = self.documents.texts[uri].path
        self.documents.texts[uri] = document = Document(uri, path, version, text)
        if uri in self.documents.gomods:
            self._change_gomod(uri, version, text)
        elif uri in self.documents.sources:
            self._take_source(document)
        elif is_modules_txt(path):
            self._publish_modules_txt(document)
        else:
            self._take_build_file(path)

    def _save(self, path: str) -> None:
        """Load and reload the plugins that a saved file concerns.

        It may change which packages they compile, or be a file of their host.
        """
        plugins = self._loader.plugins
        for document in list(self.documents.gomods.values()):
            # A go.mod that is not open is loaded again only if needed, because that reads all sources of its module.
            if (
                document.uri not in plugins
                and (path.startswith(document.folder + os.sep) or is_settings_above(path, document.folder))
                and (document.version is not None or may_make_a_plugin(path))
            ):
                self._loader.load(document)
        for plugin in self._depending_on(path):
            self._loader.reload(plugin)
        self.workspace.files_appeared([path] if path not in self._watched else [])

    def _close(self, uri: str) -> None:
        closed = self.documents.texts.get(uri)
        self.documents.close(uri)
        if closed and is_modules_txt(closed.path):
            self._editor.withdraw(uri)
            self._publish_all()
        if closed and uri not in self.documents.gomods and not is_source(closed.path):
            self._take_build_file(closed.path)
        if source := self.documents.sources.pop(uri, None):
            self._close_source(source)
        if gomod := self.documents.gomods.get(uri):
            self._close_gomod(gomod)

    def _change_on_disk(self, paths: Collection[str]) -> None:
        """Reload the plugins that depend on files whose content changed, and those with new source files."""
        changed = self._watched.changed(paths)
        affected = {plugin.document.uri: plugin for path in sorted(changed) for plugin in self._depending_on(path)}
        new = [path for path in paths if path not in self._watched and os.path.isfile(path)]
        self.workspace.files_appeared(new)
        for plugin in self._loader.plugins.values() if new else ():
            if any(is_source_of(plugin.document.folder, path) for path in new):
                affected[plugin.document.uri] = plugin
        others = [each for each in self.documents.gomods.values() if each.uri not in self._loader.plugins]
        for plugin in affected.values():
            self._loader.reload(plugin)
            self._search_if_no_plugin(plugin.document)
        for document in others:  # it may no longer be excluded
            if any(is_settings_above(path, document.folder) for path in paths):
                self._loader.load(document)

    def _open_gomod(self, document: Document) -> None:
        if document.uri in self._loader.plugins:
            self._change_gomod(document.uri, document.version, document.text)
            return
        known = self.documents.checked_at(document.path)
        if known and known.version is None:
            self._loader.drop(known.uri)
        self.documents.gomods[document.uri] = document
        self._loader.load_soon(document)

    def _change_gomod(self, uri: str, version: int | None, text: str) -> None:
        document = self.documents.gomods[uri]
        document.version, document.text = version, text
        if plugin := self._loader.plugins.get(uri):
            self._diagnoser.diagnose_soon(plugin)
            self.go.ask_soon(plugin, delay=IDLE_SECONDS)
        elif self._loader.is_queued(uri):
            self._loader.load_before_others(uri)
        elif is_declared_plugin(parse_gomod(text), None):
            self._loader.load(document)

    def _close_gomod(self, document: Document) -> None:
        uri, text = document.uri, text_on_disk(document.path)
        plugin = self._loader.plugins.get(uri)
        is_needed = self.documents.has_source_of(document) and bool(plugin and plugin.settings.go_files)
        is_needed = is_needed or self.documents.is_kept(document)
        if plugin and text is not None and is_needed and not self.documents.is_open_twice(document):
            self._change_gomod(uri, None, text)
            self._search_if_no_plugin(document)
            return
        self._loader.drop(uri)
        self.workspace.search_soon()
        self._load_modules_of_sources()

    def _search_if_no_plugin(self, gomod: Document) -> None:
        """Search the workspace's plugins again if a module that is not open may no longer be one of them."""
        plugin = self._loader.plugins.get(gomod.uri)
        if plugin and gomod.version is None and not is_declared_plugin(parse_gomod(gomod.text), plugin.project):
            self.workspace.search_soon()

    def _take_source(self, document: Document) -> None:
        """Take the text of a .go or go.work file that was opened or edited. Checks use it before it is saved."""
        before = self.documents.sources.pop(document.uri, None)
        self.documents.sources[document.uri] = document
        if before is None:
            self._load_module_of(document)
        if before is None or before.text != document.text:
            for plugin in self._depending_on(document.path):
                self._diagnose_source(plugin, document, IDLE_SECONDS)

    def _take_build_file(self, path: str) -> None:
        """Take the text of a build file that was opened, edited or closed. Checks use it before it is saved.

        Other files are ignored. A compose file can give a Dockerfile any name.
        """
        is_named = is_build_file(path)
        for plugin in self._depending_on(path):
            if is_named or any(source.path == path for source in plugin.files.builders):
                self._loader.build_file_edits.read_soon(plugin)

    def _close_source(self, source: Document) -> None:
        for plugin in self._depending_on(source.path):
            gomod, documents = plugin.document, self.documents
            if gomod.version is None and not documents.has_source_of(gomod) and not documents.is_kept(gomod):
                self._loader.drop(plugin.document.uri)
            else:
                self._diagnose_source(plugin, source, 0)

    def _diagnose_source(self, plugin: Plugin, source: Document, delay: float) -> None:
        if is_go_work(source.path):
            self._loader.read_plugin_files(plugin)
        self._diagnoser.diagnose(plugin)
        self.go.ask_soon(plugin, delay)

    def _load_modules_of_sources(self) -> None:
        for source in list(self.documents.sources.values()):
            self._load_module_of(source)

    def _load_module_of(self, source: Document) -> None:
        """Load the plugin that an open .go file belongs to from the go.mod on disk, unless that is open.

        Files outside the workspace, such as Go's own sources, are not part of a plugin.
        """
        folders = self.settings.folders
        if folders and not any(source.path.startswith(folder + os.sep) for folder in folders):
            return
        if gomod := self.documents.gomod_of(source.path):
            self._open_gomod(gomod)

    def _publish_modules_txt(self, document: Document) -> None:
        findings = modules_txt_findings(self.current_plugins(), document.path, document.text)
        self._editor.publish_document(document, findings)

    def _publish_all(self) -> None:
        for plugin in self.current_plugins():
            self._editor.publish(plugin)

    def _reload_everything(self) -> None:
        self.go.forget_env()
        self._watched.watch_all_again()
        self._reload_all(list(self.documents.gomods.values()))

    def _reload_all(self, documents: Iterable[Document]) -> None:
        for document in documents:
            if plugin := self._loader.plugins.get(document.uri):
                self._loader.reload(plugin)
            else:
                self._loader.load(document)
        self._load_modules_of_sources()

    def _depending_on(self, path: str) -> list[Plugin]:
        return [plugin for plugin in self._loader.plugins.values() if depends_on(plugin, path)]
