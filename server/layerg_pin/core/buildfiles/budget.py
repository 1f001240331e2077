"""Bounds of what is read from build files: Dockerfiles, Makefiles, compose files, scripts and `.env` files.

A variable can stand for many words and for other variables, so a small file can ask for unlimited time and memory.
What exceeds a bound is not read, and the parsers return a Problem at its place.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from layerg_pin.core.late_pattern import LatePattern
from layerg_pin.core.text import Problem, Span

MAX_FILES = 200
"""Of one plugin or host. Folders with more build files than this were never seen."""
MAX_COMMAND = 10_000
"""Words of one command, instruction or compose service."""
MAX_STAGES = 200
"""Of a Dockerfile: each keeps variables of its own."""
_PIECE = LatePattern(
    r"""(?P<blank>[ \t\r\n]++)|(?P<plain>[^ \t\r\n"'\\]++)
    |'(?P<single>[^']*+)'|"(?P<double>(?:[^"\\]|\\.)*+)"|\\(?P<escaped>.)""",
    re.DOTALL | re.VERBOSE,
)
_WORD = LatePattern(r"[^ \t\r\n]+")
_ESCAPE = LatePattern(r'\\(["\\])')


class Bounds(NamedTuple):
    """How much may be read."""

    characters: int
    """Of text."""
    expanded: int
    """Characters that references to variables are replaced by."""
    words: int
    """That references to variables are replaced by."""
    found: int
    """Images, go commands, compose services and image builds."""
    nodes: int
    """Keys, values and list items of YAML files."""


OF_FILE = Bounds(256 * 1024, 256 * 1024, 20_000, 500, 20_000)
OF_ALL = Bounds(512 * 1024, 512 * 1024, 40_000, 1_000, 40_000)
"""Of all build files of one plugin."""
OF_HOST = Bounds(128 * 1024, 64 * 1024, 5_000, 300, 5_000)
"""Of those build files of one host that are looked into: the few that build its image come first."""
AT_ONCE = Bounds(16 * 1024, 16 * 1024, 1_000, 100, 1_000)
"""Of all build files of one plugin, where an event loop waits for it."""


class OutOfBounds(Exception):
    """A bound is exceeded; the text says which, without a dot. Never leaves a parser."""


class Budget:
    """What may still be read of a file, and with it of all files that share the budget `above`."""

    def __init__(self, bounds: Bounds = OF_FILE, above: Budget | None = None, scope: str = "") -> None:
        """`scope` ends the text of OutOfBounds: which files share the bounds."""
        self.bounds, self._above, self._scope = bounds, above, scope
        self.at = 0
        """The offset that is being read."""
        self._characters = self._expanded = self._words = self._found = self._nodes = 0
        self._split: dict[str, tuple[str, ...]] = {}

    @property
    def is_spent(self) -> bool:
        """Whether one of the bounds was exceeded."""
        used = (self._characters, self._expanded, self._words, self._found, self._nodes)
        return any(number > most for number, most in zip(used, self.bounds, strict=True))

    def read(self, characters: int) -> None:
        """Count the text of a file. Raises OutOfBounds."""
        self._characters += characters
        _check(self._characters, self.bounds.characters, f"characters{self._scope}")
        if self._above:
            self._above.read(characters)

    def expand(self, characters: int) -> None:
        """Count what a reference to a variable is replaced by. Raises OutOfBounds."""
        self._expanded += characters
        _check(self._expanded, self.bounds.expanded, f"characters in expanded variables{self._scope}")
        if self._above:
            self._above.expand(characters)

    def find(self, number: int = 1) -> None:
        """Count images, go commands, services or image builds. Raises OutOfBounds."""
        self._found += number
        _check(self._found, self.bounds.found, f"images, services and go commands{self._scope}")
        if self._above:
            self._above.find(number)

    def parse_node(self) -> None:
        """Count a node of a YAML file. Raises OutOfBounds."""
        self._nodes += 1
        _check(self._nodes, self.bounds.nodes, f"keys, values and items{self._scope}")
        if self._above:
            self._above.parse_node()

    def split(self, value: str) -> tuple[str, ...]:
        """The words of a variable's value, quotation marks removed; each value is split once. Raises OutOfBounds."""
        words = self._split.get(value)
        if words is None:
            words = self._split[value] = split(value)
        self._use(len(words))
        return words

    def _use(self, words: int) -> None:
        self._words += words
        _check(self._words, self.bounds.words, f"words in expanded variables{self._scope}")
        if self._above:
            self._above._use(words)

    def problem(self, error: OutOfBounds) -> Problem:
        """What is not read, at the place that was being read when a bound was exceeded."""
        return Problem(f"not read from here on: {error}", Span(self.at, self.at))


def of_command(words: int) -> None:
    """Raises OutOfBounds where one command, instruction or service has too many words."""
    _check(words, MAX_COMMAND, "words in one command")


def of_stages(stages: int) -> None:
    """Raises OutOfBounds where a Dockerfile has too many stages."""
    _check(stages, MAX_STAGES, "stages")


def split(text: str) -> tuple[str, ...]:
    """The words of a text as a POSIX shell splits them, quotation marks removed; takes linear time.

    Equal to `shlex.split`; words of a text that this refuses are separated by white space alone.
    """
    if '"' not in text and "'" not in text and "\\" not in text:
        return tuple(_WORD.findall(text))
    words: list[str] = []
    parts: list[str] = []
    end = 0
    for match in _PIECE.finditer(text):
        if match.start() != end:  # an unclosed quotation mark
            return tuple(text.split())
        end = match.end()
        kind = match.lastgroup or ""
        if kind != "blank":
            parts.append(_ESCAPE.sub(r"\1", match[kind]) if kind == "double" else match[kind])
        elif parts:
            words.append("".join(parts))
            parts = []
    if end != len(text):
        return tuple(text.split())
    return (*words, "".join(parts)) if parts else tuple(words)


def _check(number: int, most: int, what: str) -> None:
    if number > most:
        raise OutOfBounds(f"more than {most:,} {what}")
