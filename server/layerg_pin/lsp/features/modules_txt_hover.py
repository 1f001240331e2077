"""Hover texts in an open modules.txt: which plugins use a module, and how."""

from __future__ import annotations

from lsprotocol import types

from layerg_pin.core.text import LineIndex
from layerg_pin.lsp.features.hover import Row, as_hover, sentence
from layerg_pin.lsp.protocol.client import Client
from layerg_pin.lsp.protocol.conversion import range_of
from layerg_pin.lsp.session.documents import Document
from layerg_pin.lsp.session.open_modules_txt import ListedModule, listed_at, plugins_of_host
from layerg_pin.lsp.session.open_plugin import Plugin
from layerg_pin.lsp.session.session import Session


def modules_txt_hover(
    session: Session, params: types.HoverParams, document: Document, client: Client
) -> types.Hover | None:
    """The hover at a position of a modules.txt; None if no plugin of this host is open."""
    index = LineIndex(document.text)
    listed = listed_at(index, params.position.line)
    plugins = [each for each in plugins_of_host(session.current_plugins(), document.path) if each.settings.hover]
    if listed is None or not plugins:
        return None
    title = " ".join(each for each in (listed.package or listed.path, listed.version) if each)
    where = range_of(index.line_span(params.position.line), index, client.encoding)
    return as_hover(title, [_use(plugin, listed) for plugin in plugins], where, client)


def _use(plugin: Plugin, listed: ListedModule) -> Row:
    """How a plugin uses a module."""
    overview, name = plugin.overview, plugin.name
    view = overview.module(listed.path)
    if view.version is None and not view.shared:
        return [f"{name} does not use this module."]
    asked = overview.requirement(view.path)
    clauses = [f"{name} has {view.version}" + (f", {asked}" if asked else "")]
    if listed.package:
        known = overview.is_compiled(listed.package)
        clauses.append(f"this package is {'' if known else 'not known to be '}compiled into it")
    return [sentence("; ".join(clauses)), " ", sentence(view.verdict)]
