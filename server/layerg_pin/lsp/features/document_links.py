"""From a require to the host's line, and from a module of modules.txt back to the plugins' requires."""

from __future__ import annotations

from lsprotocol import types

from layerg_pin.core.text import LineIndex, printable
from layerg_pin.lsp.conversion import line_location, range_of
from layerg_pin.lsp.features.open_modules_txt import listed_at, plugins_of
from layerg_pin.lsp.json_messages import Client, line_uri
from layerg_pin.lsp.session import Session


def document_links(session: Session, params: types.DocumentLinkParams, client: Client) -> list[types.DocumentLink]:
    """A link at the version of each require that the host has. The path is left to what others link it to."""
    plugin = session.plugin(params.text_document.uri)
    if plugin is None or not plugin.settings.links:
        return []
    snapshot = plugin.analysis.snapshot
    found = []
    for require in snapshot.gomod.requires:
        host = plugin.overview.module(require.module.text).host
        if host and host.origin.line is not None:
            where = range_of(require.version.span, snapshot.plugin.index, client.encoding)
            tooltip = printable(f"host: {host.version or host.path} ({host.origin})") if client.link_tooltips else None
            found.append(types.DocumentLink(where, line_uri(host.origin.path, host.origin.line), tooltip))
    return found


def definition(session: Session, params: types.DefinitionParams, client: Client) -> types.Location | None:
    """The host's line of the module that is required, replaced or excluded at a position of go.mod."""
    plugin = session.plugin(params.text_document.uri)
    if plugin is None or not plugin.settings.links:
        return None
    snapshot = plugin.analysis.snapshot
    found = snapshot.gomod.directive_at(snapshot.plugin.index.line_span(params.position.line))
    host = plugin.overview.module(found.module.text).host if found else None
    if host is None or host.origin.line is None:
        return None
    return line_location(host.origin.path, host.origin.line, plugin.indexes(), client)


def references(
    session: Session, params: types.ReferenceParams, path: str, text: str, client: Client
) -> list[types.Location]:
    """The requires, in the plugins of this host, of the module at a position of its modules.txt, which reads `text`."""
    index = LineIndex(text)
    listed = listed_at(index, params.position.line)
    if listed is None:
        return []
    found = []
    for plugin in plugins_of(session, path):
        snapshot = plugin.analysis.snapshot
        for require in snapshot.gomod.required.get(listed.module, ()) if plugin.settings.links else ():
            where = range_of(require.version.span, snapshot.plugin.index, client.encoding)
            found.append(types.Location(plugin.document.uri, where))
    return found
