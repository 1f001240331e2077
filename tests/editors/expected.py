"""What an editor must show for the example plugin, and the expected go.mod."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A module of the example plugin that its host links in another version."""

    module: str
    plugin: str
    host: str

    @property
    def pin(self) -> str:
        """The title of the quick fix."""
        return f"Pin {self.module} to {self.host} (host)"


UUID = Mismatch("github.com/gofrs/uuid", "v3.3.0+incompatible", "v4.0.0+incompatible")
ZAP = Mismatch("go.uber.org/zap", "v1.26.0", "v1.27.0")
PROTOBUF = Mismatch("google.golang.org/protobuf", "v1.34.2", "v1.36.1")
MULTIERR = Mismatch("go.uber.org/multierr", "v1.10.0", "v1.11.0")
MISMATCHES = (UUID, ZAP, PROTOBUF, MULTIERR)
"""In the order of the plugin's go.mod."""
TESTIFY = Mismatch("github.com/stretchr/testify", "v1.9.0", "v1.10.0")
POSSIBLE = (UUID, TESTIFY, ZAP, PROTOBUF, MULTIERR)
"""What may differ until Go has listed what the plugin compiles: the tests of both modules use testify."""
ALIGN = "Align all 4 modules with the host"


@dataclass(frozen=True, slots=True)
class Place:
    """The position of a version in go.mod: 0-based, in bytes of the line."""

    line: int
    start: int
    stop: int
    version: str


def place(text: str, module: str) -> Place:
    """Where go.mod requires a module."""
    for number, line in enumerate(text.splitlines()):
        if found := re.match(rf"\s*(?:require\s+)?{re.escape(module)}\s+(\S+)", line):
            start = len(line[: found.start(1)].encode())
            return Place(number, start, start + len(found[1].encode()), found[1])
    raise AssertionError(f"no require of {module} in\n{text}")


def pinned(text: str, mismatches: Iterable[Mismatch]) -> str:
    """The go.mod with the host's versions of some modules, and otherwise unchanged."""
    for mismatch in mismatches:
        old, new = f"{mismatch.module} {mismatch.plugin}", f"{mismatch.module} {mismatch.host}"
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text
