"""The protocol as JSON: what is told before the protocol's types are loaded, or too often to be built of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from pygls import uris

from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.text import Encoding, LineIndex, Span, printable
from layerg_pin.system.text_files import LineIndexes

Json = dict[str, Any]

SOURCE = "layerg-pin"
PUBLISH = "textDocument/publishDiagnostics"
CONFIGURATION = "workspace/configuration"
EARLY_REQUEST = "layerg-pin-early"
"""The number of the request for settings that is made before pygls is loaded."""
SECTION = "layergPin"
"""Of the client's settings."""

_LOCAL = re.compile(
    r"file:(?://localhost/+|/(?!/)|///+)" if os.sep == "/" else r"file://localhost/",
    re.IGNORECASE,
)
"""How the URI of a file on this machine begins."""
_PAGES = Path(__file__).parent.parent / "pages"
_SEVERITIES = {Severity.ERROR: 1, Severity.WARNING: 2, Severity.INFORMATION: 3, Severity.HINT: 4}
_ENCODINGS: dict[object, Encoding] = {"utf-8": "utf-8", "utf-16": "utf-16", "utf-32": "utf-32"}


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


class Early(NamedTuple):
    """What was said before pygls was loaded."""

    answered: str | int | None = None
    """The number of the initialize request, if it has its answer."""
    configured: Mapping[str, object] = MappingProxyType({})
    """The client's settings for files, by URI."""
    is_watched: bool = False
    """Whether the end of the client's process is watched for already."""


def client_of(capabilities: object) -> Client:
    """What the client says at initialize that it can do."""
    can = partial(said, capabilities)
    document, workspace, edit = "textDocument", "workspace", ("workspace", "workspaceEdit")
    changes = bool(can(*edit, "documentChanges"))
    return Client(
        encoding=agreed_encoding(can("general", "positionEncodings")),
        related_information=bool(can(document, "publishDiagnostics", "relatedInformation")),
        code_description=bool(can(document, "publishDiagnostics", "codeDescriptionSupport")),
        document_changes=changes,
        configuration=bool(can(workspace, "configuration")),
        registers_configuration=bool(can(workspace, "didChangeConfiguration", "dynamicRegistration")),
        watches_files=bool(can(workspace, "didChangeWatchedFiles", "dynamicRegistration")),
        progress=bool(can("window", "workDoneProgress")),
        markdown="markdown" in (can(document, "hover", "contentFormat") or ()),
        link_tooltips=bool(can(document, "documentLink", "tooltipSupport")),
        refreshes_hints=bool(can(workspace, "inlayHint", "refreshSupport")),
        refreshes_lenses=bool(can(workspace, "codeLens", "refreshSupport")),
        asks=can("window", "showMessage") is not None,
        shows_documents=bool(can("window", "showDocument", "support")),
        creates_files=changes and "create" in (can(*edit, "resourceOperations") or ()),
    )


def said(value: object, *names: str) -> Any:
    """What stands below names in JSON; None where nothing does."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def agreed_encoding(offered: object) -> Encoding:
    """The first of the position encodings that a client offers and that are known here, as pygls chooses it."""
    names = offered if isinstance(offered, list) else []
    return next((_ENCODINGS[name] for name in names if isinstance(name, str) and name in _ENCODINGS), "utf-16")


@lru_cache(maxsize=256)
def uri_of(path: str) -> str:
    """The file URI of an absolute path."""
    return Path(path).as_uri()


def path_of(uri: str) -> str | None:
    """The absolute path that a file URI names; None for any other URI, and for the path of another system or machine.

    `//`, `.`, `..` and a slash at the end are resolved as the file system does, so that a file has one path, apart from
    links and case.
    """
    try:
        path = uris.to_fs_path(_LOCAL.sub("file:///", uri, count=1))
        if not path or not os.path.isabs(path) or "\0" in path or (os.sep == "/" and path.startswith("//")):
            return None
        os.fsencode(path)  # half of a surrogate pair names no file
    except ValueError:  # brackets that are no address
        return None
    plain = os.path.normpath(path)
    return plain if plain == path or ".." not in path else os.path.realpath(path)


def line_uri(path: str, line: int) -> str:
    """The URI of a file with a fragment that names a 0-based line, as editors read it in links."""
    return f"{uri_of(path)}#L{line + 1}"


def diagnostics(uri: str, version: int | None, found: Iterable[tuple[Finding, LineIndexes]], client: Client) -> Json:
    """The parameters of `textDocument/publishDiagnostics`: all that one file shows."""
    listed = [_diagnostic(finding, indexes, client) for finding, indexes in found]
    return {"uri": uri, "diagnostics": listed} | ({} if version is None else {"version": version})


def _diagnostic(finding: Finding, indexes: LineIndexes, client: Client) -> Json:
    page = _page(finding.code) if client.code_description else None
    related = finding.related if client.related_information else ()
    told: Json = {
        "range": _range(finding.span, indexes.of(finding.path), client.encoding),
        "message": printable(finding.message),
        "severity": _SEVERITIES[finding.severity],
        "code": finding.code,
        "source": SOURCE,
    }
    if page:
        told["codeDescription"] = {"href": page}
    if related:
        told["relatedInformation"] = [
            {"location": _line(each.path, each.line, indexes, client), "message": printable(each.message)}
            for each in related
        ]
    return told


def _line(path: str, line: int, indexes: LineIndexes, client: Client) -> Json:
    index = indexes.of(path)
    return {"uri": uri_of(path), "range": _range(index.line_span(line), index, client.encoding)}


def _range(span: Span, index: LineIndex, encoding: Encoding) -> Mapping[str, Json]:
    (first, start), (last, end) = index.position(span.start, encoding), index.position(span.end, encoding)
    return {"start": {"line": first, "character": start}, "end": {"line": last, "character": end}}


@lru_cache(maxsize=64)
def _page(code: str) -> str | None:
    """The URI of a check's page."""
    page = _PAGES / f"{code}.md"
    return page.as_uri() if page.is_file() else None


def workspace_folders(params: Json) -> tuple[str, ...]:
    """The folders of the workspace that initialize names, as paths; the root where there is none else."""
    uri = [each["uri"] for each in params.get("workspaceFolders") or ()]
    root = params.get("rootUri") or (params.get("rootPath") and uris.from_fs_path(params["rootPath"]))
    return tuple(path for each in uri or [root] if each and (path := path_of(each)))
