"""Find builds of a host in a build file that run outside the surrounding workspace.

Sources: https://go.dev/ref/mod#workspaces (GOWORK=off leaves the workspace) and cmd/go/internal/modload/init.go, which
refuses `-mod=mod` in a workspace, and `-mod=vendor` unless `go work vendor` has created a vendor folder beside go.work.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_BUILD = re.compile(r"(?<![\w./-])(?:go|\$[({]\w+[)}])\s+(?:build|install)(?=\s|$)")
_PLUGIN = re.compile(r"-buildmode[= ]plugin")
_OFF = re.compile(r"\bGOWORK(?:\s*+[:?+]?=\s*+|\s++)[\"']?off\b")
_MOD = re.compile(r"-mod[= ](?:vendor|mod)\b")
_SET = re.compile(r"\s*(?:ENV|ARG|export|GOWORK|GOFLAGS)\b")
_SEPARATOR = re.compile(r"&&|\|\||[;|]")


class HostBuildLine(NamedTuple):
    """A `go build` or `go install` that does not build a plugin."""

    line: int
    """0-based."""
    off: bool
    """Whether it runs with GOWORK=off."""
    mod: bool
    """Whether it runs with -mod=vendor or -mod=mod."""


def host_builds(text: str) -> tuple[HostBuildLine, ...]:
    """The builds of programs in a Dockerfile, Makefile or script. Variables set in the file apply to all of them."""
    rows = list(_rows(text))
    set_off = any(_SET.match(row) and _OFF.search(row) and not _BUILD.search(row) for _, row in rows)
    set_mod = any(_SET.match(row) and _MOD.search(row) and not _BUILD.search(row) for _, row in rows)
    found = []
    for line, row in rows:
        for part in _SEPARATOR.split(row):
            if _BUILD.search(part) and not _PLUGIN.search(part) and "@" not in part:
                off, mod = bool(_OFF.search(part)), bool(_MOD.search(part))
                found.append(HostBuildLine(line, set_off or off, set_mod or mod))
    return tuple(found)


def _rows(text: str) -> Iterator[tuple[int, str]]:
    """Each line with its number, without comments and with continuation lines joined."""
    joined, first = "", 0
    for number, line in enumerate(text.splitlines()):
        if line.lstrip().startswith("#"):
            continue
        first = first if joined else number
        stripped = line.rstrip()
        if stripped.endswith("\\"):
            joined += stripped[:-1] + " "
            continue
        yield first, joined + line
        joined = ""
    if joined:
        yield first, joined
