"""Bounds of a settings file, checked before it is parsed: a TOML parser may take quadratic time and memory."""

from __future__ import annotations

import re

from layerg_pin.core.lazy_pattern import LazyPattern
from layerg_pin.core.text import Problem, Span

MAX_LENGTH = 32 * 1024
"""In characters. A settings file of a plugin takes a few hundred."""
MAX_PARTS = 8
"""Of a dotted key such as `severity.version-mismatch`, which has two."""
MAX_DEPTH = 16
"""Of arrays and inline tables inside of each other."""
MAX_GLOBS = 64
"""In `exclude`."""
MAX_GLOB = 200
"""In characters."""
_TOKEN = LazyPattern(
    r"""\"{3}.*?(?:\"{3}|\Z)|'{3}.*?(?:'{3}|\Z)|"(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?|\#[^\n]*+|[\[\]{}.\n]|"
    r"[^"'#\[\]{}.\n]++""",
    re.DOTALL,
)
"""A text in quotation marks, a comment, a character of the grammar, or anything else."""


def out_of_bounds(text: str) -> Problem | None:
    """The first limit that a settings file exceeds, so that it is not parsed; None if it exceeds none.

    Takes linear time. The dots of a key are counted on its line, outside of texts and comments.
    """
    if len(text) > MAX_LENGTH:
        return Problem(f"longer than {MAX_LENGTH // 1024} KiB", Span(MAX_LENGTH, MAX_LENGTH))
    depth = dots = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token == "\n":
            dots = 0
        elif token == ".":
            dots += 1
        elif token in "[{":
            depth += 1
        elif token in "]}":
            depth = max(0, depth - 1)
        if dots >= MAX_PARTS:
            return Problem(f"a key of more than {MAX_PARTS} parts", Span(*match.span()))
        if depth > MAX_DEPTH:
            return Problem(f"nested more than {MAX_DEPTH} deep", Span(*match.span()))
    return None
