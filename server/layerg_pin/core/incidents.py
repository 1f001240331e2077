"""Group the messages of a log by their cause, so that each cause is explained once.

One failure appears several times in a log: for each plugin that it affects, in an error that wraps another, as
`(previous failure)`, and with details on the lines that follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from layerg_pin.core.explain import Explanation, explanation_rows
from layerg_pin.core.finding import Finding
from layerg_pin.core.logline import Message, has_message, plugin_named, recognise
from layerg_pin.core.messages_host import PREVIOUS_FAILURE


@dataclass(slots=True, kw_only=True)
class Sighting:
    """A message and the lines, counted from 1, that contain it."""

    message: Message
    line: int
    """The first one."""
    again: list[int] = field(default_factory=list)
    """The first few of the others."""
    count: int = 1
    files: dict[str, None] = field(default_factory=dict)
    """The files that it is about, in the order of the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One cause, and where the log shows it."""

    explanation: Explanation
    """Without the text of a message."""
    sightings: tuple[Sighting, ...]
    """The messages of this cause, in the order of the log; at least one."""
    files: tuple[str, ...]
    """The files that the messages are about, each once."""


_BLOCK = 64 * 1024
"""So many characters are searched for any message at once, before their lines are."""
_MOST_LINES = 5
"""So many further lines are remembered for each message."""


def sightings(lines: Iterable[str], most: int) -> tuple[list[Sighting], bool]:
    """The different messages of a log in its order, at most `most`, and whether there were more."""
    found: dict[tuple[str, str], Sighting] = {}
    plugin, plugin_line = "", 0
    for number, line, searched in _searched(lines):
        for message in recognise(line) if searched else ():
            key = (message.kind.name, message.text)
            seen = found.get(key)
            if seen is None:
                if len(found) == most:
                    return list(found.values()), True
                seen = found[key] = Sighting(message=message, line=number)
            else:
                seen.count += 1
                if number not in (seen.line, *seen.again) and len(seen.again) < _MOST_LINES:
                    seen.again.append(number)
            file = message.file
            if not file and message.kind.dies and plugin:
                file = f"{plugin} (line {plugin_line}, the last plugin named before)"
            if file:
                seen.files[file] = None
        if named := plugin_named(line):
            plugin, plugin_line = named, number
    return list(found.values()), False


def _searched(lines: Iterable[str]) -> Iterator[tuple[int, str, bool]]:
    """The lines with their numbers, and whether a line is in a block that has a message."""
    first = 1
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


def incidents(seen: Iterable[Sighting], explain: Callable[[Message], Explanation]) -> list[Incident]:
    """The causes of the messages in a log, in the order in which they first appear.

    A finding that an earlier incident names is not repeated among what follows after a later one.
    """
    seen = list(seen)
    groups: dict[Explanation, list[Sighting]] = {}
    homes: dict[int, Sighting] = {id(each): _home(each, seen) for each in seen}
    for each in seen:
        explanation = explain(homes[id(each)].message)._replace(message="")
        groups.setdefault(explanation, []).append(each)
    found: list[Incident] = []
    named: set[Finding] = set()
    for explanation, group in groups.items():
        following = tuple(finding for finding in explanation.following if finding not in named)
        named.update(following, (explanation.finding,) if explanation.finding else ())
        names = tuple(dict.fromkeys(file for each in group for file in each.files))
        files = tuple(file for file in names if not any(other.endswith(f"/{file}") for other in names))
        told = explanation._replace(following=following)
        found.append(Incident(explanation=told, sightings=tuple(group), files=files))
    return found


def _home(each: Sighting, seen: list[Sighting]) -> Sighting:
    """The sighting whose explanation covers this one: itself, or the nearest that describes the failure better."""
    kind = each.message.kind
    if kind is PREVIOUS_FAILURE:
        better = [other for other in seen if other.message.kind is not kind and other.files.keys() & each.files.keys()]
    else:
        better = [other for other in seen if other.message.kind.name in kind.part_of]
    if not better:
        return each
    nearest = min(better, key=lambda other: abs(other.line - each.line))
    return _home(nearest, [other for other in seen if other is not each])


def incident_rows(incident: Incident, placed: Callable[[Finding], str]) -> Iterator[str]:
    """The lines about a cause for people, without its messages; `placed` formats a finding with its place."""
    if incident.files:
        yield f"{'file' if len(incident.files) == 1 else 'files'}: {', '.join(incident.files)}"
    yield from explanation_rows(incident.explanation, placed)


def repeats(incident: Incident) -> str:
    """The further lines with messages of a cause, as `lines 4, 7 and 12 more`; empty if there are none."""
    lines = sorted({line for each in incident.sightings for line in each.again})[:_MOST_LINES]
    if not lines:
        return ""
    more = sum(each.count - 1 for each in incident.sightings) - len(lines)
    shown = ", ".join(map(str, lines))
    return f"{'line' if len(lines) == 1 else 'lines'} {shown}" + (f" and {more} more" if more > 0 else "")
