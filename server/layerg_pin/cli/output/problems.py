"""The reasons why a plugin has no verdict, for the JSON's `problems` and for standard error."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from layerg_pin.cli.exit_codes import NO_VERDICT
from layerg_pin.cli.output.display import display_path, error_text
from layerg_pin.core.analysis.unreadable_input import unreadable_input
from layerg_pin.core.analysis.verdict import uncertainties
from layerg_pin.core.text import reference_words
from layerg_pin.engine.checked_plugin import Checked
from layerg_pin.system.terminal import print_error
from layerg_pin.system.text_files import FileError


class CheckProblem(NamedTuple):
    """A reason why a plugin has no verdict, or something wrong beside the findings."""

    message: str
    """The reason and its remedy."""
    path: str | None = None
    """The absolute path of the file with the problem, if there is one."""
    line: int | None = None
    """0-based."""
    column: int | None = None
    """0-based, in characters."""
    is_uncertainty: bool = False
    """Whether it is only a reason for having no verdict: it is printed only if there is none."""

    @property
    def described(self) -> str:
        """The message, which says that there is no verdict."""
        return self.message if self.is_uncertainty else f"no verdict: {self.message}"

    def __str__(self) -> str:
        if self.path is None or self.path in self.message or display_path(self.path) in self.message:
            return self.message
        numbers = "".join(f":{each + 1}" for each in (self.line, self.column) if each is not None)
        return f"{display_path(self.path)}{numbers}: {self.message}"


def file_problem(error: FileError) -> CheckProblem:
    """The problem of a file that cannot be read or written."""
    return CheckProblem(
        f"{error_text(error)}; fix it, and check again", os.path.abspath(error.path) if error.path else None
    )


def project_file_problems(checked: Checked) -> list[CheckProblem]:
    """The problems of the plugin's layerg-pin.toml."""
    faults = checked.project.faults if checked.project else ()
    return [CheckProblem(each.message, each.path, each.line, each.column) for each in faults]


def check_problems(checked: Checked, host: str = "") -> list[CheckProblem]:
    """All problems of a checked plugin, those of its layerg-pin.toml first. `host` is named if there are several."""
    snapshot = checked.analysis.snapshot
    name = snapshot.gomod.module.text if snapshot.gomod.module else display_path(checked.folder)
    reasons = uncertainties(checked.analysis, checked.findings)
    path = snapshot.plugin.path
    compiled = snapshot.compiled
    remarks = [CheckProblem(f"{name}: {compiled.remark}", path)] if compiled and compiled.remark else []
    against = f" against {reference_words(host)}" if host else ""
    no_verdict = [CheckProblem(f"no verdict on {name}{against}: {each}", path, is_uncertainty=True) for each in reasons]
    return project_file_problems(checked) + remarks + no_verdict


def print_problems(problems: Sequence[CheckProblem], code: int) -> None:
    """Print problems to standard error; uncertainties only if the exit code says that there is no verdict."""
    for problem in problems:
        if code == NO_VERDICT or not problem.is_uncertainty:
            print_error(str(problem))


def unreadable_input_text(checked: Checked) -> str:
    """The first unreadable line of a file that a fix depends on, with the remedy; empty if all lines can be read.

    This applies even if the check `syntax` is off, because the other lines of such a file are not reliable either.
    """
    found = unreadable_input(checked.analysis.snapshot)
    return found.described(display_path(found.path)) if found else ""
