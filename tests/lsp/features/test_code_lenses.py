"""Code lenses at the module line, and their commands."""

from __future__ import annotations

import pytest
from lsprotocol import types

from tests.conftest import Examples, local_go
from tests.lsp.conftest import Editor, Start
from tests.lsp.test_session import CLIENTS, applied, clean, refined


async def lenses(editor: Editor, uri: str) -> list[tuple[int, str, str]]:
    """Line, title and command of each lens."""
    params = types.CodeLensParams(types.TextDocumentIdentifier(uri))
    found = await editor.client.text_document_code_lens_async(params) or ()
    return [(each.range.start.line, each.command.title, each.command.command) for each in found if each.command]


HOST = (0, f"gameserver, modules.txt, {local_go()}", "layergPin.chooseHost")


@pytest.mark.parametrize("like", CLIENTS)
async def test_the_host_and_the_way_to_fit_it(examples: Examples, start: Start, like: str) -> None:
    editor = await start(examples.plugin, like=like)
    gomod = examples.plugin / "go.mod"
    uri = editor.open(gomod)
    await editor.until(uri, refined)
    assert await lenses(editor, uri) == [HOST, (0, "Align 4 modules", "layergPin.alignAll")]
    await editor.run("layergPin.alignAll", uri)
    (asked,) = editor.applied
    assert asked.label == "Align all 4 modules with the host"
    fixed = applied(gomod.read_text(), asked.edit, uri, editor)
    editor.forget()
    editor.change(uri, fixed)
    await editor.until(uri, clean)
    assert await lenses(editor, uri) == [HOST, (0, "everything fits", "")]
    await editor.run("layergPin.alignAll", uri)
    assert len(editor.applied) == 1, "there is nothing to align"


async def test_a_single_pin_is_aligned_too(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, {"severity": {"version-mismatch": "error"}})
    gomod = examples.plugin / "go.mod"
    text = gomod.read_text().replace("uuid v3.3.0", "uuid v4.0.0").replace("protobuf v1.34.2", "protobuf v1.36.1")
    text = text.replace("multierr v1.10.0", "multierr v1.11.0")
    uri = editor.open(gomod, text)
    await editor.until(uri, refined)
    assert (await lenses(editor, uri))[1][1] == "Align 1 module"
    await editor.run("layergPin.alignAll", uri)
    assert applied(text, editor.applied[0].edit, uri, editor) == text.replace("zap v1.26.0", "zap v1.27.0")


async def test_without_go_the_lens_claims_nothing(examples: Examples, start: Start) -> None:
    gomod = examples.plugin / "go.mod"
    text = gomod.read_text().replace("uuid v3.3.0", "uuid v4.0.0").replace("protobuf v1.34.2", "protobuf v1.36.1")
    text = text.replace("multierr v1.10.0", "multierr v1.11.0").replace("zap v1.26.0", "zap v1.27.0")
    text = text.replace("testify v1.9.0", "testify v1.10.0")
    editor = await start(examples.plugin, {"goPath": str(examples.plugin / "no-such-go")})
    uri = editor.open(gomod, text)
    await editor.until(uri, lambda params: True)
    assert await lenses(editor, uri) == [HOST, (0, "no known differences", "")]


async def test_no_host(examples: Examples, start: Start) -> None:
    (examples.plugin / "layerg-pin.toml").write_text("")
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, lambda params: True)
    assert await lenses(editor, uri) == [(0, "no host chosen", "layergPin.chooseHost")]


async def test_lenses_can_be_switched_off_and_on(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, {"lenses": "off"}, configuration=False)
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    assert await lenses(editor, uri) == []
    refreshed = len(editor.refreshed)
    settings = types.DidChangeConfigurationParams({"layergPin": {"lenses": True}})
    editor.client.workspace_did_change_configuration(settings)
    await editor.eventually(lambda: len(editor.refreshed) > refreshed)
    assert set(editor.refreshed) == {types.WORKSPACE_CODE_LENS_REFRESH}
    assert len(await lenses(editor, uri)) == 2
