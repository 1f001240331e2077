"""A plugin of pytest: repeats a test once if its worker process ended during it, which wine's faults cause.

A test that fails is not repeated.
"""

from __future__ import annotations

from typing import Protocol

import pytest

_repeated: list[str] = []


class _Scheduler(Protocol):
    def mark_test_pending(self, item: str) -> None: ...


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(crashitem: str, report: pytest.TestReport, sched: _Scheduler) -> None:
    """Plan the test again, unless this was the second time."""
    if crashitem not in _repeated:
        _repeated.append(crashitem)
        report.outcome = "repeated"  # type: ignore[assignment]
        sched.mark_test_pending(crashitem)


def pytest_report_teststatus(report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, str] | None:
    """How the first time is shown and counted."""
    return ("repeated", "R", "REPEATED") if report.outcome == "repeated" else None  # type: ignore[comparison-overlap]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the repeated tests."""
    for test in _repeated:
        terminalreporter.write_line(f"repeated, because its process ended or took too long: {test}")
