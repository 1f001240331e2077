"""Values that both sides share: modules at versions, and the places that state them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from layerg_pin.core.text import LineIndex


class ModuleVersion(NamedTuple):
    """A module at a version, the one left of any `=>`. Graphs hash them all the time: hence a tuple."""

    path: str
    version: str

    def __str__(self) -> str:
        return f"{self.path} {self.version}".strip()


class Source:
    """A text file that findings speak of; `path` is absolute."""

    def __init__(self, path: str, index: LineIndex) -> None:
        self.path = path
        self.index = index


class Origin(NamedTuple):
    """Where a fact stands: an absolute path, a 0-based line, and how people call the file."""

    path: str
    line: int | None
    """None where a binary says it, which has no lines."""
    label: str

    def __str__(self) -> str:
        return self.label if self.line is None else f"{self.label}:{self.line + 1}"


class Replacement(NamedTuple):
    """What stands right of `=>`: a module at a version, or the absolute path of a folder, which has none."""

    path: str
    version: str | None

    def __str__(self) -> str:
        return f"{self.path} {self.version}" if self.version else self.path


class Requirements(NamedTuple):
    """What the go.mod of a dependency asks for, and whether it lists all it needs (`go 1.17` and later)."""

    requires: tuple[ModuleVersion, ...]
    pruned: bool
    go: str = ""
    """Its `go` line; empty where it has none."""


Graph = Mapping[ModuleVersion, Requirements]
"""The go.mod files of dependencies, as far as they are known."""
