"""What a check says: findings and their fixes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from layerg_pin.core.model.host_manifest import HostModule
from layerg_pin.core.text import Span, TextEdit


class Severity(StrEnum):
    """As in the language server protocol."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"
    HINT = "hint"


Severities = Mapping[str, Severity | None]
"""What the user has set for a code; None turns it off."""


class Related(NamedTuple):
    """Another place that a finding speaks of: an absolute path and a 0-based line."""

    path: str
    line: int
    message: str


def at_host(module: HostModule) -> tuple[Related, ...]:
    """The host's line for a module; nothing where a binary says it, which has no lines."""
    origin = module.origin
    version = module.version or "(the host's own module)"
    return () if origin.line is None else (Related(origin.path, origin.line, f"host: {module.path} {version}"),)


class FileEdits(NamedTuple):
    """A change of the file at an absolute path; `edits` refer to `text`."""

    path: str
    text: str
    edits: tuple[TextEdit, ...]


class Fix(NamedTuple):
    """A titled change: `edits` are of the plugin's go.mod, and refer to the text that was checked."""

    title: str
    edits: tuple[TextEdit, ...]
    modules: tuple[str, ...]
    """The modules that agree with the host afterwards."""
    others: tuple[FileEdits, ...] = ()
    """Changes of other files that belong to it."""


class Fixes:
    """The fixes of one finding, worked out when they are looked at: while one types, hardly any are.

    To compare them would be to work them out. They follow from what a finding says, and count for nothing there.
    """

    def __init__(self, work: Callable[[], Iterable[Fix | None]] = tuple) -> None:
        self._work = work

    @cached_property
    def _found(self) -> tuple[Fix, ...]:
        return tuple(fix for fix in self._work() if fix)

    def __iter__(self) -> Iterator[Fix]:
        return iter(self._found)

    def __bool__(self) -> bool:
        return bool(self._found)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fixes)

    def __hash__(self) -> int:
        return hash(Fixes)


NO_FIXES = Fixes()


class Finding(NamedTuple):
    """One thing wrong at one place. `span` is in the text of the file at `path`, which is absolute."""

    code: str
    severity: Severity
    message: str
    path: str
    span: Span
    module: str | None = None
    package: str | None = None
    host_version: str | None = None
    plugin_version: str | None = None
    certainty: Certainty | None = None
    related: tuple[Related, ...] = ()
    fixes: Fixes = NO_FIXES


class Certainty(StrEnum):
    """How sure it is that a package is linked into both sides."""

    CERTAIN = "certain"
    """Both link sets are known: the plugin's from `go list -deps`, the host's likewise, or from its binary."""
    LIKELY = "likely"
    """The plugin's is known, and the host's modules.txt, a superset of what is linked, lists the package."""
    POSSIBLE = "possible"
    """One side is known by module only."""
