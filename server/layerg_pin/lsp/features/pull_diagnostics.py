"""Answer `textDocument/diagnostic` and `workspace/diagnostic`, for clients that get no diagnostics published.

Source: Language Server Protocol 3.17, "Pull Diagnostics".
"""

from __future__ import annotations

from functools import partial

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from layerg_pin.lsp.protocol.json_values import Json, Report
from layerg_pin.lsp.server import Server


async def document_diagnostics(server: Server, params: types.DocumentDiagnosticParams) -> Report:
    """The diagnostics of a file, computed from its current text.

    Raises ServerCancelled if the text changed while a go.mod was loaded: the client then requests them again.
    """
    uri, documents = params.text_document.uri, server.session.documents
    before = documents.texts.get(uri)
    await server.session.publish_current(uri)
    now = documents.texts.get(uri)
    if before and now and before.text != now.text:
        code = int(types.LSPErrorCodes.ServerCancelled)
        raise JsonRpcException("the text changed meanwhile", code, types.DiagnosticServerCancellationData(True))
    related = server.related_files(uri) if server.client.related_documents else None
    return Report(server.reports.document(uri, params.previous_result_id, related))


async def workspace_diagnostics(server: Server, params: types.WorkspaceDiagnosticParams) -> Report:
    """The diagnostics of all files that changed since the client's last request, or partial results of them."""
    if not server.client.pulls:
        return Report({"items": []})  # this client gets the diagnostics of open plugins published, and no others
    workspace, token = server.session.workspace, params.partial_result_token
    workspace.begin()
    previous = {each.uri: each.value for each in params.previous_result_ids}
    stream = None if token is None else partial(_send_partial_result, server, token)
    return Report(await server.reports.workspace(previous, stream, workspace.loaded))


def _send_partial_result(server: Server, token: int | str, report: Json) -> None:
    server.protocol.notify_json(types.PROGRESS, {"token": token, "value": report})
