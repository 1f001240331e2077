"""Values that both sides share: modules at versions, and the places that state them."""

from collections.abc import Mapping
from typing import NamedTuple

from layerg_pin.core.text import LineIndex


class ModuleVersion(NamedTuple):
    """A module at a version, which is the one left of any `=>`. Graphs hash it often, and tuples are the fastest."""

    path: str
    version: str

    def __str__(self) -> str:
        return f"{self.path} {self.version}".strip()


class Source:
    """A text file that findings can refer to; `path` is absolute."""

    def __init__(self, path: str, index: LineIndex) -> None:
        self.path = path
        self.index = index


class Origin(NamedTuple):
    """The place that states a fact: an absolute path, a 0-based line, and the short name of the file for people."""

    path: str
    line: int | None
    """None for a binary, which has no lines."""
    label: str
    needs_line: bool = True
    """Whether people need the line to find the fact. The release of a host says enough by itself."""

    def __str__(self) -> str:
        return f"{self.label}:{self.line + 1}" if self.needs_line and self.line is not None else self.label


class Replacement(NamedTuple):
    """The right side of `=>`: a module at a version, or the absolute path of a folder, which has no version."""

    path: str
    version: str | None

    def __str__(self) -> str:
        return f"{self.path} {self.version}" if self.version else self.path


class Requirements(NamedTuple):
    """The requirements in a dependency's go.mod, and whether it lists all it needs (`go 1.17` and later)."""

    requires: tuple[ModuleVersion, ...]
    pruned: bool
    go: str = ""
    """Its `go` line; empty if it has none."""


Graph = Mapping[ModuleVersion, Requirements]
"""The known go.mod files of dependencies."""
