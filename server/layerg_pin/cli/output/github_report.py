"""The report for GitHub Actions: an annotation for each finding, and a summary of the job in Markdown.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from layerg_pin.cli.output.plugin_names import plugin_names
from layerg_pin.cli.output.problems import CheckProblem
from layerg_pin.cli.output.report_entries import Entry, Place, problem_place
from layerg_pin.core.analysis.verdict import host_name
from layerg_pin.core.checks import count_silenced
from layerg_pin.core.finding import Severity
from layerg_pin.core.markdown import code, escaped
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.text import printable
from layerg_pin.engine.checked_plugin import Checked

_COMMANDS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "notice",
    Severity.HINT: "notice",
}


def github_annotations(root: str, entries: Iterable[Entry], problems: Iterable[CheckProblem]) -> Iterator[str]:
    """The workflow commands, a line each. Paths are relative to `root`, an absolute folder."""
    for each in entries:
        finding = each.finding
        yield _command(_COMMANDS[finding.severity], each.place, f"layerg-pin ({finding.code})", finding.message)
    for problem in problems:
        yield _command("error", problem_place(root, problem), "layerg-pin", problem.described)


def github_summary(plugins: Sequence[Checked], entries: Sequence[Entry], problems: Iterable[CheckProblem]) -> str:
    """The summary of the job: a table of the plugins, then the errors and warnings."""
    rows = ["## layerg-pin", "", "| plugin | host | errors | warnings | silenced |", "|---|---|---|---|---|"]
    names = plugin_names(plugins)
    for checked in plugins:
        host = checked.snapshot.host
        name = escaped(host_name(host)) if isinstance(host, HostManifest) else "not known"
        counts = [
            sum(finding.severity is severity for finding in checked.findings)
            for severity in (Severity.ERROR, Severity.WARNING)
        ]
        counts.append(count_silenced(checked.analysis))
        rows.append(f"| {code(names[checked.folder])} | {name} | {counts[0]} | {counts[1]} | {counts[2]} |")
    rows.append("")
    for each in entries:
        if each.finding.severity in (Severity.ERROR, Severity.WARNING):
            where = code(f"{each.place.path}:{each.place.line}")
            rows.append(f"- **{each.finding.severity.value}** {where}: {escaped(each.finding.message)}")
    rows += [f"- **no verdict**: {escaped(each.message)}" for each in problems]
    return "\n".join(rows) + "\n"


def _command(name: str, place: Place | None, title: str, message: str) -> str:
    properties = []
    if place:
        properties = [f"file={_property(place.path)}", f"line={place.line}", f"col={place.column}"]
        if place.line == place.end_line and place.end_column > place.column:
            properties.append(f"endColumn={place.end_column}")
    properties.append(f"title={_property(title)}")
    return f"::{name} {','.join(properties)}::{_data(message)}"


def _data(text: str) -> str:
    """The message of a command."""
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
