"""The options that all commands share, as environment variables: every part of a run sees them, and CI can set them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

from layerg_pin.system.console import interprets_sequences

QUIET = "LAYERG_PIN_QUIET"
VERBOSE = "LAYERG_PIN_VERBOSE"
NO_CACHE = "LAYERG_PIN_NO_CACHE"
_NO_COLOUR = "NO_COLOR"
"""https://no-color.org"""
_FORCE_COLOUR = "FORCE_COLOR"
"""https://force-color.org"""
_COLOURS: Mapping[str, Mapping[str, str]] = {
    "auto": {},
    "always": {_NO_COLOUR: "", _FORCE_COLOUR: "1"},
    "never": {_NO_COLOUR: "1"},
}


def is_set(variable: str) -> bool:
    """Whether one of the variables above is set."""
    return os.environ.get(variable, "") not in ("", "0")


def uses_colour(stream: TextIO) -> bool:
    """Whether a stream gets colours: as --color says, else NO_COLOR, else FORCE_COLOR, else if it is a terminal."""
    if os.environ.get(_NO_COLOUR):
        return False
    return is_set(_FORCE_COLOUR) or (os.environ.get("TERM") != "dumb" and interprets_sequences(stream))


def shows_progress(stream: TextIO) -> bool:
    """Whether a stream gets lines about progress that are erased again: a terminal that is not a CI system's log."""
    wanted = not is_set(QUIET) and not is_set("CI") and os.environ.get("TERM") != "dumb"
    return wanted and interprets_sequences(stream)


@contextmanager
def shared_options(options: Mapping[str, object]) -> Iterator[None]:
    """Set the variables for the options of a command, and restore them afterwards."""
    variables = dict(_COLOURS.get(str(options.get("color", "auto")), {}))
    names = {"quiet": QUIET, "verbose": VERBOSE, "no_cache": NO_CACHE}
    variables |= {variable: "1" for name, variable in names.items() if options.get(name)}
    before = {variable: os.environ.get(variable) for variable in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for variable, value in before.items():
            if value is None:
                os.environ.pop(variable, None)
            else:
                os.environ[variable] = value
