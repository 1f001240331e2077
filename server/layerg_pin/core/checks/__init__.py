"""The checks in the order of their documentation, and the function that runs them on a snapshot."""

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
    newer_release,
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
from layerg_pin.core.ignore_comments import hash_comments, suppressed_lines
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
    newer_release.CHECK,
    syntax.CHECK,
    host_not_found.CHECK,
    host_unreadable.CHECK,
)


def run_checks(analysis: Analysis) -> tuple[Finding, ...]:
    """The findings of all checks: those of the plugin's go.mod first, then by path and position.

    The user's severities apply, except that a *possible* finding is never an error. Findings of disabled checks, and
    findings suppressed by a comment at their line, are omitted.
    """
    plugin, suppressions = analysis.snapshot.plugin, _suppressions(analysis)
    found = []
    for check in CHECKS:
        severity = analysis.severities.get(check.code, check.severity)
        if severity is None:
            continue
        for finding in check.run(analysis):
            of_file = suppressions.get(finding.path)
            if of_file is None or (finding.code, of_file[0].line_of(finding.span.start)) not in of_file[1]:
                found.append(_with_severity(finding, analysis.severities.get(check.code)))
    return tuple(sorted(found, key=lambda finding: (finding.path != plugin.path, finding.path, finding.span)))


def _suppressions(analysis: Analysis) -> dict[str, tuple[LineIndex, frozenset[tuple[str, int]]]]:
    """The suppressed codes and lines of each file with such comments, by path: go.mod, build files and Go files."""
    snapshot = analysis.snapshot
    found = {}
    for source in (each for main in snapshot.mains for each in main.files):
        index = LineIndex(source.file.text)
        if suppressed := suppressed_lines(index, source.file.comments):
            found[source.path] = index, suppressed
    for builder in snapshot.builders:
        if suppressed := suppressed_lines(builder.index, hash_comments(builder.index.text)):
            found[builder.path] = builder.index, suppressed
    if analysis.suppressed:
        found[snapshot.plugin.path] = snapshot.plugin.index, analysis.suppressed
    return found


def _with_severity(finding: Finding, severity: Severity | None) -> Finding:
    if severity is None or (finding.certainty is Certainty.POSSIBLE and severity is Severity.ERROR):
        return finding
    return finding._replace(severity=severity)
