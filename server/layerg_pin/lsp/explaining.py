"""The command that explains what hosts and Go say. Loaded when somebody asks for it: it knows many messages."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from layerg_pin.core.explain import explain, explain_line, explanation_rows
from layerg_pin.core.finding import Finding
from layerg_pin.core.logline import recognise
from layerg_pin.lsp.convert import as_code

if TYPE_CHECKING:
    from layerg_pin.lsp.state import Plugin

_MOST = 20
"""So many different messages of a text are explained."""


def explain_text(text: str, plugin: Plugin | None) -> str:
    """What the messages in a text mean, in the light of a plugin, as Markdown."""
    analysis = plugin.analysis if plugin else None
    found = {message.text: message for line in text.splitlines() for message in recognise(line)}
    some = list(found.values())[:_MOST]
    known = [explain(each, analysis if each.kind.opening else None) for each in some]
    explanations = known or [explain_line(text, analysis)]

    def placed(finding: Finding) -> str:
        line = plugin.indexes().of(finding.path).line_of(finding.span.start) + 1 if plugin else 1
        return f"{os.path.basename(finding.path)}:{line}: {finding.message} [{finding.code}]"

    parts = []
    for each in explanations:
        rows = list(explanation_rows(each, placed))
        parts.append("\n".join((f"**{as_code(each.message or text.strip()[:200])}**", "", *_listed(rows))))
    return "\n\n".join(parts)


def _listed(rows: list[str]) -> list[str]:
    return [f"  - {row.strip()}" if row.startswith("  ") else f"- {row}" for row in rows]
