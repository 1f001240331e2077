"""The handlers of the protocol's requests and notifications. Each one only converts and calls."""

from __future__ import annotations

import logging

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from layerg_pin.lsp.commands.command_handlers import register_commands
from layerg_pin.lsp.fast_start_result import NO_FAST_START, FastStartResult
from layerg_pin.lsp.features.code_actions import code_actions
from layerg_pin.lsp.features.code_lenses import code_lenses
from layerg_pin.lsp.features.completion import completion
from layerg_pin.lsp.features.document_links import definition, document_links, references
from layerg_pin.lsp.features.hover import hover
from layerg_pin.lsp.features.image_tags import tag_completion, tag_hover
from layerg_pin.lsp.features.inlay_hints import inlay_hints
from layerg_pin.lsp.features.modules_txt_hover import modules_txt_hover
from layerg_pin.lsp.features.pull_diagnostics import document_diagnostics, workspace_diagnostics
from layerg_pin.lsp.protocol.client import SECTION
from layerg_pin.lsp.protocol.command_names import FIX_ALL
from layerg_pin.lsp.protocol.diagnostics import SOURCE
from layerg_pin.lsp.protocol.file_uris import path_of
from layerg_pin.lsp.protocol.json_values import Report
from layerg_pin.lsp.server import Server
from layerg_pin.lsp.session.documents import is_go_mod, is_modules_txt, is_source
from layerg_pin.lsp.session.file_modifications import Cause, FileModification, changed_on_disk
from layerg_pin.lsp.session.watched_files import WATCHED_NAMES

_LOG = logging.getLogger(__name__)


def create_server(fast_start: FastStartResult = NO_FAST_START) -> Server:
    """A server with its handlers, not yet started."""
    server = Server(fast_start)
    _register_lifecycle(server)
    _register_settings(server)
    _register_files(server)
    _register_features(server)
    _register_pulled_diagnostics(server)
    register_commands(server)
    return server


def _register_lifecycle(server: Server) -> None:
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
                [types.FileSystemWatcher(f"**/{name}") for name in WATCHED_NAMES]
            )
            registrations.append(types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options))
        if registrations:
            try:
                await ls.client_register_capability_async(types.RegistrationParams(registrations))
            except JsonRpcException as error:
                ls.log(f"the client does not watch settings or files: {error}")

    @server.feature(types.SHUTDOWN)
    def shutdown(ls: Server, *_: object) -> None:
        ls.session.close()
        ls.protocol.cancel_other_requests()
        ls.is_shut_down = True


def _register_settings(server: Server) -> None:
    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(ls: Server, params: types.DidChangeConfigurationParams) -> None:
        if ls.client.configuration:
            await ls.session.request_settings()
            return
        values = params.settings.get(SECTION, params.settings) if isinstance(params.settings, dict) else None
        ls.session.change_settings(values, "didChangeConfiguration")

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def did_change_workspace_folders(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
        ls.change_folders(params.event)


def _register_files(server: Server) -> None:
    def modified(ls: Server, cause: Cause, uri: str, version: int | None = None, text: str = "") -> None:
        if path := path_of(uri):
            ls.session.did_modify_files([FileModification(cause=cause, uri=uri, path=path, version=version, text=text)])

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        modified(ls, Cause.OPEN, document.uri, document.version, document.text)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
        if not params.content_changes:
            return
        document, change = params.text_document, params.content_changes[-1]
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            modified(ls, Cause.CHANGE, document.uri, document.version, change.text)
        else:
            _LOG.warning("invalid message from the client: a change of a part of a text, not of all of it")

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
        modified(ls, Cause.SAVE, params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
        modified(ls, Cause.CLOSE, params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
        paths = [path for change in params.changes if (path := path_of(change.uri))]
        ls.session.did_modify_files([*map(changed_on_disk, paths)])


def _register_features(server: Server) -> None:
    kinds = [types.CodeActionKind.QuickFix, types.CodeActionKind.Refactor, FIX_ALL]

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=kinds))
    def on_code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
        return code_actions(ls.session, params, ls.client)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def on_hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
        document = ls.session.documents.texts.get(params.text_document.uri)
        if document and is_modules_txt(document.path):
            return modules_txt_hover(ls.session, params, document, ls.client)
        if document and _may_be_build_file(document.path):
            return tag_hover(ls.session, params, document, ls.client)
        return hover(ls.session, params, ls.client)

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    def on_inlay_hint(ls: Server, params: types.InlayHintParams) -> list[types.InlayHint]:
        return inlay_hints(ls.session, params, ls.client)

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    def on_code_lens(ls: Server, params: types.CodeLensParams) -> list[types.CodeLens]:
        return code_lenses(ls.session, params, ls.client)

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_LINK)
    def on_document_link(ls: Server, params: types.DocumentLinkParams) -> list[types.DocumentLink]:
        return document_links(ls.session, params, ls.client)

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def on_definition(ls: Server, params: types.DefinitionParams) -> types.Location | None:
        return definition(ls.session, params, ls.client)

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def on_references(ls: Server, params: types.ReferenceParams) -> list[types.Location] | None:
        document = ls.session.documents.texts.get(params.text_document.uri)
        if document is None or not is_modules_txt(document.path):
            return None
        return references(ls.session, params, document, ls.client)

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[":"]))
    def on_completion(ls: Server, params: types.CompletionParams) -> types.CompletionList | None:
        document = ls.session.documents.texts.get(params.text_document.uri)
        if document and _may_be_build_file(document.path):
            return tag_completion(params, document, ls.client)
        return completion(ls.session, params, ls.client)


def _register_pulled_diagnostics(server: Server) -> None:
    options = types.DiagnosticOptions(
        inter_file_dependencies=True, workspace_diagnostics=True, identifier=SOURCE, work_done_progress=None
    )

    @server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)
    async def on_document_diagnostic(ls: Server, params: types.DocumentDiagnosticParams) -> Report:
        return await document_diagnostics(ls, params)

    @server.feature(types.WORKSPACE_DIAGNOSTIC)
    async def on_workspace_diagnostic(ls: Server, params: types.WorkspaceDiagnosticParams) -> Report:
        return await workspace_diagnostics(ls, params)


def _may_be_build_file(path: str) -> bool:
    """Whether a document may be a build file, which can have any name: compose files name Dockerfiles."""
    return not is_go_mod(path) and not is_source(path) and not is_modules_txt(path)
