"""Inlay hints after the requires, and when the client is asked to refresh them."""

from __future__ import annotations

from typing import Any

import pytest
from lsprotocol import types

from layerg_pin.core.text import LineIndex
from tests.conftest import Examples, go
from tests.lsp.conftest import Editor, Start
from tests.lsp.test_session import CLIENTS, refined

REFRESH = types.WORKSPACE_INLAY_HINT_REFRESH


async def hints(editor: Editor, uri: str, text: str, lines: tuple[int, int] | None = None) -> dict[str, str]:
    """The labels of the hints in some lines, or in all, by the text before them on their line."""
    index = LineIndex(text)
    first, last = lines or (0, text.count("\n"))
    where = types.Range(types.Position(first, 0), types.Position(last, 0))
    params = types.InlayHintParams(types.TextDocumentIdentifier(uri), where)
    found = {}
    for each in await editor.client.text_document_inlay_hint_async(params) or ():
        span = index.line_span(each.position.line)
        offset = index.offset(each.position.line, each.position.character, editor.encoding)
        assert isinstance(each.label, str)
        assert text[offset : span.end].strip() == "", "at the end of the line"
        found[text[span.start : offset].strip()] = each.label
    return found


DIFFERING = {
    "github.com/gofrs/uuid v3.3.0+incompatible": "host v4.0.0+incompatible",
    "github.com/stretchr/testify v1.9.0": "host v1.10.0, not shared",
    "go.uber.org/zap v1.26.0": "host v1.27.0",
    "google.golang.org/protobuf v1.34.2": "host v1.36.1",
    "go.uber.org/multierr v1.10.0 // indirect": "host v1.11.0",
}


@pytest.mark.parametrize("like", CLIENTS)
async def test_hints_show_the_hosts_version_where_it_differs(examples: Examples, start: Start, like: str) -> None:
    editor = await start(examples.plugin, like=like)
    text = (examples.plugin / "go.mod").read_text()
    text = text.replace("multierr v1.10.0 // indirect", "multierr v1.10.0 // indirect; höher 🎉")
    uri = editor.open(examples.plugin / "go.mod", text)
    await editor.until(uri, refined)
    found = await hints(editor, uri, text)
    expected = {key.replace("// indirect", "// indirect; höher 🎉"): label for key, label in DIFFERING.items()}
    assert found == expected
    line = text[: text.index("go.uber.org/zap")].count("\n")
    assert set(await hints(editor, uri, text, (line, line))) == {"go.uber.org/zap v1.26.0"}


@pytest.mark.parametrize(("setting", "ticks"), [("all", 3), (False, 0), (True, 0), ("off", 0)])
async def test_settings(examples: Examples, start: Start, setting: Any, ticks: int) -> None:
    editor = await start(examples.plugin, {"hints": setting})
    text = (examples.plugin / "go.mod").read_text()
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    found = await hints(editor, uri, text)
    assert list(found.values()).count("✓") == ticks
    assert bool(found) is (setting not in (False, "off"))


async def test_hover_on_an_overruled_pin_shows_the_selected_version(examples: Examples, start: Start) -> None:
    go(examples.plugin, "mod", "download", "go.uber.org/multierr@v1.9.0")
    editor = await start(examples.plugin)
    text = (examples.plugin / "go.mod").read_text().replace("multierr v1.10.0", "multierr v1.9.0")
    uri = editor.open(examples.plugin / "go.mod", text)
    await editor.until(uri, refined)
    found = await hints(editor, uri, text)
    assert found["go.uber.org/multierr v1.9.0 // indirect"] == "selected v1.10.0, host v1.11.0"


@pytest.mark.parametrize("like", ["neovim@v0.10.0", "neovim@v0.11.0", "emacs"])
async def test_the_client_is_asked_once_to_refresh(examples: Examples, start: Start, like: str) -> None:
    editor = await start(examples.plugin, like=like)
    gomod = examples.plugin / "go.mod"
    uri = editor.open(gomod)
    await editor.until(uri, refined)
    await editor.until_logged("go list for")
    if like == "emacs":
        assert editor.refreshed == [], "it cannot"
        return
    await hints(editor, uri, gomod.read_text())
    assert editor.refreshed == [REFRESH] * 2, "at the beginning, and when Go has answered"
    editor.save(uri)
    await editor.until_logged("go list for", times=2)
    editor.change(uri, gomod.read_text() + "\n")
    await editor.until_logged("go list for", times=3)
    await hints(editor, uri, gomod.read_text())
    assert editor.refreshed == [REFRESH] * 2, "no refresh without a change"


async def test_other_files_have_none(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin)
    uri = editor.open(examples.host / "go.mod")
    source = editor.open(examples.plugin / "main.go")
    assert await hints(editor, uri, (examples.host / "go.mod").read_text()) == {}
    assert await hints(editor, source, (examples.plugin / "main.go").read_text()) == {}
