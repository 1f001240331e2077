"""The command that sets all of the host's versions at once, without running Go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from layerg_pin.core.analysis.fixes import together_fix
from layerg_pin.core.text import printable
from layerg_pin.lsp.commands.registry import told
from layerg_pin.lsp.conversion import workspace_edit
from layerg_pin.lsp.features.code_actions import fix_documents
from layerg_pin.lsp.state import refuse_unsound

if TYPE_CHECKING:
    from layerg_pin.lsp.server import Server


async def align_all(server: Server, uri: str) -> None:
    """Apply the fix of all, or of the one there is."""

    async def run() -> None:
        plugin = server.session.plugins[uri]
        analysis, document = plugin.analysis, plugin.document
        fix = together_fix(analysis.snapshot, analysis.alignment)
        refuse_unsound(plugin)
        if fix is None:
            server.log(f"{document.path}: nothing to align")
            return
        edit = workspace_edit(fix_documents(server.session, plugin, fix), server.client)
        await server.apply(types.ApplyWorkspaceEditParams(edit, printable(fix.title)))

    await told(server, uri, run)
