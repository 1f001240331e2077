"""The events that change files: what the client or the file watcher reports to a session."""

from enum import Enum
from typing import NamedTuple

from layerg_pin.lsp.protocol.file_uris import uri_of


class Cause(Enum):
    """Why a file is reported."""

    OPEN = "didOpen"
    CHANGE = "didChange"
    """The text in the editor changed."""
    SAVE = "didSave"
    CLOSE = "didClose"
    ON_DISK = "didChangeWatchedFiles"
    """The file on disk may have changed, appeared or vanished."""


class FileModification(NamedTuple):
    """One event. `version` and `text` are set for OPEN and CHANGE: the client's version, and the whole new text."""

    cause: Cause
    uri: str
    path: str
    """Absolute."""
    version: int | None = None
    text: str = ""


def changed_on_disk(path: str) -> FileModification:
    """The event for a file that the file watcher reports."""
    return FileModification(Cause.ON_DISK, uri_of(path), path)
