"""Show paths the way people write them."""

from __future__ import annotations

import os


def display_path(path: str) -> str:
    """A path relative to the working folder, unless that is longer."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(path) else path
