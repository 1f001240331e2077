"""A server that answers the commands that are about words and not about plugins, so that the client's part is seen."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

server = LanguageServer("standin", "0")


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
def did_open(ls: LanguageServer, params: types.DidOpenTextDocumentParams) -> None:
    """Documents are sent to who listens."""


@server.command("layergPin.explain")
def explain(ls: LanguageServer, text: str, uri: str | None = None) -> str:
    return f"# Explained\n\n{text}\n\nfor {uri}"


@server.command("layergPin.predict")
def predict(ls: LanguageServer, path: str, uri: str) -> str:
    return f"# Predicted\n\n{path}\n\nfor {uri}"


@server.command("layergPin.showHost")
def show_host(ls: LanguageServer, uri: str) -> str:
    return f"the host for {uri}"


@server.command("layergPin.status")
def status(ls: LanguageServer, uri: str) -> dict[str, object]:
    return {
        "host": "gameserver, go 1.23",
        "go": "go1.26.8",
        "module": "example.com/backend",
        "errors": 0,
        "warnings": 0,
        "complete": True,
        "fits": True,
    }


@server.command("layergPin.tidyAndVendor")
def tidy_and_vendor(ls: LanguageServer, uri: str) -> str:
    return uri


@server.command("layergPin.chooseHost")
async def choose_host(ls: LanguageServer, uri: str, reference: str) -> None:
    toml = uri.replace("go.mod", "layerg-pin.toml")
    start = types.Range(types.Position(0, 0), types.Position(99, 0))
    edit = types.WorkspaceEdit(changes={toml: [types.TextEdit(start, f'host = "{reference}"\n')]})
    await ls.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, "Choose a host…"))


@server.command("layergPin.alignAll")
async def align_all(ls: LanguageServer, uri: str) -> None:
    at = types.Range(types.Position(2, 3), types.Position(2, 7))
    edit = types.WorkspaceEdit(changes={uri: [types.TextEdit(at, "1.22")]})
    await ls.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, "Align all"))


if __name__ == "__main__":
    server.start_io()
