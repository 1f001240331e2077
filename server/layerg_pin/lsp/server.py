"""The server: what the session and the commands ask of the client, and what the client can do."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from fnmatch import fnmatchcase
from functools import partial
from threading import Event
from typing import Any, BinaryIO

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.io_ import StdoutWriter, run_async
from pygls.lsp.server import LanguageServer

from layerg_pin import __version__
from layerg_pin.core.finding import Finding
from layerg_pin.core.text import LineIndex, printable
from layerg_pin.files import LineIndexes, nothing_more_to_say
from layerg_pin.gotypes import Cancellation
from layerg_pin.lsp.inbox import Inbox
from layerg_pin.lsp.listing import listing_findings
from layerg_pin.lsp.progress import progress
from layerg_pin.lsp.protocol import Protocol
from layerg_pin.lsp.session import Session
from layerg_pin.lsp.shown import Part, Shown
from layerg_pin.lsp.state import Editor, Plugin
from layerg_pin.lsp.wire import PUBLISH, SECTION, Client, Early, client_of, path_of, uri_of
from layerg_pin.watch import Watcher

WATCHED = ("go.mod", "go.sum", "go.work", "*.go", "modules.txt", "layerg-pin.toml")
"""The names of files that a client which can watch is asked to watch in its folders."""
_LONGEST_LINE = 1 << 20
"""Of a message's header, in bytes."""
_ANSWER_SECONDS = 5
"""How long the client may take to tell its settings before the defaults are used."""


def _has_watched_name(path: str) -> bool:
    return any(fnmatchcase(os.path.basename(path), name) for name in WATCHED)


class _Writer(StdoutWriter):
    """Standard output, for as long as somebody reads it."""

    def __init__(self, stdout: BinaryIO, gone: Callable[[], object]) -> None:
        super().__init__(stdout)
        self._gone = gone

    def write(self, data: bytes) -> None:
        try:
            super().write(data)
        except BrokenPipeError:
            nothing_more_to_say()
            self._gone()


class Server(LanguageServer):
    """A language server with a session."""

    protocol: Protocol

    def __init__(self, early: Early) -> None:
        super().__init__("layerg-pin", __version__, types.TextDocumentSyncKind.Full, protocol_cls=Protocol)
        self.protocol.answered = early.answered
        self._configured = early.configured
        self.client = Client()
        self._shown = Shown(partial(self.protocol.tell, PUBLISH))
        self.session = Session(self._editor(None))
        self._watcher = Watcher(self._noticed)
        self._listings: dict[str, str] = {}
        """The open modules.txt files: the path of each by its URI."""
        self.said_goodbye = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def serve(self, inbox: Inbox) -> None:
        """Handle what comes in, and answer on standard output, until the client says exit or goes away."""
        self._stop_event = Event()
        try:
            asyncio.run(self._serve(inbox, self._stop_event))
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
            pass  # the client has gone, or said exit
        finally:
            self.shutdown()  # type: ignore[no-untyped-call]  # pygls says no types

    async def _serve(self, inbox: Inbox, stop_event: Event) -> None:
        reader = asyncio.StreamReader(limit=_LONGEST_LINE)
        serving = asyncio.current_task()
        assert serving
        self.protocol.set_writer(_Writer(sys.stdout.buffer, serving.cancel))
        inbox.connect(asyncio.get_running_loop(), reader)
        try:
            with suppress(asyncio.IncompleteReadError):  # the client went away in the middle of a message
                await run_async(stop_event, reader, self.protocol, error_handler=self.report_server_error)
        finally:
            self.session.close()  # here, since the loop waits for what runs beside it

    def start_session(self, params: types.InitializeParams) -> None:
        """Begin with what the client said at initialize."""
        self._loop = asyncio.get_running_loop()
        self.protocol.trace = params.trace or types.TraceValue.Off
        self.client = client_of(self.protocol.as_json(params.capabilities))
        configuration = self.configuration if self.client.configuration else None
        self.session = Session(self._editor(configuration))
        self.session.folders = self.workspace_folders()
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

    def workspace_folders(self) -> tuple[str, ...]:
        """The workspace's folders as paths; the root where there is none else."""
        paths = [path_of(uri) for uri in self.workspace.folders]
        root = self.workspace.root_path
        return tuple(path for path in paths or [root] if path)

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
        document, path = self.workspace.get_text_document(uri), path_of(uri) or ""
        indexes = LineIndexes({path: LineIndex(document.source)})
        part = Part(listing_findings(self.session, path, document.source), document.version, indexes)
        self._shown.show(uri, {uri: part}, self.client)

    def text_of(self, uri: str) -> str | None:
        """The text of an open document; None for any other, which pygls would read from the disk, wait as it may."""
        document = self.workspace.text_documents.get(uri)
        return document.source if document else None

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
        """Have the client apply an edit; whether it did. Where it did not, the person is told why."""
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

        def answered(chosen: types.MessageActionItem | None) -> None:
            if chosen:
                self.window_show_document(types.ShowDocumentParams(uri, take_focus=True))

        self.window_show_message_request(types.ShowMessageRequestParams(kind, text, [action]), answered)

    def log(self, message: str) -> None:
        """Write a line to the client's log."""
        self.window_log_message(types.LogMessageParams(types.MessageType.Info, printable(message)))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """A fault of ours is logged, here and at the client; it never interrupts the person who types."""
        logging.getLogger(__name__).error("%s", error, exc_info=error)
        if not isinstance(error, JsonRpcException):
            text = printable(f"layerg-pin: {error!r}")
            self.window_log_message(types.LogMessageParams(types.MessageType.Error, text))
