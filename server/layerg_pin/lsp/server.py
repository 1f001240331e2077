"""The server on standard input and output: it connects the protocol's messages with the session."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from contextlib import AbstractAsyncContextManager, nullcontext
from importlib.metadata import version
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from layerg_pin.core.finding import Finding
from layerg_pin.files import LineIndexes
from layerg_pin.gotool import Cancellation
from layerg_pin.lsp.code_actions import FIX_ALL, code_actions
from layerg_pin.lsp.commands import (
    ALIGN_AND_TIDY,
    DOWNLOAD,
    TIDY_AND_VENDOR,
    align_and_tidy,
    download_modules,
    tidy_and_vendor,
)
from layerg_pin.lsp.convert import Client, client_of, diagnostic, path_of, uri_of
from layerg_pin.lsp.progress import progress
from layerg_pin.lsp.session import Session
from layerg_pin.lsp.state import Document, Editor, Plugin
from layerg_pin.watch import Watcher

_SECTION = "layergPin"
_ANSWER_SECONDS = 5
"""How long the client may take to tell its settings before the defaults are used."""
_WATCHED = ("go.mod", "go.sum", "go.work", "*.go", "modules.txt", "layerg-pin.toml")


class Server(LanguageServer):
    """A language server with a session. Every file's diagnostics come from all plugins that have findings in it."""

    def __init__(self) -> None:
        super().__init__("layerg-pin", version("layerg-pin"), types.TextDocumentSyncKind.Full)
        self.client = Client()
        self.session = Session(Editor(self.publish, self.forget, self.log, self.warn, self.watch, self.show_progress))
        self._watcher = Watcher(self._noticed)
        self.said_goodbye = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._shown: dict[str, dict[str, tuple[Finding, ...]]] = {}
        """URI of a file, then of a plugin's go.mod, to the findings that the plugin has in the file."""

    def start_session(self, params: types.InitializeParams) -> None:
        """Begin with what the client said at initialize."""
        self._loop = asyncio.get_running_loop()
        self.client = client_of(params.capabilities, str(self.workspace.position_encoding or ""))
        configuration = self.configuration if self.client.configuration else None
        editor = Editor(self.publish, self.forget, self.log, self.warn, self.watch, self.show_progress, configuration)
        self.session = Session(editor)
        self.session.folders = self.workspace_folders()
        options = params.initialization_options
        if isinstance(options, dict) and options.get("trusted") is False:
            self.session.set_trust(trusted=False)
        self.session.configure(options, "initializationOptions")

    def workspace_folders(self) -> tuple[str, ...]:
        """The workspace's folders as paths; the root where there is none else."""
        paths = [path_of(uri) for uri in self.workspace.folders]
        root = self.workspace.root_path
        return tuple(path for path in paths or [root] if path)

    def watch(self, files: frozenset[str]) -> None:
        """Watch files: those that the client does not watch, because it cannot or they lie outside its folders."""
        inside = tuple(folder + os.sep for folder in self.session.folders) if self.client.watches_files else ()
        self._watcher.watch(file for file in files if not file.startswith(inside))

    def close(self) -> None:
        """End all that runs beside the event loop."""
        self.session.close()
        self._loop = None
        self._watcher.close()

    def _noticed(self, files: frozenset[str]) -> None:
        """Called from the watcher's thread."""
        if loop := self._loop:
            loop.call_soon_threadsafe(self.session.noticed, files)

    def show_progress(self, title: str, cancellation: Cancellation) -> AbstractAsyncContextManager[None]:
        """Show that work goes on, where the client can."""
        return progress(self, title, cancellation) if self.client.progress else nullcontext()

    async def configuration(self, uri: str) -> object:
        """The client's settings for a file; None where it does not answer as it should."""
        item = types.ConfigurationItem(scope_uri=uri, section=_SECTION)
        try:
            asked = self.workspace_configuration_async(types.ConfigurationParams([item]))
            values = await asyncio.wait_for(asked, _ANSWER_SECONDS)
        except Exception as error:  # the client's fault, in whatever form: the settings keep their defaults
            self.log(f"the client did not tell its settings: {error}")
            return None
        return values[0] if values else None

    def publish(self, plugin: Plugin) -> None:
        """Show a plugin's findings, in its go.mod and in the host's file, and take back those that are gone."""
        found: dict[str, list[Finding]] = {plugin.document.uri: []}
        for finding in plugin.findings:
            uri = plugin.document.uri if finding.path == plugin.document.path else uri_of(finding.path)
            found.setdefault(uri, []).append(finding)
        for uri in {*found, *self._shown_for(plugin)}:
            self._show(uri, plugin, tuple(found.get(uri, ())))

    def forget(self, plugin: Plugin) -> None:
        """Take back all that a plugin showed."""
        for uri in self._shown_for(plugin):
            self._show(uri, plugin, ())

    def warn(self, message: str) -> None:
        """Tell the person something that needs them."""
        self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"layerg-pin: {message}"))

    def log(self, message: str) -> None:
        """Write a line to the client's log."""
        self.window_log_message(types.LogMessageParams(types.MessageType.Info, message))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """A fault of ours is logged, here and at the client; it never interrupts the person who types."""
        logging.getLogger(__name__).error("%s", error, exc_info=error)
        if not isinstance(error, JsonRpcException):
            self.window_log_message(types.LogMessageParams(types.MessageType.Error, f"layerg-pin: {error!r}"))

    def _shown_for(self, plugin: Plugin) -> list[str]:
        return [uri for uri, plugins in self._shown.items() if plugin.document.uri in plugins]

    def _show(self, uri: str, plugin: Plugin, findings: tuple[Finding, ...]) -> None:
        plugins = self._shown.setdefault(uri, {})
        own = uri == plugin.document.uri
        if not own and plugins.get(plugin.document.uri, ()) == findings:
            return
        plugins[plugin.document.uri] = findings
        indexes = LineIndexes(plugin.analysis.snapshot.indexes())
        together = dict.fromkeys(finding for each in plugins.values() for finding in each)
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(
                uri=uri,
                version=plugin.document.version if own else None,
                diagnostics=[diagnostic(finding, indexes, self.client) for finding in together],
            )
        )
        if not findings:
            del plugins[plugin.document.uri]


def create_server() -> Server:
    """A server with its handlers, not yet started."""
    server = Server()

    @server.feature(types.INITIALIZE)
    def initialize(ls: Server, params: types.InitializeParams) -> None:
        ls.start_session(params)

    @server.feature(types.INITIALIZED)
    async def initialized(ls: Server, _: types.InitializedParams) -> None:
        wishes = []
        if ls.client.registers_configuration:
            wishes.append(types.Registration("configuration", types.WORKSPACE_DID_CHANGE_CONFIGURATION))
        if ls.client.watches_files:
            options = types.DidChangeWatchedFilesRegistrationOptions(
                [types.FileSystemWatcher(f"**/{name}") for name in _WATCHED]
            )
            wishes.append(types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options))
        if wishes:
            await ls.client_register_capability_async(types.RegistrationParams(wishes))

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configured(ls: Server, params: types.DidChangeConfigurationParams) -> None:
        if ls.client.configuration:
            await ls.session.reconfigure()
            return
        values = params.settings.get(_SECTION, params.settings) if isinstance(params.settings, dict) else None
        ls.session.configure(values, "didChangeConfiguration")
        ls.session.recheck()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
        ls.session.noticed([path for change in params.changes if (path := path_of(change.uri))])

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def folders_changed(ls: Server, _: types.DidChangeWorkspaceFoldersParams) -> None:
        ls.session.folders = ls.workspace_folders()
        ls.session.recheck()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
        opened = params.text_document
        path = path_of(opened.uri)
        if path and os.path.basename(path) == "go.mod":
            ls.session.opened(Document(opened.uri, path, opened.version, opened.text))
        elif path and (path.endswith(".go") or os.path.basename(path) == "go.work"):
            ls.session.opened_source(Document(opened.uri, path, opened.version, opened.text))

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        ls.session.changed(document.uri, document.version, ls.workspace.get_text_document(document.uri).source)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
        if path := path_of(params.text_document.uri):
            ls.session.saved(path)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
        ls.session.closed(params.text_document.uri)

    kinds = [types.CodeActionKind.QuickFix, FIX_ALL]

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=kinds))
    def code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
        return code_actions(ls.session, params, ls.client)

    @server.command(DOWNLOAD)
    async def run_download(ls: Server, uri: str) -> None:
        await download_modules(ls, uri)

    @server.command(ALIGN_AND_TIDY)
    async def run_align_and_tidy(ls: Server, uri: str) -> None:
        await align_and_tidy(ls, uri)

    @server.command(TIDY_AND_VENDOR)
    async def run_tidy_and_vendor(ls: Server, uri: str) -> None:
        await tidy_and_vendor(ls, uri)

    @server.feature(types.SHUTDOWN)
    def shutdown(ls: Server, *_: object) -> None:
        ls.session.close()
        ls.said_goodbye = True

    return server


def run() -> int:
    """Serve until the client says exit or goes away; returns the exit code: 1 where it did so without shutdown."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    server = create_server()
    try:
        server.start_io()
    finally:
        server.close()
    return 0 if server.said_goodbye else 1
