"""`layerg-pin check`: compare plugins with their host and report the findings."""

from __future__ import annotations

import argparse
import os

from layerg_pin.cli.exit_codes import NO_VERDICT, OK, exit_code
from layerg_pin.cli.output.check_formats import default_format, write_report
from layerg_pin.cli.output.fix_advice import fix_advice
from layerg_pin.cli.output.problems import (
    CheckProblem,
    check_problems,
    file_problem,
    print_problems,
    project_file_problems,
    unsound,
)
from layerg_pin.cli.output.text_report import report_rows
from layerg_pin.cli.targets import make_checker, plugin_folders
from layerg_pin.system.terminal import print_rows
from layerg_pin.system.text_files import FileError


def run(options: argparse.Namespace) -> int:
    """Check the plugins and print the report; returns the exit code."""
    checker = make_checker(options)
    root, plugins, problems = os.path.abspath(options.dir), [], list[CheckProblem]()
    is_incomplete = False
    """Whether a plugin, or the folder itself, could not be read."""
    try:
        root, folders = plugin_folders(options.dir, checker)
    except FileError as error:
        folders, is_incomplete = (), True
        problems.append(CheckProblem(str(error), root))
    for checked in checker.check_all(folders):
        if isinstance(checked, FileError):
            problems.append(file_problem(checked))
            is_incomplete = True
            continue
        if options.build and not unsound(checked):
            checked = checker.compile(checked)
        problems += check_problems(checked)
        plugins.append(checked)
    name = options.format or default_format()
    if options.o and name == "text":
        raise FileError("-o needs a --format for programs, such as --format json: text goes to standard output")
    if name != "text":
        write_report(name, options.o, root, plugins, problems)
    if plugins and (name == "text" or options.o):  # beside a file, people read the text
        for number, checked in enumerate(plugins):
            print_rows(*([""] if number else []), *report_rows(checked))
        if advice := fix_advice(plugins, options.dir, options.host):
            print_rows("", advice)
    code = exit_code(plugins, strict=options.strict)
    if code == OK and (is_incomplete or any(project_file_problems(checked) for checked in plugins)):
        code = NO_VERDICT
    print_problems(problems, code)
    return code
