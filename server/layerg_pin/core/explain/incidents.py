"""Group the messages of a log by their cause, so that each cause is explained once.

One failure appears several times in a log: for each plugin that it affects, in an error that wraps another, as
a `(previous failure)`, and with details on the lines that follow.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from layerg_pin.core.explain.explanation import Explanation, explanation_rows
from layerg_pin.core.explain.log_lines import Message, has_message, plugin_named, recognise
from layerg_pin.core.explain.messages_host import PREVIOUS_FAILURE
from layerg_pin.core.finding import Finding


@dataclass(slots=True, kw_only=True)
class Sighting:
    """A message and its 1-based lines in the log."""

    message: Message
    line: int
    """Its first line."""
    further_lines: list[int] = field(default_factory=list)
    """A few of its further lines."""
    count: int = 1
    files: dict[str, None] = field(default_factory=dict)
    """The files that the message is about, in log order, up to a limit."""
    more_files: bool = False
    """Whether there are more files than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A cause with its messages in the log."""

    explanation: Explanation
    """Without the text of a message."""
    sightings: tuple[Sighting, ...]
    """The messages of this cause, in log order; at least one."""
    files: Mapping[str, None]
    """The files that the messages are about."""
    files_differ: bool
    """Whether the messages are about different files, so that each needs its own list of files."""

    def files_of(self, sighting: Sighting) -> tuple[str, ...]:
        """The files that one of the messages is about."""
        return _files_in(self.files, sighting)


def _files_in(files: Mapping[str, None], sighting: Sighting) -> tuple[str, ...]:
    return tuple(file for file in sighting.files if file in files)


_BLOCK = 64 * 1024
"""In characters: the size of a block that is searched as a whole before its lines are."""
_MOST_LINES = 5
"""Limit on the further lines that are remembered for a message."""
_MOST_FILES = 20
"""Limit on the files that are remembered for a message."""


class Log:
    """The messages of a log that is read in parts while it is being written."""

    def __init__(self, limit: int) -> None:
        """`limit` is the limit on different messages."""
        self._limit = limit
        self._found: dict[tuple[str, str], Sighting] = {}
        self._lines = 0
        self._plugin = ""
        self.cut = False
        """Whether the limit was exceeded. Then the rest of the log need not be read."""

    @property
    def sightings(self) -> list[Sighting]:
        """The different messages so far, in log order."""
        return list(self._found.values())

    def read(self, lines: Iterable[str]) -> list[Sighting]:
        """Read the next lines; return the messages that are new."""
        known = len(self._found)
        for number, line, searched in _searched(lines, self._lines + 1):
            self._lines = number
            for message in recognise(line) if searched else ():
                self._add(message, number)
                if self.cut:
                    return self.sightings[known:]
            if named := plugin_named(line):
                self._plugin = f"{named} (line {number}, the last plugin named before)"
        return self.sightings[known:]

    def _add(self, message: Message, number: int) -> None:
        key = (message.kind.name, message.text)
        seen = self._found.get(key)
        if seen is None:
            if len(self._found) == self._limit:
                self.cut = True
                return
            seen = self._found[key] = Sighting(message=message, line=number)
        else:
            seen.count += 1
            if number not in (seen.line, *seen.further_lines) and len(seen.further_lines) < _MOST_LINES:
                seen.further_lines.append(number)
        if file := message.file or (self._plugin if message.kind.crashes_host else ""):
            if len(seen.files) < _MOST_FILES or file in seen.files:
                seen.files[file] = None
            else:
                seen.more_files = True


def _searched(lines: Iterable[str], first: int) -> Iterator[tuple[int, str, bool]]:
    """The lines with their numbers from `first` on, and whether the line is in a block with a message."""
    block: list[str] = []
    size = 0
    for line in chain(lines, (None,)):
        if line is not None:
            block.append(line)
            size += len(line)
        if line is None or size > _BLOCK:
            searched = has_message(block)
            yield from ((number, each, searched) for number, each in enumerate(block, first))
            first += len(block)
            block, size = [], 0


def incidents(
    new: Iterable[Sighting],
    seen: list[Sighting],
    explain: Callable[[Message], Explanation],
    named: set[Finding] | None = None,
) -> list[Incident]:
    """The causes of the `new` messages among those `seen` in a log, in the order in which they first appear.

    A finding that an earlier incident names is not repeated among what follows after a later one; `named` carries
    those findings from one part of a log to the next.
    """
    named = set() if named is None else named
    groups: dict[Explanation, list[Sighting]] = {}
    for each in new:
        explanation = explain(_covering_sighting(each, seen).message)._replace(message="")
        groups.setdefault(explanation, []).append(each)
    found: list[Incident] = []
    for explanation, group in groups.items():
        following = tuple(finding for finding in explanation.following if finding not in named)
        named.update(following, (explanation.finding,) if explanation.finding else ())
        files = _without_endings(dict.fromkeys(file for each in group for file in each.files))
        found.append(
            Incident(
                explanation=explanation._replace(following=following),
                sightings=tuple(group),
                files=files,
                files_differ=len({_files_in(files, each) for each in group} - {()}) > 1,
            )
        )
    return found


def _without_endings(files: Iterable[str]) -> dict[str, None]:
    """The files without those that are the end of another one's path."""
    names = list(files)
    backwards = sorted(name[::-1] for name in names)

    def is_ending(name: str) -> bool:
        start = f"/{name}"[::-1]  # longer names with this ending follow it in the sorted list
        at = bisect_left(backwards, start)
        return at < len(backwards) and backwards[at].startswith(start)

    return {name: None for name in names if not is_ending(name)}


def _covering_sighting(sighting: Sighting, seen: list[Sighting]) -> Sighting:
    """The sighting whose explanation covers this one: itself, or the nearest one that describes the failure better."""
    kind = sighting.message.kind
    if kind is PREVIOUS_FAILURE:
        better = [
            other for other in seen if other.message.kind is not kind and other.files.keys() & sighting.files.keys()
        ]
    else:
        better = [other for other in seen if other.message.kind.name in kind.part_of]
    if not better:
        return sighting
    nearest = min(better, key=lambda other: abs(other.line - sighting.line))
    return _covering_sighting(nearest, [other for other in seen if other is not sighting])


def incident_rows(incident: Incident, placed: Callable[[Finding], str]) -> Iterator[str]:
    """The lines that explain a cause, without its messages; `placed` formats a finding with its place."""
    if not incident.files_differ:
        yield from _file_row(incident.files, more=any(each.more_files for each in incident.sightings))
    yield from explanation_rows(incident.explanation, placed)


def message_rows(incident: Incident, sighting: Sighting) -> Iterator[str]:
    """The line with the files of one message, if the messages of its cause are about different files."""
    if incident.files_differ:
        yield from _file_row(incident.files_of(sighting), more=sighting.more_files)


def _file_row(files: Collection[str], *, more: bool) -> Iterator[str]:
    if files:
        yield f"{'file' if len(files) == 1 else 'files'}: {', '.join(files)}{' and more' if more else ''}"


def repeats(sightings: Iterable[Sighting]) -> str:
    """The further lines of some messages, such as `lines 4, 7 and 12 more`; empty if there are none."""
    seen = list(sightings)
    lines = sorted({line for each in seen for line in each.further_lines})[:_MOST_LINES]
    if not lines:
        return ""
    more = sum(each.count - 1 for each in seen) - len(lines)
    shown = ", ".join(map(str, lines))
    return f"{'line' if len(lines) == 1 else 'lines'} {shown}" + (f" and {more} more" if more > 0 else "")
