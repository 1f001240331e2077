"""Limit how much of a go.mod, go.work or modules.txt is parsed, so that files of any size can be opened at once.

The limits are several times the size of real files: the largest known go.mod has about 1,500 requires, and the largest
known modules.txt 10,000 lines. A finding at line 1 reports that a limit is exceeded.
"""

from typing import NamedTuple

from layerg_pin.core.text import Problem, Span

MAX_GOMOD = 512 * 1024
"""In characters, of a go.mod or go.work."""
MAX_GOMOD_LINES = 6000
MAX_OTHER_LINES = 1500
"""In a go.mod or go.work: lines other than two plain words and a comment, which take several times as long to parse."""
MAX_WORDS = 64
"""Per line of a go.mod or go.work. The longest valid directive has six."""
MAX_MEMBERS = 512 * 1024
"""In characters, of the go.mod files of all modules of a go.work together."""
MAX_MEMBER_LINES = 12_000
MAX_MODULES_TXT = 2 * 1024 * 1024
"""In characters, of a modules.txt."""
MAX_MODULES_TXT_LINES = 60_000
MAX_OPEN_MODULES_TXT = 256 * 1024
"""In characters, of a modules.txt that is open in an editor and parsed on every edit."""


class Excess(NamedTuple):
    """The part of a text that is not parsed: the reason, and the offset of its first line."""

    reason: str
    """For example `larger than 512 KiB`."""
    start: int


def excess(text: str, characters: int, lines: int) -> Excess | None:
    """The part of a text beyond the limits, or None. The limit that is reached first applies."""
    found = None
    if len(text) > characters:
        found = Excess(f"larger than {characters >> 10} KiB", text.rfind("\n", 0, characters) + 1)
    if text.count("\n", 0, found.start if found else len(text)) > lines:
        at = 0
        for _ in range(lines):
            at = text.index("\n", at) + 1
        found = Excess(f"longer than {lines:,} lines", at) if at < len(text) else found
    return found


def unread_part(text: str, name: str, found: Excess) -> Problem:
    """The problem at line 1 of a file called `name` that was not parsed completely."""
    line = text.count("\n", 0, found.start)
    end = text.find("\n", 0, 1000)
    read = f"only its first {line:,} lines were read" if line else "none of it was read"
    return Problem(f"{name} is {found.reason}: {read}; shorten it", Span(0, max(0, end)))


class MembersSize:
    """Adds up the go.mod files of the modules of a go.work."""

    def __init__(self) -> None:
        self._characters = self._lines = 0

    def exceeded_by(self, gomod: str, use: str, span: Span) -> Problem | None:
        """Add a go.mod. Returns the problem at its `use` line if all so far exceed the limits together."""
        self._characters += len(gomod)
        self._lines += gomod.count("\n")
        if self._characters <= MAX_MEMBERS and self._lines <= MAX_MEMBER_LINES:
            return None
        return Problem(
            f"the go.mod files of this go.work are together larger than {MAX_MEMBERS >> 10} KiB or longer than "
            f"{MAX_MEMBER_LINES:,} lines: {use} and the modules after it are not read; use fewer modules",
            span,
        )
