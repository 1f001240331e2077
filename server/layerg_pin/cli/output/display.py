"""Shorten absolute paths for display."""

from __future__ import annotations

import os

from layerg_pin.core.paths import relative_path
from layerg_pin.system.text_files import FileError


def display_path(path: str) -> str:
    """A path relative to the working folder, unless that is longer."""
    relative = os.path.normpath(relative_path(os.path.abspath(path), os.getcwd()))
    return relative if len(relative) < len(path) else path


def error_text(error: Exception) -> str:
    """The message of an error, with the path of its file as `display_path` shows it."""
    path = error.path if isinstance(error, FileError) else None
    return str(error).replace(path, display_path(path), 1) if path else str(error)
