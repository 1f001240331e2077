"""`layerg-pin explain`: print a check's page, or explain the messages in a log."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from io import FileIO

from layerg_pin.cli.exit_codes import FOUND, OK
from layerg_pin.cli.output.display import display_path
from layerg_pin.cli.output.fix_advice import fix_advice
from layerg_pin.cli.output.problems import project_file_problems
from layerg_pin.cli.output.upgrade_advice import UpgradeAdvice
from layerg_pin.cli.targets import make_checker, plugin_or_folder
from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.checks import CHECKS
from layerg_pin.core.explain.explanation import Explanation, explain, explain_line, uses_plugin
from layerg_pin.core.explain.incidents import Incident, Log, Sighting, incident_rows, incidents, message_rows, repeats
from layerg_pin.core.explain.log_lines import Message, recognise
from layerg_pin.core.finding import Finding
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.text import did_you_mean
from layerg_pin.engine.checked_plugin import Checked
from layerg_pin.engine.plugin_discovery import is_plugin
from layerg_pin.engine.project_settings import read_project_file
from layerg_pin.system.log_file import LogFile
from layerg_pin.system.progress_line import ProgressLine
from layerg_pin.system.shared_options import QUIET, is_set
from layerg_pin.system.terminal import print_error, print_rows, print_text
from layerg_pin.system.text_files import FileError, LineIndexes, read_text

_MAX_MESSAGES = 1000
"""The number of different messages that are explained."""
_BINARIES = (b"\x7fELF", b"MZ\x90\0", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
"""How binaries begin: ELF, Windows, and Mach-O for one or several architectures."""


def run(options: argparse.Namespace) -> int:
    """Print the page or the explanations; returns the exit code. Raises FileError."""
    page = next((check.page for check in CHECKS if check.code == options.what), None)
    if page:
        print_text(page)
        return OK
    comparison = _Comparison(options)
    line = options.line
    if line is None and not os.path.lexists(options.what) and any(map(recognise, options.what.splitlines())):
        line = options.what  # a message instead of the name of a file
    log = Log(_MAX_MESSAGES)
    named: set[Finding] = set()
    parts: Iterable[Iterable[str]] = _log_parts(options.what) if line is None else [line.splitlines()]
    for part in parts:
        is_first = not log.sightings
        found = incidents(log.read(part), log.sightings, comparison.explain, named)
        _print_incidents(found, comparison, numbered=line is None, is_first=is_first)
        if log.cut:
            print_error(f"more than {_MAX_MESSAGES} different messages; the rest is omitted")
            break
    if not log.sightings:
        _print_unknown(options.line or "")
        return FOUND
    checked = comparison.checked
    if checked and not is_set(QUIET):
        advice = fix_advice([checked], [options.plugin or "."], options.host)
        if rows := [*((advice,) if advice else ()), *UpgradeAdvice(checked).rows()]:
            print_rows("", *rows)
    return OK


class _Comparison:
    """The plugin and its host, compared when first needed."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Raises FileError if --plugin names a folder that is not a plugin."""
        self._options = options
        self._folder = _plugin_folder(options)
        self.checked: Checked | None = None
        """The result, once the plugin was checked."""

    @property
    def analysis(self) -> Analysis | None:
        """The analysis of the plugin, which is checked now if it was not; None without a plugin."""
        if self._folder and self.checked is None:
            with ProgressLine() as progress:
                progress.step(f"checking {display_path(self._folder)}")
                self.checked = make_checker(self._options, progress).check(self._folder)
            for problem in project_file_problems(self.checked):
                print_error(str(problem))
        return self.checked.analysis if self.checked else None

    def explain(self, message: Message) -> Explanation:
        """Explain a message; the plugin is checked only if the explanation depends on it."""
        return explain(message, self.analysis if uses_plugin(message) else None)

    def finding_row(self, finding: Finding) -> str:
        """A finding with its file, line and column."""
        analysis = self.analysis
        indexes = LineIndexes(analysis.snapshot.indexes() if analysis else {})
        line, character = indexes.of(finding.path).position(finding.span.start, "utf-32")
        return f"{display_path(finding.path)}:{line + 1}:{character + 1}: {finding.message} [{finding.code}]"


def _plugin_folder(options: argparse.Namespace) -> str | None:
    """The folder of --plugin, or that of the plugin around the working folder. Raises FileError without a go.mod."""
    folder = plugin_or_folder(options.plugin or ".", needs_host=False)
    gomod = os.path.join(folder, "go.mod")
    if not os.path.isfile(gomod):
        if options.plugin is None and not options.host:
            return None
        remedy = "pass the folder of a plugin" if options.plugin else "pass the plugin's folder with --plugin DIR"
        raise FileError(f"{options.plugin or 'the working folder'} contains no go.mod: {remedy}")
    is_named = options.plugin is not None or options.host
    return folder if is_named or is_plugin(folder, parse_gomod(read_text(gomod)), read_project_file(folder)) else None


def _open_log(name: str) -> FileIO:
    """Open the log. Raises FileError."""
    if name == "-":
        return open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
    if os.path.isdir(name):
        raise FileError(f"{name} is a folder: pass a log file, a check's code, or - for standard input")
    try:
        return open(name, "rb", buffering=0)
    except FileNotFoundError:
        codes = [check.code for check in CHECKS]
        nearest = did_you_mean(name, codes)
        raise FileError(
            f"{name} is neither a file nor a check's code{nearest}; the codes are {', '.join(codes)}"
        ) from None
    except OSError as error:
        raise FileError(f"{name} cannot be read: {error.strerror}") from error


def _log_parts(name: str) -> Iterator[Iterable[str]]:
    """The lines of a log: in parts that end where a pipe pauses, for a file in one part. Raises FileError."""
    with _open_log(name) as stream:
        try:
            log = LogFile(stream)
            if log.begin in _BINARIES:
                raise FileError(
                    f"{name} is a binary, not a log: `layerg-pin predict` and `layerg-pin inspect` read binaries"
                )
            yield from log.parts()
        except OSError as error:
            raise FileError(f"{name} cannot be read: {error.strerror}") from error


def _print_incidents(found: list[Incident], comparison: _Comparison, *, numbered: bool, is_first: bool) -> None:
    """Print the messages of each cause, with their line numbers if `numbered`, and then its explanation.

    An empty line separates causes; `is_first` if none was printed before these.
    """
    for number, incident in enumerate(found):
        if number or not is_first:
            print_rows("")
        for each in incident.sightings:
            print_rows((f"line {each.line}: " if numbered else "") + each.message.text)
            if incident.files_differ:
                _print_repeats([each], numbered=numbered)
            print_rows(*(f"  {row}" for row in message_rows(incident, each)))
        if not incident.files_differ:
            _print_repeats(incident.sightings, numbered=numbered)
        print_rows(*(f"  {row}" for row in incident_rows(incident, comparison.finding_row)))
    if found:
        sys.stdout.flush()  # the log may go on for hours


def _print_repeats(sightings: Iterable[Sighting], *, numbered: bool) -> None:
    """Print the numbers of the further lines with these messages."""
    if numbered and (again := repeats(sightings)):
        print_rows(f"  again: {again}")


def _print_unknown(line: str) -> None:
    unknown = explain_line(line, None)
    print_rows(
        *((unknown.message, f"  {unknown.meaning}") if unknown.message else (f"not recognised: {unknown.meaning}",))
    )
    print_rows(*(f"  {remedy}" for remedy in unknown.remedies))
