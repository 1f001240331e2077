"""Quick fixes at a finding, and `source.fixAll.layergPin`, computed from the current text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lsprotocol import types

from layerg_pin.core.finding import Finding, Fix
from layerg_pin.core.text import LineIndex, printable
from layerg_pin.lsp.commands.registry import command_action, command_actions
from layerg_pin.lsp.conversion import DocumentEdits, range_of, workspace_edit
from layerg_pin.lsp.fast_start.initialize_result import CHOOSE_HOST, CHOOSE_HOST_TITLE, FIX_ALL
from layerg_pin.lsp.json_messages import SOURCE, Client, path_of
from layerg_pin.lsp.session import Session
from layerg_pin.lsp.state import Plugin

_CURED_BY_A_HOST = frozenset(("host-not-found", "host-unreadable"))
"""The codes of the findings that the choice of a host cures."""
_MAX_ACTIONS = 200
"""The number of quick fixes that are listed for one range: sending thousands takes seconds."""


def code_actions(session: Session, params: types.CodeActionParams, client: Client) -> list[types.CodeAction]:
    """The actions for a range of a go.mod, or of a file that plugins have findings in."""
    uri = params.text_document.uri
    if plugin := session.plugin(uri):
        return _in_gomod(session, plugin, params, client)
    path = path_of(uri)
    if path is None:
        return []
    actions = [
        _fixes(session, plugin, _within(plugin, path, params.range), params.context, client)
        for plugin in session.plugins.values()
    ]
    return [action for each in actions for action in each.values()]


def _in_gomod(
    session: Session, plugin: Plugin, params: types.CodeActionParams, client: Client
) -> list[types.CodeAction]:
    """The fixes of the range's findings, each once, then the commands and the fix of all.

    To a client that asks for any kind, a fix of all that stands among the fixes already is not told twice.
    """
    only, path = params.context.only, plugin.document.path
    within = list(_within(plugin, path, params.range))
    actions = _fixes(session, plugin, within, params.context, client)
    fix_all = plugin.analysis.safe_fix if plugin.is_sound else None
    found = list(actions.values())
    if _wanted(types.CodeActionKind.QuickFix.value, only) and within:
        found += command_actions(plugin)
        if any(each.code in _CURED_BY_A_HOST for each in within):
            found.append(command_action(CHOOSE_HOST_TITLE, CHOOSE_HOST, plugin))
    if fix_all and _wanted(FIX_ALL, only) and (only is not None or fix_all.title not in actions):
        found.append(_action(session, plugin, fix_all, FIX_ALL, client))
    return found


def _fixes(
    session: Session,
    plugin: Plugin,
    findings: Iterable[Finding],
    context: types.CodeActionContext,
    client: Client,
) -> dict[str, types.CodeAction]:
    """The fixes of some of a plugin's findings, by title."""
    actions: dict[str, types.CodeAction] = {}
    resolved: dict[str, list[types.Diagnostic]] = {}
    if not _wanted(types.CodeActionKind.QuickFix.value, context.only):
        return actions
    is_sound, told, indexes = plugin.is_sound, _by_place(context.diagnostics), plugin.indexes()
    for finding in findings:
        place = _place(range_of(finding.span, indexes.of(finding.path), client.encoding)) if told else ()
        matching = told.get((finding.code, *place), ())
        for fix in finding.fixes:
            if not is_sound and fix == plugin.analysis.align_fix:
                continue
            if fix.title not in actions:  # the fix of all is offered at each finding, and is large
                if len(actions) == _MAX_ACTIONS:
                    continue
                actions[fix.title] = _action(session, plugin, fix, types.CodeActionKind.QuickFix, client)
                resolved[fix.title] = []
            resolved[fix.title] += matching
    for title, action in actions.items():
        action.diagnostics = resolved[title]
    return actions


def _wanted(kind: str, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    """Whether the client asks for a kind: for all, for it, or for one above it."""
    if only is None:
        return True
    names = [each.value if isinstance(each, types.CodeActionKind) else each for each in only]
    return any(name == "" or kind == name or kind.startswith(f"{name}.") for name in names)


def _within(plugin: Plugin, path: str, wanted: types.Range) -> Iterator[Finding]:
    """The findings on the lines of a range of the file at `path`: the cursor need not stand on the version."""
    index = plugin.index_of(path)
    for finding in plugin.findings:
        if finding.path == path:
            first, last = index.line_of(finding.span.start), index.line_of(finding.span.end)
            if first <= wanted.end.line and wanted.start.line <= last:
                yield finding


def _by_place(diagnostics: Iterable[types.Diagnostic]) -> dict[tuple[object, ...], list[types.Diagnostic]]:
    """The client's own diagnostics by code and range, so that those that a fix resolves are found at once."""
    found: dict[tuple[object, ...], list[types.Diagnostic]] = {}
    for each in diagnostics:
        if each.source == SOURCE:
            found.setdefault((each.code, *_place(each.range)), []).append(each)
    return found


def _place(found: types.Range) -> tuple[int, ...]:
    return (found.start.line, found.start.character, found.end.line, found.end.character)


def _action(
    session: Session, plugin: Plugin, fix: Fix, kind: types.CodeActionKind | str, client: Client
) -> types.CodeAction:
    return types.CodeAction(
        title=printable(fix.title),
        kind=kind,
        is_preferred=(len(fix.modules) == 1 and not fix.others) or None,
        edit=workspace_edit(fix_documents(session, plugin, fix), client),
    )


def fix_documents(session: Session, plugin: Plugin, fix: Fix) -> list[DocumentEdits]:
    """What a fix changes, in go.mod and in other files, as far as these are open in the text that is."""
    gomod = plugin.document
    documents = []
    if fix.edits:
        documents.append(DocumentEdits(gomod.uri, gomod.version, plugin.analysis.snapshot.plugin.index, fix.edits))
    for other in fix.others:
        uri, version = session.document_at(other.path)
        documents.append(DocumentEdits(uri, version, LineIndex(other.text), other.edits))
    return documents
