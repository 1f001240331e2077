"""What the command line writes: all of its output goes through this file, which escapes text of others.

Nothing else prints (ruff's T20 holds it). Our own colours are kept apart from the text until it is escaped.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from io import TextIOWrapper
from typing import Any, NamedTuple, TextIO

from layerg_pin.core.text import json_escaped, printable


class Painted(NamedTuple):
    """A part of a row in a colour, where colours are shown; `colour` is the parameter of SGR (ECMA-48), as `31`."""

    text: str
    colour: str


Row = str | tuple[str | Painted, ...]
"""A line of output, with the text of others as it is."""


class Escaping(TextIOWrapper):
    """Standard error: whatever is written to it, the log and tracebacks too, is escaped line by line."""

    def write(self, text: str) -> int:
        super().write(escaped_lines(text))
        return len(text)


def escaped_lines(text: str) -> str:
    """Lines of text with everything escaped that is not visible; the line breaks stay."""
    return "\n".join(map(printable, text.split("\n")))


def put(*rows: Row) -> None:
    """Print lines to standard output. A row stays one line, and only our own colours reach a terminal."""
    out = sys.stdout
    colour = out.isatty() and "NO_COLOR" not in os.environ
    out.write("".join(f"{_text(row, colour=colour)}\n" for row in rows))


def put_error(*rows: Row) -> None:
    """Print lines to standard error, without colours."""
    sys.stderr.write("".join(f"{_text(row, colour=False)}\n" for row in rows))


def complain(message: str) -> None:
    """Say what went wrong, on standard error."""
    put_error(f"layerg-pin: {message}")


def put_page(text: str) -> None:
    """Print a text of this package."""
    put(*text.strip().split("\n"))


def put_json(document: Mapping[str, Any]) -> None:
    """Print JSON for programs."""
    sys.stdout.write(f"{json_text(document, ascii_only=not _is_unicode(sys.stdout))}\n")


def put_patch(rows: Iterable[str]) -> None:
    """Print a patch, whose rows have their line ends. It must apply, so a file or pipe gets the very bytes of the
    files; a terminal gets them escaped.
    """
    out = sys.stdout
    if not out.isatty() and (binary := getattr(out, "buffer", None)):
        out.flush()
        binary.writelines(row.encode("utf-8", "surrogateescape") for row in rows)
        return
    is_exact = True
    for row in rows:
        line = row.removesuffix("\n")
        shown = "\t".join(map(printable, line.split("\t")))
        is_exact = is_exact and shown == line
        out.write(f"{shown}\n")
    if not is_exact:
        complain("the patch is shown with escapes: redirect it to a file, and it applies")


def json_text(document: Mapping[str, Any], *, ascii_only: bool) -> str:
    """JSON in which every character that `printable` escapes is written as an escape of JSON; half a surrogate pair,
    which no encoding can hold, is replaced.
    """
    text = json.dumps(document, indent=2, ensure_ascii=False)
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return json.dumps(json.loads(whole), indent=2) if ascii_only else json_escaped(whole)


def _text(row: Row, *, colour: bool) -> str:
    parts = (row,) if isinstance(row, str) else row
    return "".join(_part(part, colour=colour) for part in parts)


def _part(part: str | Painted, *, colour: bool) -> str:
    if isinstance(part, str):
        return printable(part)
    shown = printable(part.text)
    return f"\x1b[{part.colour}m{shown}\x1b[0m" if colour else shown


def _is_unicode(stream: TextIO) -> bool:
    return (stream.encoding or "").lower().replace("-", "").startswith("utf")
