"""The protocol's messages, each handed to what answers it, on standard input and output."""

from __future__ import annotations

import os

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from layerg_pin.lsp.commands.align_all import align_all
from layerg_pin.lsp.commands.registry import align_and_tidy, download_modules, tidy_and_vendor
from layerg_pin.lsp.commands.reports import predict_plugin, show_host, status
from layerg_pin.lsp.fast_start.inbox import Inbox
from layerg_pin.lsp.fast_start.initialize_result import (
    ALIGN_ALL,
    ALIGN_AND_TIDY,
    CHOOSE_HOST,
    DOWNLOAD,
    EXPLAIN,
    FIX_ALL,
    PREDICT,
    SHOW_HOST,
    STATUS,
    TIDY_AND_VENDOR,
)
from layerg_pin.lsp.features.code_actions import code_actions
from layerg_pin.lsp.features.code_lenses import code_lenses
from layerg_pin.lsp.features.completion import completion
from layerg_pin.lsp.features.document_links import definition, document_links, references
from layerg_pin.lsp.features.hover import hover
from layerg_pin.lsp.features.inlay_hints import inlay_hints
from layerg_pin.lsp.features.open_modules_txt import is_listing, listing_hover
from layerg_pin.lsp.json_messages import SECTION, Early, path_of
from layerg_pin.lsp.outbox import Output
from layerg_pin.lsp.server import WATCHED, Server
from layerg_pin.lsp.state import Document

_NOTHING = Early()


def create_server(early: Early = _NOTHING) -> Server:
    """A server with its handlers, not yet started."""
    server = Server(early)

    @server.feature(types.INITIALIZE)
    def initialize(ls: Server, params: types.InitializeParams) -> None:
        ls.start_session(params)

    @server.feature(types.INITIALIZED)
    async def initialized(ls: Server, _: types.InitializedParams) -> None:
        registrations = []
        if ls.client.registers_configuration:
            section = types.DidChangeConfigurationRegistrationOptions(SECTION)
            registrations.append(types.Registration("configuration", types.WORKSPACE_DID_CHANGE_CONFIGURATION, section))
        if ls.client.watches_files:
            options = types.DidChangeWatchedFilesRegistrationOptions(
                [types.FileSystemWatcher(f"**/{name}") for name in WATCHED]
            )
            registrations.append(types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options))
        if registrations:
            try:
                await ls.client_register_capability_async(types.RegistrationParams(registrations))
            except JsonRpcException as error:
                ls.log(f"the client does not watch settings or files: {error}")

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configured(ls: Server, params: types.DidChangeConfigurationParams) -> None:
        if ls.client.configuration:
            await ls.session.reconfigure()
            return
        values = params.settings.get(SECTION, params.settings) if isinstance(params.settings, dict) else None
        ls.session.configure(values, "didChangeConfiguration")
        ls.session.recheck()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
        ls.session.noticed([path for change in params.changes if (path := path_of(change.uri))])

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def folders_changed(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
        ls.change_folders(params.event)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
        opened = params.text_document
        ls.keep_text(opened)
        path = path_of(opened.uri)
        if path and os.path.basename(path) == "go.mod":
            ls.session.opened(Document(opened.uri, path, opened.version, opened.text))
        elif path and (path.endswith(".go") or os.path.basename(path) == "go.work"):
            ls.session.opened_source(Document(opened.uri, path, opened.version, opened.text))
        elif is_listing(path):
            ls.listing_opened(opened.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        if not ls.change_text(params):
            return
        if is_listing(path_of(document.uri)):
            ls.publish_listing(document.uri)
        else:
            ls.session.changed(document.uri, document.version, ls.text_of(document.uri) or "")

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
        if path := path_of(params.text_document.uri):
            ls.session.saved(path)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        ls.forget_text(uri)
        if is_listing(path_of(uri)):
            ls.listing_closed(uri)
        else:
            ls.session.closed(uri)

    kinds = [types.CodeActionKind.QuickFix, FIX_ALL]

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=kinds))
    def code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
        return code_actions(ls.session, params, ls.client)

    _register_what_is_read(server)
    _register_commands(server)
    _register_answers(server)

    @server.feature(types.SHUTDOWN)
    def shutdown(ls: Server, *_: object) -> None:
        ls.session.close()
        ls.protocol.cancel_others()
        ls.said_goodbye = True

    return server


def _register_what_is_read(server: Server) -> None:
    """What is shown beside the text, and told of a place in it."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def on_hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
        path = path_of(params.text_document.uri)
        if path and is_listing(path):
            text = ls.text_of(params.text_document.uri)
            return listing_hover(ls.session, params, path, text, ls.client) if text is not None else None
        return hover(ls.session, params, ls.client)

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    def on_hints(ls: Server, params: types.InlayHintParams) -> list[types.InlayHint]:
        return inlay_hints(ls.session, params, ls.client)

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    def on_lenses(ls: Server, params: types.CodeLensParams) -> list[types.CodeLens]:
        return code_lenses(ls.session, params, ls.client)

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_LINK)
    def on_links(ls: Server, params: types.DocumentLinkParams) -> list[types.DocumentLink]:
        return document_links(ls.session, params, ls.client)

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def on_definition(ls: Server, params: types.DefinitionParams) -> types.Location | None:
        return definition(ls.session, params, ls.client)

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def on_references(ls: Server, params: types.ReferenceParams) -> list[types.Location] | None:
        path = path_of(params.text_document.uri)
        text = ls.text_of(params.text_document.uri)
        if path is None or text is None or not is_listing(path):
            return None
        return references(ls.session, params, path, text, ls.client)

    @server.feature(types.TEXT_DOCUMENT_COMPLETION)
    def on_completion(ls: Server, params: types.CompletionParams) -> types.CompletionList | None:
        return completion(ls.session, params, ls.client)


def _register_commands(server: Server) -> None:
    """What runs because the person asks for it."""

    @server.command(DOWNLOAD)
    async def run_download(ls: Server, uri: str) -> None:
        await download_modules(ls, uri)

    @server.command(ALIGN_AND_TIDY)
    async def run_align_and_tidy(ls: Server, uri: str) -> None:
        await align_and_tidy(ls, uri)

    @server.command(TIDY_AND_VENDOR)
    async def run_tidy_and_vendor(ls: Server, uri: str) -> None:
        await tidy_and_vendor(ls, uri)

    @server.command(ALIGN_ALL)
    async def run_align_all(ls: Server, uri: str) -> None:
        await align_all(ls, uri)

    @server.command(CHOOSE_HOST)
    async def run_choose_host(ls: Server, uri: str, *reference: object) -> None:  # pygls knows no defaults
        from layerg_pin.lsp.commands.choose_host import choose_host  # late: a host is chosen once

        await choose_host(ls, uri, _optional(reference))


def _register_answers(server: Server) -> None:
    """What is asked for as a value; pygls knows no default arguments."""

    @server.command(EXPLAIN)
    def run_explain(ls: Server, text: str, *uri: object) -> str:
        from layerg_pin.lsp.commands.explain_messages import (
            explain_text,  # late: it knows many messages, which few sessions need
        )

        return explain_text(text, ls.session.plugin(_optional(uri) or ""))

    @server.command(PREDICT)
    async def run_predict(ls: Server, path: str, *uri: object) -> str:
        return await predict_plugin(ls, path, _optional(uri))

    @server.command(SHOW_HOST)
    def run_show_host(ls: Server, uri: str) -> str:
        return show_host(ls, uri)

    @server.command(STATUS)
    def run_status(ls: Server, uri: str) -> dict[str, object] | None:
        return status(ls, uri)


def _optional(values: tuple[object, ...]) -> str | None:
    return str(values[0]) if values and values[0] else None


def serve(server: Server, inbox: Inbox, output: Output) -> int:
    """Serve until the client says exit or goes away; returns the exit code: 1 where it did so without shutdown."""
    try:
        server.serve(inbox, output)
    finally:
        server.close()
        output.close()
    return 0 if server.said_goodbye else 1
