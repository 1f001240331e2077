"""The output formats of `check`: which one is used, and writing it to standard output or to a file."""

from __future__ import annotations

import os
from collections.abc import Sequence

from layerg_pin.cli.output.host_table import HostReport, all_plugins, all_problems
from layerg_pin.cli.output.json_report import json_report_of_hosts
from layerg_pin.cli.output.problems import CheckProblem
from layerg_pin.cli.output.report_entries import entries, report_root
from layerg_pin.engine.checked_plugin import Checked
from layerg_pin.system.terminal import json_text, print_json, print_lines
from layerg_pin.system.text_files import FileError

CI_FORMATS = ("sarif", "github", "gitlab", "junit", "rdjson")
"""The formats for other programs, besides `text` and `json`."""
_SUMMARY = "GITHUB_STEP_SUMMARY"
"""The variable with the file that GitHub Actions shows as the summary of a job."""


def default_format() -> str:
    """The format if the user chose none: annotations in GitHub Actions, which needs no set-up; else text."""
    return "github" if os.environ.get("GITHUB_ACTIONS") == "true" else "text"


def write_report(name: str, file: str, root: str, reports: Sequence[HostReport]) -> None:
    """Write the report as JSON or in one of CI_FORMATS to a file, or to standard output if `file` is empty.

    `root` is the folder that was checked. There is a report for each host. Raises FileError.
    """
    if name == "json":
        document = json_report_of_hosts(root, reports)
        if not file:
            print_json(document)
            return
        text = f"{json_text(document, ascii_only=True)}\n"
    else:
        text = _text(name, all_plugins(reports), all_problems(reports))
    if not file:
        print_lines(text)
    else:
        _write(file, text, "w")


def _text(name: str, plugins: Sequence[Checked], problems: Sequence[CheckProblem]) -> str:
    """The report, with a final line break. Each format is imported only when it is used."""
    root = report_root()
    found = list(entries(root, plugins, "utf-8" if name == "rdjson" else "utf-32"))
    if name == "github":
        from layerg_pin.cli.output.github_report import github_annotations, github_summary

        if summary := os.environ.get(_SUMMARY):
            _write(summary, github_summary(plugins, found, problems), "a")
        return "".join(f"{each}\n" for each in github_annotations(root, found, problems))
    if name == "junit":
        from layerg_pin.cli.output.junit_report import junit_report

        return f"{junit_report(plugins, found, problems)}\n"
    if name == "sarif":
        from layerg_pin.cli.output.sarif_report import sarif_report

        return f"{json_text(sarif_report(root, plugins, found, problems), ascii_only=True)}\n"
    if name == "gitlab":
        from layerg_pin.cli.output.gitlab_report import gitlab_report

        return f"{json_text(gitlab_report(root, found, problems), ascii_only=True)}\n"
    from layerg_pin.cli.output.rdjson_report import rdjson_report

    return f"{json_text(rdjson_report(root, found, problems), ascii_only=True)}\n"


def _write(path: str, text: str, mode: str) -> None:
    try:
        with open(path, mode, encoding="utf-8", newline="\n") as file:
            file.write(text)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(f"{path} cannot be written: {reason}") from None
