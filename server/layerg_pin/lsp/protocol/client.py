"""The client's capabilities, as far as the server depends on them."""

from functools import partial
from typing import NamedTuple

from layerg_pin.core.text import Encoding
from layerg_pin.lsp.protocol.json_values import field

SECTION = "layergPin"
"""The section of the client's settings, and the prefix of command names."""
_ENCODINGS: dict[object, Encoding] = {"utf-8": "utf-8", "utf-16": "utf-16", "utf-32": "utf-32"}


class Client(NamedTuple):
    """The capabilities of a client. The default values are those of a client that declares none."""

    encoding: Encoding = "utf-16"
    """The agreed position encoding."""
    pulls: bool = False
    """The client requests diagnostics, and requests them again when asked to. It gets none by publishDiagnostics.

    A client without `workspace/diagnostic/refresh` would miss the findings of Go's later answers, so it gets
    diagnostics published even if it can request them.
    """
    related_documents: bool = False
    """A report about a document may contain those about others."""
    related_information: bool = False
    code_description: bool = False
    document_changes: bool = False
    configuration: bool = False
    """`workspace/configuration`: the server can request settings."""
    registers_configuration: bool = False
    """The server can register for `workspace/didChangeConfiguration`."""
    watches_files: bool = False
    """The server can register for `workspace/didChangeWatchedFiles`."""
    progress: bool = False
    """`window/workDoneProgress/create`."""
    markdown: bool = False
    """Hovers can be Markdown."""
    link_tooltips: bool = False
    refreshes_hints: bool = False
    refreshes_lenses: bool = False
    shows_message_actions: bool = False
    """`window/showMessageRequest`: messages can have actions to choose from."""
    shows_documents: bool = False
    """`window/showDocument`: the server can open a file in the editor."""
    creates_files: bool = False
    """A workspace edit may create files."""


def client_of(capabilities: object) -> Client:
    """The client with these ClientCapabilities, which are JSON. Unexpected values are treated as missing."""
    can = partial(field, capabilities)
    document, workspace, edit = "textDocument", "workspace", ("workspace", "workspaceEdit")
    document_changes = bool(can(*edit, "documentChanges"))
    pulled = can(document, "diagnostic")

    def diagnostics_have(name: str) -> bool:
        return bool(can(document, "publishDiagnostics", name) or field(pulled, name))

    return Client(
        encoding=agreed_encoding(can("general", "positionEncodings")),
        pulls=isinstance(pulled, dict) and can(workspace, "diagnostics", "refreshSupport") is True,
        related_documents=field(pulled, "relatedDocumentSupport") is True,
        related_information=diagnostics_have("relatedInformation"),
        code_description=diagnostics_have("codeDescriptionSupport"),
        document_changes=document_changes,
        configuration=bool(can(workspace, "configuration")),
        registers_configuration=bool(can(workspace, "didChangeConfiguration", "dynamicRegistration")),
        watches_files=bool(can(workspace, "didChangeWatchedFiles", "dynamicRegistration")),
        progress=bool(can("window", "workDoneProgress")),
        markdown="markdown" in (can(document, "hover", "contentFormat") or ()),
        link_tooltips=bool(can(document, "documentLink", "tooltipSupport")),
        refreshes_hints=bool(can(workspace, "inlayHint", "refreshSupport")),
        refreshes_lenses=bool(can(workspace, "codeLens", "refreshSupport")),
        shows_message_actions=can("window", "showMessage") is not None,
        shows_documents=bool(can("window", "showDocument", "support")),
        creates_files=document_changes and "create" in (can(*edit, "resourceOperations") or ()),
    )


def agreed_encoding(offered: object) -> Encoding:
    """The first supported position encoding that the client offers; UTF-16 without one. pygls chooses the same."""
    names = offered if isinstance(offered, list) else []
    return next((_ENCODINGS[name] for name in names if isinstance(name, str) and name in _ENCODINGS), "utf-16")
