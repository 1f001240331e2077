"""Positions in text: offsets for the core, lines and characters for people and protocols."""

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from itertools import count as count_up
from operator import add
from typing import Literal, NamedTuple

from layerg_pin.core.lazy_pattern import LazyPattern

Encoding = Literal["utf-8", "utf-16", "utf-32"]

FIELD = re.compile(r"(?:\S|[\x1c-\x1f])+")
"""A word between blanks by Go's rules, where U+001C to U+001F are not blanks (Go: strings.Fields)."""

_LINE_END = re.compile(r"\r\n|\n|\r")
_IGNORABLE = LazyPattern("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]")
"""Default_Ignorable_Code_Point (Unicode's DerivedCoreProperties.txt), without those that `isprintable` knows."""
_LINK = LazyPattern(r"\]\((?=[a-z][a-z0-9+.-]*:)", re.IGNORECASE)
"""The start of a link (VS Code: src/vs/base/common/linkedText.ts)."""


class Span(NamedTuple):
    """A half-open range of offsets, counted in code points from the start of the text."""

    start: int
    end: int


class TextEdit(NamedTuple):
    """Replace the text under `span` by `new`; an empty span inserts."""

    span: Span
    new: str


def newline_of(text: str) -> str:
    """The line end for lines that are added to a text: CRLF if the text has any."""
    return "\r\n" if "\r\n" in text else "\n"


def with_line_ends_of(before: str, after: str) -> str:
    """A text that Go wrote, with the line ends of the text before it: Go replaces CRLF, which is common on Windows."""
    lines = before.count("\n")
    return after.replace("\n", "\r\n") if lines and before.count("\r\n") == lines and "\r" not in after else after


class Problem(NamedTuple):
    """A part of a text that cannot be parsed, with a message."""

    message: str
    span: Span


_CONFLICT = LazyPattern(r"^(?:<{7}|={7}|>{7}|\|{7})(?=[ \t\r]|$)[^\r\n]*", re.MULTILINE)


def merge_conflict(text: str) -> Problem | None:
    """The first marker of a merge conflict that git left in a text; None if there is none.

    A row of `=` is a marker only together with others. Source: `git help merge`, "How conflicts are presented".
    """
    if not any(marker in text for marker in ("<<<<<<<", ">>>>>>>", "|||||||")):
        return None
    first = None
    for found in _CONFLICT.finditer(text):
        first = first or found
        if not found[0].startswith("="):
            return Problem("merge conflict: resolve it first", Span(first.start(), first.end()))
    return None


def conflict_or_problems(text: str, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """The problems of a text; a merge conflict replaces all others, which it causes."""
    conflict = merge_conflict(text) if problems else None
    return (conflict,) if conflict else problems


class EditError(ValueError):
    """Edits that overlap or lie outside the text."""


def apply_edits(text: str, edits: Iterable[TextEdit]) -> str:
    """Apply edits that all refer to `text`; insertions at one offset keep their order.

    Raises EditError for edits that overlap or reach beyond the text.
    """
    parts: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda edit: edit.span):
        if not done <= edit.span.start <= edit.span.end <= len(text):
            raise EditError(f"edit at {edit.span.start}:{edit.span.end} overlaps another or the end")
        parts += (text[done : edit.span.start], edit.new)
        done = edit.span.end
    return "".join((*parts, text[done:]))


def same_lines(before: str, text: str) -> int:
    """The offset of the first line in which two texts differ; lines end with a newline."""
    limit = min(len(before), len(text))
    same = _longest(limit, lambda low, high: text.startswith(before[low:high], low))
    return text.rfind("\n", 0, same) + 1


def same_at_end(before: str, text: str, start: int) -> int:
    """The number of equal characters at the ends of two texts, not counting those before the offset `start`."""
    old, new = len(before), len(text)
    return _longest(
        min(old, new) - start, lambda low, high: text.startswith(before[old - high : old - low], new - high)
    )


def _longest(limit: int, is_same: Callable[[int, int], bool]) -> int:
    """The number of equal characters, up to `limit`; `is_same(low, high)` compares characters `low` to `high`."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if is_same(low, middle):
            low = middle
        else:
            high = middle - 1
    return low


class LineIndex:
    r"""Lines of a text, as the language server protocol counts them: `\n`, `\r\n` and `\r` end one."""

    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def after(cls, before: "LineIndex", text: str) -> "LineIndex":
        """The index of a text that results from an edit of another: the lines above the edit are reused."""
        index = cls(text)
        if "\r" not in before.text and "\r" not in text:
            same = same_lines(before.text, text)
            above = before._starts[: bisect_right(before._starts, same)]
            index._starts = above + array("I", _starts_behind(same, text))
        return index

    @cached_property
    def _starts(self) -> "array[int]":
        if "\r" in self.text:
            return array("I", (0, *(match.end() for match in _LINE_END.finditer(self.text))))
        return array("I", (0, *_starts_behind(0, self.text)))

    def line_of(self, offset: int) -> int:
        """The 0-based line that contains `offset`."""
        return bisect_right(self._starts, offset) - 1

    def line_span(self, line: int) -> Span:
        """The span of a 0-based line without its line ending; an empty span at the end for a line beyond the text."""
        if line >= len(self._starts):
            return Span(len(self.text), len(self.text))
        start = self._starts[line]
        if line + 1 == len(self._starts):
            return Span(start, len(self.text))
        end = self._starts[line + 1] - 1
        return Span(start, end - 1 if self.text.startswith("\r\n", end - 1) else end)

    def position(self, offset: int, encoding: Encoding) -> tuple[int, int]:
        """The 0-based line of `offset`, and the character in it, counted in `encoding`'s code units."""
        line = bisect_right(self._starts, offset) - 1
        start = self._starts[line]
        if self.text.isascii():
            return line, offset - start
        return line, _units(self.text[start:offset], encoding)

    def offset(self, line: int, character: int, encoding: Encoding) -> int:
        """The offset of a 0-based position in `encoding`'s code units; a position beyond a line's end means its end."""
        span = self.line_span(line)
        content = self.text[span.start : span.end]
        if encoding == "utf-32" or content.isascii():
            return span.start + min(character, len(content))
        units = 0
        for index, char in enumerate(content):
            if units >= character:
                return span.start + index
            units += _units(char, encoding)
        return span.end


def _starts_behind(start: int, text: str) -> Iterable[int]:
    r"""The starts of the lines after the one that starts at `start`; no line ends with `\r`."""
    lengths = map(len, text[start:].split("\n")[:-1])
    return map(add, accumulate(lengths), count_up(start + 1))  # the newlines before each are counted


def printable(text: str) -> str:
    """The text in a form that is safe on one line of a terminal or in an editor's plain message.

    Every character that could control a terminal, end the line, be invisible, or reorder others is written as a Python
    escape: control characters (C0, DEL, C1), line separators, Unicode's format characters, lone
    surrogates, characters without an assigned meaning, and those of Default_Ignorable_Code_Point. A space
    is inserted into `[text](scheme:`, which VS Code renders as a link even in plain messages.
    """
    if text.isascii() and text.isprintable() and "](" not in text:
        return text
    if not text.isprintable() or _IGNORABLE.search(text):
        text = "".join(char if _is_visible(char) else ascii(char)[1:-1] for char in text)
    return _LINK.sub("] (", text) if "](" in text else text


def json_escaped(text: str) -> str:
    """JSON text with the characters that `printable` escapes written as JSON escapes (RFC 8259, section 7): it is safe
    to show, and has the same value. Line feeds, which only occur between values, stay.
    """
    if text.isascii() and "\x7f" not in text:
        return text  # JSON escapes the other control characters itself
    return "".join(char if char == "\n" or _is_visible(char) else _json_escape(char) for char in text)


def _json_escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _is_visible(char: str) -> bool:
    return char.isprintable() and not _IGNORABLE.match(char)


def count(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def enumerated(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`; `parts` is not empty."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def reference_words(reference: str) -> str:
    """A host reference within a sentence: `../host`, but `folder ..` for one of dots, which reads like punctuation."""
    return reference if reference.strip("./\\") else f"folder {reference}"


def nearest_word(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The known word that resembles a word most, with at least this ratio of difflib; empty if none does."""
    from difflib import get_close_matches  # imported here: most words are right

    return next(iter(get_close_matches(word, known, 1, cutoff)), "")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean WORD?)` for a word that resembles a known one; otherwise empty."""
    right = nearest_word(word, known)
    return f" (did you mean {right}?)" if right else ""


def _units(text: str, encoding: Encoding) -> int:
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-8":
        escaped_bytes = sum("\udc80" <= char <= "\udcff" for char in text)
        return len(text.encode("utf-8", "surrogatepass")) - 2 * escaped_bytes
    return len(text) + sum(char > "\uffff" for char in text)
