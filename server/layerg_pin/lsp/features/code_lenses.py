"""Code lenses at the module line: the host, and whether the plugin fits it."""

from __future__ import annotations

from lsprotocol import types

from layerg_pin.core.analysis.overview import fit_words, host_words
from layerg_pin.core.checks.wording import module_line
from layerg_pin.core.text import count, printable
from layerg_pin.lsp.features.upgrade_actions import newer_release, upgrade_command
from layerg_pin.lsp.protocol.client import Client
from layerg_pin.lsp.protocol.command_names import ALIGN_ALL, CHOOSE_HOST
from layerg_pin.lsp.protocol.conversion import range_of
from layerg_pin.lsp.session.session import Session


def code_lenses(session: Session, params: types.CodeLensParams, client: Client) -> list[types.CodeLens]:
    """The lenses: to choose another host, to align the plugin or show how it fits, and to upgrade it."""
    plugin = session.current_plugin(params.text_document.uri)
    if plugin is None or not plugin.settings.lenses:
        return []
    snapshot = plugin.analysis.snapshot
    where = range_of(module_line(plugin.analysis), snapshot.plugin.index, client.encoding)
    uri = params.text_document.uri
    lenses = [types.CodeLens(where, types.Command(printable(host_words(snapshot.host)), CHOOSE_HOST, arguments=[uri]))]
    pins = len(plugin.analysis.alignment.fulfilled)
    if pins:
        lenses.append(
            types.CodeLens(where, types.Command(f"Align {count(pins, 'module')}", ALIGN_ALL, arguments=[uri]))
        )
    elif plugin.overview.has_host:
        lenses.append(types.CodeLens(where, types.Command(printable(fit_words(plugin.analysis, plugin.findings)), "")))
    if newest := newer_release(plugin):
        lenses.append(types.CodeLens(where, upgrade_command(plugin, newest)))
    return lenses
