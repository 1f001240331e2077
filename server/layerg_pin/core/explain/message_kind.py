"""The record that describes one kind of message of a host, of the system's loader or of Go."""

import re
from typing import NamedTuple

PACKAGE = r"[A-Za-z0-9._~+/-]*[A-Za-z0-9_~+/-]"
"""The pattern of an import path, without the punctuation that may follow it."""
VERSION = r"[A-Za-z0-9.]*[A-Za-z0-9]"
"""The pattern of a Go version, without the punctuation that may follow it."""


class Kind(NamedTuple):
    """One kind of message.

    Sentences are format strings: they may name the pattern's groups, and `what`, the word before the message.
    """

    name: str
    pattern: re.Pattern[str]
    """It starts with literal text and bounds every repetition, so that a search takes linear time."""
    meaning: str
    likely_cause: str
    """What is probably wrong, or where."""
    remedies: tuple[str, ...]
    is_open_error: bool = False
    """Whether plugin.Open fails with it, so that further errors of the host appear only after the remedy."""
    loader: bool = False
    """Whether the system's loader prints it for other files as well; the line must then be about a plugin."""
    what: re.Pattern[str] | None = None
    """The pattern of the word before the message."""
    cut_words: str = ""
    """The words before the pattern in a whole message: the kind is for lines that were cut inside or after them."""
    file: str = ""
    """The file that the message is about, if the line does not name one; a format string."""
    crashes_host: bool = False
    """Whether the host crashes with it, so that no line names the plugin."""
    part_of: tuple[str, ...] = ()
    """Kinds that describe the same failure better. Next to one of them in a log, this kind is not explained separately.
    """


def kind(
    name: str,
    pattern: str,
    meaning: str,
    likely_cause: str,
    *remedies: str,
    is_open_error: bool = False,
    loader: bool = False,
    what: str | None = None,
    file: str = "",
    crashes_host: bool = False,
    part_of: tuple[str, ...] = (),
) -> Kind:
    """Create a kind of message with its patterns compiled."""
    return Kind(
        name=name,
        pattern=re.compile(pattern, re.ASCII),
        meaning=meaning,
        likely_cause=likely_cause,
        remedies=remedies,
        is_open_error=is_open_error,
        loader=loader,
        what=re.compile(what) if what else None,
        file=file,
        crashes_host=crashes_host,
        part_of=part_of,
    )
