"""The checks, in the order in which they are documented, and what they find in a snapshot."""

from __future__ import annotations

from dataclasses import replace

from layerg_pin.core.analysis import Analysis
from layerg_pin.core.check import Check
from layerg_pin.core.checks import (
    host_not_found,
    host_unreadable,
    not_resolved,
    pin_overruled,
    syntax,
    unshared_difference,
    version_mismatch,
)
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.manifest import Certainty

CHECKS: tuple[Check, ...] = (
    version_mismatch.CHECK,
    pin_overruled.CHECK,
    not_resolved.CHECK,
    unshared_difference.CHECK,
    syntax.CHECK,
    host_not_found.CHECK,
    host_unreadable.CHECK,
)


def run_checks(analysis: Analysis) -> tuple[Finding, ...]:
    """All findings of all checks: the plugin's go.mod first, then in the order of the text.

    The user's severities hold, but for one: what is only possible is never an error. What is turned off, or silenced by
    a comment at its line of go.mod, is left out.
    """
    plugin = analysis.snapshot.plugin
    found = []
    for check in CHECKS:
        severity = analysis.severities.get(check.code, check.severity)
        if severity is None:
            continue
        for finding in check.run(analysis):
            line = plugin.index.line_of(finding.span.start)
            if finding.path != plugin.path or (check.code, line) not in analysis.ignored:
                found.append(_as_set(finding, analysis.severities.get(check.code)))
    return tuple(sorted(found, key=lambda finding: (finding.path != plugin.path, finding.path, finding.span)))


def _as_set(finding: Finding, severity: Severity | None) -> Finding:
    if severity is None or (finding.certainty is Certainty.POSSIBLE and severity is Severity.ERROR):
        return finding
    return replace(finding, severity=severity)
