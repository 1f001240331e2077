"""The results of checks: findings and their fixes."""

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
"""The severity that the user has set for a code; None turns the check off."""


class Related(NamedTuple):
    """Another place that belongs to a finding: an absolute path and a 0-based line."""

    path: str
    line: int
    message: str


def at_host(module: HostModule) -> tuple[Related, ...]:
    """The line of the host's file that lists a module; empty for a binary, which has no lines, and for a release that
    the user named.
    """
    origin = module.origin
    version = module.version or "(the host's own module)"
    return (
        ()
        if origin.line is None or not origin.needs_line
        else (Related(origin.path, origin.line, f"host: {module.path} {version}"),)
    )


class FileEdits(NamedTuple):
    """Edits of the file at an absolute path; they refer to `text`."""

    path: str
    text: str
    edits: tuple[TextEdit, ...]


class Fix(NamedTuple):
    """A titled change: `edits` apply to the text of the plugin's go.mod that was checked."""

    title: str
    edits: tuple[TextEdit, ...]
    modules: tuple[str, ...]
    """The modules that agree with the host afterwards."""
    others: tuple[FileEdits, ...] = ()
    """Edits of other files that belong to the fix."""


class Fixes:
    """The fixes for one finding, computed on first use: while the user types, hardly any are needed.

    Two objects are never equal. To compare findings, compare them `without_fixes`, and their fixes as tuples.
    """

    def __init__(self, compute: Callable[[], Iterable[Fix | None]] = tuple) -> None:
        self._compute = compute

    @cached_property
    def _computed(self) -> tuple[Fix, ...]:
        return tuple(fix for fix in self._compute() if fix)

    def __iter__(self) -> Iterator[Fix]:
        return iter(self._computed)

    def __bool__(self) -> bool:
        return bool(self._computed)


NO_FIXES = Fixes()


class Certainty(StrEnum):
    """The certainty that a package is linked into both sides."""

    CERTAIN = "certain"
    """Both link sets are known: the plugin's from `go list -deps`, the host's likewise, or from its binary."""
    LIKELY = "likely"
    """The plugin's is known, and the host's modules.txt, a superset of what is linked, lists the package."""
    POSSIBLE = "possible"
    """One side is known by module only."""


class Finding(NamedTuple):
    """One problem at one place: `span` in the text of the file at `path`, which is absolute."""

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

    def without_fixes(self) -> "Finding":
        """The finding as a plain value that can be compared and hashed."""
        return self._replace(fixes=NO_FIXES)
