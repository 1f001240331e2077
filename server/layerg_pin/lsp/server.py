"""The server: reads messages, starts the session, and sends the requests and notifications that the session needs."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError
from pygls.lsp.server import LanguageServer

from layerg_pin import __version__
from layerg_pin.core.text import printable
from layerg_pin.go.query_types import Cancellation
from layerg_pin.lsp.fast_start_result import FastStartResult
from layerg_pin.lsp.protocol.client import SECTION, Client, client_of
from layerg_pin.lsp.protocol.diagnostics import PUBLISH_DIAGNOSTICS
from layerg_pin.lsp.protocol.file_uris import path_of, uri_of, workspace_folders
from layerg_pin.lsp.protocol.framing import Incoming
from layerg_pin.lsp.protocol.inbox import Inbox
from layerg_pin.lsp.protocol.lifecycle import quoted
from layerg_pin.lsp.protocol.outbox import Output
from layerg_pin.lsp.protocol.progress import progress
from layerg_pin.lsp.protocol.pygls_protocol import Protocol
from layerg_pin.lsp.protocol.termination import signals_wake, watch_client
from layerg_pin.lsp.session.documents import OpenDocuments
from layerg_pin.lsp.session.editor import Editor
from layerg_pin.lsp.session.file_modifications import changed_on_disk
from layerg_pin.lsp.session.publishing import Publisher
from layerg_pin.lsp.session.pulled_reports import PulledReports
from layerg_pin.lsp.session.session import Session
from layerg_pin.lsp.session.watched_files import is_watched_name
from layerg_pin.system.text_files import content_hash
from layerg_pin.system.watcher import Watcher

if TYPE_CHECKING:
    from layerg_pin.lsp.commands.upgrade_plugin import PlannedUpgrade

_LOG = logging.getLogger(__name__)
_LONG_SECONDS = 0.005
"""The event loop gets a turn after a message that took longer. Otherwise all messages that have arrived are handled
first, so that a request right after an edit is answered before the edit's diagnostics are published.
"""
_SETTINGS_SECONDS = 5
"""How long to wait for the client's settings before the defaults are used."""


class Server(LanguageServer):
    """A language server with one session."""

    protocol: Protocol

    def __init__(self, fast_start: FastStartResult) -> None:
        super().__init__("layerg-pin", __version__, types.TextDocumentSyncKind.Full, protocol_cls=Protocol)
        self.protocol.fast_start = self._fast_start = fast_start
        self._folders: dict[str, None] = {}
        """The paths of the workspace's folders, in their order."""
        self.client = Client()
        self.session = self._new_session(None)
        self._watcher = Watcher(self._changed_on_disk)
        self._watching = ThreadPoolExecutor(1, "layerg-pin-watching")
        """Changes what is watched, in order: the kernel may take long to watch a large folder."""
        self.planned_upgrade: PlannedUpgrade | None = None
        """The upgrade that was computed last, until it is applied."""
        self.is_shut_down = False
        """Whether the client sent a shutdown request."""
        self._loop: asyncio.AbstractEventLoop | None = None

    def serve(self, inbox: Inbox, output: Output) -> None:
        """Handle messages until the client sends exit or disappears."""
        try:
            asyncio.run(self._serve(inbox, output))
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
            pass  # the client is gone, or a signal came
        finally:
            self.shutdown()  # type: ignore[no-untyped-call]  # pygls leaves it untyped

    async def _serve(self, inbox: Inbox, output: Output) -> None:
        loop, serving = asyncio.get_running_loop(), asyncio.current_task()
        assert serving
        self.protocol.set_writer(output)

        def gone() -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(serving.cancel)

        output.when_gone(gone)
        batches: asyncio.Queue[list[Incoming]] = asyncio.Queue()

        def arrived(batch: list[Incoming]) -> None:
            self.protocol.note_cancellations(batch)
            batches.put_nowait(batch)

        inbox.connect(loop, arrived)
        try:
            with signals_wake(loop):
                await self._handle(batches, inbox)
        finally:
            self.session.close()  # before the loop ends, because it waits for the threads of the session

    async def _handle(self, batches: asyncio.Queue[list[Incoming]], inbox: Inbox) -> None:
        method: object = None
        while True:
            for incoming in await batches.get():
                started, before = time.thread_time(), method
                method = incoming.message.get("method") if isinstance(incoming.message, dict) else None
                if before == types.TEXT_DOCUMENT_DID_CHANGE and method == types.TEXT_DOCUMENT_DID_OPEN:
                    for _ in range(2):  # an edit is published before more files are opened, see `diagnose_soon`
                        await asyncio.sleep(0)
                if incoming.fault or not incoming.is_last:
                    self.protocol.receive(incoming)
                    inbox.handled(incoming)
                if time.thread_time() - started > _LONG_SECONDS:
                    await asyncio.sleep(0)
                if incoming.is_last or self.protocol.has_exited:
                    return

    def start_session(self, params: types.InitializeParams) -> None:
        """Start the session that initialize asks for."""
        self._loop = asyncio.get_running_loop()
        if not self._fast_start.is_client_watched:
            watch_client(params.process_id)
        self.protocol.trace = params.trace or types.TraceValue.Off
        self.client = client_of(self.protocol.as_json(params.capabilities))
        self.session = self._new_session(self.configuration if self.client.configuration else None)
        named = [each.uri for each in params.workspace_folders or ()]
        self._folders = dict.fromkeys(workspace_folders(named, params.root_uri, params.root_path))
        settings, options = self.session.settings, params.initialization_options
        settings.folders = tuple(self._folders)
        if isinstance(options, dict) and options.get("trusted") is False:
            settings.set_trust(trusted=False)
        settings.update_common(options, "initializationOptions")
        settings.update_files(self._fast_start.configured)

    def _new_session(self, configuration: Callable[[str], Awaitable[object]] | None) -> Session:
        documents = OpenDocuments()
        self.reports = PulledReports(self._refresh_diagnostics, documents.texts.__contains__)
        notify = partial(self.protocol.notify_json, PUBLISH_DIAGNOSTICS)
        publisher = Publisher(self.reports.keep if self.client.pulls else notify, self.client, documents)
        self.related_files = publisher.related
        editor = Editor(
            publish=publisher.publish,
            publish_document=publisher.publish_document,
            withdraw=publisher.withdraw,
            log=self.log,
            warn=self.warn,
            watch=self.watch,
            progress=self.show_progress,
            refresh=self.refresh,
            trace=self.trace,
            configuration=configuration,
        )
        return Session(editor, documents)

    def change_folders(self, event: types.WorkspaceFoldersChangeEvent) -> None:
        """Add folders to the workspace, and remove others."""
        for each in event.removed:
            self._folders.pop(path_of(each.uri) or "", None)
        self._folders |= dict.fromkeys(path for each in event.added if (path := path_of(each.uri)))
        self.session.change_folders(tuple(self._folders))

    def watch(self, added: Mapping[str, int | None], removed: frozenset[str]) -> None:
        """Start watching files, given with their hashes, and stop watching others, unless the client watches them."""
        inside = tuple(f"{folder}{os.sep}" for folder in self._folders) if self.client.watches_files else ()
        self._watching.submit(self._change_watches, added, removed, inside)

    def _change_watches(
        self, added: Mapping[str, int | None], removed: frozenset[str], inside: tuple[str, ...]
    ) -> None:
        """Called in the thread of `_watching`. The client watches the folders `inside`."""
        try:
            own = [file for file in added if not (file.startswith(inside) and _is_reported(file))]
            self._watcher.change(own, removed)
            if changed := frozenset(file for file in own if content_hash(file) != added[file]):
                self._changed_on_disk(changed)  # they changed before they were watched
        except Exception:
            _LOG.exception("changes of files may go unnoticed")

    def close(self) -> None:
        """End all background work."""
        self.session.close()
        self._loop = None
        self._watching.shutdown(cancel_futures=True)
        self._watcher.close()

    def _changed_on_disk(self, files: frozenset[str]) -> None:
        """Called from the watcher's thread."""
        if loop := self._loop:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self.session.did_modify_files, [*map(changed_on_disk, files)])

    def show_progress(self, title: str, cancellation: Cancellation) -> AbstractAsyncContextManager[None]:
        """Show progress while the context is open, if the client supports it."""
        return progress(self, title, cancellation) if self.client.progress else nullcontext()

    async def configuration(self, uri: str) -> object:
        """Request the client's settings for a file; None if its answer is not valid."""
        item = types.ConfigurationItem(scope_uri=uri, section=SECTION)
        try:
            asked = self.workspace_configuration_async(types.ConfigurationParams([item]))
            values = await asyncio.wait_for(asked, _SETTINGS_SECONDS)
            return values[0] if values else None
        except Exception as error:  # the client may answer anything: the settings keep their defaults
            self.log(f"the client did not send its settings: {error}")
            return None

    def refresh(self) -> None:
        """Have the client request inlay hints and code lenses again, if it supports that."""
        if self.client.refreshes_hints:
            self.workspace_inlay_hint_refresh(None)
        if self.client.refreshes_lenses:
            self.workspace_code_lens_refresh(None)

    def _refresh_diagnostics(self) -> None:
        """Have the client request the diagnostics of open files again."""
        self.workspace_diagnostic_refresh(None)

    def trace(self, message: str, details: Callable[[], str]) -> None:
        """Send a trace message if the client set `$/setTrace`; with details if it is `verbose`."""
        if self.protocol.trace != types.TraceValue.Off:
            is_verbose = self.protocol.trace == types.TraceValue.Verbose
            verbose = _printable_lines(details()) if is_verbose else None
            self.log_trace(types.LogTraceParams(printable(message), verbose))

    async def apply(self, params: types.ApplyWorkspaceEditParams) -> bool:
        """Ask the client to apply an edit. Returns whether it did; otherwise the user sees the reason."""
        result = await self.workspace_apply_edit_async(params)
        if not result.applied:
            why = result.failure_reason or "the client gave no reason"
            self.warn(f"{params.label} was not applied: {why}")
        return result.applied

    def warn(self, message: str, path: str | None = None) -> None:
        """Show a warning to the user, with an action that opens the file at `path`, if any."""
        kind, text = types.MessageType.Warning, f"layerg-pin: {printable(message)}"
        if path is None or not (self.client.shows_message_actions and self.client.shows_documents):
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

    def log_lines(self, text: str) -> None:
        """Write a text of several lines to the client's log, as one message."""
        self.window_log_message(types.LogMessageParams(types.MessageType.Info, _printable_lines(text)))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log an error, here and, for internal errors, at the client. Errors never interrupt the user.

        A client's invalid message is one line in the log.
        """
        if isinstance(error, JsonRpcException) and error.code == types.LSPErrorCodes.ServerCancelled:
            return  # it is part of the answer, see pull_diagnostics.py
        if isinstance(error, JsonRpcInternalError):  # pygls wraps internal errors in it
            _LOG.error("%s\n%s", error, "".join((error.data or {}).get("traceback", ())))
        elif isinstance(error, JsonRpcException):
            _LOG.warning("invalid message from the client: %s", quoted(str(error)))
        else:
            _LOG.error("%s", error, exc_info=error)
            text = printable(f"layerg-pin: {error!r}")
            self.window_log_message(types.LogMessageParams(types.MessageType.Error, text))


def _is_reported(file: str) -> bool:
    """Whether a client that watches the folder of a file reports all its changes.

    If a whole folder is deleted, VS Code reports only the folder, and only to servers that watch folders. So the most
    important files are watched here as well: the deleted folder may be a plugin, a host or a vendor folder.
    """
    return is_watched_name(file) and os.path.basename(file) not in ("go.mod", "modules.txt")


def _printable_lines(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))
