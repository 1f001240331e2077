"""Find messages in a line of a log, and the files that they are about.

A message may be anywhere in a line, so the log's format does not matter: the JSON of Layerg and Nakama, their console
format, prefixes of docker compose and BuildKit, timestamps. JSON escapes are decoded, including those of a line that a
log driver wrapped in JSON again.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from layerg_pin.core.explain.message_kind import Kind
from layerg_pin.core.explain.messages import KINDS
from layerg_pin.core.explain.messages_host import PREVIOUS_FAILURE


class Message(NamedTuple):
    """A message found in a line."""

    kind: Kind
    text: str
    words: Mapping[str, str]
    """The words that are inserted into the sentences of its kind."""
    file: str = ""
    """The file that it is about: a plugin's .so, or a file of the build with line and column such as `go.mod:5`."""


_WORD = re.compile(r"[^\s\"'`]*")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([\"\\/nrt]))")
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,20}m|\r")
_PLAIN = {"n": "\n", "r": "\r", "t": "\t"}
_REACH = 400
"""In characters: how far before a message the preceding word is searched for."""
_AROUND = 1200
"""In characters: how far on each side of a message its file is searched for."""
_OPENED = re.compile(r"plugin\.Open\(\"?([^\"()\n]{1,1024})")
_LIBRARY = re.compile(
    r"\"([^\"\n]{1,1024}\.so)\""
    r"|(?<![^\s\"'`(),;:=<>|\[\]{}])([^\s\"'`(),;:=<>|\[\]{}]{1,1024}\.so)(?![\w./-])"
)
_BUILD_FILE = re.compile(r"(?:.*[/\\])?(?:[^/\\:]+\.go|go\.(?:mod|work|sum)|modules\.txt)(?::\d+){0,2}", re.DOTALL)

_PLACE = re.compile(
    r"(?<![^\s\"'`(=])((?:[A-Za-z]:)?[^\s:\"'`(]{0,1024}(?:\.go|go\.(?:mod|work|sum)|modules\.txt|Dockerfile)"
    r":\d+(?::\d+)?)(?=: )"
)
"""A file with its line, as Go writes it before a message."""


def recognise(line: str) -> tuple[Message, ...]:
    """The messages in a line or a text of several lines, in order and without duplicates; never raises."""
    line = _plain(line)
    found: dict[tuple[str, str], tuple[int, int, Message]] = {}
    for kind in KINDS:
        for match in kind.pattern.finditer(line):
            what = _word_before(line, match.start())
            if kind.loader and not _is_plugin(line, match, what):
                continue
            if kind.what and not kind.what.fullmatch(what):
                continue
            if kind.cut_words and not _is_cut(line, match.start(), kind.cut_words):
                continue
            text = f"{what}{match[0]}" if match[0][0] in ": " else match[0]
            if (kind.name, text) not in found:
                words = {name: word or "" for name, word in match.groupdict().items()}
                message = Message(kind, text, {"what": what, **words}, _file(line, match, kind, what))
                found[kind.name, text] = (match.start(), match.end(), message)
    return tuple(_without_overlaps(found.values()))


def has_message(lines: Iterable[str]) -> bool:
    """Whether some of the lines may contain a message. Much faster than searching each of them."""
    text = "\n".join(map(_plain, lines))
    return any(kind.pattern.search(text) for kind in KINDS)


def plugin_named(line: str) -> str:
    """The path of the last plugin file in a line, or an empty string."""
    if ".so" not in line:
        return ""
    return _last_library(_plain(line[-2 * _AROUND :]))


def _without_overlaps(found: Iterable[tuple[int, int, Message]]) -> list[Message]:
    """The messages in text order, without overlapping ones and without repeats of a previous failure."""
    kept: list[Message] = []
    done = -1
    for start, end, message in sorted(found, key=lambda each: each[0]):
        if start >= done and not (kept and message.kind is PREVIOUS_FAILURE):
            kept.append(message)
            done = end
    return kept


def _is_plugin(line: str, match: re.Match[str], what: str) -> bool:
    """Whether a message of the system's loader is about a plugin: it prints the same for a program's own libraries."""
    before = line[max(0, match.start() - 2 * _REACH) : match.start()].rpartition("\n")[2]
    if "error while loading shared libraries" in before:
        return False
    return "plugin.Open(" in before or what.endswith(".so") or _LIBRARY.search(match[0]) is not None


def _is_cut(line: str, at: int, words: str) -> bool:
    """Whether only a part of `words` precedes a message in its line, whose beginning was cut off."""
    before = line[max(0, at - _REACH) : at].rpartition("\n")[2]
    return words.endswith(before.lstrip(" .\u2026\"'`"))


def _file(line: str, match: re.Match[str], kind: Kind, what: str) -> str:
    """The file that a message is about, or an empty string."""
    words = match.groupdict()
    if words.get("file"):
        return str(words["file"])
    before = line[max(0, match.start() - _AROUND) : match.start()].rpartition("\n")[2]
    opened = [*_OPENED.finditer(before), *_OPENED.finditer(match[0])]
    if opened:
        path = opened[-1][1]
        return path if path.endswith(".so") else f"{path}.so"  # plugin.Open removes the ending in its messages
    place = before.rstrip()
    place = place[:-1].rpartition(" ")[2].rpartition("\t")[2].lstrip("\"'`(") if place.endswith(":") else what
    if _BUILD_FILE.fullmatch(place):
        return place
    named = kind.file.format_map({key: word or "" for key, word in words.items()})
    placed = str(next(iter(_PLACE.findall(before)[-1:]), ""))
    if placed and (not named or _base(placed).partition(":")[0] == named):
        return placed
    if named:
        return named
    after = line[match.end() : match.end() + _AROUND].partition("\n")[0]
    return _last_library(f"{before}{match[0]}") or _first_library(after)


def _base(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _last_library(text: str) -> str:
    names = [each[1] or each[2] for each in _LIBRARY.finditer(text)]
    return names[-1] if names else ""


def _first_library(text: str) -> str:
    found = _LIBRARY.search(text)
    return (found[1] or found[2]) if found else ""


def _word_before(line: str, at: int) -> str:
    """The word that ends at `at`: a file, or a module with version."""
    match = _WORD.match(line[max(0, at - _REACH) : at][::-1])
    return match[0][::-1].lstrip("(:") if match else ""


def _plain(line: str) -> str:
    """The line without colours and with JSON escapes decoded, twice if it contains nested JSON."""
    nested = '{\\"' in line
    if '{"' in line or '\\"' in line or "\\u00" in line:
        line = _ESCAPE.sub(_character, line)
    if nested:
        line = _ESCAPE.sub(_character, line)
    return _COLOUR.sub("", line) if "\x1b[" in line or "\r" in line else line


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _PLAIN.get(match[2], match[2])
