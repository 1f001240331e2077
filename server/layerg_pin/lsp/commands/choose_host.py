"""The command that sets the host of a plugin in the layerg-pin.toml beside its go.mod."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lsprotocol import types

from layerg_pin.core.buildfiles.platforms import plugin_architecture
from layerg_pin.core.known.release_names import release_name
from layerg_pin.core.settings.project_file import ProjectTextError, host_edit, project_text, toml_string
from layerg_pin.core.text import LineIndex, Span, TextEdit, printable
from layerg_pin.engine.host_choices import HostChoice, host_choices
from layerg_pin.engine.plugin_discovery import HostReference
from layerg_pin.engine.project_settings import PROJECT_FILE
from layerg_pin.go.query_types import Cancellation
from layerg_pin.hosts.image_references import image_reference
from layerg_pin.hosts.references import module_reference, relative_reference, resolve
from layerg_pin.lsp.protocol.command_names import CHOOSE_HOST, CHOOSE_HOST_TITLE
from layerg_pin.lsp.protocol.conversion import DocumentEdits, workspace_edit
from layerg_pin.lsp.protocol.file_uris import uri_of
from layerg_pin.lsp.session.open_plugin import Plugin
from layerg_pin.system.text_files import FileError, read_text

if TYPE_CHECKING:
    from layerg_pin.lsp.server import Server


NEWEST = 6
"""Limit on the releases that are offered in a message besides the likely hosts."""


async def choose_host(server: Server, plugin: Plugin, reference: str | None = None) -> None:
    """Write a host reference into layerg-pin.toml. Without `reference`, the user chooses one. Raises FileError.

    `reference` is relative to the plugin's folder.
    """
    chosen = reference or await _ask_user(server, plugin)
    if chosen:
        await _write(server, plugin, chosen)


async def _ask_user(server: Server, plugin: Plugin) -> str | None:
    """Let the user choose one of the known hosts; None if they choose none."""
    path = os.path.join(plugin.document.folder, PROJECT_FILE)
    offered = choices(server, plugin)
    offered = [each for each in offered if each.likely] + [each for each in offered if not each.likely][:NEWEST]
    names = {printable(each.reference): each.reference for each in offered}
    advice = f'write host = "../folder-of-the-host" into {path}'
    if not names:
        server.warn(f"no host was found in the workspace or beside the plugin: {advice}")
        return None
    if not server.client.shows_message_actions:
        found = " or ".join(names)
        server.warn(f"hosts found: {found}; run {CHOOSE_HOST} with one of them as its second argument, or {advice}")
        return None
    asked = types.ShowMessageRequestParams(
        types.MessageType.Info,
        printable(f"layerg-pin: which host loads {plugin.name}?"),
        [types.MessageActionItem(name) for name in names],
    )
    answer = await server.window_show_message_request_async(asked)
    return names.get(answer.title) if answer else None


def choices(server: Server, plugin: Plugin) -> list[HostChoice]:
    """The hosts that can be chosen, the likely ones first: those nearby, those of other open plugins, and releases.

    Paths are relative to the plugin's folder.
    """
    folder, snapshot = plugin.document.folder, plugin.analysis.snapshot
    near = host_choices(folder, snapshot.gomod, plugin.settings, server.session.settings.folders, plugin.files.builders)
    others = {}
    for other in server.session.current_plugins():
        if isinstance(other.host, HostReference) and os.path.exists(other.host.path):
            reference = relative_reference(other.host.text, other.host.path, folder)
            others[reference] = HostChoice(reference, reference, f"the host of {other.name}", likely=True)
    known = {each.reference for each in near}
    likely = [each for each in near if each.likely]
    return [
        *likely,
        *(each for each in others.values() if each.reference not in known),
        *(each for each in near if not each.likely),
    ]


def printable_choices(server: Server, plugin: Plugin) -> list[HostChoice]:
    """The choices for a client that shows them. A path with invisible characters is omitted: shown with escapes, it
    would no longer be the path.
    """
    return [
        each._replace(label=printable(each.label), detail=printable(each.detail))
        for each in choices(server, plugin)
        if printable(each.reference) == each.reference
    ]


async def _write(server: Server, plugin: Plugin, reference: str) -> None:
    folder = plugin.document.folder
    path = os.path.join(folder, PROJECT_FILE)
    await _fetch(server, plugin, reference)
    edit = _edit(server, path, reference)
    if edit is None:
        server.log(f"{path} already sets the host {reference}")
        return
    is_path = module_reference(reference) is None and release_name(reference) is None and not _is_remote(reference)
    if is_path and not os.path.exists(resolve(reference, folder)):
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


async def _fetch(server: Server, plugin: Plugin, reference: str) -> None:
    """Fetch the image in a registry that the user chose. Raises FileError, and GoCancelled if the user cancels it."""
    image = image_reference(reference)
    if image is None or not _is_remote(reference):
        return
    if not plugin.settings.trusted:
        raise FileError(f"this workspace is not trusted, so {image.location} is not fetched: trust the workspace")
    from layerg_pin.hosts.image_fetching import fetch_image  # imported here: few hosts are images

    record = resolve(reference, plugin.document.folder)
    architecture = plugin_architecture(plugin.files.builders)

    def fetch(cancellation: Cancellation) -> None:
        fetch_image(reference, record, architecture, cancellation)

    await server.session.go.run(f"getting {image.location}", fetch)


def _is_remote(reference: str) -> bool:
    image = image_reference(reference)
    return image is not None and image.is_remote


def _edit(server: Server, path: str, reference: str) -> types.WorkspaceEdit | None:
    """The edit of the project file's text, in the editor or else on disk; None if nothing changes. Raises FileError."""
    if document := server.session.documents.text_at(path):
        return _host_edit(server, path, document.uri, document.version, document.text, reference)
    if os.path.exists(path):
        return _host_edit(server, path, uri_of(path), None, read_text(path), reference)
    edits = [TextEdit(Span(0, 0), project_text(reference))]
    uri = uri_of(path)
    return workspace_edit([DocumentEdits(uri, None, LineIndex(""), edits)], server.client, [uri])


def _host_edit(
    server: Server, path: str, uri: str, version: int | None, text: str, reference: str
) -> types.WorkspaceEdit | None:
    try:
        edit = host_edit(text, reference)
    except ProjectTextError as error:
        raise FileError(
            f"{path} cannot be read: {error}; fix it first, or write host = {toml_string(reference)} yourself"
        ) from None
    return workspace_edit([DocumentEdits(uri, version, LineIndex(text), [edit])], server.client) if edit else None
