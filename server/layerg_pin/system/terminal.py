"""Write to the terminal with text from other sources escaped; all output of the command line goes through this file.

ruff's T20 forbids `print` elsewhere. Our own colours are kept apart from the text until it is escaped.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from io import TextIOWrapper
from typing import Any, NamedTuple, TextIO

from layerg_pin.core.text import json_escaped, printable
from layerg_pin.system.console import interprets_sequences
from layerg_pin.system.shared_options import QUIET, VERBOSE, is_set, uses_colour


class Coloured(NamedTuple):
    """A part of a row in a colour, if colours are enabled; `colour` is the parameter of SGR (ECMA-48), such as `31`."""

    text: str
    colour: str


_ERASE = "\r\x1b[K"
"""Return to the start of the line, and erase it (ECMA-48, EL)."""
_CLEAR = "\x1b[H\x1b[2J"
"""Move to the first line, and erase the display (ECMA-48, CUP and ED)."""
Row = str | tuple[str | Coloured, ...]
"""A line of output, not yet escaped."""


class EscapingStream(TextIOWrapper):
    """Standard error, with everything written to it escaped line by line, including logs and tracebacks."""

    def write(self, text: str) -> int:
        super().write(escaped_lines(text))
        return len(text)


def escaped_lines(text: str) -> str:
    """The text with all invisible characters escaped, except line breaks."""
    return "\n".join(map(printable, text.split("\n")))


def print_rows(*rows: Row) -> None:
    """Print lines to standard output. A row stays one line, and only our own colours reach a terminal."""
    out = sys.stdout
    colour = uses_colour(out)
    out.write("".join(f"{_format_row(row, colour=colour)}\n" for row in rows))


def print_remarks(*rows: Row) -> None:
    """Print lines beside the result, such as advice, to standard output, unless the user wants only the result."""
    if not is_set(QUIET):
        print_rows(*rows)


def print_error_rows(*rows: Row) -> None:
    """Print lines to standard error, without colours."""
    sys.stderr.write("".join(f"{_format_row(row, colour=False)}\n" for row in rows))


def print_error(message: str) -> None:
    """Print an error message to standard error."""
    print_error_rows(f"layerg-pin: {message}")


def print_note(message: str) -> None:
    """Print a note about the run to standard error, unless the user wants only the result."""
    if not is_set(QUIET):
        print_error(message)


def print_detail(message: str) -> None:
    """Print a step of the work to standard error, if the user asked for details."""
    if is_set(VERBOSE):
        print_error(message)


def clear_screen() -> None:
    """Clear the terminal that standard output is, and move to its first line; a file or pipe stays as it is."""
    if interprets_sequences(sys.stdout):
        sys.stdout.write(_CLEAR)


def rewrite_error_line(text: str) -> None:
    """Replace the line that the cursor is in on standard error, which is a terminal. Raises OSError and ValueError."""
    stream = sys.stderr.buffer  # to which Python gives UTF-8 also on Windows, whatever the console's code page
    stream.write(f"{_ERASE}{printable(text)}".encode("utf-8", "replace"))
    stream.flush()


def print_text(text: str) -> None:
    """Print a multi-line text of this package."""
    print_rows(*text.strip().split("\n"))


def print_lines(text: str) -> None:
    """Print a text whose line breaks separate lines. Each line is escaped."""
    sys.stdout.write(escaped_lines(text))


def print_json(document: Mapping[str, Any]) -> None:
    """Print a JSON document."""
    sys.stdout.write(f"{json_text(document, ascii_only=not _is_unicode(sys.stdout))}\n")


def print_patch(rows: Iterable[str]) -> None:
    """Print a patch, given as rows with their line ends. A file or pipe gets the exact bytes, so that the patch
    applies; a terminal gets the rows escaped.
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
        print_error("the patch is shown with escapes: redirect it to a file, and it applies")


def json_text(document: Mapping[str, Any] | Sequence[Any], *, ascii_only: bool) -> str:
    """JSON in which every character that `printable` escapes is a JSON escape. Unpaired surrogates, which no encoding
    can represent, are replaced.
    """
    text = json.dumps(document, indent=2, ensure_ascii=False)
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return json.dumps(json.loads(whole), indent=2) if ascii_only else json_escaped(whole)


def _format_row(row: Row, *, colour: bool) -> str:
    parts = (row,) if isinstance(row, str) else row
    return "".join(_format_part(part, colour=colour) for part in parts)


def _format_part(part: str | Coloured, *, colour: bool) -> str:
    if isinstance(part, str):
        return printable(part)
    shown = printable(part.text)
    return f"\x1b[{part.colour}m{shown}\x1b[0m" if colour else shown


def _is_unicode(stream: TextIO) -> bool:
    return (stream.encoding or "").lower().replace("-", "").startswith("utf")
