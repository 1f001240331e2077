"""Code actions: quick fixes for findings, and `source.fixAll.layergPin`. Computed from the current text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lsprotocol import types

from layerg_pin.core.finding import Finding, Fix
from layerg_pin.core.text import LineIndex, printable
from layerg_pin.lsp.commands.actions import command_actions, host_actions
from layerg_pin.lsp.features.upgrade_actions import KIND, patch_actions, upgrade_actions
from layerg_pin.lsp.protocol.client import Client
from layerg_pin.lsp.protocol.command_names import FIX_ALL
from layerg_pin.lsp.protocol.conversion import DocumentEdits, range_of, workspace_edit
from layerg_pin.lsp.protocol.diagnostics import SOURCE
from layerg_pin.lsp.protocol.file_uris import path_of
from layerg_pin.lsp.session.open_plugin import Plugin
from layerg_pin.lsp.session.session import Session

_NEEDS_A_HOST = frozenset(("host-not-found", "host-unreadable"))
"""The codes of the findings that are fixed by choosing a host."""
_NEWER = "newer-release"
"""The code of the finding that is fixed by an upgrade."""
_MAX_ACTIONS = 200
"""The maximum number of quick fixes for one range. Sending thousands takes seconds."""


def code_actions(session: Session, params: types.CodeActionParams, client: Client) -> list[types.CodeAction]:
    """The code actions for a range of a go.mod, or of another file with findings.

    Each action is offered once, even if several plugins have a finding there or are upgraded together.
    """
    uri = params.text_document.uri
    if plugin := session.current_plugin(uri):
        return _in_gomod(session, plugin, params, client)
    path = path_of(uri)
    if path is None:
        return []
    found: list[types.CodeAction] = []
    # The inner plugins first: an upgrade of one includes the outer ones that are built from the same file.
    for plugin in sorted(session.current_plugins(), key=lambda each: -len(each.document.folder)):
        within = list(_within(plugin, path, params.range))
        fixes = _fixes(session, plugin, within, params.context, client).values()
        found += [each for each in fixes if (each.title, each.edit) not in [(some.title, some.edit) for some in found]]
        titles = {each.title for each in found}
        found += [each for each in _upgrades(plugin, path, within, params) if each.title not in titles]
    return found


def _in_gomod(
    session: Session, plugin: Plugin, params: types.CodeActionParams, client: Client
) -> list[types.CodeAction]:
    """The fixes for the findings in the range, each once; then the commands and the fix for all findings.

    The fix for all is not repeated for a client that requests all kinds, if it is among the fixes already.
    """
    only, path = params.context.only, plugin.document.path
    within = list(_within(plugin, path, params.range))
    actions = _fixes(session, plugin, within, params.context, client)
    fix_all = plugin.analysis.safe_fix if plugin.has_readable_inputs else None
    found = list(actions.values())
    if _wanted(types.CodeActionKind.QuickFix.value, only) and within:
        found += command_actions(plugin)
        if any(each.code in _NEEDS_A_HOST for each in within):
            found += host_actions(plugin)
    found += _upgrades(plugin, path, within, params)
    if fix_all and _wanted(FIX_ALL, only) and (only is not None or fix_all.title not in actions):
        found.append(_action(session, plugin, fix_all, FIX_ALL, client))
    return found


def _upgrades(
    plugin: Plugin, path: str, within: Iterable[Finding], params: types.CodeActionParams
) -> list[types.CodeAction]:
    """The actions that move a plugin to another release of its host."""
    found = []
    if _wanted(types.CodeActionKind.QuickFix.value, params.context.only):
        found += patch_actions(plugin) if any(each.code == _NEWER for each in within) else []
    if _wanted(KIND.value, params.context.only):
        titles = {each.title for each in found}
        found += (each for each in upgrade_actions(plugin, path, params.range) if each.title not in titles)
    return found


def _fixes(
    session: Session,
    plugin: Plugin,
    findings: Iterable[Finding],
    context: types.CodeActionContext,
    client: Client,
) -> dict[str, types.CodeAction]:
    """The fixes for findings, by title."""
    actions: dict[str, types.CodeAction] = {}
    resolved: dict[str, list[types.Diagnostic]] = {}
    if not _wanted(types.CodeActionKind.QuickFix.value, context.only):
        return actions
    readable, by_place, indexes = plugin.has_readable_inputs, _by_place(context.diagnostics), plugin.indexes()
    for finding in findings:
        place = _place(range_of(finding.span, indexes.of(finding.path), client.encoding)) if by_place else ()
        matching = by_place.get((finding.code, *place), ())
        for fix in finding.fixes:
            if not readable and fix == plugin.analysis.align_fix:
                continue
            if fix.title not in actions:  # built once: the fix for all is large and belongs to each finding
                if len(actions) == _MAX_ACTIONS:
                    continue
                actions[fix.title] = _action(session, plugin, fix, types.CodeActionKind.QuickFix, client)
                resolved[fix.title] = []
            resolved[fix.title] += matching
    for title, action in actions.items():
        action.diagnostics = resolved[title]
    return actions


def _wanted(kind: str, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    """Whether the client requests a kind: all kinds, this one, or a kind that includes it."""
    if only is None:
        return True
    names = [each.value if isinstance(each, types.CodeActionKind) else each for each in only]
    return any(name == "" or kind == name or kind.startswith(f"{name}.") for name in names)


def _within(plugin: Plugin, path: str, wanted: types.Range) -> Iterator[Finding]:
    """The findings on the lines of a range. The cursor need not be on the finding itself."""
    index = plugin.index_of(path)
    for finding in plugin.findings:
        if finding.path == path:
            first, last = index.line_of(finding.span.start), index.line_of(finding.span.end)
            if first <= wanted.end.line and wanted.start.line <= last:
                yield finding


def _by_place(diagnostics: Iterable[types.Diagnostic]) -> dict[tuple[object, ...], list[types.Diagnostic]]:
    """The client's copies of our diagnostics, by code and range."""
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
    """The edits of a fix in go.mod and in other files."""
    gomod = plugin.document
    documents = []
    if fix.edits:
        documents.append(DocumentEdits(gomod.uri, gomod.version, plugin.analysis.snapshot.plugin.index, fix.edits))
    for other in fix.others:
        uri, version = session.documents.uri_and_version(other.path)
        documents.append(DocumentEdits(uri, version, LineIndex(other.text), other.edits))
    return documents
