"""The checks, in the order in which they are documented, and what they find in a snapshot."""

from __future__ import annotations

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.checks import (
    blank_import,
    build_drift,
    build_flags,
    does_not_compile,
    go_line_too_new,
    host_mismatch,
    host_not_found,
    host_unreadable,
    not_resolved,
    pin_overruled,
    platform_mismatch,
    replace_mismatch,
    syntax,
    toolchain_mismatch,
    unneeded_pin,
    unshared_difference,
    vendor_stale,
    version_mismatch,
    workspace_module,
)
from layerg_pin.core.checks.check import Check
from layerg_pin.core.finding import Certainty, Finding, Severity
from layerg_pin.core.ignore_comments import hash_comments, ignored
from layerg_pin.core.text import LineIndex

CHECKS: tuple[Check, ...] = (
    version_mismatch.CHECK,
    pin_overruled.CHECK,
    replace_mismatch.CHECK,
    workspace_module.CHECK,
    blank_import.CHECK,
    go_line_too_new.CHECK,
    toolchain_mismatch.CHECK,
    platform_mismatch.CHECK,
    build_flags.CHECK,
    host_mismatch.CHECK,
    build_drift.CHECK,
    vendor_stale.CHECK,
    does_not_compile.CHECK,
    not_resolved.CHECK,
    unshared_difference.CHECK,
    unneeded_pin.CHECK,
    syntax.CHECK,
    host_not_found.CHECK,
    host_unreadable.CHECK,
)


def run_checks(analysis: Analysis) -> tuple[Finding, ...]:
    """All findings of all checks: the plugin's go.mod first, then in the order of the text.

    The user's severities hold, but for one: what is only possible is never an error. What is turned off, or silenced by
    a comment at its line, is left out.
    """
    plugin, silencing = analysis.snapshot.plugin, _silencing(analysis)
    found = []
    for check in CHECKS:
        severity = analysis.severities.get(check.code, check.severity)
        if severity is None:
            continue
        for finding in check.run(analysis):
            silent = silencing.get(finding.path)
            if silent is None or (finding.code, silent[0].line_of(finding.span.start)) not in silent[1]:
                found.append(_as_set(finding, analysis.severities.get(check.code)))
    return tuple(sorted(found, key=lambda finding: (finding.path != plugin.path, finding.path, finding.span)))


def _silencing(analysis: Analysis) -> dict[str, tuple[LineIndex, frozenset[tuple[str, int]]]]:
    """The files with comments that silence something, and what, by path: go.mod, build files and Go files."""
    snapshot = analysis.snapshot
    found = {}
    for source in (each for main in snapshot.mains for each in main.files):
        index = LineIndex(source.file.text)
        if suppressed := ignored(index, source.file.comments):
            found[source.path] = index, suppressed
    for builder in snapshot.builders:
        if suppressed := ignored(builder.index, hash_comments(builder.index.text)):
            found[builder.path] = builder.index, suppressed
    if analysis.suppressed:
        found[snapshot.plugin.path] = snapshot.plugin.index, analysis.suppressed
    return found


def _as_set(finding: Finding, severity: Severity | None) -> Finding:
    if severity is None or (finding.certainty is Certainty.POSSIBLE and severity is Severity.ERROR):
        return finding
    return finding._replace(severity=severity)
