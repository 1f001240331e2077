"""Comments that silence a check at a line.

    // layerg-pin:ignore CODE REASON                  above the line, or at its end; in a Go file too
    // indirect; layerg-pin:ignore CODE REASON        at the end of an indirect require

Anything but a semicolon after `// indirect` would make the require direct (Go: modfile.isIndirect).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from layerg_pin.core.modsyntax import Token
from layerg_pin.core.text import LineIndex

_NAME = "layerg-pin:ignore"
_IGNORE = rf"//\s*(?:indirect;\s*)?{_NAME}\s+([a-z-]+)"


def ignored(index: LineIndex, comments: Iterable[Token]) -> frozenset[tuple[str, int]]:
    """The codes that a text's comments silence, each with the 0-based line it is silenced at."""
    if _NAME not in index.text:
        return frozenset()
    found: set[tuple[str, int]] = set()
    above: set[str] = set()
    by_line = {index.line_of(comment.span.start): comment for comment in comments}
    for line in sorted(by_line):
        comment = by_line[line]
        match = re.match(_IGNORE, comment.text)
        span = index.line_span(line)
        alone = not index.text[span.start : comment.span.start].strip()
        if line - 1 not in by_line or not _alone(index, line - 1):
            above = set()
        if match:
            found.add((match[1], line))
            above |= {match[1]} if alone else set()
        if alone:
            found |= {(code, line + 1) for code in above}
    return frozenset(found)


def _alone(index: LineIndex, line: int) -> bool:
    span = index.line_span(line)
    return index.text[span.start : span.end].lstrip().startswith("//")
