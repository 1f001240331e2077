"""`layerg-pin check`: compare plugins with their host, or with several, and report the findings."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence

from layerg_pin.cli.exit_codes import FOUND, NO_VERDICT, OK, exit_code
from layerg_pin.cli.output.check_formats import default_format, write_report
from layerg_pin.cli.output.fix_advice import fix_advice
from layerg_pin.cli.output.host_table import HostReport, all_plugins, all_problems, table_rows
from layerg_pin.cli.output.plugin_names import plugin_names
from layerg_pin.cli.output.problems import (
    CheckProblem,
    check_problems,
    file_problem,
    print_problems,
    project_file_problems,
    unreadable_input_text,
)
from layerg_pin.cli.output.text_report import report_rows
from layerg_pin.cli.targets import make_checkers, named_plugins
from layerg_pin.engine.checked_plugin import Checked
from layerg_pin.engine.plugin_check import Checker
from layerg_pin.system.progress_line import ProgressLine
from layerg_pin.system.shared_options import QUIET, is_set
from layerg_pin.system.terminal import print_rows
from layerg_pin.system.text_files import FileError


def run(options: argparse.Namespace) -> int:
    """Check the plugins and print the report; returns the exit code, the worst of all plugins and hosts."""
    if options.watch:
        from layerg_pin.cli.watching import watch  # imported here: only `--watch` needs it

        if options.o or options.format not in (None, "text"):
            raise FileError("error: --watch shows text: leave out --format and -o")
        options.format = "text"
        return watch(lambda: check_once(options)[1], options.paths)
    code, _ = check_once(options)
    return OK if options.exit_zero and code == FOUND else code


def check_once(options: argparse.Namespace) -> tuple[int, tuple[Checked, ...]]:
    """Check the plugins and print the report; returns the exit code, and the plugins."""
    hosts = tuple(dict.fromkeys(filter(None, options.host))) or ("",)
    names = hosts if len(hosts) > 1 else ("",)
    root = os.path.abspath(options.paths[0]) if len(options.paths) == 1 else os.getcwd()
    folders, wrong = tuple[str, ...](), list[CheckProblem]()
    with ProgressLine() as progress:
        checkers = make_checkers(hosts, progress, offline=options.offline)
        try:
            root, folders = named_plugins(options.paths, *checkers)
        except FileError as error:
            wrong.append(CheckProblem(str(error), error.path or root))
        reports = [
            _check(checker, host, folders, wrong, build=options.build)
            for checker, host in zip(checkers, names, strict=True)
        ]
    _print_reports(options, root, reports)
    plugins = all_plugins(reports)
    code = exit_code(plugins, strict=options.strict)
    is_incomplete = bool(wrong) or any(len(report.plugins) < len(folders) for report in reports)
    if code == OK and (is_incomplete or any(project_file_problems(checked) for checked in plugins)):
        code = NO_VERDICT
    print_problems(all_problems(reports), code)
    return code, tuple(plugins)


def _print_reports(options: argparse.Namespace, root: str, reports: Sequence[HostReport]) -> None:
    """Print the reports, or write them to the file of the options. Raises FileError."""
    name = options.format or default_format()
    file = "" if options.o == "-" else options.o
    if file and name == "text":
        raise FileError("error: -o needs a --format for programs, such as --format json: text goes to standard output")
    if name != "text":
        write_report(name, file, root, reports)
    if name == "text" or file:  # with a file, the text is printed as well
        if len(reports) > 1:
            print_rows(*table_rows(reports, options.paths, strict=options.strict))
        else:
            _print_report(reports[0].plugins, options.paths, next(filter(None, options.host), ""))


def _check(
    checker: Checker, host: str, folders: Sequence[str], wrong: Iterable[CheckProblem], *, build: bool
) -> HostReport:
    """Check the plugins against one host, whose name is empty if it is the only one.

    `wrong` are the problems that were found before.
    """
    plugins, problems = list[Checked](), list(wrong)
    for checked in checker.check_all(folders):
        if isinstance(checked, FileError):
            problems.append(file_problem(checked))
            continue
        if build and not unreadable_input_text(checked):
            checked = checker.compile(checked)
        problems += check_problems(checked, host)
        plugins.append(checked)
    return HostReport(host, tuple(plugins), tuple(problems))


def _print_report(plugins: Sequence[Checked], paths: Sequence[str], host: str) -> None:
    """Print the findings and verdicts of plugins against one host, and advice."""
    names = plugin_names(plugins)
    reports = [rows for checked in plugins if (rows := report_rows(checked, names[checked.folder]))]
    for number, rows in enumerate(reports):
        print_rows(*([""] if number else []), *rows)
    if plugins and not is_set(QUIET) and (advice := fix_advice(plugins, paths, host)):
        print_rows("", advice)
