"""Inlay hints: the host's version after each require whose version differs."""

from __future__ import annotations

from lsprotocol import types

from layerg_pin.core.analysis.overview import hint
from layerg_pin.core.text import printable
from layerg_pin.lsp.features.hover import sentence
from layerg_pin.lsp.protocol.client import Client
from layerg_pin.lsp.session.session import Session


def inlay_hints(session: Session, params: types.InlayHintParams, client: Client) -> list[types.InlayHint]:
    """The hints on the lines of a range."""
    plugin = session.current_plugin(params.text_document.uri)
    if plugin is None or plugin.settings.hints == "off":
        return []
    snapshot = plugin.analysis.snapshot
    index, everywhere = snapshot.plugin.index, plugin.settings.hints == "all"
    first, last = index.line_span(params.range.start.line), index.line_span(params.range.end.line)
    found = []
    for require in snapshot.gomod.requires:
        if not first.start <= require.line.span.start <= last.end:
            continue
        view = plugin.overview.module(require.module.text)
        if label := hint(view, require, agreeing=everywhere):
            end = (require.line.comment or require.line).span.end
            where = types.Position(*index.position(end, client.encoding))
            found.append(
                types.InlayHint(where, printable(label), tooltip=printable(sentence(view.verdict)), padding_left=True)
            )
    return found
