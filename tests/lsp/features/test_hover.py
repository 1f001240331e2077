"""Hover: in go.mod, in Go files, and in modules.txt, in the client's units and in the form that it shows."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from lsprotocol import types

from layerg_pin.core.text import LineIndex
from layerg_pin.lsp.protocol.file_uris import uri_of
from tests.cli.test_check import BUILD
from tests.conftest import Examples, local_go
from tests.lsp.commands.test_reports import asked
from tests.lsp.conftest import Editor, Start
from tests.lsp.test_session import CLIENTS, refined


async def hovered(editor: Editor, uri: str, text: str, words: str) -> tuple[str, str]:
    """The hover at the first occurrence of `words`, and the text of its range."""
    index = LineIndex(text)
    line, character = index.position(text.index(words) + 1, editor.encoding)
    at = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(line, character))
    found = await editor.client.text_document_hover_async(at)
    if found is None:
        return "", ""
    assert isinstance(found.contents, types.MarkupContent)
    assert found.range
    start, end = (
        index.offset(each.line, each.character, editor.encoding) for each in (found.range.start, found.range.end)
    )
    return found.contents.value, text[start:end]


@pytest.mark.parametrize("like", CLIENTS)
async def test_hover_on_a_require_shows_both_versions(examples: Examples, start: Start, like: str) -> None:
    editor = await start(examples.plugin, like=like)
    text = (examples.plugin / "go.mod").read_text()
    text = text.replace("\tgo.uber.org/zap v1.26.0", '\t"go.uber.org/zap" v1.26.0 // höher 🎉')
    text = text.replace("module ", "// 🎉🎉 grüße\nmodule ")
    uri = editor.open(examples.plugin / "go.mod", text)
    await editor.until(uri, refined)
    hover, range_text = await hovered(editor, uri, text, "v1.26.0 // höher")
    assert range_text == '"go.uber.org/zap" v1.26.0'
    modules_txt = examples.host / "vendor" / "modules.txt"
    line = modules_txt.read_text().splitlines().index("# go.uber.org/zap v1.27.0") + 1
    for words in (
        "**go.uber.org/zap v1.26.0, host v1.27.0**",
        "The host refuses the plugin: 9 packages are linked into both from different versions.",
        "Plugin: v1.26.0, required at go.mod:10",
        f"Host: v1.27.0, [host vendor/modules.txt:{line}]({uri_of(str(modules_txt))}#L{line})",
        "Linked into both: go.uber.org/zap, go.uber.org/zap/buffer,",
        "and 4 more",
        "Fix: Pin go.uber.org/zap to v1.27.0 (host)",
        "[Documentation of v1.27.0](https://pkg.go.dev/go.uber.org/zap@v1.27.0)",
    ):
        assert words in hover, hover


async def test_each_status_is_shown(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin)
    text = (examples.plugin / "go.mod").read_text()
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    mux, _ = await hovered(editor, uri, text, "gorilla/mux")
    assert "The host does not have this module, so any version fits." in mux
    assert "https://pkg.go.dev/github.com/gorilla/mux@v1.8.1" in mux
    assert "Linked into both" not in mux
    testify, _ = await hovered(editor, uri, text, "stretchr/testify")
    assert "The versions may differ: no package of it is linked into both." in testify
    assert "Linked into both: none, because the plugin compiles no package of it" in testify
    multierr, _ = await hovered(editor, uri, text, "go.uber.org/multierr")
    assert "required at go.mod:16 and by go.uber.org/zap v1.26.0 at go.mod:9" in multierr
    module, _ = await hovered(editor, uri, text, "example.com/backend")
    assert "4 modules do not fit." in module
    assert f"gameserver, modules.txt, {local_go()}: 8 modules from" in module
    assert f"Built with {local_go()}, [build/Dockerfile:3](file://" in module
    assert "Runs on glibc 2.36, [build/Dockerfile:12](file://" in module
    assert await hovered(editor, uri, text, "go 1.23") == ("", "")


async def test_a_replace_and_an_exclude(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin)
    text = (examples.plugin / "go.mod").read_text()
    text += "\nreplace go.uber.org/zap => go.uber.org/zap v1.25.0\n\nexclude go.uber.org/zap v1.26.1\n"
    uri = editor.open(examples.plugin / "go.mod", text)
    await editor.until(uri, refined)
    hover, _ = await hovered(editor, uri, text, "replace go.uber")
    assert "go.uber.org/zap v1.26.0, host v1.27.0" in hover
    assert "Replaced by go.uber.org/zap v1.25.0 at go.mod:20" in hover
    excluded, range_text = await hovered(editor, uri, text, "exclude go.uber")
    assert excluded == hover
    assert range_text == "exclude go.uber.org/zap v1.26.1"


async def test_without_go_and_without_a_host(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, {"goPath": str(examples.plugin / "no-such-go")})
    gomod = examples.plugin / "go.mod"
    text = gomod.read_text()
    uri = editor.open(gomod)
    await editor.until(uri, lambda params: True)
    hover, _ = await hovered(editor, uri, text, "go.uber.org/zap")
    assert "The host may refuse the plugin: it is not known which packages the plugin compiles." in hover
    assert "Linked into both: not known, because Go has not listed the plugin's packages" in hover
    await editor.end()
    editor = await start(examples.plugin, {"host": "nowhere"})
    uri = editor.open(gomod)
    await editor.until(uri, lambda params: True)
    hover, _ = await hovered(editor, uri, text, "go.uber.org/zap")
    assert "**go.uber.org/zap v1.26.0**" in hover
    assert "The host nowhere does not exist: nothing at" in hover


async def test_plain_text_where_markdown_is_not_shown(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, hover_formats=[types.MarkupKind.PlainText])
    text = (examples.plugin / "go.mod").read_text()
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    hover, _ = await hovered(editor, uri, text, "go.uber.org/zap")
    assert hover.startswith("go.uber.org/zap v1.26.0, host v1.27.0\nThe host refuses")
    assert "\nDocumentation of v1.27.0: https://pkg.go.dev/go.uber.org/zap@v1.27.0" in hover
    assert "file:" not in hover


async def test_hover_can_be_switched_off(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, {"hover": False})
    text = (examples.plugin / "go.mod").read_text()
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    assert await hovered(editor, uri, text, "go.uber.org/zap") == ("", "")


@pytest.mark.parametrize("like", CLIENTS)
async def test_hover_on_an_import_describes_its_package(examples: Examples, start: Start, like: str) -> None:
    main = examples.plugin / "main.go"
    text = main.read_text().replace('\t"github.com/gofrs/uuid"', '\t/* 🎉 ü */ "github.com/gofrs/uuid"')
    editor = await start(examples.plugin, like=like)
    uri = editor.open(main, text)
    gomod = uri_of(str(examples.plugin / "go.mod"))
    await editor.until(gomod, refined)
    hover, range_text = await hovered(editor, uri, text, "github.com/gofrs/uuid")
    assert range_text == '"github.com/gofrs/uuid"'
    assert "github.com/gofrs/uuid is linked into both." in hover
    assert "github.com/gofrs/uuid v3.3.0+incompatible, host v4.0.0+incompatible" in hover
    assert await hovered(editor, uri, text, "net/http") == ("", "")


async def test_hover_on_a_blank_import_says_that_it_keeps_a_pin(examples: Examples, start: Start) -> None:
    main, gomod = examples.plugin / "main.go", examples.plugin / "go.mod"
    pinned = gomod.read_text().replace("multierr v1.10.0 // indirect", "multierr v1.11.0")
    gomod.write_text(pinned)
    text = main.read_text().replace('\t"go.uber.org/zap"\n', '\t_ "go.uber.org/multierr"\n\t"go.uber.org/zap"\n')
    main.write_text(text)
    editor = await start(examples.plugin, env={**os.environ, "GOSUMDB": "off"})
    uri = editor.open(main)
    gomod_uri = editor.open(gomod)
    await editor.until(gomod_uri, refined)
    hover, range_text = await hovered(editor, uri, text, '_ "go.uber.org/multierr"')
    assert range_text == '_ "go.uber.org/multierr"'
    assert "This blank import keeps go.uber.org/multierr v1.11.0, the host's version, in go.mod" in hover
    other, _ = await hovered(editor, uri, text, '"go.uber.org/zap"')
    assert "blank import keeps" not in other


async def test_nothing_is_published_for_other_files(examples: Examples, start: Start, tmp_path: Path) -> None:
    other = tmp_path / "other.go"
    other.write_text('package other\n\nimport _ "go.uber.org/zap"\n')
    editor = await start(examples.plugin)
    gomod = editor.open(examples.plugin / "go.mod")
    uri = editor.open(other)
    await editor.until(gomod, refined)
    assert await hovered(editor, uri, other.read_text(), "go.uber.org/zap") == ("", "")


async def test_the_hover_says_why_there_is_no_verdict(start: Start, tmp_path: Path) -> None:
    gomod = tmp_path / "go.mod"
    gomod.write_text("module example.com/p\n\ngo 1.21\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc InitModul() {}\n\nfunc main() {}\n")
    (tmp_path / "Dockerfile").write_text(BUILD.format(comment="").replace("go build", "go build -trimpath"))
    (tmp_path / "layerg-pin.toml").write_text('host = "nakama@3.22.0"\n')
    editor = await start(tmp_path)
    uri = editor.open(gomod)
    while not ((status := await asked(editor, "layergPin.status", uri)) and status["complete"]):
        await asyncio.sleep(0.05)
    hover, _ = await hovered(editor, uri, gomod.read_text(), "module ")
    assert "No known differences." in hover
    assert "No verdict: Nakama looks up InitModule, which package main does not declare" in hover
