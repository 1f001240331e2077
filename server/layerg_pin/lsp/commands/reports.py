"""Commands that answer: each returns what it found, as Markdown or values, and changes nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from layerg_pin.core.analysis.host_summary import describe
from layerg_pin.core.analysis.overview import fit_words, host_words
from layerg_pin.core.analysis.verdict import doubts
from layerg_pin.core.finding import Severity
from layerg_pin.core.markdown import block, code, escaped
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.text import printable
from layerg_pin.go.queries import find_go
from layerg_pin.go.query_types import GoCancelled

if TYPE_CHECKING:
    from layerg_pin.lsp.server import Server
    from layerg_pin.lsp.state import Plugin


_COMPILE_SECONDS = 600.0


async def predict_plugin(server: Server, path: str, uri: str | None) -> str:
    """What the host's binary will say of a .so, or of a plugin's folder, as Markdown."""
    from layerg_pin.engine.prediction import predict_paths, prediction_rows  # late: it reads binaries

    plugin = _plugin(server, uri)
    host = plugin.analysis.snapshot.host if plugin else None
    if plugin is None or not isinstance(host, HostManifest) or host.kind != "binary":
        return "A prediction needs the host's **binary**: choose it as the host."
    if not plugin.settings.trusted and os.path.isdir(path):
        return "This workspace is not trusted, so Go is not run in it: choose a .so that is already built."
    go = find_go(plugin.settings.go_path, _COMPILE_SECONDS, network=True) if plugin.settings.trusted else None
    try:
        title = f"predicting whether {os.path.basename(host.path)} accepts it"
        found = await server.session.run(title, predict_paths, host.path, path, go)
    except GoCancelled:
        return "Cancelled."
    reason = f": {code(found.reason)}" if found.reason else ""
    return f"**{found.verdict}**{reason}\n\n{block(prediction_rows(found))}"


def show_host(server: Server, uri: str) -> str:
    """What is known of a plugin's host, as Markdown."""
    plugin = _plugin(server, uri)
    if plugin is None:
        return "This is not the go.mod of a plugin."
    host = plugin.analysis.snapshot.host
    if not isinstance(host, HostManifest):
        return escaped(host.message)
    return block(describe(host, host.source.path))


def status(server: Server, uri: str) -> dict[str, Any] | None:
    """How a plugin stands; None for what is no open plugin's go.mod.

    `host` and `words` are for people, `complete` tells whether Go has answered for this very text.
    """
    plugin = _plugin(server, uri)
    if plugin is None:
        return None
    snapshot = plugin.analysis.snapshot
    counts = {each: sum(finding.severity is each for finding in plugin.findings) for each in Severity}
    known = isinstance(snapshot.host, HostManifest)
    told = {
        "module": plugin.name,
        "host": host_words(snapshot.host) if known else None,
        "hostPath": snapshot.host.path if isinstance(snapshot.host, HostManifest) else None,
        "go": snapshot.local.release if snapshot.local else None,
        "errors": counts[Severity.ERROR],
        "warnings": counts[Severity.WARNING],
        "complete": snapshot.complete,
        "fits": _fits(plugin, counts),
        "words": fit_words(plugin.analysis, plugin.findings),
    }
    return {key: printable(value) if isinstance(value, str) else value for key, value in told.items()}


def _fits(plugin: Plugin, counts: Mapping[Severity, int]) -> bool:
    """Whether the plugin was compared as a whole, and nothing was found."""
    wrong = counts[Severity.ERROR] or counts[Severity.WARNING]
    return plugin.analysis.snapshot.complete and not wrong and not doubts(plugin.analysis, plugin.findings)


def _plugin(server: Server, uri: str | None) -> Plugin | None:
    return server.session.plugin(uri) if uri else None
