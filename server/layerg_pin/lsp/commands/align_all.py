"""The command that sets all of the host's versions in go.mod, without running Go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from layerg_pin.core.analysis.fixes import together_fix
from layerg_pin.core.text import printable
from layerg_pin.lsp.features.code_actions import fix_documents
from layerg_pin.lsp.protocol.conversion import workspace_edit
from layerg_pin.lsp.session.open_plugin import Plugin, refuse_unreadable

if TYPE_CHECKING:
    from layerg_pin.lsp.server import Server


async def align_all(server: Server, plugin: Plugin) -> None:
    """Apply the fix that aligns all modules, or the only one there is. Raises FileError; see `refuse_unreadable`."""
    analysis = plugin.analysis
    fix = together_fix(analysis.snapshot, analysis.alignment)
    refuse_unreadable(plugin)
    if fix is None:
        server.log(f"{plugin.document.path}: nothing to align")
        return
    edit = workspace_edit(fix_documents(server.session, plugin, fix), server.client)
    await server.apply(types.ApplyWorkspaceEditParams(edit, printable(fix.title)))
