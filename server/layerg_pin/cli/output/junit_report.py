"""The report as JUnit XML: a suite for each plugin, in which each error or warning is a failed test.

Findings that settings or comments silence are one skipped test, which has their number. A reason why a plugin has no
verdict is a test with an error in its suite.

Source: https://github.com/testmoapp/junitxml, the common subset that CI systems read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import quoteattr

from layerg_pin.cli.output.problems import CheckProblem, check_problems, project_file_problems
from layerg_pin.cli.output.report_entries import Entry, silenced_by_suite, silenced_words, suite_names
from layerg_pin.core.finding import Severity
from layerg_pin.core.text import printable
from layerg_pin.engine.checked_plugin import Checked

_FAILURES = (Severity.ERROR, Severity.WARNING)


def junit_report(plugins: Sequence[Checked], entries: Sequence[Entry], problems: Iterable[CheckProblem]) -> str:
    """The document, as XML without invisible characters."""
    names = suite_names(plugins)
    by_name: dict[str, list[Entry]] = {name: [] for name in names}
    for entry in entries:
        by_name[entry.plugin].append(entry)
    silenced = dict(silenced_words(silenced_by_suite(plugins)))
    reasons = {name: _reasons(checked) for name, checked in zip(names, plugins, strict=True)}
    suites = [_suite(name, found, reasons[name], silenced.get(name, "")) for name, found in by_name.items()]
    own = {each for found in reasons.values() for each in found}
    if errors := _errors([each for each in problems if each not in own and not each.is_uncertainty]):
        suites.append(_element("layerg-pin", errors, failures=0, errors=len(errors)))
    return "\n".join(
        ('<?xml version="1.0" encoding="UTF-8"?>', '<testsuites name="layerg-pin">', *suites, "</testsuites>")
    )


def _reasons(checked: Checked) -> list[CheckProblem]:
    """Why a plugin has no verdict. The name of its suite names the host."""
    return [*project_file_problems(checked), *(each for each in check_problems(checked) if each.is_uncertainty)]


def _errors(problems: Iterable[CheckProblem]) -> list[str]:
    """A test for each problem; their names differ."""
    return [
        _case(f"verdict {number}" if number > 1 else "verdict", f"<error message={_quoted(each.message)}/>")
        for number, each in enumerate(problems, 1)
    ]


def _suite(name: str, entries: Sequence[Entry], reasons: Sequence[CheckProblem], silenced: str) -> str:
    failed = [_failure(each) for each in entries if each.finding.severity in _FAILURES]
    errors = _errors(reasons)
    cases = [*failed, *errors] or [_case("no errors or warnings", "")]
    skipped = [_case("silenced", f"<skipped message={_quoted(silenced)}/>")] if silenced else []
    return _element(name, [*cases, *skipped], failures=len(failed), errors=len(errors), skipped=len(skipped))


def _element(name: str, cases: Sequence[str], *, failures: int, errors: int, skipped: int = 0) -> str:
    head = f'tests="{len(cases)}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    return "\n".join((f"  <testsuite name={_quoted(name)} {head}>", *cases, "  </testsuite>"))


def _failure(entry: Entry) -> str:
    finding, place = entry.finding, entry.place
    attributes = f"type={_quoted(finding.severity.value)} message={_quoted(finding.message)}"
    return _case(f"{finding.code} {place.path}:{place.line}:{place.column}", f"<failure {attributes}/>", place.path)


def _case(name: str, content: str, file: str = "") -> str:
    attributes = f"name={_quoted(name)} classname={_quoted('layerg-pin')}" + (f" file={_quoted(file)}" if file else "")
    return f"    <testcase {attributes}>{content}</testcase>" if content else f"    <testcase {attributes}/>"


def _quoted(text: str) -> str:
    return quoteattr(printable(text))
