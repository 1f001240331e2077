"""Links and definitions from a require to the host's line, and references from modules.txt to the requires."""

from __future__ import annotations

from lsprotocol import types

from layerg_pin.core.text import LineIndex, printable
from layerg_pin.lsp.protocol.client import Client
from layerg_pin.lsp.protocol.conversion import line_location, range_of
from layerg_pin.lsp.protocol.file_uris import line_uri
from layerg_pin.lsp.session.documents import Document
from layerg_pin.lsp.session.open_modules_txt import listed_at, plugins_of_host
from layerg_pin.lsp.session.session import Session


def document_links(session: Session, params: types.DocumentLinkParams, client: Client) -> list[types.DocumentLink]:
    """A link from the module path of each require to the host's line of that module.

    Versions have no link: editors underline links, and the only thing under a version should be a finding.
    """
    plugin = session.current_plugin(params.text_document.uri)
    if plugin is None or not plugin.settings.links:
        return []
    snapshot = plugin.analysis.snapshot
    found = []
    for require in snapshot.gomod.requires:
        host = plugin.overview.module(require.module.text).host
        if host and host.origin.line is not None:
            where = range_of(require.module.span, snapshot.plugin.index, client.encoding)
            tooltip = printable(f"host: {host.version or host.path} ({host.origin})") if client.link_tooltips else None
            found.append(types.DocumentLink(where, line_uri(host.origin.path, host.origin.line), tooltip))
    return found


def definition(session: Session, params: types.DefinitionParams, client: Client) -> types.Location | None:
    """The host's line for the module that a line of go.mod requires, replaces or excludes."""
    plugin = session.current_plugin(params.text_document.uri)
    if plugin is None or not plugin.settings.links:
        return None
    snapshot = plugin.analysis.snapshot
    found = snapshot.gomod.directive_at(snapshot.plugin.index.line_span(params.position.line))
    host = plugin.overview.module(found.module.text).host if found else None
    if host is None or host.origin.line is None:
        return None
    return line_location(host.origin.path, host.origin.line, plugin.indexes(), client)


def references(
    session: Session, params: types.ReferenceParams, document: Document, client: Client
) -> list[types.Location]:
    """The requires of the module at a position of a modules.txt, in the open plugins of this host."""
    index = LineIndex(document.text)
    listed = listed_at(index, params.position.line)
    if listed is None:
        return []
    found = []
    for plugin in plugins_of_host(session.current_plugins(), document.path):
        snapshot = plugin.analysis.snapshot
        for require in snapshot.gomod.required.get(listed.path, ()) if plugin.settings.links else ():
            where = range_of(require.version.span, snapshot.plugin.index, client.encoding)
            found.append(types.Location(plugin.document.uri, where))
    return found
