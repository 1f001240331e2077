"""Decide when a plugin is analyzed and when its diagnostics are published."""

from __future__ import annotations

import asyncio
from functools import partial

from layerg_pin.core.analysis.overview import host_words
from layerg_pin.core.text import count
from layerg_pin.lsp.session.analyzer import Analyzer
from layerg_pin.lsp.session.background import BackgroundTasks
from layerg_pin.lsp.session.editor import Editor
from layerg_pin.lsp.session.open_plugin import Annotations, Plugin


class Diagnoser:
    """Analyzes and publishes plugins. Of a burst of edits only the last one is analyzed and published.

    A request that arrives right after an edit is answered first, but from the new text: see `catch_up`.
    """

    def __init__(self, editor: Editor, analyzer: Analyzer, tasks: BackgroundTasks) -> None:
        self._editor = editor
        self._analyzer = analyzer
        self._tasks = tasks
        self._unanalyzed: dict[str, Plugin] = {}
        """The plugins whose text changed since their last analysis, by URI."""
        self._unpublished: dict[str, Plugin] = {}
        """The plugins whose text changed since their last publication, by URI."""

    def diagnose_soon(self, plugin: Plugin) -> None:
        """Analyze and publish a plugin after the messages that have arrived already."""
        if not self._unpublished:
            soon = asyncio.get_running_loop().call_soon
            soon(soon, self.diagnose_edited)  # one turn of the loop brings the messages, the next one handles them
        self._unanalyzed[plugin.document.uri] = plugin
        self._unpublished[plugin.document.uri] = plugin

    def diagnose(self, plugin: Plugin) -> None:
        """Analyze and publish a plugin now."""
        self._analyze(plugin)
        self.publish(plugin)

    async def diagnose_in_steps(self, plugin: Plugin) -> None:
        """Analyze and publish a plugin in two turns of the event loop: for a large go.mod both steps take long."""
        self._analyze(plugin)
        await asyncio.sleep(0)
        self.publish(plugin)

    def catch_up(self) -> None:
        """Analyze the plugins whose text changed, without publishing them."""
        while self._unanalyzed:
            _, plugin = self._unanalyzed.popitem()
            if plugin.is_closed:
                continue
            try:
                self._analyzer.analyze_edit(plugin)
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

    def _analyze(self, plugin: Plugin) -> None:
        self._unanalyzed.pop(plugin.document.uri, None)
        self._analyzer.analyze(plugin)

    def diagnose_edited(self) -> None:
        """Analyze and publish the plugins of `diagnose_soon` now."""
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
