"""The command that explains error messages of hosts and of Go. Imported on first use: it loads many patterns."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from layerg_pin.core.explain.explanation import explain, explain_line, explanation_rows, uses_plugin
from layerg_pin.core.explain.incidents import Incident, Log, incident_rows, incidents, message_rows
from layerg_pin.core.finding import Finding
from layerg_pin.core.markdown import code, escaped

if TYPE_CHECKING:
    from layerg_pin.lsp.session.open_plugin import Plugin

_MAX_MESSAGES = 20
"""The maximum number of different messages that are explained."""
_MAX_TEXT = 256 * 1024
"""In characters."""
_CUT = "Only the first 256 KiB were read: `layerg-pin explain FILE` reads all of it."


def explain_text(text: str, plugin: Plugin | None) -> str:
    """Explain the error messages in a text as Markdown, each cause once. Adds what is known of a plugin.

    Reads only the beginning of a long text. It may take seconds, so call it in a thread.
    """
    analysis = plugin.analysis if plugin else None

    def at_line(finding: Finding) -> str:
        line = plugin.indexes().of(finding.path).line_of(finding.span.start) + 1 if plugin else 1
        return f"{os.path.basename(finding.path)}:{line}: {finding.message} [{finding.code}]"

    is_cut, text = len(text) > _MAX_TEXT, text[:_MAX_TEXT]
    seen = Log(_MAX_MESSAGES).read(text.splitlines())
    if not seen:
        unknown = explain_line(text, analysis)
        return _section(
            [f"**{code(unknown.message or text.strip()[:200])}**"], list(explanation_rows(unknown, at_line))
        )
    found = incidents(seen, seen, lambda message: explain(message, analysis if uses_plugin(message) else None))
    sections = [_section(_messages(each), list(incident_rows(each, at_line))) for each in found]
    return "\n\n".join((*sections, *((_CUT,) if is_cut else ())))


def _messages(incident: Incident) -> list[str]:
    """The messages that share a cause, each with its files if they differ."""
    return [
        f"**{code(each.message.text)}**" + "".join(f" ({escaped(row)})" for row in message_rows(incident, each))
        for each in incident.sightings
    ]


def _section(messages: list[str], rows: list[str]) -> str:
    return "\n".join((*(f"{message}  " for message in messages[:-1]), messages[-1], "", *_listed(rows)))


def _listed(rows: list[str]) -> list[str]:
    return [f"{'  - ' if row.startswith('  ') else '- '}{escaped(row.strip())}" for row in rows]
