"""From a require to the host's line, and back."""

from __future__ import annotations

import pytest
from lsprotocol import types

from layerg_pin.core.text import LineIndex
from layerg_pin.lsp.protocol.file_uris import uri_of
from tests.conftest import Examples
from tests.lsp.conftest import Editor, Start
from tests.lsp.test_session import CLIENTS, refined


def under(text: str, where: types.Range, editor: Editor) -> str:
    index = LineIndex(text)
    start, end = (index.offset(each.line, each.character, editor.encoding) for each in (where.start, where.end))
    return text[start:end]


@pytest.mark.parametrize("like", CLIENTS)
async def test_there_and_back(examples: Examples, start: Start, like: str) -> None:
    modules_txt = examples.host / "vendor" / "modules.txt"
    text, listing = (examples.plugin / "go.mod").read_text(), modules_txt.read_text()
    text = text.replace("\tgo.uber.org/zap v1.26.0", '\t"go.uber.org/zap" v1.26.0 // höher 🎉')
    editor = await start(examples.plugin, like=like)
    uri = editor.open(examples.plugin / "go.mod", text)
    await editor.until(uri, refined)
    document = types.TextDocumentIdentifier(uri)

    links = await editor.client.text_document_document_link_async(types.DocumentLinkParams(document)) or ()
    targets = {under(text, each.range, editor): each.target for each in links}
    line = listing.splitlines().index("# go.uber.org/zap v1.27.0")
    assert targets['"go.uber.org/zap"'] == f"{uri_of(str(modules_txt))}#L{line + 1}"
    assert "github.com/gorilla/mux" not in targets, "the host does not have it"
    assert len(targets) == 8

    at = types.Position(text[: text.index('"go.uber.org/zap"')].count("\n"), 3)
    found = await editor.client.text_document_definition_async(types.DefinitionParams(document, at))
    assert isinstance(found, types.Location)
    assert found.uri == uri_of(str(modules_txt))
    assert under(listing, found.range, editor) == "# go.uber.org/zap v1.27.0"

    host = editor.open(modules_txt)
    context = types.ReferenceContext(include_declaration=True)
    for position in (found.range.start, types.Position(line + 2, 0)):  # the module's line, and one of its packages
        params = types.ReferenceParams(context, types.TextDocumentIdentifier(host), position)
        (back,) = await editor.client.text_document_references_async(params) or ()
        assert back.uri == uri
        assert under(text, back.range, editor) == "v1.26.0"
    nowhere = types.DefinitionParams(document, types.Position(0, 0))
    assert await editor.client.text_document_definition_async(nowhere) is None


async def test_links_can_be_switched_off(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, {"links": False})
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    document = types.TextDocumentIdentifier(uri)
    assert not await editor.client.text_document_document_link_async(types.DocumentLinkParams(document))
    at = types.DefinitionParams(document, types.Position(8, 3))
    assert await editor.client.text_document_definition_async(at) is None


async def test_links_lead_to_a_host_that_is_a_go_mod(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, {"host": "../host/go.mod"})
    text, host = (examples.plugin / "go.mod").read_text(), (examples.host / "go.mod").read_text()
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, lambda params: True)
    at = types.Position(text[: text.index("go.uber.org/zap")].count("\n"), 3)
    params = types.DefinitionParams(types.TextDocumentIdentifier(uri), at)
    found = await editor.client.text_document_definition_async(params)
    assert isinstance(found, types.Location)
    assert found.uri == uri_of(str(examples.host / "go.mod"))
    assert under(host, found.range, editor).strip() == "go.uber.org/zap v1.27.0"
