"""Locate the go.mod and the go.work that apply to a folder."""

from __future__ import annotations

import os


def work_file(folder: str) -> str | None:
    """The go.work that Go would use in `folder`, or None."""
    named = os.environ.get("GOWORK", "")
    if named:
        return None if named == "off" else named
    return file_above(folder, "go.work")


def file_above(folder: str, name: str) -> str | None:
    """The path of the named file in `folder` or in the nearest folder above that has one, or None."""
    while not os.path.isfile(path := os.path.join(folder, name)):
        if folder == (folder := os.path.dirname(folder)):
            return None
    return path
