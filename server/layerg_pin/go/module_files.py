"""Locate the go.mod and the go.work that apply to a folder, and read a module's path."""

from __future__ import annotations

import os
import re

from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.lazy_pattern import LazyPattern
from layerg_pin.system.text_files import FileError, read_head

_MAX_HEAD = 16 * 1024
"""In bytes. Only comments may be above the module's path."""
_MODULE = LazyPattern(r"^[ \t]*+module\b[^\n]*+(?:(?<=\()\s*+[^\n]*+\n\s*+\))?", re.MULTILINE)


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


def module_path(gomod: str) -> str | None:
    """The path of the module whose go.mod is at `gomod`, read from its first lines; None if it has none."""
    try:
        found = _MODULE.search(read_head(gomod, _MAX_HEAD))
    except FileError:
        return None
    module = parse_gomod(found[0]).module if found else None
    return module.text if module else None
