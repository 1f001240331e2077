"""Code actions and a lens that move a plugin to another release of its host."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lsprotocol import types

from layerg_pin.core.analysis.newer_releases import HostRelease, movable_release, newest_patch, newest_release
from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.buildfiles.retagging import host_images
from layerg_pin.core.checks.wording import module_line
from layerg_pin.lsp.protocol.command_names import UPGRADE
from layerg_pin.lsp.session.open_plugin import Plugin

KIND = types.CodeActionKind.Refactor


def upgrade_command(plugin: Plugin, release: HostRelease) -> types.Command:
    """The command that upgrades a plugin to a release."""
    return types.Command(f"Upgrade to {release.title}…", UPGRADE, arguments=[plugin.document.uri, str(release.name)])


def newer_release(plugin: Plugin) -> HostRelease | None:
    """The newest release of the plugin's host, if the plugin can be moved to it and is not built for it already."""
    present = movable_release(plugin.analysis.snapshot) if plugin.settings.trusted else None
    newest = newest_release(present.host) if present else None
    return newest if newest != present else None


def upgrade_actions(plugin: Plugin, path: str, wanted: types.Range) -> list[types.CodeAction]:
    """The actions at a range that names the host: an image tag, or the line of the module or of the plugin API."""
    present = movable_release(plugin.analysis.snapshot) if plugin.settings.trusted else None
    lines = _lines(plugin, path, present) if present else ()
    if present is None or not any(wanted.start.line <= each <= wanted.end.line for each in lines):
        return []
    newest = newer_release(plugin)
    found = [_action(upgrade_command(plugin, newest))] if newest else []
    other = f"Upgrade to another release of {present.host.title}…"
    return [*found, _action(types.Command(other, UPGRADE, arguments=[plugin.document.uri]))]


def patch_actions(plugin: Plugin) -> list[types.CodeAction]:
    """The quick fix for the finding newer-release."""
    present = movable_release(plugin.analysis.snapshot) if plugin.settings.trusted else None
    patch = newest_patch(present) if present else None
    return [_action(upgrade_command(plugin, patch), types.CodeActionKind.QuickFix)] if patch else []


def _lines(plugin: Plugin, path: str, present: HostRelease) -> Iterator[int]:
    """The lines of a file that name the host of a plugin."""
    snapshot = plugin.analysis.snapshot
    if path == plugin.document.path:
        index = snapshot.plugin.index
        yield index.line_of(module_line(plugin.analysis).start)
        for require in snapshot.gomod.required.get(present.host.api, ()):
            yield index.line_of(require.version.span.start)
    yield from _image_lines((each for each in snapshot.builders if each.path == path), present)


def _image_lines(sources: Iterable[BuildSource], present: HostRelease) -> Iterator[int]:
    for source in sources:
        for image in host_images(source, present.host):
            yield source.index.line_of(image.span.start)


def _action(command: types.Command, kind: types.CodeActionKind = KIND) -> types.CodeAction:
    return types.CodeAction(title=command.title, kind=kind, command=command)
