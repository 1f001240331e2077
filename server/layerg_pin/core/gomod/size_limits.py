"""How much of a go.mod, go.work or modules.txt is read: an editor that opens a file of any size answers at once.

The bounds are several times what real files have: the largest known go.mod has about 1,500 requires, the largest known
modules.txt 10,000 lines. What lies beyond a bound is unknown, and a finding at line 1 says so.
"""

from __future__ import annotations

from typing import NamedTuple

from layerg_pin.core.text import Problem, Span

MAX_GOMOD = 512 * 1024
"""In characters, of a go.mod or go.work."""
MAX_GOMOD_LINES = 6000
MAX_OTHER_LINES = 1500
"""Of a go.mod or go.work: lines that are not two plain words and a comment, as requirements in a block are. They take
several times as long to read.
"""
MAX_WORDS = 64
"""Of one line of a go.mod or go.work. The longest directive that Go reads has six."""
MAX_LISTING = 2 * 1024 * 1024
"""In characters, of a modules.txt."""
MAX_LISTING_LINES = 60_000
MAX_OPEN_LISTING = 256 * 1024
"""In characters, of a modules.txt that is open in an editor, which is read at every edit."""


class Beyond(NamedTuple):
    """What is not read of a text: why, and from which offset on, at which a line begins."""

    reason: str
    """As in `larger than 512 KiB`."""
    start: int


def beyond(text: str, characters: int, lines: int) -> Beyond | None:
    """What of a text lies beyond a bound on its size; None for a text within it. The first bound that is met counts."""
    found = None
    if len(text) > characters:
        found = Beyond(f"larger than {characters >> 10} KiB", text.rfind("\n", 0, characters) + 1)
    if text.count("\n", 0, found.start if found else len(text)) > lines:
        at = 0
        for _ in range(lines):
            at = text.index("\n", at) + 1
        found = Beyond(f"longer than {lines:,} lines", at) if at < len(text) else found
    return found


def unread_part(text: str, name: str, found: Beyond) -> Problem:
    """The problem at line 1 of a file called `name` of which not all was read."""
    line = text.count("\n", 0, found.start)
    end = text.find("\n", 0, 1000)
    read = f"only its first {line:,} lines were read" if line else "none of it was read"
    return Problem(f"{name} is {found.reason}: {read}; shorten it", Span(0, max(0, end)))
