"""Code actions that run a command with the plugin's go.mod as its argument."""

from __future__ import annotations

from lsprotocol import types

from layerg_pin.lsp.protocol.command_names import ALIGN_AND_TIDY, DOWNLOAD, TIDY_AND_VENDOR
from layerg_pin.lsp.session.open_plugin import Plugin


def command_actions(plugin: Plugin) -> list[types.CodeAction]:
    """The commands that are useful for a plugin now."""
    found = []
    if plugin.lacks_modules:
        found.append(command_action("Download modules", DOWNLOAD, plugin))
    if plugin.settings.trusted and plugin.build and plugin.analysis.alignment.together and plugin.is_sound:
        found.append(command_action("Align all and tidy", ALIGN_AND_TIDY, plugin))
    if plugin.settings.trusted and any(finding.code == "vendor-stale" for finding in plugin.findings):
        found.append(command_action("Tidy and vendor", TIDY_AND_VENDOR, plugin))
    return found


def command_action(title: str, command: str, plugin: Plugin) -> types.CodeAction:
    """A quick fix that runs a command."""
    return types.CodeAction(
        title=title,
        kind=types.CodeActionKind.QuickFix,
        command=types.Command(title=title, command=command, arguments=[plugin.document.uri]),
    )
