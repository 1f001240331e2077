"""An editor for protocol tests: the client of pytest-lsp, which records all published diagnostics."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest_asyncio
from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features

from layerg_pin.core.text import Encoding
from layerg_pin.lsp.protocol.file_uris import path_of, uri_of
from layerg_pin.lsp.session import editor as session_editor

_PATIENCE = 60.0
"""How many seconds a test waits for an event before it fails."""

COMMAND = str(Path(sys.executable).with_name("layerg-pin"))


SILENT = session_editor.Editor(
    publish=lambda _: None,
    publish_document=lambda *_: None,
    withdraw=lambda _: None,
    log=lambda _: None,
    warn=lambda *_: None,
    watch=lambda *_: None,
    progress=lambda *_: nullcontext(),
    refresh=lambda: None,
    trace=lambda *_: None,
)
"""What a session without a client needs; tests replace the functions that they observe."""


class Editor:
    """A client with a server of its own."""

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self.encoding: Encoding = "utf-16"
        """The agreed position encoding."""
        self.applied: list[types.ApplyWorkspaceEditParams] = []
        """The edits that the server asked the client to apply."""
        self.message_requests: list[types.ShowMessageRequestParams] = []
        """The messages with actions that the server showed to the user."""
        self.answer: Callable[[types.ShowMessageRequestParams], str | None] = lambda _: None
        """Chooses an action for the user."""
        self.refreshed: list[str] = []
        """The methods of the refresh requests."""
        self.registered: dict[str, Any] = {}
        """The options of the registered capabilities, by method."""
        self.traced: list[types.LogTraceParams] = []
        self.published: list[types.PublishDiagnosticsParams] = []
        self._more = asyncio.Event()
        self._version = 0
        self._ended = False

        def publish(params: types.PublishDiagnosticsParams) -> None:
            self.published.append(params)
            self._more.set()

        def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
            self.applied.append(params)
            return types.ApplyWorkspaceEditResult(applied=True)

        def ask(params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
            self.message_requests.append(params)
            chosen = self.answer(params)
            return types.MessageActionItem(chosen) if chosen else None

        def refresh(method: str) -> Callable[[], None]:
            def note(*_: Any) -> None:
                self.refreshed.append(method)
                self._more.set()

            return note

        def register(params: types.RegistrationParams) -> None:
            self.registered |= {each.method: each.register_options for each in params.registrations}
            self._more.set()

        def trace(params: types.LogTraceParams) -> None:
            self.traced.append(params)
            self._more.set()

        features = {
            **DEFAULT_CLIENT_FEATURES,
            **{each: refresh(each) for each in (types.WORKSPACE_INLAY_HINT_REFRESH, types.WORKSPACE_CODE_LENS_REFRESH)},
            types.CLIENT_REGISTER_CAPABILITY: register,
            types.WINDOW_SHOW_MESSAGE_REQUEST: ask,
            types.LOG_TRACE: trace,
            types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: publish,
            types.WORKSPACE_APPLY_EDIT: apply,
        }
        register_lsp_features(client, features)

    async def initialize(
        self,
        capabilities: types.ClientCapabilities,
        root: Path,
        options: Any,
        trace: types.TraceValue | None = None,
    ) -> None:
        """Start a session with these capabilities, and with the workspace folder `root`."""
        result = await self.client.initialize_session(
            types.InitializeParams(
                capabilities=capabilities,
                root_uri=uri_of(str(root)),
                workspace_folders=[types.WorkspaceFolder(uri_of(str(root)), root.name)],
                initialization_options=options,
                trace=trace,
            )
        )
        agreed = str(result.capabilities.position_encoding)
        assert agreed in ("utf-8", "utf-16", "utf-32")
        self.encoding = agreed  # type: ignore[assignment]  # one of the three

    def open(self, path: Path, text: str | None = None) -> str:
        """Open a file with its text on disk, or with `text`. Returns its URI."""
        uri = uri_of(str(path))
        self._version += 1
        text = path.read_bytes().decode() if text is None else text
        item = types.TextDocumentItem(uri, "go.mod", self._version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, text: str) -> int:
        """Replace the text of an open file. Returns the new version."""
        self._version += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self._version, uri),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )
        return self._version

    def save(self, uri: str) -> None:
        """Send didSave for a file, without writing it."""
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def close(self, uri: str) -> None:
        """Close a file."""
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    async def until(
        self, uri: str, accept: Callable[[types.PublishDiagnosticsParams], bool]
    ) -> types.PublishDiagnosticsParams:
        """Wait for published diagnostics of a file that `accept` accepts. Starts with those since the last `forget`.

        On Windows a file that the client has not opened may have a URI with another case of the drive.
        """
        path = path_of(uri)
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while True:
            for each in self.published:
                if (each.uri == uri or (path and path_of(each.uri) == path)) and accept(each):
                    return each
            self._more.clear()
            try:
                await asyncio.wait_for(self._more.wait(), deadline - asyncio.get_running_loop().time())
            except TimeoutError:
                raise AssertionError(f"not published within {_PATIENCE:g} s; came: {self.published}") from None

    async def eventually(self, true: Callable[[], object]) -> None:
        """Wait for a notification or request after which a condition is true."""
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while not true():
            self._more.clear()
            await asyncio.wait_for(self._more.wait(), deadline - asyncio.get_running_loop().time())

    async def until_logged(self, words: str, times: int = 1) -> None:
        """Wait until the server's log contains `words` this many times."""
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while sum(words in each.message for each in self.client.log_messages) < times:
            assert asyncio.get_running_loop().time() < deadline, f"not logged {times} times: {words}"
            await self.client.wait_for_notification(types.WINDOW_LOG_MESSAGE)

    async def end(self) -> None:
        """End the session, if it has not ended yet, and wait for the end of the server."""
        if not self._ended:
            self._ended = True
            await self.client.shutdown_session()
            await self.client.stop()  # type: ignore[no-untyped-call]  # pytest-lsp leaves it untyped

    def forget(self) -> None:
        """Forget the diagnostics that were published so far."""
        self.published.clear()

    async def actions(
        self, uri: str, diagnostic: types.Diagnostic, only: Sequence[types.CodeActionKind | str] | None = None
    ) -> dict[str, types.CodeAction]:
        """The code actions at a diagnostic that carry an edit, by title."""
        found = await self._actions(uri, diagnostic, only)
        return {action.title: action for action in found if isinstance(action, types.CodeAction)}

    async def commands(self, uri: str, diagnostic: types.Diagnostic) -> set[str]:
        """The titles of the code actions at a diagnostic that run a command.

        The library of the client decodes an action that has a command as a Command.
        """
        found = await self._actions(uri, diagnostic, None)
        return {action.title for action in found if isinstance(action, types.Command)}

    async def run(self, command: str, *arguments: Any) -> None:
        """Execute a command and wait for its result."""
        await self.client.workspace_execute_command_async(types.ExecuteCommandParams(command, list(arguments)))

    async def _actions(
        self, uri: str, diagnostic: types.Diagnostic, only: Sequence[types.CodeActionKind | str] | None
    ) -> Sequence[types.Command | types.CodeAction]:
        context = types.CodeActionContext([diagnostic], only)
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), diagnostic.range, context)
        return await self.client.text_document_code_action_async(params) or ()


Start = Callable[..., Awaitable[Editor]]


@pytest_asyncio.fixture
async def start() -> AsyncIterator[Start]:
    """Start a server and an editor with the capabilities that pytest-lsp calls `like`. They end with the test."""
    editors: list[Editor] = []

    async def start_one(
        root: Path,
        options: Any = None,
        *,
        like: str = "visual-studio-code",
        configuration: bool = True,
        trace: types.TraceValue | None = None,
        hover_formats: Sequence[types.MarkupKind] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Editor:
        client = LanguageClient(converter_factory=default_converter)
        editor = Editor(client)
        await client.start_io(COMMAND, "lsp", env=dict(env) if env else None)
        editors.append(editor)
        capabilities = client_capabilities(like)
        if capabilities.workspace and not configuration:
            capabilities.workspace.configuration = False
        if hover_formats and capabilities.text_document and capabilities.text_document.hover:
            capabilities.text_document.hover.content_format = hover_formats
        await editor.initialize(capabilities, root, options, trace)
        return editor

    yield start_one
    for editor in editors:
        await editor.end()
