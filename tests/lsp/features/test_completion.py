"""Completion in go.mod, with the text that it leaves behind."""

from __future__ import annotations

import pytest
from lsprotocol import types

from layerg_pin.core.text import LineIndex, Span, TextEdit, apply_edits
from tests.conftest import Examples
from tests.lsp.conftest import Editor, Start
from tests.lsp.test_session import CLIENTS, refined


async def completed(editor: Editor, uri: str, marked: str) -> dict[str, str]:
    """The text after each completion at the mark `|`, by label, best first; the open file gets the text without it."""
    offset = marked.index("|")
    text = marked.replace("|", "")
    editor.change(uri, text)
    index = LineIndex(text)
    at = types.Position(*index.position(offset, editor.encoding))
    params = types.CompletionParams(types.TextDocumentIdentifier(uri), at)
    answer = await editor.client.text_document_completion_async(params)
    assert answer is None or isinstance(answer, types.CompletionList)
    found = {}
    items = answer.items if answer else ()
    for item in sorted(items, key=lambda item: item.sort_text or item.label):
        edit = item.text_edit
        assert isinstance(edit, types.TextEdit)
        start, end = (
            index.offset(each.line, each.character, editor.encoding) for each in (edit.range.start, edit.range.end)
        )
        assert start <= offset <= end
        assert edit.range.start.line == edit.range.end.line == at.line
        assert (item.filter_text or item.label).startswith(text[start:offset]) or text[start:offset] not in item.label
        found[item.label] = apply_edits(text, [TextEdit(Span(start, end), edit.new_text)])
    return found


@pytest.mark.parametrize("like", CLIENTS)
async def test_modules_of_the_host_with_their_version(examples: Examples, start: Start, like: str) -> None:
    editor = await start(examples.plugin, like=like)
    text = (examples.plugin / "go.mod").read_text().replace("\tgo.uber.org/multierr v1.10.0 // indirect\n", "")
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    typed = text.replace("module ", "// 🎉 höher\nmodule ").replace("\tgo.uber.org/zap v1.26.0\n", "\tgo.ub|\n")
    found = await completed(editor, uri, typed)
    assert set(found) == {"go.uber.org/multierr", "go.uber.org/zap"}, "those that go.mod does not require"
    assert found["go.uber.org/zap"] == typed.replace("go.ub|", "go.uber.org/zap v1.27.0")
    single = text + "\nrequire |"
    assert (await completed(editor, uri, single))["go.uber.org/multierr"] == single.replace(
        "|", "go.uber.org/multierr v1.11.0"
    )


async def test_versions_with_the_hosts_first(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin)
    text = (examples.plugin / "go.mod").read_text()
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    await editor.until_logged("go list for")
    found = await completed(editor, uri, text.replace("zap v1.26.0", "zap |v1.26.0"))
    assert next(iter(found)) == "v1.27.0"
    assert found["v1.27.0"] == text.replace("zap v1.26.0", "zap v1.27.0")
    assert "v1.26.0" in found, "it is in the module cache"
    assert next(iter(await completed(editor, uri, text + "\nexclude go.uber.org/zap v|"))) == "v1.27.0"
    assert set(await completed(editor, uri, text.replace("mux v1.8.1", "mux |v1.8.1"))) >= {"v1.8.1"}


@pytest.mark.parametrize(
    "typed",
    [
        "mod|ule example.com",
        "go 1.2|3",
        "require go.uber.org/zap v1.26.0 // ind|irect",
        "require go.uber.org/zap v1 |",
        "|",
    ],
)
async def test_no_completion_outside_of_modules_and_versions(examples: Examples, start: Start, typed: str) -> None:
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, lambda params: True)
    assert await completed(editor, uri, f"module example.com/backend\n\n{typed}\n") == {}


async def test_completion_can_be_switched_off(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, {"completion": "off"})
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, lambda params: True)
    assert await completed(editor, uri, "module example.com/backend\n\nrequire |\n") == {}
