"""Escape text from other sources for Markdown, so that it forms no link, image, HTML or other markup.

The rules are those of CommonMark (https://spec.commonmark.org/0.31.2: backslash escapes, code spans, fenced code
blocks) and of editor extensions: bare URLs, tables, strikethrough, mathematics.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from layerg_pin.core.text import printable

_SPECIAL = re.compile(
    r"""[\\`*_\[\]<>|~&$]
    | :(?=//)                      # a bare address, as https://example.com
    | (?<=\bwww)\.                 # likewise
    | (?<=\bmailto):|(?<=\bxmpp):
    | @(?=[^\s@])                  # a bare address of mail; a module with its version reads like one
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BLOCK = re.compile(r"^(\s*)([#+-](?=#{0,5}(?:\s|$))|[-=](?=[-=\s]*$))|^(\s*\d{1,9})([.)](?=\s|$))")
"""Prefixes that would make a line a heading, a list item or a rule."""
_CODE = re.compile("(?<!`)`([^`]+)`(?!`)")
_TICKS = re.compile("`+")


def escaped(text: str) -> str:
    """The text as one line of Markdown that displays literally, also at the start of a paragraph or list item.

    Text between single backticks, such as commands in our messages, becomes a code span.
    """
    parts = _CODE.split(printable(text))  # every second part is code
    parts[::2] = (_SPECIAL.sub(r"\\\g<0>", part) for part in parts[::2])
    parts[1::2] = map(code, parts[1::2])
    return _BLOCK.sub(lambda found: f"{found[1] or found[3] or ''}\\{found[2] or found[4]}", "".join(parts))


def code(text: str) -> str:
    """The text as a code span, with enough backticks around it."""
    shown = printable(text) or " "
    fence = "`" * (_longest_run(shown) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""  # Markdown strips one space on both sides
    return f"{fence}{pad}{shown}{pad}{fence}"


def block(rows: Iterable[str]) -> str:
    """Lines as a fenced block of plain text."""
    shown = [printable(row) for row in rows]
    fence = "`" * max((3, *(_longest_run(row) + 1 for row in shown)))
    return "\n".join((f"{fence}text", *shown, fence))


def _longest_run(text: str) -> int:
    """The length of the longest run of backticks."""
    return max(map(len, _TICKS.findall(text)), default=0)
