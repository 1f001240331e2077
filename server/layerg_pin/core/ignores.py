"""Comments that silence a check at a line of go.mod.

    // layerg-pin:ignore CODE REASON                  above the line, or at its end
    // indirect; layerg-pin:ignore CODE REASON        at the end of an indirect require

Anything but a semicolon after `// indirect` would make the require direct (Go: modfile.isIndirect).
"""

from __future__ import annotations

import re

from layerg_pin.core.gomod import GoMod
from layerg_pin.core.text import LineIndex

_IGNORE = re.compile(r"//\s*(?:indirect;\s*)?layerg-pin:ignore\s+([a-z-]+)")


def ignored(gomod: GoMod, index: LineIndex) -> frozenset[tuple[str, int]]:
    """The codes that comments silence, each with the 0-based line it is silenced at."""
    found: set[tuple[str, int]] = set()
    above: set[str] = set()
    comments = {index.line_of(comment.span.start): comment for comment in gomod.syntax.comments}
    for line in sorted(comments):
        comment = comments[line]
        match = _IGNORE.match(comment.text)
        span = index.line_span(line)
        alone = not gomod.text[span.start : comment.span.start].strip()
        if line - 1 not in comments or not _alone(gomod, index, line - 1):
            above = set()
        if match:
            found.add((match[1], line))
            above |= {match[1]} if alone else set()
        if alone:
            found |= {(code, line + 1) for code in above}
    return frozenset(found)


def _alone(gomod: GoMod, index: LineIndex, line: int) -> bool:
    span = index.line_span(line)
    return gomod.text[span.start : span.end].lstrip().startswith("//")
