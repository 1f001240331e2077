"""Commands, which run because the person asked for it. Each takes the URI of an open go.mod."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from lsprotocol import types

from layerg_pin.core.text import LineIndex, Span, TextEdit, printable, same_at_end, same_lines
from layerg_pin.go.query_types import GoCancelled, GoError
from layerg_pin.lsp.conversion import DocumentEdits, workspace_edit
from layerg_pin.lsp.fast_start.initialize_result import ALIGN_AND_TIDY, DOWNLOAD, TIDY_AND_VENDOR
from layerg_pin.lsp.json_messages import uri_of
from layerg_pin.lsp.state import Plugin, TidyResult
from layerg_pin.system.text_files import FileError, read_text

if TYPE_CHECKING:
    from layerg_pin.lsp.server import Server


def command_actions(plugin: Plugin) -> list[types.CodeAction]:
    """The commands that do something for a plugin, as actions."""
    found = []
    if plugin.lacks_modules:
        found.append(command_action("Download modules", DOWNLOAD, plugin))
    if plugin.settings.trusted and plugin.build and plugin.analysis.alignment.together and plugin.is_sound:
        found.append(command_action("Align all and tidy", ALIGN_AND_TIDY, plugin))
    if plugin.settings.trusted and any(finding.code == "vendor-stale" for finding in plugin.findings):
        found.append(command_action("Tidy and vendor", TIDY_AND_VENDOR, plugin))
    return found


async def download_modules(server: Server, uri: str) -> None:
    """Bring what Go misses into the module cache, over the network."""
    await told(server, uri, lambda: server.session.download(uri))


async def align_and_tidy(server: Server, uri: str) -> None:
    """Set all pins and tidy, as one edit of go.mod and go.sum."""

    async def run() -> None:
        result = await server.session.align_and_tidy(uri)
        if result:
            label = "Align all and tidy"
            await server.apply(types.ApplyWorkspaceEditParams(_edit(server, result), label))

    await told(server, uri, run)


async def tidy_and_vendor(server: Server, uri: str) -> None:
    """Run `go mod tidy` and `go mod vendor` in the plugin's folder."""
    await told(server, uri, lambda: server.session.tidy_and_vendor(uri))


async def told(server: Server, uri: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run a command; what keeps it from its end is told in Go's own words."""
    if server.session.plugin(uri) is None:
        server.warn(f"{uri} is not an open plugin's go.mod")
        return
    try:
        await run()
    except GoCancelled:
        server.log("cancelled")
    except (GoError, FileError) as error:
        server.window_show_message(
            types.ShowMessageParams(types.MessageType.Error, f"layerg-pin: {printable(str(error))}")
        )


def _edit(server: Server, result: TidyResult) -> types.WorkspaceEdit:
    document = result.document
    before = read_text(result.gosum_path) if os.path.isfile(result.gosum_path) else None
    documents = [_replaced(document.uri, document.version, document.text, result.gomod)]
    is_new = before is None and result.gosum != ""
    if is_new and not server.client.creates_files:
        server.warn("there is no go.sum yet, and this editor cannot create it: run `go mod tidy`")
    elif result.gosum != (before or ""):
        documents.append(_replaced(uri_of(result.gosum_path), None, before or "", result.gosum))
    for other in result.others:
        uri, version = server.session.document_at(other.path)
        documents.append(DocumentEdits(uri, version, LineIndex(other.text), other.edits))
    return workspace_edit(documents, server.client, [uri_of(result.gosum_path)] if is_new else [])


def _replaced(uri: str, version: int | None, before: str, after: str) -> DocumentEdits:
    return DocumentEdits(uri, version, LineIndex(before), _differing_lines(before, after))


def _differing_lines(before: str, after: str) -> list[TextEdit]:
    """The lines between what the two texts begin and end with alike, as one edit."""
    start = same_lines(before, after)
    same = same_at_end(before, after, start)
    end = before.find("\n", len(before) - same) + 1 or len(before)  # of the line in which they begin to be alike
    return [TextEdit(Span(start, end), after[start : len(after) - (len(before) - end)])]


def command_action(title: str, command: str, plugin: Plugin) -> types.CodeAction:
    """A code action that runs a command with the plugin's go.mod as its argument."""
    return types.CodeAction(
        title=title,
        kind=types.CodeActionKind.QuickFix,
        command=types.Command(title=title, command=command, arguments=[plugin.document.uri]),
    )
