"""Format the results of a check against several hosts: a table of verdicts, and below it the findings."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from layerg_pin.cli.exit_codes import FOUND, NO_VERDICT, exit_code
from layerg_pin.cli.output.fix_advice import fix_advice
from layerg_pin.cli.output.plugin_names import plugin_names
from layerg_pin.cli.output.problems import CheckProblem, project_file_problems
from layerg_pin.cli.output.text_report import finding_rows
from layerg_pin.core.analysis.verdict import cannot_be_built, compared_facts, uncertainties
from layerg_pin.core.checks import count_silenced
from layerg_pin.core.finding import Severity
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.text import count, printable, reference_words
from layerg_pin.engine.checked_plugin import Checked
from layerg_pin.system.shared_options import QUIET, is_set
from layerg_pin.system.terminal import Coloured, Row


class HostReport(NamedTuple):
    """The results of a check against one host."""

    reference: str
    """The host as the user named it."""
    plugins: tuple[Checked, ...]
    problems: tuple[CheckProblem, ...]


def all_plugins(reports: Sequence[HostReport]) -> list[Checked]:
    """The plugins of all reports: each plugin once for each host."""
    return [checked for report in reports for checked in report.plugins]


def all_problems(reports: Sequence[HostReport]) -> list[CheckProblem]:
    """The problems of all reports, each once."""
    return list(dict.fromkeys(each for report in reports for each in report.problems))


class _Line(NamedTuple):
    """A line of the table."""

    report: HostReport
    plugin: str
    host: str
    verdict: Coloured
    is_shown: bool
    """Whether its findings are printed below the table."""
    checked: Checked


def table_rows(reports: Sequence[HostReport], paths: Sequence[str], *, strict: bool) -> Iterator[Row]:
    """A line for each plugin and host, then the findings of each line that has errors (or, with `strict`, warnings).

    If the user wants only findings, these alone. `paths` are arguments of the command.
    """
    names = plugin_names(all_plugins(reports))
    number = max(len(each.plugins) for each in reports)
    lines = [
        _line(report, report.plugins[position], names, strict=strict)
        for position in range(number)
        for report in reports
        if position < len(report.plugins)
    ]
    first, second = (
        max(map(len, column), default=0) for column in ([line.plugin for line in lines], [line.host for line in lines])
    )
    is_quiet, is_first = is_set(QUIET), True
    for line in lines if not is_quiet else ():
        is_first = False
        yield f"{line.plugin:{first}}  {line.host:{second}}  ", line.verdict
    hidden = sum(_number(line.checked, Severity.WARNING) for line in lines if not line.is_shown)
    for report in reports:
        shown = [line for line in lines if line.is_shown and line.report is report]
        for line in shown:
            yield from () if is_first else ("",)
            is_first = False
            yield (Coloured(f"{line.plugin} against {line.host}:", "1"), "")
            yield from finding_rows(line.checked)[:-1]
        if not is_quiet and (advice := fix_advice([line.checked for line in shown], paths, report.reference)):
            yield from ("", advice)
    if hidden and not is_quiet:
        yield ""
        yield f"{count(hidden, 'warning')} not shown: use --strict, or check against that host alone"


def _line(report: HostReport, checked: Checked, names: Mapping[str, str], *, strict: bool) -> _Line:
    code = exit_code((checked,), strict=strict)
    return _Line(
        report=report,
        plugin=printable(names[checked.folder]),
        host=printable(reference_words(report.reference)),
        verdict=_verdict(checked, code),
        is_shown=code == FOUND,
        checked=checked,
    )


def _number(checked: Checked, severity: Severity) -> int:
    return sum(finding.severity is severity for finding in checked.findings)


def _verdict(checked: Checked, code: int) -> Coloured:
    """The verdict in a few words: `fits` with what was compared, the number of findings, or why there is none."""
    errors, warnings = _number(checked, Severity.ERROR), _number(checked, Severity.WARNING)
    found = ", ".join(count(*each) for each in ((errors, "error"), (warnings, "warning")) if each[0])
    silenced = count_silenced(checked.analysis)
    hidden = f"; {count(silenced, 'finding')} silenced" if silenced else ""
    if code == FOUND:
        return Coloured(f"{found}{hidden}", "31")
    host = checked.snapshot.host
    reasons = [*uncertainties(checked.analysis, checked.findings), *map(str, project_file_problems(checked))]
    if code == NO_VERDICT or reasons or not isinstance(host, HostManifest):
        counted = f" ({count(warnings, 'warning')})" if warnings else ""
        return Coloured(f"no verdict{counted}: {reasons[0]}" if reasons else "no verdict", "33")
    if warnings:
        return Coloured(f"{found}{hidden}", "33")
    if cannot_be_built(checked.analysis):  # even if the finding is silenced
        return Coloured(f"no differences found, but `go build` stops{hidden}", "33")
    if silenced:
        return Coloured(f"no problems found{hidden}", "33")
    return Coloured(f"fits ({compared_facts(checked.snapshot, host)})", "32")
