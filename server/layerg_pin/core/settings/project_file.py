"""Write the text of a layerg-pin.toml, and edit the host in an existing one."""

from __future__ import annotations

import re
import tomllib

from layerg_pin.core.settings.toml_limits import out_of_bounds
from layerg_pin.core.text import Span, TextEdit, newline_of, printable

_HEAD = re.compile(r"(?:[ \t]*(?:#[^\n]*|\r)?\n)*")
_BLANK_LINE = re.compile(r"^[ \t]*\r?\n", re.MULTILINE)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

SCHEMA = "https://json.schemastore.org/layerg-pin.json"
"""The address of the JSON schema, which `make generate` writes."""

_NEW = """\
#:schema {schema}

# The host that loads {plugins}: a release such as nakama@3.22.0, the folder of its source, its vendor/modules.txt,
# its go.mod, its binary, an image, a layerg-host.json, or module@version.
host = {host}

{more}

# The severity of each check: error, warning, information, hint or off.
# severity = {{ unshared-difference = "information" }}
"""

_ONE = """\
# The main packages to build. By default, those that declare the host's entry symbol.
# packages = ["./cmd/plugin"]"""
_TREE = """\
# The plugins below this file that are not checked.
# exclude = ["examples"]"""


class ProjectTextError(ValueError):
    """A layerg-pin.toml that cannot be edited; the text says why."""


def project_text(reference: str) -> str:
    """The text of a new layerg-pin.toml with this host, for the plugin beside it."""
    return _NEW.format(schema=SCHEMA, plugins="this plugin", host=toml_string(reference), more=_ONE)


def tree_project_text(reference: str) -> str:
    """The same for all plugins below the file."""
    return _NEW.format(schema=SCHEMA, plugins="the plugins below", host=toml_string(reference), more=_TREE)


def host_edit(text: str, reference: str) -> TextEdit | None:
    """The edit that sets `host` and changes nothing else; None if it has this value. Raises ProjectTextError."""
    before = _parsed(text)
    if before.get("host") == reference:
        return None
    if isinstance(before.get("host"), dict):
        raise ProjectTextError("`host` is a table, not a string")
    edit = _replacement(text, reference) if "host" in before else _insertion(text, reference)
    if not _has_only_new_host(text[: edit.span.start] + edit.new + text[edit.span.end :], before, reference):
        raise ProjectTextError("`host` cannot be set without other changes")
    return edit


def sets_host(text: str) -> bool:
    """Whether a project file has the key `host`, also with an empty value. Raises ProjectTextError."""
    return "host" in _parsed(text)


def _has_only_new_host(text: str, before: dict[str, object], reference: str) -> bool:
    try:
        return tomllib.loads(text) == {**before, "host": reference}
    except tomllib.TOMLDecodeError:
        return False


def _replacement(text: str, reference: str) -> TextEdit:
    """Replace the value of `host`."""
    import tomlkit  # imported here: only this edit needs it
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        document["host"] = tomlkit.value(toml_string(reference))
        after = tomlkit.dumps(document)
    except TOMLKitError as error:
        raise ProjectTextError(str(error)) from None
    return _difference(text, after)


def _insertion(text: str, reference: str) -> TextEdit:
    """Insert `host` before all other keys."""
    newline = newline_of(text)
    at = _below_heading(text)
    return TextEdit(Span(at, at), f"host = {toml_string(reference)}{newline}")


def _difference(before: str, after: str) -> TextEdit:
    """The shortest single edit that turns one text into the other."""
    shorter = min(len(before), len(after))
    start = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    rest = shorter - start
    same = next((at for at in range(rest) if before[-1 - at] != after[-1 - at]), rest)
    return TextEdit(Span(start, len(before) - same), after[start : len(after) - same])


def toml_string(text: str) -> str:
    """A text as a TOML string (https://toml.io/en/v1.0.0#string)."""
    return f'"{"".join(_ESCAPES.get(char) or _escaped(char) for char in text)}"'


def _escaped(char: str) -> str:
    """A character, with TOML's own escape of four or eight digits if `printable` would escape it."""
    if printable(char) == char:
        return char
    return f"\\u{ord(char):04x}" if char <= "\uffff" else f"\\U{ord(char):08x}"


def _below_heading(text: str) -> int:
    """The offset below the comments that begin the text, but not between a key and the comment right above it."""
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
