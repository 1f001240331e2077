"""The report in the Reviewdog Diagnostic Format (rdjson): https://github.com/reviewdog/reviewdog/tree/master/proto/rdf."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from layerg_pin.cli.output.problems import CheckProblem
from layerg_pin.cli.output.report_entries import Entry, Place, problem_place
from layerg_pin.core.finding import Severity

_SEVERITIES = {
    Severity.ERROR: "ERROR",
    Severity.WARNING: "WARNING",
    Severity.INFORMATION: "INFO",
    Severity.HINT: "INFO",
}


def rdjson_report(root: str, entries: Sequence[Entry], problems: Iterable[CheckProblem]) -> dict[str, Any]:
    """The DiagnosticResult. Paths are relative to `root`, an absolute folder. Columns must count bytes of UTF-8."""
    found = [_diagnostic(each) for each in entries]
    for problem in problems:
        place = problem_place(root, problem)
        each: dict[str, Any] = {"message": problem.described, "severity": "ERROR"}
        found.append({**each, **({"location": _location(place)} if place else {})})
    return {"source": {"name": "layerg-pin"}, "diagnostics": found}


def _diagnostic(entry: Entry) -> dict[str, Any]:
    """A finding. The format's suggestions are edits of the file that has the finding."""
    suggestions = [
        {"range": _range(each.place), "text": each.text}
        for fix in entry.suggestions[:1]
        if all(edit.place.path == entry.place.path for edit in fix.replacements)
        for each in fix.replacements
    ]
    found: dict[str, Any] = {
        "message": entry.finding.message,
        "location": _location(entry.place),
        "severity": _SEVERITIES[entry.finding.severity],
        "code": {"value": entry.finding.code},
    }
    if entry.related:
        found["relatedLocations"] = [
            {"message": message, "location": _location(place)} for place, message in entry.related
        ]
    return {**found, **({"suggestions": suggestions} if suggestions else {})}


def _location(place: Place) -> dict[str, Any]:
    return {"path": place.path, "range": _range(place)}


def _range(place: Place) -> dict[str, dict[str, int]]:
    return {
        "start": {"line": place.line, "column": place.column},
        "end": {"line": place.end_line, "column": place.end_column},
    }
