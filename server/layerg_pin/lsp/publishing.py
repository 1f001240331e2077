"""Which findings each file shows: a file's diagnostics come from all that have findings in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from layerg_pin.core.finding import Finding
from layerg_pin.lsp.json_messages import Client, Json, diagnostics
from layerg_pin.system.text_files import LineIndexes


class Part(NamedTuple):
    """What one owner, a plugin or a file itself, says of a file; the version of the file's text that it speaks of."""

    findings: tuple[Finding, ...]
    version: int | None
    indexes: LineIndexes


class Shown:
    """What the client was told, and telling it what is new."""

    def __init__(self, publish: Callable[[Json], None]) -> None:
        self._publish = publish
        self._parts: dict[str, dict[str, Part]] = {}
        """URI of a file, then of an owner, to what that one says of the file."""

    def show(self, owner: str, parts: Mapping[str, Part], client: Client) -> None:
        """Show what an owner says of files, by URI, and take back what it no longer says."""
        before = [uri for uri, owners in self._parts.items() if owner in owners]
        nothing = Part((), None, LineIndexes({}))
        for uri in dict.fromkeys((*parts, *before)):
            self._show(uri, owner, parts.get(uri, nothing), client)

    def _show(self, uri: str, owner: str, part: Part, client: Client) -> None:
        owners = self._parts.setdefault(uri, {})
        part = part._replace(findings=tuple(finding.without_fixes() for finding in part.findings))
        known = owners.get(owner)
        same = (known.findings, known.version) == (part.findings, part.version) if known else not part.findings
        if uri != owner and same and not known:
            return
        owners[owner] = part
        if uri != owner and same:
            return  # but what the part before was found in is not kept
        together = {finding: each for each in owners.values() for finding in each.findings}
        found = ((finding, each.indexes) for finding, each in together.items())
        self._publish(diagnostics(uri, part.version, found, client))
        if not part.findings:
            del owners[owner]
