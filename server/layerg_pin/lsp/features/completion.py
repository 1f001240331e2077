"""Completion in go.mod: the host's modules, and versions, the host's version first."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from layerg_pin.core.analysis.completions import Candidate, CompletionTarget, candidates, completion_target_at
from layerg_pin.core.text import LineIndex, printable
from layerg_pin.lsp.protocol.client import Client
from layerg_pin.lsp.protocol.conversion import offset_of, range_of
from layerg_pin.lsp.session.session import Session


def completion(session: Session, params: types.CompletionParams, client: Client) -> types.CompletionList | None:
    """The completions at a position of a plugin's go.mod; None if there are none."""
    plugin = session.current_plugin(params.text_document.uri)
    if plugin is None or not plugin.settings.completion:
        return None
    snapshot = plugin.analysis.snapshot
    index = snapshot.plugin.index
    target = completion_target_at(snapshot.gomod, index, offset_of(params.position, index, client))
    if target is None:
        return None
    cached = session.go.cached_versions(target.module) if target.module else ()
    return types.CompletionList(False, _items(candidates(plugin.analysis, target, cached), target, index, client))


def _items(
    found: Iterable[Candidate], target: CompletionTarget, index: LineIndex, client: Client
) -> list[types.CompletionItem]:
    where = range_of(target.span, index, client.encoding)
    kind = types.CompletionItemKind.Module if target.module is None else types.CompletionItemKind.Value
    return [
        types.CompletionItem(
            label=printable(each.label),
            kind=kind,
            detail=printable(each.detail),
            sort_text=f"{number:05}",
            filter_text=each.label,
            preselect=(number == 0 and target.module is not None) or None,
            text_edit=types.TextEdit(where, each.new),
        )
        for number, each in enumerate(found)
    ]
