"""The findings and problems of a check as flat entries with positions, for the formats of CI systems."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from layerg_pin.cli.output.json_report import reported_path
from layerg_pin.cli.output.plugin_names import plugin_names
from layerg_pin.cli.output.problems import CheckProblem
from layerg_pin.core.checks import count_silenced
from layerg_pin.core.finding import Finding, Fix, Related
from layerg_pin.core.text import Encoding, LineIndex, Span, TextEdit, count
from layerg_pin.engine.checked_plugin import Checked
from layerg_pin.system.text_files import LineIndexes

_PLACES = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""Variables with the root of the repository: of GitHub Actions, and of GitLab CI."""


class Place(NamedTuple):
    """A range in a file; lines and columns are 1-based, and the end is exclusive."""

    path: str
    """Relative to the root of the report with `/`; absolute outside of it."""
    line: int
    column: int
    end_line: int
    end_column: int


class Replacement(NamedTuple):
    """An edit of a fix."""

    place: Place
    text: str


class Suggestion(NamedTuple):
    """A fix with all its edits."""

    title: str
    replacements: tuple[Replacement, ...]


class Entry(NamedTuple):
    """A finding."""

    finding: Finding
    place: Place
    plugin: str
    """Its name in the report, with its host if there are several."""
    related: tuple[tuple[Place, str], ...]
    suggestions: tuple[Suggestion, ...]
    fingerprint: str
    """The same in later runs if only other lines of the file changed; 32 hexadecimal digits."""


def report_root() -> str:
    """The folder that paths are relative to: the repository's root in CI, else the working folder; absolute."""
    working = os.getcwd()
    for name in _PLACES:
        root = os.environ.get(name)
        if root and f"{working}{os.sep}".startswith(root.rstrip(os.sep) + os.sep):
            return root
    return working


def suite_names(plugins: Sequence[Checked]) -> list[str]:
    """The name of each plugin, with its host if there are several."""
    names = plugin_names(plugins)
    return [
        f"{names[each.folder]} against {host}" if host else names[each.folder]
        for each, host in zip(plugins, named_hosts(plugins), strict=True)
    ]


def silenced_by_suite(plugins: Sequence[Checked]) -> dict[str, int]:
    """The number of findings of each plugin that settings or comments silence, by its name in `suite_names`."""
    return {name: count_silenced(each.analysis) for name, each in zip(suite_names(plugins), plugins, strict=True)}


def silenced_words(silenced: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """The names of the plugins with silenced findings, each with their number in words."""
    return ((name, f"{count(number, 'finding')} silenced") for name, number in silenced.items() if number)


def named_hosts(plugins: Sequence[Checked]) -> list[str]:
    """The reference of each plugin's host if the plugins were checked against several; empty texts otherwise."""
    hosts = [getattr(each.snapshot.host, "reference", "unknown") for each in plugins]
    is_repeated = len({each.folder for each in plugins}) < len(plugins)
    return hosts if is_repeated else [""] * len(plugins)


def entries(root: str, plugins: Sequence[Checked], encoding: Encoding = "utf-32") -> Iterator[Entry]:
    """The findings of all plugins, with paths relative to `root`. With several hosts, each message names its host.

    Columns count code units of `encoding`; those of UTF-32 are Unicode code points.
    """
    seen: Counter[str] = Counter()
    for checked, host, name in zip(plugins, named_hosts(plugins), suite_names(plugins), strict=True):
        indexes = LineIndexes(checked.snapshot.indexes())
        for finding in checked.findings:
            index = indexes.of(finding.path)
            path = reported_path(root, finding.path)
            words = "\0".join(
                (finding.code, path, _line_text(index, finding.span), finding.module or "", *((host,) if host else ()))
            )
            seen[words] += 1
            digest = hashlib.blake2b(f"{words}\0{seen[words]}".encode("utf-8", "replace"), digest_size=16)
            yield Entry(
                finding=finding._replace(message=f"{host}: {finding.message}") if host else finding,
                place=_place(path, index, finding.span, encoding),
                plugin=name,
                related=tuple((_related(root, each), each.message) for each in finding.related),
                suggestions=tuple(_suggestion(root, checked, each, encoding) for each in finding.fixes),
                fingerprint=digest.hexdigest(),
            )


def problem_place(root: str, problem: CheckProblem) -> Place | None:
    """The place of a problem; None if it has no file."""
    if problem.path is None:
        return None
    line = (problem.line or 0) + 1
    return Place(path=reported_path(root, problem.path), line=line, column=1, end_line=line, end_column=1)


def _suggestion(root: str, checked: Checked, fix: Fix, encoding: Encoding) -> Suggestion:
    own = _replacements(
        reported_path(root, checked.snapshot.plugin.path), checked.snapshot.plugin.index, fix.edits, encoding
    )
    others = (
        each
        for other in fix.others
        for each in _replacements(reported_path(root, other.path), LineIndex(other.text), other.edits, encoding)
    )
    return Suggestion(fix.title, (*own, *others))


def _replacements(path: str, index: LineIndex, edits: Iterable[TextEdit], encoding: Encoding) -> Iterator[Replacement]:
    for edit in edits:
        yield Replacement(_place(path, index, edit.span, encoding), edit.new)


def _place(path: str, index: LineIndex, span: Span, encoding: Encoding) -> Place:
    (line, column), (end_line, end_column) = (index.position(each, encoding) for each in (span.start, span.end))
    return Place(path=path, line=line + 1, column=column + 1, end_line=end_line + 1, end_column=end_column + 1)


def _related(root: str, related: Related) -> Place:
    line = related.line + 1
    return Place(path=reported_path(root, related.path), line=line, column=1, end_line=line, end_column=1)


def _line_text(index: LineIndex, span: Span) -> str:
    """The line of a finding, without the blanks around it."""
    line = index.line_span(index.line_of(span.start))
    return index.text[line.start : line.end].strip()
