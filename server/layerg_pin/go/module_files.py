"""Which go.mod and go.work Go uses in a folder."""

from __future__ import annotations

import os


def work_file(folder: str) -> str | None:
    """The go.work that Go would use in `folder`."""
    named = os.environ.get("GOWORK", "")
    if named:
        return None if named == "off" else named
    return file_above(folder, "go.work")


def file_above(folder: str, name: str) -> str | None:
    """The file of that name in `folder` or the nearest folder above it that has one."""
    while not os.path.isfile(path := os.path.join(folder, name)):
        if folder == (folder := os.path.dirname(folder)):
            return None
    return path
