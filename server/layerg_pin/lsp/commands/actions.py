"""Code actions that run a command with the plugin's go.mod as its argument."""

from __future__ import annotations

from lsprotocol import types

from layerg_pin.core.known.release_names import release_name
from layerg_pin.core.model.host_manifest import HostNotFound, HostUnreadable
from layerg_pin.lsp.protocol.command_names import (
    ALIGN_AND_TIDY,
    CHOOSE_HOST,
    CHOOSE_HOST_TITLE,
    DOWNLOAD,
    GET_RELEASE,
    TIDY_AND_VENDOR,
)
from layerg_pin.lsp.session.open_plugin import Plugin


def command_actions(plugin: Plugin) -> list[types.CodeAction]:
    """The commands that are useful for a plugin now."""
    found = []
    if plugin.lacks_modules:
        found.append(command_action("Download modules", DOWNLOAD, plugin))
    if plugin.settings.trusted and plugin.build and plugin.analysis.alignment.together and plugin.has_readable_inputs:
        found.append(command_action("Align all and tidy", ALIGN_AND_TIDY, plugin))
    if plugin.settings.trusted and any(finding.code == "vendor-stale" for finding in plugin.findings):
        found.append(command_action("Tidy and vendor", TIDY_AND_VENDOR, plugin))
    return found


def host_actions(plugin: Plugin) -> list[types.CodeAction]:
    """What a user can do about a host that is not known or cannot be read, the likely choice first."""
    host, found = plugin.analysis.snapshot.host, []
    if isinstance(host, HostNotFound) and host.proposal:
        found.append(command_action(f"Set the host to {host.proposal}", CHOOSE_HOST, plugin, host.proposal))
    name = release_name(host.reference) if isinstance(host, HostUnreadable) else None
    if name and name.module and not name.number and plugin.settings.trusted:
        title = f"Get {name.host.title} {name.release} through the Go module proxy"
        found.append(command_action(title, GET_RELEASE, plugin, str(name)))
    return [*found, command_action(CHOOSE_HOST_TITLE, CHOOSE_HOST, plugin)]


def command_action(title: str, command: str, plugin: Plugin, *arguments: str) -> types.CodeAction:
    """A quick fix that runs a command for a plugin."""
    return types.CodeAction(
        title=title,
        kind=types.CodeActionKind.QuickFix,
        command=types.Command(title=title, command=command, arguments=[plugin.document.uri, *arguments]),
    )
