"""A pygls server that checks nothing, to measure the cost of the protocol and of pygls: `python empty_server.py COUNT`.

It answers hovers and code actions with null. It publishes COUNT diagnostics, made as a pygls server makes them, for
the first COUNT lines of each text, and one more for the invalid line that the benchmark adds.
"""

from __future__ import annotations

import sys

from lsprotocol import types
from pygls.lsp.server import LanguageServer

BROKEN = "requires nothing"
"""Not a valid line of a go.mod."""


def main(count: int) -> None:
    server = LanguageServer("empty", "0", types.TextDocumentSyncKind.Full)

    def publish(uri: str, version: int, text: str) -> None:
        broken = text.find(f"\n{BROKEN}\n")
        lines = [*range(count), *([text.count("\n", 0, broken) + 1] if broken >= 0 else [])]
        where = (types.Range(types.Position(line, 0), types.Position(line, 9)) for line in lines)
        found = [
            types.Diagnostic(each, "a version that the host has not", code="none", source="empty") for each in where
        ]
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(_: LanguageServer, params: types.DidOpenTextDocumentParams) -> None:
        publish(params.text_document.uri, params.text_document.version, params.text_document.text)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(ls: LanguageServer, params: types.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        publish(document.uri, document.version, ls.workspace.get_text_document(document.uri).source)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(_: LanguageServer, params: types.HoverParams) -> types.Hover | None:
        return None

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION)
    def code_action(_: LanguageServer, params: types.CodeActionParams) -> list[types.CodeAction]:
        return []

    server.start_io()


if __name__ == "__main__":
    main(int(sys.argv[1]))
