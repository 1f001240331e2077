"""Publish findings as diagnostics. A file's diagnostics come from every plugin with findings in it, and from itself."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from layerg_pin.core.finding import Finding
from layerg_pin.core.text import LineIndex
from layerg_pin.lsp.protocol.client import Client
from layerg_pin.lsp.protocol.diagnostics import diagnostics
from layerg_pin.lsp.protocol.json_values import Json
from layerg_pin.lsp.session.documents import Document, OpenDocuments
from layerg_pin.lsp.session.open_plugin import Plugin
from layerg_pin.system.text_files import LineIndexes


class _Part(NamedTuple):
    """The findings of one owner, a plugin or a document, in a file; with the version and texts they refer to."""

    findings: tuple[Finding, ...]
    version: int | None
    indexes: LineIndexes


_NO_FINDINGS = _Part((), None, LineIndexes({}))


class Publisher:
    """Remembers what was published, publishes what changed, and clears what is gone."""

    def __init__(self, send: Callable[[Json], None], client: Client, documents: OpenDocuments) -> None:
        """`send` sends PublishDiagnosticsParams."""
        self._send = send
        self._client = client
        self._documents = documents
        self._parts: dict[str, dict[str, _Part]] = {}
        """The URI of a file, then that of an owner, to the owner's findings in the file."""

    def publish(self, plugin: Plugin) -> None:
        """Publish a plugin's findings in all files.

        Not those in an open modules.txt: its unsaved text has findings of its own.
        """
        document, indexes = plugin.document, plugin.indexes()
        found: dict[str, list[Finding]] = {document.path: []}
        for finding in plugin.findings:
            found.setdefault(finding.path, []).append(finding)
        parts = {}
        for path, findings in found.items():
            if not self._documents.has_modules_txt(path):
                is_own = path == document.path
                uri, version = (document.uri, document.version) if is_own else self._documents.uri_and_version(path)
                parts[uri] = _Part(tuple(findings), version, indexes)
        self._publish(document.uri, parts)

    def publish_document(self, document: Document, findings: tuple[Finding, ...]) -> None:
        """Publish the findings that an open document has by itself."""
        indexes = LineIndexes({document.path: LineIndex(document.text)})
        self._publish(document.uri, {document.uri: _Part(findings, document.version, indexes)})

    def related(self, uri: str) -> list[str]:
        """The URIs of all other files with findings of a plugin that has findings in this file."""
        owners = {uri, *self._parts.get(uri, ())}
        return [each for each, parts in self._parts.items() if each != uri and not owners.isdisjoint(parts)]

    def withdraw(self, owner: str) -> None:
        """Remove all findings of a plugin or a document, by its URI."""
        self._publish(owner, {})

    def _publish(self, owner: str, parts: Mapping[str, _Part]) -> None:
        """Replace all findings of an owner by those of `parts`, by the URI of their file."""
        before = [uri for uri, owners in self._parts.items() if owner in owners]
        for uri in dict.fromkeys((*parts, *before)):
            self._publish_part(uri, owner, parts.get(uri, _NO_FINDINGS))

    def _publish_part(self, uri: str, owner: str, part: _Part) -> None:
        owners = self._parts.setdefault(uri, {})
        known = owners.get(owner)
        same = (known.findings, known.version) == (part.findings, part.version) if known else not part.findings
        if uri != owner and same and not known:
            return
        owners[owner] = part
        if uri != owner and same:
            return  # the new part is kept all the same, so that the old texts can be freed
        together = {finding: each for each in owners.values() for finding in each.findings}
        found = ((finding, each.indexes) for finding, each in together.items())
        self._send(diagnostics(uri, part.version, found, self._client))
        if not part.findings:
            del owners[owner]
