"""The checks in the order of their documentation, and the functions that run them on a snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
from layerg_pin.core.ignore_comments import build_comments, suppressed_lines
from layerg_pin.core.text import LineIndex

_Suppressions = Mapping[str, tuple[LineIndex, frozenset[tuple[str, int]]]]
"""The suppressed codes and lines of each file with such comments, by path."""
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
    path, found = analysis.snapshot.plugin.path, _findings(analysis, _suppressions(analysis))
    return tuple(sorted(found, key=lambda finding: (finding.path != path, finding.path, finding.span)))


def count_silenced(analysis: Analysis) -> int:
    """The number of errors and warnings that settings or comments turn off, or lower to less than a warning."""
    suppressions = _suppressions(analysis)
    if not analysis.severities and not suppressions:
        return 0
    raised = {code: each for code, each in analysis.severities.items() if each in (Severity.ERROR, Severity.WARNING)}
    everything = analysis._replace(severities=raised, suppressed=frozenset(), differences=analysis.all_differences)
    return len(_problems(everything, {}) - _problems(analysis, suppressions))


def _problems(analysis: Analysis, suppressions: _Suppressions) -> set[tuple[object, ...]]:
    """What identifies each error and warning."""
    return {
        (each.code, each.path, each.span, each.module)
        for each in _findings(analysis, suppressions)
        if each.severity in (Severity.ERROR, Severity.WARNING)
    }


def _findings(analysis: Analysis, suppressions: _Suppressions) -> Iterator[Finding]:
    for check in CHECKS:
        severity = analysis.severities.get(check.code, check.severity)
        if severity is None:
            continue
        for finding in check.run(analysis):
            of_file = suppressions.get(finding.path)
            if of_file is None or (finding.code, of_file[0].line_of(finding.span.start)) not in of_file[1]:
                yield _with_severity(finding, analysis.severities.get(check.code))


def _suppressions(analysis: Analysis) -> _Suppressions:
    """Those of go.mod, the build files and the Go files."""
    snapshot = analysis.snapshot
    found = {}
    for source in (each for main in snapshot.mains for each in main.files):
        index = LineIndex(source.file.text)
        if suppressed := suppressed_lines(index, source.file.comments):
            found[source.path] = index, suppressed
    for builder in snapshot.builders:
        comments = build_comments(builder.index.text, builder.file)
        if suppressed := suppressed_lines(builder.index, comments):
            found[builder.path] = builder.index, suppressed
    if analysis.suppressed:
        found[snapshot.plugin.path] = snapshot.plugin.index, analysis.suppressed
    return found


def _with_severity(finding: Finding, severity: Severity | None) -> Finding:
    if severity is None or (finding.certainty is Certainty.POSSIBLE and severity is Severity.ERROR):
        return finding
    return finding._replace(severity=severity)
