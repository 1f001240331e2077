"""The server on standard input and output: it connects the protocol's messages with the session."""

from __future__ import annotations

import logging
import os
import sys
from importlib.metadata import version
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from layerg_pin.config import Settings
from layerg_pin.core.finding import Finding
from layerg_pin.core.manifest import HostManifest
from layerg_pin.files import LineIndexes
from layerg_pin.lsp.code_actions import FIX_ALL, code_actions
from layerg_pin.lsp.convert import Client, client_of, diagnostic, path_of, uri_of
from layerg_pin.lsp.session import Document, Plugin, Session


class Server(LanguageServer):
    """A language server with a session. Every file's diagnostics come from all plugins that have findings in it."""

    def __init__(self) -> None:
        super().__init__("layerg-pin", version("layerg-pin"), types.TextDocumentSyncKind.Full)
        self.client = Client()
        self.session = Session(self.publish, self.log)
        self._shown: dict[str, dict[str, tuple[Finding, ...]]] = {}
        """URI of a file, then of a plugin's go.mod, to the findings that the plugin has in the file."""

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
        snapshot = plugin.analysis.snapshot
        known = {plugin.document.path: snapshot.plugin.index}
        if isinstance(snapshot.host, HostManifest):
            known[snapshot.host.source.path] = snapshot.host.source.index
        indexes = LineIndexes(known)
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
        ls.client = client_of(params.capabilities, str(ls.workspace.position_encoding or ""))
        folders = [path for folder in params.workspace_folders or () if (path := path_of(folder.uri))]
        root = path_of(params.root_uri) if params.root_uri else params.root_path
        ls.session.folders = tuple(folders or ([root] if root else []))
        ls.session.settings = _settings(params.initialization_options, ls.session.folders)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        path = path_of(document.uri)
        if path and os.path.basename(path) == "go.mod":
            ls.session.opened(Document(document.uri, path, document.version, document.text))

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
        if plugin := ls.session.closed(params.text_document.uri):
            ls.forget(plugin)

    kinds = [types.CodeActionKind.QuickFix, FIX_ALL]

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=kinds))
    def code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
        plugin = ls.session.plugins.get(params.text_document.uri)
        return code_actions(plugin, params, ls.client) if plugin else []

    @server.feature(types.SHUTDOWN)
    def shutdown(ls: Server, _: None) -> None:
        ls.session.close()

    return server


def run() -> int:
    """Serve until the client says exit; returns the exit code."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    server = create_server()
    try:
        server.start_io()
    finally:
        server.session.close()
    return 0


def _settings(options: Any, folders: tuple[str, ...]) -> Settings:
    """The settings in initializationOptions; what is missing or of another type keeps its default."""
    given = options if isinstance(options, dict) else {}
    defaults = Settings()
    host, go_path, timeout = given.get("host"), given.get("goPath"), given.get("goTimeout")
    return Settings(
        host if isinstance(host, str) else defaults.host,
        folders[0] if folders else defaults.base,
        go_path if isinstance(go_path, str) else defaults.go_path,
        float(timeout) if isinstance(timeout, int | float) and timeout > 0 else defaults.go_timeout,
    )
