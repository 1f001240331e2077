"""The report as GitLab's Code Quality: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from layerg_pin.cli.output.problems import CheckProblem
from layerg_pin.cli.output.report_entries import Entry, problem_place
from layerg_pin.core.finding import Severity

_SEVERITIES = {
    Severity.ERROR: "critical",
    Severity.WARNING: "major",
    Severity.INFORMATION: "info",
    Severity.HINT: "info",
}


def gitlab_report(root: str, entries: Sequence[Entry], problems: Iterable[CheckProblem]) -> list[dict[str, Any]]:
    """A violation for each finding and problem. Paths are relative to `root`, an absolute folder."""
    found = [
        {
            "description": each.finding.message,
            "check_name": each.finding.code,
            "fingerprint": each.fingerprint,
            "severity": _SEVERITIES[each.finding.severity],
            "location": {"path": each.place.path, "lines": {"begin": each.place.line, "end": each.place.end_line}},
        }
        for each in entries
    ]
    for problem in problems:
        place = problem_place(root, problem)
        path, line = (place.path, place.line) if place else ("go.mod", 1)
        digest = hashlib.blake2b(f"{path}\0{problem.message}".encode("utf-8", "replace"), digest_size=16)
        found.append(
            {
                "description": problem.described,
                "check_name": "no-verdict",
                "fingerprint": digest.hexdigest(),
                "severity": "blocker",
                "location": {"path": path, "lines": {"begin": line, "end": line}},
            }
        )
    return found
