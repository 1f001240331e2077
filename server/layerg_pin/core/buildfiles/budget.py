"""Limits on parsing build files: Dockerfiles, Makefiles, compose files, scripts and `.env` files.

A variable can expand to many words and to other variables, so a small file could take unlimited time and memory.
Parsers stop at a limit and return a Problem at that place.
"""

import re
from typing import NamedTuple

from layerg_pin.core.lazy_pattern import LazyPattern
from layerg_pin.core.text import Problem, Span

MAX_FILES = 200
"""Build files of one plugin or host. No known project has more in one folder."""
MAX_COMMAND = 10_000
"""Words of one command, instruction or compose service."""
MAX_STAGES = 200
"""Stages of a Dockerfile, each with its own variables."""
_PIECE = LazyPattern(
    r"""(?P<blank>[ \t\r\n]++)|(?P<plain>[^ \t\r\n"'\\]++)
    |'(?P<single>[^']*+)'|"(?P<double>(?:[^"\\]|\\.)*+)"|\\(?P<escaped>.)""",
    re.DOTALL | re.VERBOSE,
)
_WORD = LazyPattern(r"[^ \t\r\n]+")
_ESCAPE = LazyPattern(r'\\(["\\])')


class Limits(NamedTuple):
    """Limits on parsing."""

    characters: int
    """Characters of text."""
    expanded: int
    """Characters of expanded variables."""
    words: int
    """Words of expanded variables."""
    found: int
    """Images, go commands, compose services and image builds."""
    nodes: int
    """Keys, values and list items of YAML files."""


FILE_LIMITS = Limits(characters=256 * 1024, expanded=256 * 1024, words=20_000, found=500, nodes=20_000)
PLUGIN_LIMITS = Limits(characters=512 * 1024, expanded=512 * 1024, words=40_000, found=1_000, nodes=40_000)
"""For all build files of one plugin."""
HOST_LIMITS = Limits(characters=128 * 1024, expanded=64 * 1024, words=5_000, found=300, nodes=5_000)
"""For all build files of one host that are parsed. The few that build its image come first."""
EVENT_LOOP_LIMITS = Limits(characters=16 * 1024, expanded=16 * 1024, words=1_000, found=100, nodes=1_000)
"""For all build files of one plugin, if an event loop waits for the result."""


class LimitExceeded(Exception):
    """A limit is exceeded. The message names it, without a final dot. Parsers never let it escape."""


class Budget:
    """Counts the resources used by a file, and by all files that share the budget `above`."""

    def __init__(self, limits: Limits = FILE_LIMITS, above: "Budget | None" = None, scope: str = "") -> None:
        """`scope` is appended to the message of LimitExceeded and says which files share the limits."""
        self.limits, self._above, self._scope = limits, above, scope
        self.at = 0
        """The offset that is being parsed."""
        self._characters = self._expanded = self._words = self._found = self._nodes = 0
        self._split: dict[str, tuple[str, ...]] = {}

    @property
    def is_spent(self) -> bool:
        """Whether a limit was exceeded."""
        used = (self._characters, self._expanded, self._words, self._found, self._nodes)
        return any(number > limit for number, limit in zip(used, self.limits, strict=True))

    def count_characters(self, characters: int) -> None:
        """Count a file's text. Raises LimitExceeded."""
        self._characters += characters
        _check(self._characters, self.limits.characters, f"characters{self._scope}")
        if self._above:
            self._above.count_characters(characters)

    def count_expanded(self, characters: int) -> None:
        """Count the expansion of a variable. Raises LimitExceeded."""
        self._expanded += characters
        _check(self._expanded, self.limits.expanded, f"characters in expanded variables{self._scope}")
        if self._above:
            self._above.count_expanded(characters)

    def count_found(self, number: int = 1) -> None:
        """Count images, go commands, services or image builds. Raises LimitExceeded."""
        self._found += number
        _check(self._found, self.limits.found, f"images, services and go commands{self._scope}")
        if self._above:
            self._above.count_found(number)

    def count_node(self) -> None:
        """Count a node of a YAML file. Raises LimitExceeded."""
        self._nodes += 1
        _check(self._nodes, self.limits.nodes, f"keys, values and items{self._scope}")
        if self._above:
            self._above.count_node()

    def split(self, value: str) -> tuple[str, ...]:
        """The words of a variable's value without quotation marks, cached by value. Raises LimitExceeded."""
        words = self._split.get(value)
        if words is None:
            words = self._split[value] = split(value)
        self._count_words(len(words))
        return words

    def _count_words(self, words: int) -> None:
        self._words += words
        _check(self._words, self.limits.words, f"words in expanded variables{self._scope}")
        if self._above:
            self._above._count_words(words)

    def problem(self, error: LimitExceeded) -> Problem:
        """The problem for a file that exceeds a limit, at the offset that was being parsed."""
        return Problem(f"not read from here on: {error}", Span(self.at, self.at))


def check_words(words: int) -> None:
    """Raises LimitExceeded if a command, instruction or service has too many words."""
    _check(words, MAX_COMMAND, "words in one command")


def check_stages(stages: int) -> None:
    """Raises LimitExceeded if a Dockerfile has too many stages."""
    _check(stages, MAX_STAGES, "stages")


def split(text: str) -> tuple[str, ...]:
    """Split a text into words like a POSIX shell, without quotation marks, in linear time.

    Equal to `shlex.split`, except that a text with an unclosed quotation mark is split at white space.
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


def _check(number: int, limit: int, what: str) -> None:
    if number > limit:
        raise LimitExceeded(f"more than {limit:,} {what}")
