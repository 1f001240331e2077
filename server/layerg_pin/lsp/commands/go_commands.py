"""The commands that run Go with network access: download, align and tidy, tidy and vendor."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lsprotocol import types

from layerg_pin.core.analysis.fixes import together_fix
from layerg_pin.core.finding import FileEdits
from layerg_pin.core.text import LineIndex, apply_edits
from layerg_pin.go.query_types import GoError
from layerg_pin.lsp.protocol.conversion import DocumentEdits, changed_text, workspace_edit
from layerg_pin.lsp.protocol.file_uris import uri_of
from layerg_pin.lsp.session.go_tasks import fetch, tidy
from layerg_pin.lsp.session.go_tasks import tidy_and_vendor as run_tidy_and_vendor
from layerg_pin.lsp.session.open_plugin import Plugin, refuse_unreadable
from layerg_pin.system.text_files import read_text

if TYPE_CHECKING:
    from layerg_pin.lsp.server import Server


async def download_modules(server: Server, plugin: Plugin) -> None:
    """Download the missing modules, and ask Go again. Raises GoError."""
    go = server.session.go
    question = go.question(plugin)
    if question is None:
        return
    wanted = sorted(plugin.analysis.alignment.untried)
    await go.run(f"downloading modules for {plugin.name}", fetch, question, wanted)
    server.session.ask_go(plugin)


async def align_and_tidy(server: Server, plugin: Plugin) -> None:
    """Set all pins and run `go mod tidy` on a copy, and apply the result as one edit of go.mod and go.sum.

    Raises GoError with Go's own words, and FileError; see `refuse_unreadable`.
    """
    refuse_unreadable(plugin)
    before = plugin.analysis.snapshot.gomod.text
    fix = together_fix(plugin.analysis.snapshot, plugin.analysis.alignment)
    question = server.session.go.question(plugin, apply_edits(before, fix.edits) if fix else before)
    if question is None:
        return
    gomod, gosum = await server.session.go.run(f"aligning and tidying {plugin.name}", tidy, question)
    if plugin.document.text != before:
        raise GoError("go.mod was edited in the meantime; nothing was changed")
    edit = _edit(server, plugin, gomod, gosum, fix.others if fix else ())
    await server.apply(types.ApplyWorkspaceEditParams(edit, "Align all and tidy"))


async def tidy_and_vendor(server: Server, plugin: Plugin) -> None:
    """Run `go mod tidy` and `go mod vendor` in the plugin's folder, and check the plugin again. Raises GoError."""
    if read_text(plugin.document.path) != plugin.document.text:
        raise GoError("go.mod is not saved yet: save it, then tidy and vendor")
    question = server.session.go.question(plugin)
    if question is None:
        return
    await server.session.go.run(f"tidying and vendoring {plugin.name}", run_tidy_and_vendor, question)
    server.session.reload(plugin)


def _edit(server: Server, plugin: Plugin, gomod: str, gosum: str, others: tuple[FileEdits, ...]) -> types.WorkspaceEdit:
    """Replace the texts of go.mod and go.sum, and edit other files."""
    document = plugin.document
    gosum_path = os.path.join(document.folder, "go.sum")
    before = read_text(gosum_path) if os.path.isfile(gosum_path) else None
    documents = [changed_text(document.uri, document.version, document.text, gomod)]
    is_new = before is None and gosum != ""
    if is_new and not server.client.creates_files:
        server.warn("there is no go.sum yet, and this editor cannot create it: run `go mod tidy`")
    elif gosum != (before or ""):
        documents.append(changed_text(uri_of(gosum_path), None, before or "", gosum))
    for other in others:
        uri, version = server.session.documents.uri_and_version(other.path)
        documents.append(DocumentEdits(uri, version, LineIndex(other.text), other.edits))
    return workspace_edit(documents, server.client, [uri_of(gosum_path)] if is_new else [])
