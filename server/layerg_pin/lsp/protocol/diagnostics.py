"""Write diagnostics as JSON.

They are sent on every edit and before the types of the protocol are loaded, so they are not built from those types.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.text import Encoding, LineIndex, Span, printable
from layerg_pin.lsp.protocol.client import Client
from layerg_pin.lsp.protocol.file_uris import uri_of
from layerg_pin.lsp.protocol.json_values import Json
from layerg_pin.system.text_files import LineIndexes

PUBLISH_DIAGNOSTICS = "textDocument/publishDiagnostics"
PULL_DIAGNOSTICS = "textDocument/diagnostic"
SOURCE = "layerg-pin"
NO_DIAGNOSTICS = "none"
"""The result id of a report without diagnostics."""
_PAGES = Path(__file__).parents[2] / "pages"
_SEVERITIES = {Severity.ERROR: 1, Severity.WARNING: 2, Severity.INFORMATION: 3, Severity.HINT: 4}


def diagnostics(uri: str, version: int | None, found: Iterable[tuple[Finding, LineIndexes]], client: Client) -> Json:
    """The PublishDiagnosticsParams of a file, from all its findings. `version` is None for a file that is not open."""
    listed = [_diagnostic(finding, indexes, client) for finding, indexes in found]
    return {"uri": uri, "diagnostics": listed} | ({} if version is None else {"version": version})


def result_id(items: list[Json]) -> str:
    """An id of a file's diagnostics. Equal ones have an equal id as long as the server runs."""
    return f"{hash(json.dumps(items)):x}" if items else NO_DIAGNOSTICS


def full_report(items: list[Json]) -> Json:
    """The FullDocumentDiagnosticReport of a file."""
    return {"kind": "full", "resultId": result_id(items), "items": items}


def range_json(span: Span, index: LineIndex, encoding: Encoding) -> Json:
    """A span as a Range."""
    (first, start), (last, end) = index.position(span.start, encoding), index.position(span.end, encoding)
    return {"start": {"line": first, "character": start}, "end": {"line": last, "character": end}}


def line_location_json(path: str, line: int, indexes: LineIndexes, client: Client) -> Json:
    """A whole 0-based line of a file as a Location."""
    index = indexes.of(path)
    return {"uri": uri_of(path), "range": range_json(index.line_span(line), index, client.encoding)}


def _diagnostic(finding: Finding, indexes: LineIndexes, client: Client) -> Json:
    diagnostic: Json = {
        "range": range_json(finding.span, indexes.of(finding.path), client.encoding),
        "message": printable(finding.message),
        "severity": _SEVERITIES[finding.severity],
        "code": finding.code,
        "source": SOURCE,
    }
    if client.code_description and (page := _page_uri(finding.code)):
        diagnostic["codeDescription"] = {"href": page}
    if client.related_information and finding.related:
        diagnostic["relatedInformation"] = [
            {
                "location": line_location_json(each.path, each.line, indexes, client),
                "message": printable(each.message),
            }
            for each in finding.related
        ]
    return diagnostic


@lru_cache(maxsize=64)
def _page_uri(code: str) -> str | None:
    """The URI of a check's documentation page in this package."""
    page = _PAGES / f"{code}.md"
    return page.as_uri() if page.is_file() else None
