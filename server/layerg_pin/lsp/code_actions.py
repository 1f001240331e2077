"""Quick fixes at a finding, and `source.fixAll.layergPin`, computed from the current text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol import types

from layerg_pin.core.finding import Finding, Fix
from layerg_pin.core.text import LineIndex
from layerg_pin.lsp.commands import command_actions
from layerg_pin.lsp.convert import SOURCE, Client, DocumentEdits, range_of, workspace_edit
from layerg_pin.lsp.session import Session
from layerg_pin.lsp.state import Plugin

FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.layergPin"


def code_actions(
    session: Session, plugin: Plugin, params: types.CodeActionParams, client: Client
) -> list[types.CodeAction]:
    """The actions for a range: the fixes of its findings, each once, then the fix of all.

    To a client that asks for any kind, a fix of all that stands among the fixes already is not told twice.
    """
    context = params.context
    actions: dict[str, types.CodeAction] = {}
    if _wanted(types.CodeActionKind.QuickFix.value, context.only):
        for finding in _within(plugin, params.range, client):
            for fix in finding.fixes:
                action = actions.setdefault(
                    fix.title, _action(session, plugin, fix, types.CodeActionKind.QuickFix, client)
                )
                action.diagnostics = [*(action.diagnostics or ()), *_matching(plugin, finding, context, client)]
    fix_all = plugin.analysis.safe_fix
    found = list(actions.values())
    if _wanted(types.CodeActionKind.QuickFix.value, context.only) and any(_within(plugin, params.range, client)):
        found += command_actions(plugin)
    if fix_all and _wanted(FIX_ALL, context.only) and (context.only is not None or fix_all.title not in actions):
        found.append(_action(session, plugin, fix_all, FIX_ALL, client))
    return found


def _wanted(kind: str, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    """Whether the client asks for a kind: for all, for it, or for one above it."""
    if only is None:
        return True
    names = [each.value if isinstance(each, types.CodeActionKind) else each for each in only]
    return any(name == "" or kind == name or kind.startswith(f"{name}.") for name in names)


def _within(plugin: Plugin, wanted: types.Range, client: Client) -> Iterator[Finding]:
    """The findings on the lines of the range: the cursor need not stand on the version."""
    for finding in plugin.findings:
        if finding.path != plugin.document.path:
            continue
        where = range_of(finding.span, plugin.analysis.snapshot.plugin.index, client.encoding)
        if where.start.line <= wanted.end.line and wanted.start.line <= where.end.line:
            yield finding


def _matching(
    plugin: Plugin, finding: Finding, context: types.CodeActionContext, client: Client
) -> list[types.Diagnostic]:
    """The client's own diagnostics for a finding, which the fix resolves."""
    where = range_of(finding.span, plugin.analysis.snapshot.plugin.index, client.encoding)
    return [
        each
        for each in context.diagnostics
        if each.source == SOURCE and each.code == finding.code and each.range == where
    ]


def _action(
    session: Session, plugin: Plugin, fix: Fix, kind: types.CodeActionKind | str, client: Client
) -> types.CodeAction:
    gomod = plugin.document
    documents = [DocumentEdits(gomod.uri, gomod.version, plugin.analysis.snapshot.plugin.index, fix.edits)]
    for other in fix.others:
        uri, version = session.document_at(other.path)
        documents.append(DocumentEdits(uri, version, LineIndex(other.text), other.edits))
    return types.CodeAction(
        title=fix.title,
        kind=kind,
        is_preferred=(len(fix.modules) == 1 and not fix.others) or None,
        edit=workspace_edit(documents, client),
    )
