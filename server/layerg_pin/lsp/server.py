"""The server: what the session and the commands ask of the client, and what the client can do."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError
from pygls.lsp.server import LanguageServer

from layerg_pin import __version__
from layerg_pin.core.finding import Finding
from layerg_pin.core.text import LineIndex, printable
from layerg_pin.go.query_types import Cancellation
from layerg_pin.lsp.fast_start.inbox import Inbox
from layerg_pin.lsp.features.open_modules_txt import listing_findings
from layerg_pin.lsp.framing import Incoming
from layerg_pin.lsp.gate import shown
from layerg_pin.lsp.json_messages import PUBLISH, SECTION, Client, Early, client_of, path_of, uri_of, workspace_folders
from layerg_pin.lsp.lifeline import signals_wake, watch_client
from layerg_pin.lsp.outbox import Output
from layerg_pin.lsp.progress import progress
from layerg_pin.lsp.publishing import Part, Shown
from layerg_pin.lsp.pygls_protocol import Protocol
from layerg_pin.lsp.session import Session
from layerg_pin.lsp.state import Editor, Plugin
from layerg_pin.system.text_files import LineIndexes, file_identity
from layerg_pin.system.watcher import Watcher

WATCHED = ("go.mod", "go.sum", "go.work", "*.go", "modules.txt", "layerg-pin.toml")
"""The names of files that a client which can watch is asked to watch in its folders."""
_LONG_SECONDS = 0.005
"""The event loop has a turn after a message that took longer; after others only once all that came is handled, so that
what is asked right after an edit is answered before the edit's diagnostics are shown.
"""
_ANSWER_SECONDS = 5
"""How long the client may take to tell its settings before the defaults are used."""


def _has_watched_name(path: str) -> bool:
    return any(fnmatchcase(os.path.basename(path), name) for name in WATCHED)


class Server(LanguageServer):
    """A language server with a session."""

    protocol: Protocol

    def __init__(self, early: Early) -> None:
        super().__init__("layerg-pin", __version__, types.TextDocumentSyncKind.Full, protocol_cls=Protocol)
        self.protocol.answered = early.answered
        self._configured = early.configured
        self._is_watched = early.is_watched
        self._folders: dict[str, None] = {}
        """The workspace's folders, as paths, in their order."""
        self._texts: dict[str, types.TextDocumentItem] = {}
        """The open documents of all kinds, by URI."""
        self._identities: dict[str, object] = {}
        """Which file each of them is that matters here, by URI."""
        self.client = Client()
        self._shown = Shown(partial(self.protocol.tell, PUBLISH))
        self.session = Session(self._editor(None))
        self._watcher = Watcher(self._noticed)
        self._listings: dict[str, str] = {}
        """The open modules.txt files: the path of each by its URI."""
        self.said_goodbye = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def serve(self, inbox: Inbox, output: Output) -> None:
        """Handle what comes in, and answer, until the client says exit or goes away."""
        try:
            asyncio.run(self._serve(inbox, output))
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
            pass  # the client has gone, or said exit
        finally:
            self.shutdown()  # type: ignore[no-untyped-call]  # pygls says no types

    async def _serve(self, inbox: Inbox, output: Output) -> None:
        loop, serving = asyncio.get_running_loop(), asyncio.current_task()
        assert serving
        self.protocol.set_writer(output)

        def gone() -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(serving.cancel)

        output.when_gone(gone)
        batches: asyncio.Queue[list[Incoming]] = asyncio.Queue()
        inbox.connect(loop, batches.put_nowait)
        try:
            with signals_wake(loop):
                await self._handle(batches, inbox)
        finally:
            self.session.close()  # here, since the loop waits for what runs beside it

    async def _handle(self, batches: asyncio.Queue[list[Incoming]], inbox: Inbox) -> None:
        while True:
            for incoming in await batches.get():
                started = time.thread_time()
                if incoming.fault or not incoming.is_last:
                    self.protocol.receive(incoming)
                    inbox.handled(incoming)
                if time.thread_time() - started > _LONG_SECONDS:
                    await asyncio.sleep(0)  # many messages may have come together: others have their turn too
                if incoming.is_last or self.protocol.has_exited:
                    return

    def start_session(self, params: types.InitializeParams) -> None:
        """Begin with what the client said at initialize."""
        self._loop = asyncio.get_running_loop()
        if not self._is_watched:
            watch_client(params.process_id)
        self.protocol.trace = params.trace or types.TraceValue.Off
        self.client = client_of(self.protocol.as_json(params.capabilities))
        configuration = self.configuration if self.client.configuration else None
        self.session = Session(self._editor(configuration))
        named = [{"uri": each.uri} for each in params.workspace_folders or ()]
        root = {"rootUri": params.root_uri, "rootPath": params.root_path}
        self._folders = dict.fromkeys(workspace_folders({"workspaceFolders": named, **root}))
        self.session.folders = tuple(self._folders)
        options = params.initialization_options
        if isinstance(options, dict) and options.get("trusted") is False:
            self.session.set_trust(trusted=False)
        self.session.configure(options, "initializationOptions")
        self.session.take_values(self._configured)

    def _editor(self, configuration: Callable[[str], Awaitable[object]] | None) -> Editor:
        return Editor(
            publish=self.publish,
            forget=self.forget,
            log=self.log,
            warn=self.warn,
            watch=self.watch,
            progress=self.show_progress,
            refresh=self.refresh,
            trace=self.trace,
            configuration=configuration,
        )

    def change_folders(self, event: types.WorkspaceFoldersChangeEvent) -> None:
        """Folders come to the workspace, and leave it."""
        for each in event.removed:
            self._folders.pop(path_of(each.uri) or "", None)
        self._folders |= dict.fromkeys(path for each in event.added if (path := path_of(each.uri)))
        self.session.folders = tuple(self._folders)
        self.session.recheck()

    def watch(self, added: frozenset[str], removed: frozenset[str]) -> None:
        """Watch more files, and others no longer: those that the client does not watch, because it cannot, was not
        asked to, or they lie outside its folders.
        """
        inside = tuple(folder + os.sep for folder in self.session.folders) if self.client.watches_files else ()
        own = (file for file in added if not (file.startswith(inside) and _has_watched_name(file)))
        self._watcher.change(own, removed)

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
        item = types.ConfigurationItem(scope_uri=uri, section=SECTION)
        try:
            asked = self.workspace_configuration_async(types.ConfigurationParams([item]))
            values = await asyncio.wait_for(asked, _ANSWER_SECONDS)
            return values[0] if values else None
        except Exception as error:  # the client's fault, in whatever form: the settings keep their defaults
            self.log(f"the client did not send its settings: {error}")
            return None

    def publish(self, plugin: Plugin) -> None:
        """Show a plugin's findings, in its go.mod and in other files, and take back those that are gone.

        What cannot be read of an open modules.txt is told from its own text.
        """
        document, indexes = plugin.document, plugin.indexes()
        found: dict[str, list[Finding]] = {document.path: []}
        for finding in plugin.findings:
            found.setdefault(finding.path, []).append(finding)
        parts = {}
        for path, findings in found.items():
            if path not in self._listings.values():
                own = path == document.path
                uri, version = (document.uri, document.version) if own else self.session.document_at(path)
                parts[uri] = Part(tuple(findings), version, indexes)
        self._shown.show(document.uri, parts, self.client)

    def forget(self, plugin: Plugin) -> None:
        """Take back all that a plugin showed."""
        self._shown.show(plugin.document.uri, {}, self.client)

    def publish_listing(self, uri: str) -> None:
        """Show what cannot be read of an open modules.txt."""
        document, path = self._texts[uri], path_of(uri) or ""
        indexes = LineIndexes({path: LineIndex(document.text)})
        part = Part(listing_findings(self.session, path, document.text), document.version, indexes)
        self._shown.show(uri, {uri: part}, self.client)

    def keep_text(self, document: types.TextDocumentItem) -> None:
        """Keep the text of an opened document, and tell the user if its file is open under another URI as well."""
        path = path_of(document.uri)
        if path and document.uri not in self._texts and _has_watched_name(path):
            identity = file_identity(path)
            if other := next((uri for uri, each in self._identities.items() if each == identity), None):
                self.warn(
                    f"{path} is open twice, and each text is checked alone: close it, or {path_of(other)} ({other})"
                )
            self._identities[document.uri] = identity
        self._texts[document.uri] = document

    def change_text(self, params: types.DidChangeTextDocumentParams) -> bool:
        """Take the new text of an open document; False where there is none: what is not open has no text to change."""
        document = self._texts.get(params.text_document.uri)
        if document is None or not params.content_changes:
            return False
        change = params.content_changes[-1]
        if not isinstance(change, types.TextDocumentContentChangeWholeDocument):
            logging.getLogger(__name__).warning("the client's mistake: a change of a part of a text, instead of all")
            return False
        document.text, document.version = change.text, params.text_document.version
        return True

    def forget_text(self, uri: str) -> None:
        """A document is closed."""
        self._texts.pop(uri, None)
        self._identities.pop(uri, None)

    def document_at(self, path: str) -> types.TextDocumentItem | None:
        """The open document at a path."""
        return next((each for each in reversed(self._texts.values()) if path_of(each.uri) == path), None)

    def text_of(self, uri: str) -> str | None:
        """The text of an open document; None for any other."""
        document = self._texts.get(uri)
        return document.text if document else None

    def listing_opened(self, uri: str) -> None:
        """A modules.txt is shown: its own text says from now on what of it cannot be read."""
        self._listings[uri] = path_of(uri) or ""
        self.publish_listing(uri)
        for plugin in self.session.plugins.values():
            self.publish(plugin)

    def listing_closed(self, uri: str) -> None:
        """A modules.txt is no longer shown: what it holds on disk counts again."""
        self._listings.pop(uri, None)
        self._shown.show(uri, {}, self.client)
        for plugin in self.session.plugins.values():
            self.publish(plugin)

    def refresh(self) -> None:
        """Ask the client to ask anew for what stands beside the texts."""
        if self.client.refreshes_hints:
            self.workspace_inlay_hint_refresh(None)
        if self.client.refreshes_lenses:
            self.workspace_code_lens_refresh(None)

    def trace(self, message: str, details: Callable[[], str]) -> None:
        """A line for who looks for a fault, where the client wants to be told; with the details if it wants these."""
        if self.protocol.trace != types.TraceValue.Off:
            is_verbose = self.protocol.trace == types.TraceValue.Verbose
            verbose = "\n".join(map(printable, details().split("\n"))) if is_verbose else None
            self.log_trace(types.LogTraceParams(printable(message), verbose))

    async def apply(self, params: types.ApplyWorkspaceEditParams) -> bool:
        """Ask the client to apply an edit, and return whether it did. If not, tell the user why."""
        result = await self.workspace_apply_edit_async(params)
        if not result.applied:
            why = result.failure_reason or "the client gave no reason"
            self.warn(f"{params.label} was not applied: {why}")
        return result.applied

    def warn(self, message: str, path: str | None = None) -> None:
        """Tell the person something that needs them; where they can mend it in a file, with an action that opens it."""
        kind, text = types.MessageType.Warning, f"layerg-pin: {printable(message)}"
        if path is None or not (self.client.asks and self.client.shows_documents):
            self.window_show_message(types.ShowMessageParams(kind, text))
            return
        uri, action = uri_of(path), types.MessageActionItem(printable(f"Open {os.path.basename(path)}"))

        def answered(answer: Future[types.MessageActionItem | None]) -> None:
            if not answer.cancelled() and not answer.exception() and answer.result():
                self.window_show_document(types.ShowDocumentParams(uri, take_focus=True))

        asked = self.window_show_message_request(types.ShowMessageRequestParams(kind, text, [action]))
        asked.add_done_callback(answered)

    def log(self, message: str) -> None:
        """Write a line to the client's log."""
        self.window_log_message(types.LogMessageParams(types.MessageType.Info, printable(message)))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """A fault of ours is logged, here and at the client; it never interrupts the person who types. A mistake of the
        client's is one line.
        """
        log = logging.getLogger(__name__)
        if isinstance(error, JsonRpcInternalError):  # in which pygls wraps a fault of ours
            log.error("%s\n%s", error, "".join((error.data or {}).get("traceback", ())))
        elif isinstance(error, JsonRpcException):
            log.warning("the client's mistake: %s", shown(str(error)))
        else:
            log.error("%s", error, exc_info=error)
            text = printable(f"layerg-pin: {error!r}")
            self.window_log_message(types.LogMessageParams(types.MessageType.Error, text))
