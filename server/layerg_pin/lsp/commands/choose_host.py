"""The command that names the host of a plugin, in the layerg-pin.toml beside its go.mod."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lsprotocol import types

from layerg_pin.core.settings.project_file import ProjectTextError, host_edit, project_text, toml_string
from layerg_pin.core.text import LineIndex, Span, TextEdit, printable
from layerg_pin.engine.plugin_discovery import HostReference, host_candidates
from layerg_pin.engine.project_settings import PROJECT_FILE
from layerg_pin.hosts.references import module_reference, resolve
from layerg_pin.lsp.commands.registry import told
from layerg_pin.lsp.conversion import DocumentEdits, workspace_edit
from layerg_pin.lsp.fast_start.initialize_result import CHOOSE_HOST, CHOOSE_HOST_TITLE
from layerg_pin.lsp.json_messages import uri_of
from layerg_pin.lsp.state import Plugin
from layerg_pin.system.text_files import FileError, read_text

if TYPE_CHECKING:
    from layerg_pin.lsp.server import Server


async def choose_host(server: Server, uri: str, reference: str | None = None) -> None:
    """Write a host into layerg-pin.toml: `reference`, which counts from the plugin's folder, or the one chosen."""

    async def run() -> None:
        plugin = server.session.plugins[uri]
        chosen = reference or await _ask(server, plugin)
        if chosen:
            await _write(server, plugin, chosen)

    await told(server, uri, run)


async def _ask(server: Server, plugin: Plugin) -> str | None:
    """Let the person choose among the hosts that are known; None where nothing is chosen."""
    path = os.path.join(plugin.document.folder, PROJECT_FILE)
    names = {printable(each): each for each in _candidates(server, plugin)}
    cure = f'write host = "../folder-of-the-host" into {path}'
    if not names:
        server.warn(f"no host was found in the workspace or beside the plugin: {cure}")
        return None
    if not server.client.asks:
        found = " or ".join(names)
        server.warn(f"hosts found: {found}; run {CHOOSE_HOST} with one of them as its second argument, or {cure}")
        return None
    asked = types.ShowMessageRequestParams(
        types.MessageType.Info,
        printable(f"layerg-pin: which host loads {plugin.name}?"),
        [types.MessageActionItem(name) for name in names],
    )
    answer = await server.window_show_message_request_async(asked)
    return names.get(answer.title) if answer else None


def _candidates(server: Server, plugin: Plugin) -> Iterator[str]:
    """References, as they are written into the plugin's project file: hosts found, and those of other open plugins."""
    folder, gomod = plugin.document.folder, plugin.analysis.snapshot.gomod
    for each in host_candidates(folder, gomod, plugin.settings, server.session.folders):
        yield each.text
    for other in server.session.plugins.values():
        if isinstance(other.host, HostReference) and os.path.exists(other.host.path):
            yield os.path.relpath(other.host.path, folder).replace(os.sep, "/")


async def _write(server: Server, plugin: Plugin, reference: str) -> None:
    folder = plugin.document.folder
    path = os.path.join(folder, PROJECT_FILE)
    edit = _edit(server, path, reference)
    if edit is None:
        server.log(f"{path} already sets the host {reference}")
        return
    if module_reference(reference) is None and not os.path.exists(resolve(reference, folder)):
        server.warn(f"the host {reference} does not exist yet: nothing at {resolve(reference, folder)}")
    if await server.apply(types.ApplyWorkspaceEditParams(edit, CHOOSE_HOST_TITLE)):
        if plugin.settings.host:
            server.warn(
                f"{path} sets the host to {reference}, but the setting layergPin.host ({plugin.settings.host}) "
                "overrides it: clear the setting"
            )
        server.log(f"{path}: the host is {reference}; save the file to apply it")
        if server.client.shows_documents:
            await server.window_show_document_async(types.ShowDocumentParams(uri_of(path), take_focus=False))


def _edit(server: Server, path: str, reference: str) -> types.WorkspaceEdit | None:
    """The change of the project file, as the client has it open or else as it is on disk. Raises FileError."""
    if document := server.document_at(path):
        return _changed(server, path, document.uri, document.version, document.text, reference)
    if os.path.exists(path):
        return _changed(server, path, uri_of(path), None, read_text(path), reference)
    edits = [TextEdit(Span(0, 0), project_text(reference))]
    uri = uri_of(path)
    return workspace_edit([DocumentEdits(uri, None, LineIndex(""), edits)], server.client, [uri])


def _changed(
    server: Server, path: str, uri: str, version: int | None, text: str, reference: str
) -> types.WorkspaceEdit | None:
    try:
        edit = host_edit(text, reference)
    except ProjectTextError as error:
        raise FileError(
            f"{path} cannot be read: {error}; fix it first, or write host = {toml_string(reference)} yourself"
        ) from None
    return workspace_edit([DocumentEdits(uri, version, LineIndex(text), [edit])], server.client) if edit else None
