"""Finding messages in a line of a log.

A message is looked for anywhere in a line, so that what stands around it does not matter: the JSON of Layerg and
Nakama, their console format, docker-compose's prefixes, timestamps. JSON's escapes are undone, also where a log driver
has put the line into JSON once more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from layerg_pin.core.messages import KINDS, PREVIOUS_FAILURE, Kind


class Message(NamedTuple):
    """A message as it stands in a line, and the words that fill its kind's sentences."""

    kind: Kind
    text: str
    words: Mapping[str, str]


_WORD = re.compile(r"[^\s\"'`]*")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([\"\\/nrt]))")
_PLAIN = {"n": "\n", "r": "\r", "t": "\t"}
_REACH = 400


def recognise(line: str) -> tuple[Message, ...]:
    """The messages in a line, or in a text of several lines, each once, in their order; never raises."""
    line = _plain(line)
    found: dict[tuple[str, str], tuple[int, int, Message]] = {}
    for kind in KINDS:
        for match in kind.pattern.finditer(line):
            what = _word_before(line, match.start())
            if (kind.loader and not _is_plugin(line, match.start(), what)) or (kind.of and not kind.of.fullmatch(what)):
                continue
            text = f"{what}{match[0]}" if match[0][0] in ": " else match[0]
            if (kind.name, text) not in found:
                words = {name: word or "" for name, word in match.groupdict().items()}
                found[kind.name, text] = (match.start(), match.end(), Message(kind, text, {"what": what, **words}))
    return tuple(_told(found.values()))


def _told(found: Iterable[tuple[int, int, Message]]) -> list[Message]:
    """In the order of the text, without those that overlap another, or only say that it has failed before."""
    kept: list[Message] = []
    done = -1
    for start, end, message in sorted(found, key=lambda each: each[0]):
        if start >= done and not (kept and message.kind is PREVIOUS_FAILURE):
            kept.append(message)
            done = end
    return kept


def _is_plugin(line: str, at: int, what: str) -> bool:
    """Whether what the system's loader says at `at` is about a plugin: a program's own libraries fail alike."""
    before = line[max(0, at - 2 * _REACH) : at].rpartition("\n")[2]
    return "error while loading shared libraries" not in before and ("plugin.Open(" in before or what.endswith(".so"))


def _word_before(line: str, at: int) -> str:
    """The word that ends at `at`: a file, or a module at a version."""
    match = _WORD.match(line[max(0, at - _REACH) : at][::-1])
    return match[0][::-1].lstrip("(:") if match else ""


def _plain(line: str) -> str:
    """The line without JSON's escapes, if it has any, nor those of a JSON inside of it."""
    nested = '{\\"' in line
    if '{"' in line or '\\"' in line or "\\u00" in line:
        line = _ESCAPE.sub(_character, line)
    return _ESCAPE.sub(_character, line) if nested else line


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _PLAIN.get(match[2], match[2])
