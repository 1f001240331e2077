"""Convert values of the core to types of the protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lsprotocol import types

from layerg_pin.core.text import Encoding, LineIndex, Span, TextEdit, same_at_end, same_lines
from layerg_pin.lsp.protocol.client import Client
from layerg_pin.lsp.protocol.diagnostics import line_location_json, range_json
from layerg_pin.lsp.protocol.json_values import Json
from layerg_pin.system.text_files import LineIndexes


def range_of(span: Span, index: LineIndex, encoding: Encoding) -> types.Range:
    """A span as a Range."""
    return _range(range_json(span, index, encoding))


def line_location(path: str, line: int, indexes: LineIndexes, client: Client) -> types.Location:
    """A whole 0-based line of a file as a Location."""
    location = line_location_json(path, line, indexes, client)
    return types.Location(location["uri"], _range(location["range"]))


def offset_of(position: types.Position, index: LineIndex, client: Client) -> int:
    """The offset of the client's position in a text."""
    return index.offset(position.line, position.character, client.encoding)


@dataclass(frozen=True, slots=True)
class DocumentEdits:
    """Edits of one document, which refer to the text of `index`."""

    uri: str
    version: int | None
    index: LineIndex
    edits: Sequence[TextEdit]


def changed_text(uri: str, version: int | None, before: str, after: str) -> DocumentEdits:
    """The edit that replaces a text by another one: of the lines between the common first and the common last ones."""
    start = same_lines(before, after)
    same = same_at_end(before, after, start)
    end = before.find("\n", len(before) - same) + 1 or len(before)  # the end of the line where the common end starts
    edit = TextEdit(Span(start, end), after[start : len(after) - (len(before) - end)])
    return DocumentEdits(uri, version, LineIndex(before), [edit])


def workspace_edit(documents: Sequence[DocumentEdits], client: Client, new: Sequence[str] = ()) -> types.WorkspaceEdit:
    """Edits of several documents as one WorkspaceEdit that the client supports.

    `new` are the URIs of those that do not exist yet; they are created where the client supports that.
    """
    changes = {
        each.uri: [types.TextEdit(range_of(edit.span, each.index, client.encoding), edit.new) for edit in each.edits]
        for each in documents
    }
    if not client.document_changes:
        return types.WorkspaceEdit(changes=changes)
    identifiers = [
        types.OptionalVersionedTextDocumentIdentifier(uri=each.uri, version=each.version) for each in documents
    ]
    options = types.CreateFileOptions(ignore_if_exists=True)
    created = [types.CreateFile(uri=uri, options=options) for uri in new if client.creates_files]
    edits = [types.TextDocumentEdit(each, changes[each.uri]) for each in identifiers]
    return types.WorkspaceEdit(document_changes=[*created, *edits])


def _range(value: Json) -> types.Range:
    return types.Range(types.Position(**value["start"]), types.Position(**value["end"]))
