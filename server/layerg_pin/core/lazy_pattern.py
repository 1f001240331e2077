"""Compile regular expressions on first use, because compiling all of them would delay the start."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from re import Match, Pattern


class LazyPattern:
    """A replacement for re.Pattern that compiles on the first call of a method."""

    __slots__ = ("_compiled", "_flags", "_pattern")

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self._pattern = pattern
        self._flags = flags
        self._compiled: Pattern[str] | None = None

    @property
    def pattern(self) -> str:
        """The source of the regular expression."""
        return self._pattern

    def match(self, text: str, start: int = 0) -> Match[str] | None:
        """Like re.Pattern.match."""
        return self._ready().match(text, start)

    def fullmatch(self, text: str) -> Match[str] | None:
        """Like re.Pattern.fullmatch."""
        return self._ready().fullmatch(text)

    def search(self, text: str, start: int = 0, end: int = sys.maxsize) -> Match[str] | None:
        """Like re.Pattern.search."""
        return self._ready().search(text, start, end)

    def finditer(self, text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[Match[str]]:
        """Like re.Pattern.finditer."""
        return self._ready().finditer(text, start, end)

    def findall(self, text: str) -> list[str]:
        """Like re.Pattern.findall, for a pattern with at most one group."""
        return self._ready().findall(text)

    def sub(self, replacement: str | Callable[[Match[str]], str], text: str, count: int = 0) -> str:
        """Like re.Pattern.sub."""
        return self._ready().sub(replacement, text, count)

    def _ready(self) -> Pattern[str]:
        if self._compiled is None:
            self._compiled = re.compile(self._pattern, self._flags)
        return self._compiled
