"""The checks, in the order in which they are documented, and what they find in a snapshot."""

from __future__ import annotations

from layerg_pin.core.analysis import Analysis
from layerg_pin.core.check import Check
from layerg_pin.core.checks import (
    host_not_found,
    host_unreadable,
    not_resolved,
    pin_overruled,
    syntax,
    version_mismatch,
)
from layerg_pin.core.finding import Finding

CHECKS: tuple[Check, ...] = (
    version_mismatch.CHECK,
    pin_overruled.CHECK,
    not_resolved.CHECK,
    syntax.CHECK,
    host_not_found.CHECK,
    host_unreadable.CHECK,
)


def run_checks(analysis: Analysis) -> tuple[Finding, ...]:
    """All findings of all checks: the plugin's go.mod first, then in the order of the text."""
    plugin = analysis.snapshot.plugin.path
    found = [finding for check in CHECKS for finding in check.run(analysis)]
    return tuple(sorted(found, key=lambda finding: (finding.path != plugin, finding.path, finding.span)))
