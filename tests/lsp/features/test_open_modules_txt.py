"""A modules.txt in the editor: its unreadable lines, and which plugins use a module."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from layerg_pin.lsp.protocol.file_uris import uri_of
from tests.conftest import Examples
from tests.lsp.conftest import Start
from tests.lsp.features.test_hover import hovered
from tests.lsp.test_session import CLIENTS, MISMATCHED, clean, codes, modules, refined


def broken(params: types.PublishDiagnosticsParams) -> bool:
    return codes(params) == {"syntax"}


@pytest.mark.parametrize("like", CLIENTS)
async def test_its_text_is_read_as_it_is_in_the_editor(examples: Examples, start: Start, like: str) -> None:
    modules_txt = examples.host / "vendor" / "modules.txt"
    text = modules_txt.read_text()
    editor = await start(examples.plugin, like=like)
    gomod = editor.open(examples.plugin / "go.mod")
    await editor.until(gomod, refined)
    uri = editor.open(modules_txt)
    version = editor.change(uri, text.replace("# go.uber.org/zap v1.27.0", "# 🎉 go.uber.org/zap v1.2"))
    shown = await editor.until(uri, broken)
    (said,) = shown.diagnostics
    assert shown.version == version
    assert "a module's line must read" in said.message
    end = {"utf-8": 27, "utf-16": 25, "utf-32": 24}[editor.encoding]
    assert (said.range.start.character, said.range.end.character) == (0, end)
    assert modules(editor.published[-1]) == MISMATCHED or editor.published[-1].uri == uri, "not the host's truth"
    editor.forget()
    editor.change(uri, text)
    await editor.until(uri, clean)
    editor.change(uri, text + "one two\n")
    await editor.until(uri, broken)
    editor.forget()
    editor.close(uri)
    await editor.until(uri, clean)


async def test_a_line_that_is_also_broken_on_disk_is_reported_once(examples: Examples, start: Start) -> None:
    modules_txt = examples.host / "vendor" / "modules.txt"
    modules_txt.write_text("<<<<<<< HEAD here\n" + modules_txt.read_text())
    editor = await start(examples.plugin)
    gomod = editor.open(examples.plugin / "go.mod")
    uri = uri_of(str(modules_txt))
    await editor.until(uri, broken)
    await editor.until(gomod, refined)
    editor.forget()
    editor.open(modules_txt)
    assert len((await editor.until(uri, lambda params: params.version is not None)).diagnostics) == 1
    editor.forget()
    editor.save(gomod)
    await editor.until_logged("go list for", times=2)
    editor.close(uri)
    await editor.until(uri, lambda params: params.version is None and bool(params.diagnostics))
    assert all(len(params.diagnostics) <= 1 for params in editor.published if params.uri == uri), "never twice"


@pytest.mark.parametrize("like", CLIENTS)
async def test_hover_on_modules_txt_names_the_plugins_that_use_a_module(
    examples: Examples, start: Start, like: str
) -> None:
    modules_txt = examples.host / "vendor" / "modules.txt"
    text = modules_txt.read_text()
    editor = await start(examples.plugin, like=like)
    uri = editor.open(modules_txt)
    assert await hovered(editor, uri, text, "# go.uber.org/zap") == ("", ""), "no plugin is open"
    gomod = editor.open(examples.plugin / "go.mod")
    await editor.until(gomod, refined)
    hover, range_text = await hovered(editor, uri, text, "# go.uber.org/zap")
    assert range_text == "# go.uber.org/zap v1.27.0"
    assert "**go.uber.org/zap v1.27.0**" in hover
    assert "example.com/backend has v1.26.0, required at go.mod:9. The host refuses the plugin: 9 packages" in hover
    package, range_text = await hovered(editor, uri, text, "go.uber.org/zap/buffer")
    assert range_text == "go.uber.org/zap/buffer"
    assert "this package is compiled into it" in package
    davecgh, _ = await hovered(editor, uri, text, "# github.com/davecgh/go-spew")
    assert "example.com/backend has v1.1.1" in davecgh
    unused = text + "# example.com/unused v1.0.0\nexample.com/unused\n"
    editor.change(uri, unused)
    hover, _ = await hovered(editor, uri, unused, "# example.com/unused")
    assert "example.com/backend does not use this module." in hover


async def test_other_files_of_that_name_get_nothing(examples: Examples, start: Start, tmp_path: Path) -> None:
    other = tmp_path / "modules.txt"
    other.write_text("numpy 1.2\nrequests 2.3\n")
    editor = await start(examples.plugin)
    uri = editor.open(other)
    hover = await hovered(editor, uri, other.read_text(), "numpy")
    assert hover == ("", "")
    assert all(not params.diagnostics for params in editor.published)


async def test_syntax_can_be_switched_off(examples: Examples, start: Start) -> None:
    modules_txt = examples.host / "vendor" / "modules.txt"
    editor = await start(examples.plugin, {"severity": {"syntax": "off"}})
    await editor.until(editor.open(examples.plugin / "go.mod"), refined)
    uri = editor.open(modules_txt, "one two\n" + modules_txt.read_text())
    shown = await editor.until(uri, lambda params: params.version is not None)
    assert not shown.diagnostics
