"""The report as SARIF 2.1.0, for code scanning: rules with their pages, fixes, and fingerprints.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. Columns count Unicode code points.
Silenced findings are only counted: GitHub shows results with `suppressions` as open alerts
(https://github.com/github/codeql-action/issues/1230).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from layerg_pin import __version__
from layerg_pin.cli.output.problems import CheckProblem
from layerg_pin.cli.output.report_entries import (
    Entry,
    Place,
    Suggestion,
    problem_place,
    silenced_by_suite,
    silenced_words,
)
from layerg_pin.core.checks import CHECKS
from layerg_pin.core.checks.check import Check
from layerg_pin.core.finding import Severity
from layerg_pin.engine.checked_plugin import Checked

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE = "REPOSITORY"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFORMATION: "note", Severity.HINT: "note"}


def sarif_report(
    root: str, plugins: Sequence[Checked], entries: Sequence[Entry], problems: Iterable[CheckProblem]
) -> dict[str, Any]:
    """The SARIF log of one run. Paths are relative to `root`, an absolute folder."""
    rules = {check.code: number for number, check in enumerate(CHECKS)}
    failures = [_notification(root, each) for each in problems]
    silenced = silenced_by_suite(plugins)
    notes: list[dict[str, Any]] = [
        {"level": "note", "message": {"text": f"{name}: {words}"}} for name, words in silenced_words(silenced)
    ]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "layerg-pin", "version": __version__, "rules": [*map(_rule, CHECKS)]}},
                "originalUriBaseIds": {_BASE: {"uri": f"{Path(root).as_uri().rstrip('/')}/"}},
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    {"executionSuccessful": not failures, "toolExecutionNotifications": [*failures, *notes]}
                ],
                "properties": {"silenced": sum(silenced.values())},
                "results": [_result(each, rules[each.finding.code]) for each in entries],
            }
        ],
    }


def _rule(check: Check) -> dict[str, Any]:
    page = check.page.strip().partition("\n\n")[2]
    first = page.partition("\n\n")[0].replace("\n", " ")
    return {
        "id": check.code,
        "shortDescription": {"text": first},
        "help": {"text": page, "markdown": check.page.strip()},
        "defaultConfiguration": {
            "enabled": check.severity is not None,
            "level": _LEVELS[check.severity or Severity.INFORMATION],
        },
    }


def _result(entry: Entry, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": entry.finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[entry.finding.severity],
        "message": {"text": entry.finding.message},
        "locations": [{"physicalLocation": _location(entry.place)}],
        "partialFingerprints": {"layergPin/v1": entry.fingerprint},
    }
    if entry.related:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _location(place), "message": {"text": message}}
            for number, (place, message) in enumerate(entry.related)
        ]
    if fixes := [_fix(each) for each in entry.suggestions if each.replacements]:
        result["fixes"] = fixes
    return result


def _fix(suggestion: Suggestion) -> dict[str, Any]:
    by_file = groupby(suggestion.replacements, lambda each: each.place.path)
    return {
        "description": {"text": suggestion.title},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(path),
                "replacements": [
                    {"deletedRegion": _region(each.place), "insertedContent": {"text": each.text}} for each in edits
                ],
            }
            for path, edits in by_file
        ],
    }


def _location(place: Place) -> dict[str, Any]:
    return {"artifactLocation": _artifact(place.path), "region": _region(place)}


def _artifact(path: str) -> dict[str, str]:
    if path.startswith("/") or path[1:2] == ":":
        return {"uri": f"file://{'' if path.startswith('/') else '/'}{_quoted(path)}"}
    return {"uri": _quoted(path), "uriBaseId": _BASE}


def _quoted(path: str) -> str:
    """A path in a URI, byte by byte: a file's name need not be UTF-8."""
    return quote(path.encode("utf-8", "surrogateescape"))


def _region(place: Place) -> dict[str, int]:
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }


def _notification(root: str, problem: CheckProblem) -> dict[str, Any]:
    found: dict[str, Any] = {"level": "error", "message": {"text": problem.message}}
    if place := problem_place(root, problem):
        found["locations"] = [{"physicalLocation": _location(place)}]
    return found
