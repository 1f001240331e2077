"""The commands that return a report, as Markdown or JSON, and change nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from layerg_pin.core.analysis.host_summary import describe
from layerg_pin.core.analysis.overview import fit_words, fits, host_words
from layerg_pin.core.analysis.verdict import host_name
from layerg_pin.core.finding import Severity
from layerg_pin.core.markdown import block, code, escaped
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.text import printable
from layerg_pin.go.queries import find_go
from layerg_pin.go.query_types import GoCancelled

if TYPE_CHECKING:
    from layerg_pin.lsp.server import Server


_COMPILE_SECONDS = 600.0
_PREDICTABLE = ("binary", "image", "release")
"""The kinds of hosts whose package hashes are known, or can be computed by Go."""


async def predict_plugin(server: Server, path: str, uri: str | None) -> str:
    """Predict whether the host accepts a .so, or the plugin in a folder; as Markdown."""
    # imported here: the command is rarely used
    from layerg_pin.engine.prediction import predict_in_host, predict_paths, prediction_rows

    plugin = await server.session.loaded_plugin(uri) if uri else None
    host = plugin.analysis.snapshot.host if plugin else None
    if plugin is None or not isinstance(host, HostManifest) or host.kind not in _PREDICTABLE:
        return "A prediction needs a host that is a **binary**, an image or a release: choose one of these as the host."
    if not plugin.settings.trusted and os.path.isdir(path):
        return "This workspace is not trusted, so Go is not run in it: choose a .so that is already built."
    go = find_go(plugin.settings.go_path, _COMPILE_SECONDS, network=True) if plugin.settings.trusted else None
    try:
        title = f"predicting whether {host_name(host)} accepts it"
        if host.kind == "release":
            found = await server.session.go.run(title, predict_paths, host.reference, path, go)
        else:
            found = await server.session.go.run(title, predict_in_host, host.reference, host.path, path, go)
    except GoCancelled:
        return "Cancelled."
    reason = f": {code(found.reason)}" if found.reason else ""
    return f"**{found.verdict}**{reason}\n\n{block(prediction_rows(found))}"


async def show_host(server: Server, uri: str) -> str:
    """Describe a plugin's host as Markdown."""
    plugin = await server.session.loaded_plugin(uri)
    if plugin is None:
        return "This is not the go.mod of a plugin."
    host = plugin.analysis.snapshot.host
    if not isinstance(host, HostManifest):
        return escaped(host.message)
    return block(describe(host, host.source.path))


def status(server: Server, uri: str) -> dict[str, Any] | None:
    """The state of a plugin for a status bar; None if the URI is not that of an open plugin's go.mod.

    `host` and `words` are for people. `complete` is whether Go has listed all packages of the current text.
    """
    plugin = server.session.current_plugin(uri)
    if plugin is None:
        return None
    snapshot = plugin.analysis.snapshot
    counts = {each: sum(finding.severity is each for finding in plugin.findings) for each in Severity}
    known = isinstance(snapshot.host, HostManifest)
    report = {
        "module": plugin.name,
        "host": host_words(snapshot.host) if known else None,
        "hostPath": snapshot.host.path if isinstance(snapshot.host, HostManifest) else None,
        "go": snapshot.local.release if snapshot.local else None,
        "errors": counts[Severity.ERROR],
        "warnings": counts[Severity.WARNING],
        "complete": snapshot.complete,
        "fits": fits(plugin.analysis, plugin.findings),
        "words": fit_words(plugin.analysis, plugin.findings),
    }
    return {key: printable(value) if isinstance(value, str) else value for key, value in report.items()}
