"""Format the results of checks as JSON for programs. The keys are a contract (docs/command-line.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from layerg_pin.cli.output.host_table import HostReport
from layerg_pin.cli.output.problems import CheckProblem
from layerg_pin.core.checks import count_silenced
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.paths import relative_path, slashed
from layerg_pin.core.text import LineIndex
from layerg_pin.engine.checked_plugin import Checked
from layerg_pin.system.text_files import LineIndexes


def json_report(root: str, plugins: Sequence[Checked], problems: Iterable[CheckProblem]) -> dict[str, Any]:
    """The document of `check --format json`, version 1: lines are 0-based, characters are UTF-16 code units.

    `problems` are the reasons why a plugin has no verdict. Paths are relative to `root`, outside of it absolute.
    """
    return {
        "version": 1,
        **_results_json(root, plugins, problems),
    }


def json_report_of_hosts(root: str, reports: Sequence[HostReport]) -> dict[str, Any]:
    """The document for one host, or for several: that of the first, and the results of all of them under `hosts`."""
    first = reports[0]
    if len(reports) == 1:
        return json_report(root, first.plugins, first.problems)
    hosts = [{"reference": each.reference, **_results_json(root, each.plugins, each.problems)} for each in reports]
    return {**json_report(root, first.plugins, first.problems), "hosts": hosts}


def _results_json(root: str, plugins: Sequence[Checked], problems: Iterable[CheckProblem]) -> dict[str, Any]:
    counts = {severity.value: 0 for severity in Severity}
    for checked in plugins:
        for finding in checked.findings:
            counts[finding.severity] += 1
    return {
        "plugins": [_plugin_json(root, checked) for checked in plugins],
        "summary": counts,
        "problems": [
            {
                "file": None if each.path is None else reported_path(root, each.path),
                "line": each.line,
                "message": each.message,
            }
            for each in problems
        ],
    }


def _plugin_json(root: str, checked: Checked) -> dict[str, Any]:
    snapshot = checked.analysis.snapshot
    host = snapshot.host
    indexes = LineIndexes(checked.analysis.snapshot.indexes())
    return {
        "dir": reported_path(root, checked.folder),
        "module": snapshot.gomod.module.text if snapshot.gomod.module else None,
        "go": snapshot.gomod.go.text if snapshot.gomod.go else None,
        "host": {"reference": host.reference, "kind": host.kind, "go": host.go, "modules": host.required}
        if isinstance(host, HostManifest)
        else None,
        "complete": snapshot.complete,
        "silenced": count_silenced(checked.analysis),
        "findings": [finding_json(root, finding, indexes) for finding in checked.findings],
    }


def finding_json(root: str, finding: Finding, indexes: LineIndexes) -> dict[str, Any]:
    """A finding as a JSON object."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "file": reported_path(root, finding.path),
        "range": _range(indexes.of(finding.path), (finding.span.start, finding.span.end)),
        "module": finding.module,
        "package": finding.package,
        "host_version": finding.host_version,
        "plugin_version": finding.plugin_version,
        "certainty": finding.certainty,
        "related": [
            {"file": reported_path(root, each.path), "line": each.line, "message": each.message}
            for each in finding.related
        ],
        "fixes": [fix.title for fix in finding.fixes],
    }


def _range(index: LineIndex, offsets: Iterable[int]) -> dict[str, dict[str, int]]:
    positions = (index.position(offset, "utf-16") for offset in offsets)
    return {
        name: {"line": line, "character": character}
        for name, (line, character) in zip(("start", "end"), positions, strict=True)
    }


def reported_path(root: str, path: str) -> str:
    """A path relative to a folder with `/`, absolute outside of it."""
    relative = relative_path(path, root)
    inside = relative != ".." and not relative.startswith("../")
    return relative if inside else slashed(path)
