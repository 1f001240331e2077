"""The text of a layerg-pin.toml, and the edit that names another host in it."""

from __future__ import annotations

import re
import tomllib
from itertools import islice

from layerg_pin.core.settings.toml_limits import out_of_bounds
from layerg_pin.core.text import Span, TextEdit, printable

_HOST = re.compile(
    r"""^[ \t]*(?:host|"host"|'host')[ \t]*=[ \t]*
    (\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s\#]+)""",
    re.MULTILINE | re.VERBOSE,
)
_MAX_PLACES = 20
_HEAD = re.compile(r"(?:[ \t]*(?:#[^\n]*|\r)?\n)*")
_BLANK_LINE = re.compile(r"^[ \t]*\r?\n", re.MULTILINE)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

_NEW = """\
# The host that loads this plugin: the folder of its source, its vendor/modules.txt, its go.mod, its binary,
# a layerg-host.json, or module@version.
host = {host}

# The main packages to build. By default, those that are found.
# packages = ["./cmd/plugin"]

# The severity of each check: error, warning, information, hint or off.
# severity = {{ unshared-difference = "information" }}
"""


class ProjectTextError(ValueError):
    """A text that is no TOML; it says why."""


def project_text(reference: str) -> str:
    """A new layerg-pin.toml that names a host."""
    return _NEW.format(host=toml_string(reference))


def host_edit(text: str, reference: str) -> TextEdit | None:
    """The edit that sets `host` and touches nothing else; None where it is set so already. Raises ProjectTextError.

    What reads like the key may stand in a table or in a text of several lines, so the first places are tried on a copy.
    """
    before = _parsed(text)
    if before.get("host") == reference:
        return None
    wished = {**before, "host": reference}
    value = toml_string(reference)
    edits = [TextEdit(Span(*match.span(1)), value) for match in islice(_HOST.finditer(text), _MAX_PLACES)]
    newline = "\r\n" if "\r\n" in text else "\n"
    edits += [TextEdit(Span(at, at), f"host = {value}{newline}") for at in (_below_heading(text), 0)]
    for edit in edits:
        try:
            if tomllib.loads(text[: edit.span.start] + edit.new + text[edit.span.end :]) == wished:
                return edit
        except tomllib.TOMLDecodeError:
            continue
    raise ProjectTextError("the place of `host` was not found")


def toml_string(text: str) -> str:
    """A text as TOML writes it (https://toml.io/en/v1.0.0#string)."""
    return f'"{"".join(_ESCAPES.get(char) or _escaped(char) for char in text)}"'


def _escaped(char: str) -> str:
    """What `printable` escapes is written as TOML's own escape, which has four or eight digits."""
    if printable(char) == char:
        return char
    return f"\\u{ord(char):04x}" if char <= "\uffff" else f"\\U{ord(char):08x}"


def _below_heading(text: str) -> int:
    """Below the comments that begin the text, but not between a key and the comment right above it."""
    match = _HEAD.match(text)
    end = match.end() if match else 0
    if end == len(text):
        return end
    return max((each.end() for each in _BLANK_LINE.finditer(text, 0, end)), default=0)


def _parsed(text: str) -> dict[str, object]:
    if problem := out_of_bounds(text):
        raise ProjectTextError(problem.message)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProjectTextError(str(error)) from None
