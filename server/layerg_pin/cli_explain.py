"""`layerg-pin explain`: a check's page, or what the lines of a log mean."""

from __future__ import annotations

import argparse
import os
import sys
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterable, Iterator
from io import BufferedReader, TextIOWrapper

from layerg_pin.checker import Checked, Checker
from layerg_pin.config import read_project_file
from layerg_pin.core.analysis import Analysis
from layerg_pin.core.checks import CHECKS
from layerg_pin.core.explain import Explanation, explain, explain_line, explanation_rows
from layerg_pin.core.finding import Finding
from layerg_pin.core.gomod import parse_gomod
from layerg_pin.core.logline import recognise
from layerg_pin.core.text import did_you_mean
from layerg_pin.files import FileError, LineIndexes, read_text
from layerg_pin.report import advice, display_path, printable, project_problems
from layerg_pin.workspace import is_plugin

_EXPLAINED, _NOTHING_KNOWN = 0, 1
_MAX_LINE = 16 * 1024 * 1024
"""In characters. What stands beyond in one line is looked at as if it were the next."""
_MAX_MESSAGES = 1000
"""Of different messages; a log that has more is not understood better by more."""


def explain_command(options: argparse.Namespace, make_checker: Callable[[argparse.Namespace], Checker]) -> int:
    """Run the command; `make_checker` gives what looks at plugins, as the options say. Raises FileError."""
    page = next((check.page for check in CHECKS if check.code == options.what), None)
    if page:
        print(page.strip())
        return _EXPLAINED
    sides = _Sides(_plugin_folder(options), lambda: make_checker(options))
    line = options.line
    if line is None and not os.path.lexists(options.what) and any(map(recognise, options.what.splitlines())):
        line = options.what  # as people paste it
    lines = _lines(options.what) if line is None else line.splitlines()
    last = None
    for where, explanation in _explanations(lines, sides):
        last = _print(where if line is None else "", explanation, last, sides)
    if last:
        if sides.checked and (todo := advice([sides.checked], options.plugin or ".", options.host)):
            print(f"\n{todo}")
        return _EXPLAINED
    unknown = explain_line(options.line or "", None)
    print(
        f"{printable(unknown.message)}\n  {unknown.meaning}" if unknown.message else f"nothing known: {unknown.meaning}"
    )
    for cure in unknown.cures:
        print(f"  {cure}")
    return _NOTHING_KNOWN


class _Sides:
    """The plugin and its host, looked at when first needed."""

    def __init__(self, folder: str | None, make_checker: Callable[[], Checker]) -> None:
        self._folder = folder
        self._make_checker = make_checker
        self.checked: Checked | None = None
        """What was found, once it has been looked for."""

    @property
    def analysis(self) -> Analysis | None:
        """What is known of the two; None without a plugin."""
        if self._folder and self.checked is None:
            self.checked = self._make_checker().check(self._folder)
            for problem in project_problems(self.checked):
                print(f"layerg-pin: {printable(problem)}", file=sys.stderr)
        return self.checked.analysis if self.checked else None


def _plugin_folder(options: argparse.Namespace) -> str | None:
    """The plugin that is named, or in the working folder. Raises FileError where the one that is named is none."""
    folder = os.path.abspath(options.plugin or ".")
    gomod = os.path.join(folder, "go.mod")
    if not os.path.isfile(gomod):
        if options.plugin is None and not options.host:
            return None
        cure = "name the folder of a plugin" if options.plugin else "name the plugin's with --plugin DIR"
        raise FileError(f"{options.plugin or 'the working folder'} holds no go.mod: {cure}")
    named = options.plugin is not None or options.host
    return folder if named or is_plugin(folder, parse_gomod(read_text(gomod)), read_project_file(folder)) else None


def _opened(name: str) -> BufferedReader:
    """The log that is named. Raises FileError."""
    if name == "-":
        return open(sys.stdin.fileno(), "rb", closefd=False)
    if os.path.isdir(name):
        raise FileError(f"{name} is a folder: name a log, a check's code, or - for standard input")
    try:
        return open(name, "rb")
    except FileNotFoundError:
        codes = [check.code for check in CHECKS]
        nearest = did_you_mean(name, codes)
        raise FileError(f"{name} is neither a file nor a check's code{nearest}, which are {', '.join(codes)}") from None
    except OSError as error:
        raise FileError(f"{name} cannot be read: {error.strerror}") from error


def _lines(name: str) -> Iterator[str]:
    """The lines of a log, whatever bytes it holds. Raises FileError."""
    with _opened(name) as stream:
        try:
            begin = stream.peek(4)[:4]
            if begin == b"\x7fELF":
                raise FileError(f"{name} is a binary and no log: `layerg-pin predict` and `inspect` read those")
            encoding = "utf-16" if begin[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else "utf-8"  # of PowerShell
            with TextIOWrapper(stream, encoding, "replace", newline="\n") as text:
                while line := text.readline(_MAX_LINE):
                    yield line
        except OSError as error:
            raise FileError(f"{name} cannot be read: {error.strerror}") from error


def _explanations(lines: Iterable[str], sides: _Sides) -> Iterator[tuple[str, Explanation]]:
    """Each message that is known, once, where it first stands."""
    told: set[tuple[str, str]] = set()
    for number, line in enumerate(lines, 1):
        for message in recognise(line):
            key = (message.kind.name, message.words.get("package") or message.text)
            if key in told:
                continue
            if len(told) == _MAX_MESSAGES:
                print(
                    f"layerg-pin: more than {_MAX_MESSAGES} different messages; the rest is left out", file=sys.stderr
                )
                return
            told.add(key)
            yield f"line {number}: ", explain(message, sides.analysis if message.kind.opening else None)


def _print(where: str, explanation: Explanation, last: Explanation | None, sides: _Sides) -> Explanation:
    """Print what a message means; of one like the last only the message."""
    alike = last is not None and last._replace(message="") == explanation._replace(message="")
    if last is not None and not alike:
        print()
    print(f"{where}{printable(explanation.message)}")
    if not alike:
        analysis = sides.analysis if explanation.finding or explanation.following else None
        indexes = LineIndexes(analysis.snapshot.indexes() if analysis else {})
        for row in explanation_rows(explanation, lambda finding: _placed(finding, indexes)):
            print(f"  {printable(row)}")
    return explanation


def _placed(finding: Finding, indexes: LineIndexes) -> str:
    line, character = indexes.of(finding.path).position(finding.span.start, "utf-32")
    return f"{display_path(finding.path)}:{line + 1}:{character + 1}: {finding.message} [{finding.code}]"
