"""Decide when a plugin is analysed and when its diagnostics are published."""

from __future__ import annotations

import asyncio
from functools import partial

from layerg_pin.core.analysis.overview import host_words
from layerg_pin.core.text import count
from layerg_pin.lsp.session.analyser import Analyser
from layerg_pin.lsp.session.background import BackgroundTasks
from layerg_pin.lsp.session.editor import Editor
from layerg_pin.lsp.session.open_plugin import Annotations, Plugin


class Diagnoser:
    """Analyses and publishes plugins. Of a burst of edits only the last one is analysed and published.

    A request that arrives right after an edit is answered first, but from the new text: see `catch_up`.
    """

    def __init__(self, editor: Editor, analyser: Analyser, tasks: BackgroundTasks) -> None:
        self._editor = editor
        self._analyser = analyser
        self._tasks = tasks
        self._unanalysed: dict[str, Plugin] = {}
        """The plugins whose text changed since their last analysis, by URI."""
        self._unpublished: dict[str, Plugin] = {}
        """The plugins whose text changed since their last publication, by URI."""

    def diagnose_soon(self, plugin: Plugin) -> None:
        """Analyse and publish a plugin after the messages that have arrived already."""
        if not self._unpublished:
            soon = asyncio.get_running_loop().call_soon
            soon(soon, self.diagnose_edited)  # one turn of the loop brings the messages, the next one handles them
        self._unanalysed[plugin.document.uri] = plugin
        self._unpublished[plugin.document.uri] = plugin

    def diagnose(self, plugin: Plugin) -> None:
        """Analyse and publish a plugin now."""
        self._analyse(plugin)
        self.publish(plugin)

    async def diagnose_in_steps(self, plugin: Plugin) -> None:
        """Analyse and publish a plugin in two turns of the event loop: for a large go.mod both steps take long."""
        self._analyse(plugin)
        await asyncio.sleep(0)
        self.publish(plugin)

    def catch_up(self) -> None:
        """Analyse the plugins whose text changed, without publishing them."""
        while self._unanalysed:
            _, plugin = self._unanalysed.popitem()
            if plugin.is_closed:
                continue
            try:
                self._analyser.analyse_edit(plugin)
            except Exception as error:
                self._unpublished.pop(plugin.document.uri, None)
                self._tasks.report(error)

    def publish(self, plugin: Plugin) -> None:
        """Publish a plugin's findings, and have the client refresh hints and lenses if only these changed."""
        self._unpublished.pop(plugin.document.uri, None)
        self._editor.publish(plugin)
        findings = count(len(plugin.findings), "finding")
        self._editor.trace(f"{plugin.document.path}: {findings}", partial(_details, plugin))
        before, plugin.annotations = plugin.annotations, Annotations(plugin.settings, plugin.overview, plugin.findings)
        if before is None or before.need_refresh(plugin.annotations):
            self._editor.refresh()

    def withdraw(self, plugin: Plugin) -> None:
        """Remove all diagnostics of a plugin that is closed."""
        self._editor.withdraw(plugin.document.uri)

    def _analyse(self, plugin: Plugin) -> None:
        self._unanalysed.pop(plugin.document.uri, None)
        self._analyser.analyse(plugin)

    def diagnose_edited(self) -> None:
        """Analyse and publish the plugins of `diagnose_soon` now."""
        self.catch_up()
        while self._unpublished:
            _, plugin = self._unpublished.popitem()
            if plugin.is_closed:
                continue
            try:
                self.publish(plugin)
            except Exception as error:
                self._tasks.report(error)


def _details(plugin: Plugin) -> str:
    host = plugin.analysis.snapshot.host
    findings = (f"{each.severity} {each.code} in {each.path}: {each.message}" for each in plugin.findings)
    return "\n".join((f"host: {host_words(host)}", *findings))
