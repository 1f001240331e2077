r"""Split shell commands into words with spans, for Dockerfiles, Makefiles, compose files and scripts.

    command = { word }            ends at a line's end, && || | ; & ( ); a redirection's target is a word
    word    = { plain | 'quoted' | "quoted" | \escaped | reference | `command` }
    reference = $NAME | ${NAME} | ${NAME:-DEFAULT} | $(NAME)      expanded by the caller

A backslash at a line's end continues the line; a comment line after it is skipped, as in Docker. The text of a
here-document is skipped, unless it is the script of a shell.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from layerg_pin.core.buildfiles.budget import Budget, check_words
from layerg_pin.core.text import Span

_REFERENCE = r"\$(?:\{[^${}\n]*\}|\([^$()\n]*\)|\$?\w+|\$?[@<^*?#!+%$-])"
REFERENCE = re.compile(_REFERENCE)
_UNREAD = re.compile(r"\$[{(]")
_MAX_DEFAULTS = 5
"""Limit on nested defaults."""
_PIECE = re.compile(
    rf"""(?P<blank>(?:[ \t\r\f\v]|\\[ \t]*\r?\n)++)
    |(?P<line>\n)
    |(?P<end>&&|\|\|?|;|&|[()])
    |(?P<redirect>[<>]++[&|]?)
    |(?P<single>'[^']*+')
    |(?P<double>")
    |(?P<escape>\\.)
    |(?P<reference>{_REFERENCE})
    |(?P<unknown>`[^`]*+`)
    |(?P<plain>[^\s'"\\$`|&;()<>\#]++)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_IN_DOUBLE = re.compile(rf"{_REFERENCE}|\\[\\\"$`\n]", re.ASCII)
_DOUBLE_PART = re.compile(r"(?:[^\"\\$]|\\.|\$(?!\())*+\$\(|(?:[^\"\\$]|\\.|\$(?!\())++", re.DOTALL)

_HERE_DOCUMENT = re.compile(
    r"<<-?[ \t]*(?:\\?(?P<plain>[A-Za-z_]\w*)|(?P<mark>['\"])(?P<quoted>[A-Za-z_]\w*)(?P=mark))", re.ASCII
)
_MAX_UNCLOSED = 20
"""Limit on the searches for closing marks that do not exist."""
SHELLS = frozenset(("sh", "bash", "ash", "dash", "zsh"))
_RUNNERS = SHELLS | {"ssh"}
"""Programs that run a here-document, also after words such as `sudo` and `docker exec -i NAME`."""
_MAX_LEADING = 10

Expand = Callable[[str], str | None]
"""Expands a reference such as `$(GO)`; returns None if its value is unknown."""


class Word(NamedTuple):
    """A word after expansion. Unknown parts are omitted from `text`."""

    text: str
    span: Span
    known: bool = True
    inner: Span | None = None
    """The text between the quotation marks, if the word is a single quotation."""


def expanded(text: str, expand: Expand) -> tuple[str, bool]:
    """A text with its references expanded, also those in defaults, and whether all of it is known.

    Unknown references are omitted. The text ends before a command, or a reference with too many nested defaults.
    """
    if "$" not in text:
        return text, True
    known = True

    def value(match: re.Match[str]) -> str:
        nonlocal known
        found = expand(match[0])
        known = known and found is not None
        return found or ""

    text = REFERENCE.sub(value, text)
    for _ in range(_MAX_DEFAULTS if "${" in text else 0):  # `${A:-${B:-1}}`, from the inside
        inner, text = text, REFERENCE.sub(value, text)
        if text == inner:
            break
    if rest := _UNREAD.search(text):
        return text[: rest.start()], False
    return text, known


def commands(text: str, span: Span, expand: Expand, budget: Budget, *, folded: bool = False) -> Iterator[list[Word]]:
    """The commands in a part of a text, each as a list of words. With `folded`, line ends are blanks, as in a folded
    YAML text.

    After an unclosed quotation mark, further ones are plain characters. Raises LimitExceeded.
    """
    words: list[Word] = []
    is_unclosed = False
    current = _Current()
    closings = _closings(text, span) if text.find("$(", span.start, span.end) >= 0 else {}
    position = span.start
    here = unclosed = 0  # the end of the here-documents that begin on this line; those without an end
    while position < span.end:
        match = _PIECE.match(text, position, span.end)
        if match is None:
            break
        kind, piece = match.lastgroup, match[0]
        opened = _HERE_DOCUMENT.match(text, position, span.end) if piece == "<<" and not folded else None
        if opened and unclosed < _MAX_UNCLOSED:
            current.finish(words, position)
            if words and not any(each.text.rpartition("/")[2] in _RUNNERS for each in words[:_MAX_LEADING]):
                found = _here_document_end(text, opened, Span(max(here, opened.end()), span.end))
                here, unclosed = max(here, found), unclosed + (not found)
            position = opened.end()
            continue
        if piece == "#" and not current.started:
            line_end = text.find("\n", position, span.end)
            continued = not text[text.rfind("\n", span.start, position) + 1 : position].strip()
            position = span.end if line_end < 0 else line_end + continued
            continue
        end = match.end()
        if kind == "double" and not is_unclosed:
            end = _double_end(text, position, span.end, closings)
            is_unclosed = end == match.end()
        elif kind == "other":
            end = closings.get(position, end)
        if kind in ("blank", "redirect") or (kind == "line" and folded):
            current.finish(words, match.start())
            check_words(len(words))
            if len(words) == 1 and words[0].text == "else":  # the values before it do not hold after it
                yield words
                words = []
        elif kind in ("line", "end"):
            current.finish(words, match.start())
            if words:
                yield words
                words = []
            if kind == "line" and here:
                end, here = here, 0
        elif end > match.end():
            budget.at = position
            current.add(*_long(text, position, end, expand, budget))
        else:
            budget.at = position
            _add(current, words, match, expand, budget)
        position = end
    current.finish(words, span.end)
    if words:
        yield words


def _here_document_end(text: str, opened: re.Match[str], span: Span) -> int:
    """The end of the line in `span` that closes a here-document; 0 if there is none.

    The line may be indented, as in a YAML file.
    """
    name = re.escape(opened["plain"] or opened["quoted"])
    closing = re.compile(rf"^[ \t]*+{name}[ \t\r]*+$", re.MULTILINE).search(text, *span)
    return min(closing.end() + 1, span.end) if closing else 0


def _add(current: "_Current", words: list[Word], match: re.Match[str], expand: Expand, budget: Budget) -> None:
    kind, piece, start = match.lastgroup, match[0], match.start()
    if kind == "single":
        current.add(piece[1:-1], start, True, Span(start + 1, match.end() - 1))
    elif kind == "reference":
        expanded = expand(piece)
        budget.count_expanded(len(expanded or ""))
        parts = ("",) if expanded is None else budget.split(expanded)
        for part in parts[:-1]:
            current.add(part, start)
            current.finish(words, match.end())
        if parts:
            current.add(parts[-1], start, expanded is not None)
    elif kind == "unknown" or piece == "$":
        current.add("", start, False)
    else:
        current.add(piece[1:] if kind == "escape" else piece, start)


def _long(text: str, start: int, end: int, expand: Expand, budget: Budget) -> tuple[str, int, bool, Span | None]:
    """The content of a double quotation, or an unknown command substitution."""
    if text[start] != '"':
        return "", start, False, None
    content = text[start + 1 : end - 1]
    known = True

    def value(match: re.Match[str]) -> str:
        nonlocal known
        if match[0][0] == "\\":
            return match[0][1:].strip("\n")
        expanded = expand(match[0])
        budget.count_expanded(len(expanded or ""))
        known = known and expanded is not None
        return expanded or ""

    replaced = _IN_DOUBLE.sub(value, content)
    return replaced, start, known and not any(mark in replaced for mark in ("`", "${", "$(")), Span(start + 1, end - 1)


def _double_end(text: str, start: int, limit: int, closings: Mapping[int, int]) -> int:
    """The end of a double quotation, ignoring marks inside `$(command)`; `start + 1` if it is not closed."""
    position = start + 1
    while not text.startswith('"', position) or position >= limit:
        match = _DOUBLE_PART.match(text, position, limit)
        if match is None:
            return start + 1
        position = closings.get(match.end() - 2, match.end()) if match[0].endswith("$(") else match.end()
    return position + 1


def _closings(text: str, span: Span) -> dict[int, int]:
    """For each `$(` in a part of a text, its closing parenthesis."""
    opened: list[int] = []
    found: dict[int, int] = {}
    for match in re.compile(r"\$?\(|\)").finditer(text, span.start, span.end):
        if match[0] != ")":
            opened.append(match.start())
        elif opened:
            found[opened.pop()] = match.end()
    return found


class _Current:
    """The word that is being parsed."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._start = 0
        self._known = True
        self._inner: Span | None = None

    @property
    def started(self) -> bool:
        return bool(self._parts)

    def add(self, text: str, start: int, known: bool = True, inner: Span | None = None) -> None:
        if not self._parts:
            self._start = start
        self._inner = None if self._parts else inner
        self._parts.append(text)
        self._known = self._known and known

    def finish(self, words: list[Word], end: int) -> None:
        if self._parts:
            words.append(Word("".join(self._parts), Span(self._start, end), self._known, self._inner))
        self.__init__()  # type: ignore[misc]  # resets the word
