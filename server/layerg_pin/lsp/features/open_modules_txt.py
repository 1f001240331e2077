"""A modules.txt that is open: what of its text cannot be read, and which plugins use a module.

What is not saved is not the host's truth: plugins are held against the file on disk.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from lsprotocol import types

from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.gomod.modules_txt import ModulesTxt, parse_modules_txt
from layerg_pin.core.gomod.size_limits import MAX_OPEN_MODULES_TXT
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.text import LineIndex, Problem, unread
from layerg_pin.engine.settings import Settings
from layerg_pin.lsp.conversion import range_of
from layerg_pin.lsp.features.hover import Row, as_hover, sentence
from layerg_pin.lsp.json_messages import Client
from layerg_pin.lsp.session import Session
from layerg_pin.lsp.state import Plugin

_MAX_TOLD = 200
"""So many lines that cannot be read are shown."""


class Listed(NamedTuple):
    """What a line of a modules.txt speaks of."""

    module: str
    version: str | None
    package: str | None


def is_listing(path: str | None) -> bool:
    """Whether a path is that of a modules.txt."""
    return path is not None and os.path.basename(path) == "modules.txt"


def listing_findings(session: Session, path: str, text: str) -> tuple[Finding, ...]:
    """What cannot be read, as loud as the plugins of this host have it.

    Another kind of file that happens to have the name lists no module, and gets nothing.
    """
    parsed = _parsed(text)
    if not parsed.modules and os.path.basename(os.path.dirname(path)) != "vendor":
        return ()
    settings = next((plugin.settings for plugin in plugins_of(session, path)), Settings())
    severity = settings.severity.get("syntax", Severity.ERROR)
    if severity is None:
        return ()
    problems = (
        Finding(code="syntax", severity=severity, message=each.message, path=path, span=each.span)
        for each in _told(parsed)
    )
    rest = parsed.beyond
    beyond = (
        (Finding(code="syntax", severity=Severity.INFORMATION, message=rest.message, path=path, span=rest.span),)
        if rest
        else ()
    )
    return (*beyond, *problems)


def listed_at(index: LineIndex, line: int) -> Listed | None:
    """The module that a line is about, and the package that it names."""
    span = index.line_span(line)
    modules = _parsed(index.text).modules
    number = bisect_right(modules, span.end, key=lambda module: module.span.start)
    if number == 0:
        return None
    above = modules[number - 1]
    text = index.text[span.start : span.end].strip()
    package = text if text in above.packages else None
    if not package and not text.startswith("#"):
        return None
    return Listed(above.path, above.version, package)


def _told(parsed: ModulesTxt) -> tuple[Problem, ...]:
    return unread(parsed.text, parsed.problems)[:_MAX_TOLD]


@lru_cache(maxsize=4)
def _parsed(text: str) -> ModulesTxt:
    return parse_modules_txt(text, most=MAX_OPEN_MODULES_TXT)


def plugins_of(session: Session, path: str) -> Iterator[Plugin]:
    """The open plugins whose host a modules.txt describes."""
    real = os.path.realpath(path)
    for plugin in session.plugins.values():
        host = plugin.analysis.snapshot.host
        if isinstance(host, HostManifest) and os.path.realpath(host.source.path) == real:
            yield plugin


def listing_hover(
    session: Session, params: types.HoverParams, path: str, text: str, client: Client
) -> types.Hover | None:
    """Which plugins use the module at a position of a modules.txt that reads `text`, and how."""
    index = LineIndex(text)
    listed = listed_at(index, params.position.line)
    plugins = [plugin for plugin in plugins_of(session, path) if plugin.settings.hover]
    if listed is None or not plugins:
        return None
    title = " ".join(each for each in (listed.package or listed.module, listed.version) if each)
    where = range_of(index.line_span(params.position.line), index, client.encoding)
    return as_hover(title, [_use(plugin, listed) for plugin in plugins], where, client)


def _use(plugin: Plugin, listed: Listed) -> Row:
    overview, name = plugin.overview, plugin.name
    view = overview.module(listed.module)
    if view.version is None and not view.shared:
        return [f"{name} does not use this module."]
    asked = overview.asked(view.path)
    clauses = [f"{name} has {view.version}" + (f", {asked}" if asked else "")]
    if listed.package:
        known = overview.is_compiled(listed.package)
        clauses.append(f"this package is {'' if known else 'not known to be '}compiled into it")
    return [sentence("; ".join(clauses)), " ", sentence(view.verdict)]
