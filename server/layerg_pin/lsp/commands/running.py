"""Run a command for a plugin, and show its errors to the user."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from layerg_pin.core.text import printable
from layerg_pin.go.query_types import GoCancelled, GoError
from layerg_pin.lsp.protocol.file_uris import path_of
from layerg_pin.lsp.session.open_plugin import Plugin
from layerg_pin.system.text_files import FileError

if TYPE_CHECKING:
    from layerg_pin.lsp.server import Server


_T = TypeVar("_T")


async def run_for_plugin(server: Server, uri: str, command: Callable[[Server, Plugin], Awaitable[None]]) -> None:
    """Run a command for the plugin whose go.mod has this URI. GoError and FileError are shown as messages."""
    plugin = await server.session.loaded_plugin(uri)
    if plugin is None:
        server.warn(f"{path_of(uri) or uri} is not the go.mod of an open plugin: open a plugin's go.mod first")
        return
    await reporting(server, command(server, plugin))


async def reporting(server: Server, work: Awaitable[_T]) -> _T | None:
    """The result of a command's work; None if it was cancelled, or failed with a message to the user."""
    try:
        return await work
    except GoCancelled:
        server.log("cancelled")
    except (GoError, FileError) as error:
        _show(server, str(error))
    except JsonRpcException as error:  # the client's response to a request such as workspace/applyEdit
        _show(server, f"the editor answered with an error: {error}")
    return None


def _show(server: Server, message: str) -> None:
    text = f"layerg-pin: {printable(message)}"
    server.window_show_message(types.ShowMessageParams(types.MessageType.Error, text))
