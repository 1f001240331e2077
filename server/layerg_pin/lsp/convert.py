"""From the core's values to the protocol's, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from lsprotocol import types
from pygls import uris

from layerg_pin.core.finding import Finding, Related, Severity
from layerg_pin.core.text import Encoding, LineIndex, Span, TextEdit, printable
from layerg_pin.files import LineIndexes

SOURCE = "layerg-pin"

_PAGES = Path(__file__).parent.parent / "pages"
_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFORMATION: types.DiagnosticSeverity.Information,
    Severity.HINT: types.DiagnosticSeverity.Hint,
}


class Client(NamedTuple):
    """What the client can do, as far as it decides what it is sent."""

    encoding: Encoding = "utf-16"
    related_information: bool = False
    code_description: bool = False
    document_changes: bool = False
    configuration: bool = False
    """Whether it can be asked for its settings."""
    registers_configuration: bool = False
    """Whether it tells of changed settings once it is asked to."""
    watches_files: bool = False
    """Whether it watches files in the workspace's folders once it is asked to."""
    progress: bool = False
    """Whether it shows progress that the server begins."""
    markdown: bool = False
    """Whether it shows Markdown on hovering."""
    link_tooltips: bool = False
    refreshes_hints: bool = False
    refreshes_lenses: bool = False
    asks: bool = False
    """Whether it shows a message with actions to choose from."""
    shows_documents: bool = False
    """Whether it opens a file that the server names."""
    creates_files: bool = False
    """Whether an edit may create a file."""


def client_of(capabilities: types.ClientCapabilities, encoding: str) -> Client:
    """What the client said at initialize; `encoding` is the one that was agreed on."""
    document = capabilities.text_document
    diagnostics = document.publish_diagnostics if document else None
    workspace = capabilities.workspace
    edit = workspace.workspace_edit if workspace else None
    changed = workspace.did_change_configuration if workspace else None
    watched = workspace.did_change_watched_files if workspace else None
    window, hover = capabilities.window, document.hover if document else None
    links = document.document_link if document else None
    hints, lenses = (workspace.inlay_hint, workspace.code_lens) if workspace else (None, None)
    operations = (edit.resource_operations if edit else None) or ()
    known: dict[str, Encoding] = {"utf-8": "utf-8", "utf-32": "utf-32"}
    return Client(
        known.get(encoding, "utf-16"),
        bool(diagnostics and diagnostics.related_information),
        bool(diagnostics and diagnostics.code_description_support),
        bool(edit and edit.document_changes),
        bool(workspace and workspace.configuration),
        bool(changed and changed.dynamic_registration),
        bool(watched and watched.dynamic_registration),
        bool(window and window.work_done_progress),
        bool(hover and types.MarkupKind.Markdown in (hover.content_format or ())),
        bool(links and links.tooltip_support),
        bool(hints and hints.refresh_support),
        bool(lenses and lenses.refresh_support),
        bool(window and window.show_message),
        bool(window and window.show_document and window.show_document.support),
        bool(edit and edit.document_changes and types.ResourceOperationKind.Create in operations),
    )


@lru_cache(maxsize=256)
def uri_of(path: str) -> str:
    """The file URI of an absolute path."""
    return Path(path).as_uri()


def path_of(uri: str) -> str | None:
    """The absolute path that a file URI names; None for any other URI, and for the path of another system."""
    path = uris.to_fs_path(uri)
    return path if path and os.path.isabs(path) and "\0" not in path else None


def line_uri(path: str, line: int) -> str:
    """The URI of a file with a fragment that names a 0-based line, as editors read it in links."""
    return f"{uri_of(path)}#L{line + 1}"


def range_of(span: Span, index: LineIndex, encoding: Encoding) -> types.Range:
    """A span as a range of the protocol."""
    start, end = index.position(span.start, encoding), index.position(span.end, encoding)
    return types.Range(types.Position(*start), types.Position(*end))


def line_location(path: str, line: int, indexes: LineIndexes, client: Client) -> types.Location:
    """A whole 0-based line of a file."""
    index = indexes.of(path)
    return types.Location(uri_of(path), range_of(index.line_span(line), index, client.encoding))


def offset_of(position: types.Position, index: LineIndex, client: Client) -> int:
    """The offset of the client's position in a text."""
    return index.offset(position.line, position.character, client.encoding)


def diagnostic(finding: Finding, indexes: LineIndexes, client: Client) -> types.Diagnostic:
    """A finding as a diagnostic."""
    page = _PAGES / f"{finding.code}.md"
    described = client.code_description and page.is_file()
    related = [_related(each, indexes, client) for each in finding.related] if client.related_information else None
    return types.Diagnostic(
        range=range_of(finding.span, indexes.of(finding.path), client.encoding),
        message=printable(finding.message),
        severity=_SEVERITIES[finding.severity],
        code=finding.code,
        code_description=types.CodeDescription(page.as_uri()) if described else None,
        source=SOURCE,
        related_information=related or None,
    )


@dataclass(frozen=True, slots=True)
class DocumentEdits:
    """A change of one document; `edits` refer to the text of `index`."""

    uri: str
    version: int | None
    index: LineIndex
    edits: Sequence[TextEdit]


def workspace_edit(documents: Sequence[DocumentEdits], client: Client) -> types.WorkspaceEdit:
    """Edits of several documents as one, in the form that the client takes."""
    changes = {
        each.uri: [types.TextEdit(range_of(edit.span, each.index, client.encoding), edit.new) for edit in each.edits]
        for each in documents
    }
    if not client.document_changes:
        return types.WorkspaceEdit(changes=changes)
    identifiers = [
        types.OptionalVersionedTextDocumentIdentifier(uri=each.uri, version=each.version) for each in documents
    ]
    return types.WorkspaceEdit(
        document_changes=[types.TextDocumentEdit(each, changes[each.uri]) for each in identifiers]
    )


def _related(related: Related, indexes: LineIndexes, client: Client) -> types.DiagnosticRelatedInformation:
    where = line_location(related.path, related.line, indexes, client)
    return types.DiagnosticRelatedInformation(where, printable(related.message))
