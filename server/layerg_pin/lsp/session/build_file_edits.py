"""Collect edits of build files, which can follow each other fast and concern many plugins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from layerg_pin.lsp.session.open_plugin import Plugin

_SECONDS = 0.05
"""How long edits are collected."""


class BuildFileEdits:
    """The plugins whose build files were edited and are not read again yet."""

    def __init__(self, read: Callable[[Plugin], None]) -> None:
        """`read` reads the build files of a plugin again, and diagnoses it."""
        self._read = read
        self._waiting: dict[str, Plugin] = {}
        """By the URI of their go.mod."""

    def read_soon(self, plugin: Plugin) -> None:
        """Read the build files of a plugin shortly after the text of one changed in the editor.

        Several edits lead to one reading, and each turn of the event loop reads the files of one plugin.
        """
        if not self._waiting:
            asyncio.get_running_loop().call_later(_SECONDS, self._read_next)
        self._waiting[plugin.document.uri] = plugin

    def read_now(self, uri: str) -> None:
        """Read the build files of one plugin now, if its turn has not come yet."""
        if plugin := self._waiting.pop(uri, None):
            self._read(plugin)

    def read_all_now(self) -> None:
        """Read the build files of all waiting plugins now."""
        while self._waiting:
            self._read(self._waiting.popitem()[1])

    def _read_next(self) -> None:
        if self._waiting:
            _, plugin = self._waiting.popitem()
            asyncio.get_running_loop().call_soon(self._read_next)
            self._read(plugin)
