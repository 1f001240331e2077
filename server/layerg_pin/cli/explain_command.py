"""`layerg-pin explain`: print a check's page, or explain the messages in a log."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from io import FileIO

from layerg_pin.cli.output.report import advice, display_path, project_problems
from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.checks import CHECKS
from layerg_pin.core.explain.explanation import Explanation, explain, explain_line, uses_plugin
from layerg_pin.core.explain.incidents import Incident, Log, Sighting, incident_rows, incidents, message_rows, repeats
from layerg_pin.core.explain.log_lines import Message, recognise
from layerg_pin.core.finding import Finding
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.text import did_you_mean
from layerg_pin.engine.checked_plugin import Checked
from layerg_pin.engine.plugin_check import Checker
from layerg_pin.engine.plugin_discovery import is_plugin
from layerg_pin.engine.project_settings import read_project_file
from layerg_pin.system.log_file import LogFile
from layerg_pin.system.terminal import complain, put, put_page
from layerg_pin.system.text_files import FileError, LineIndexes, read_text

_EXPLAINED, _NOTHING_KNOWN = 0, 1
_MAX_MESSAGES = 1000
"""The number of different messages that are explained."""


def explain_command(options: argparse.Namespace, make_checker: Callable[[argparse.Namespace], Checker]) -> int:
    """Run the command; `make_checker` creates the checker for the options. Returns the exit code; raises FileError."""
    page = next((check.page for check in CHECKS if check.code == options.what), None)
    if page:
        put_page(page)
        return _EXPLAINED
    sides = _Sides(_plugin_folder(options), lambda: make_checker(options))
    line = options.line
    if line is None and not os.path.lexists(options.what) and any(map(recognise, options.what.splitlines())):
        line = options.what  # a pasted line
    log = Log(_MAX_MESSAGES)
    named: set[Finding] = set()
    parts: Iterable[Iterable[str]] = _parts(options.what) if line is None else [line.splitlines()]
    for part in parts:
        apart = bool(log.sightings)
        found = incidents(log.read(part), log.sightings, sides.explain, named)
        _print(found, sides, numbered=line is None, apart=apart)
        if log.cut:
            complain(f"more than {_MAX_MESSAGES} different messages; the rest is omitted")
            break
    if log.sightings:
        if sides.checked and (todo := advice([sides.checked], options.plugin or ".", options.host)):
            put("", todo)
        return _EXPLAINED
    unknown = explain_line(options.line or "", None)
    put(*((unknown.message, f"  {unknown.meaning}") if unknown.message else (f"not recognised: {unknown.meaning}",)))
    put(*(f"  {cure}" for cure in unknown.cures))
    return _NOTHING_KNOWN


class _Sides:
    """The plugin and its host, analysed when first needed."""

    def __init__(self, folder: str | None, make_checker: Callable[[], Checker]) -> None:
        self._folder = folder
        self._make_checker = make_checker
        self.checked: Checked | None = None
        """The result of the analysis, once it has run."""

    @property
    def analysis(self) -> Analysis | None:
        """The analysis of the two; None without a plugin."""
        if self._folder and self.checked is None:
            self.checked = self._make_checker().check(self._folder)
            for problem in project_problems(self.checked):
                complain(problem)
        return self.checked.analysis if self.checked else None

    def explain(self, message: Message) -> Explanation:
        """The explanation of a message; the plugin is analysed only if it depends on it."""
        return explain(message, self.analysis if uses_plugin(message) else None)

    def placed(self, finding: Finding) -> str:
        """A finding with its file, line and column."""
        analysis = self.analysis
        indexes = LineIndexes(analysis.snapshot.indexes() if analysis else {})
        line, character = indexes.of(finding.path).position(finding.span.start, "utf-32")
        return f"{display_path(finding.path)}:{line + 1}:{character + 1}: {finding.message} [{finding.code}]"


def _plugin_folder(options: argparse.Namespace) -> str | None:
    """The plugin that is named, or the one in the working folder. Raises FileError if the named folder is no plugin."""
    folder = os.path.abspath(options.plugin or ".")
    gomod = os.path.join(folder, "go.mod")
    if not os.path.isfile(gomod):
        if options.plugin is None and not options.host:
            return None
        cure = "pass the folder of a plugin" if options.plugin else "pass the plugin's folder with --plugin DIR"
        raise FileError(f"{options.plugin or 'the working folder'} contains no go.mod: {cure}")
    named = options.plugin is not None or options.host
    return folder if named or is_plugin(folder, parse_gomod(read_text(gomod)), read_project_file(folder)) else None


def _opened(name: str) -> FileIO:
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


def _parts(name: str) -> Iterator[Iterable[str]]:
    """The lines of a log in parts, which end where the log pauses; a file is one part. Raises FileError."""
    with _opened(name) as stream:
        try:
            log = LogFile(stream)
            if log.begin == b"\x7fELF":
                raise FileError(
                    f"{name} is a binary, not a log: `layerg-pin predict` and `layerg-pin inspect` read binaries"
                )
            yield from log.parts()
        except OSError as error:
            raise FileError(f"{name} cannot be read: {error.strerror}") from error


def _print_again(sightings: Iterable[Sighting], *, numbered: bool) -> None:
    """Print the further lines with these messages."""
    if numbered and (again := repeats(sightings)):
        put(f"  again: {again}")


def _print(found: list[Incident], sides: _Sides, *, numbered: bool, apart: bool) -> None:
    """Print each cause: its messages, with the line that first has them if `numbered`, and then its explanation.

    `apart` puts an empty line before the first one.
    """
    for number, incident in enumerate(found):
        if number or apart:
            put("")
        for each in incident.sightings:
            put((f"line {each.line}: " if numbered else "") + each.message.text)
            if incident.files_differ:
                _print_again([each], numbered=numbered)
            put(*(f"  {row}" for row in message_rows(incident, each)))
        if not incident.files_differ:
            _print_again(incident.sightings, numbered=numbered)
        put(*(f"  {row}" for row in incident_rows(incident, sides.placed)))
    if found:
        sys.stdout.flush()  # the log may go on for hours
