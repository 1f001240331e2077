"""Commands that run Go for the user: download, align and tidy, with progress and Go's messages."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest
from lsprotocol import types

from layerg_pin.lsp.protocol.file_uris import uri_of
from tests.conftest import Examples, contents, go, go_build, still_running
from tests.lsp.conftest import Start
from tests.lsp.test_session import MISMATCHED, applied, clean, codes, modules, refined
from tests.lsp.test_settings import warnings
from tests.platform_marks import uses_shell

ALIGN_AND_TIDY = "layergPin.alignAndTidy"
DOWNLOAD = "layergPin.downloadModules"
TIDY_AND_VENDOR = "layergPin.tidyAndVendor"


@pytest.mark.parametrize("like", ["visual-studio-code", "neovim@v0.11.0"])
async def test_align_and_tidy_is_one_edit_of_go_mod_and_go_sum(examples: Examples, start: Start, like: str) -> None:
    tidied = examples.plugin.parent / "tidied"
    shutil.copytree(examples.plugin, tidied)
    before = contents(examples.plugin)
    editor = await start(examples.plugin, like=like, env={**os.environ, "GOSUMDB": "off"})
    gomod, gosum = examples.plugin / "go.mod", examples.plugin / "go.sum"
    uri = editor.open(gomod)
    shown = await editor.until(uri, refined)
    assert "Align all and tidy" in await editor.commands(uri, shown.diagnostics[0])
    align = (await editor.actions(uri, shown.diagnostics[0]))["Align all 4 modules with the host"]
    assert align.edit
    (tidied / "go.mod").write_text(applied(gomod.read_text(), align.edit, uri, editor))
    go(tidied, "mod", "tidy")

    await editor.run(ALIGN_AND_TIDY, uri)
    assert contents(examples.plugin) == before, "the client writes, not the server"
    (asked,) = editor.applied
    texts = {uri: gomod.read_text(), uri_of(str(gosum)): gosum.read_text()}
    for each in texts:
        texts[each] = applied(texts[each], asked.edit, each, editor)
    assert texts[uri] == (tidied / "go.mod").read_text()
    assert texts[uri_of(str(gosum))] == (tidied / "go.sum").read_text()
    editor.forget()
    editor.change(uri, texts[uri])
    await editor.until(uri, clean)


async def test_a_go_sum_that_is_not_there_yet_is_made(examples: Examples, start: Start) -> None:
    (examples.plugin / "go.sum").unlink()
    editor = await start(examples.plugin, like="visual-studio-code", env={**os.environ, "GOSUMDB": "off"})
    uri, gosum = editor.open(examples.plugin / "go.mod"), uri_of(str(examples.plugin / "go.sum"))
    await editor.until(uri, refined)
    await editor.run(ALIGN_AND_TIDY, uri)
    (asked,) = editor.applied
    assert asked.edit.document_changes
    created, _, filled = asked.edit.document_changes
    assert isinstance(created, types.CreateFile)
    assert isinstance(filled, types.TextDocumentEdit)
    assert created.uri == filled.text_document.uri == gosum
    assert "go.uber.org/zap v1.27.0 h1:" in filled.edits[0].new_text  # type: ignore[union-attr]  # no snippet


async def test_an_editor_that_cannot_create_files_gets_a_message(examples: Examples, start: Start) -> None:
    (examples.plugin / "go.sum").unlink()
    editor = await start(examples.plugin, like="neovim@v0.11.0", env={**os.environ, "GOSUMDB": "off"})
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    await editor.run(ALIGN_AND_TIDY, uri)
    (asked,) = editor.applied
    assert asked.edit.changes
    assert list(asked.edit.changes) == [uri]
    assert "there is no go.sum yet, and this editor cannot create it: run `go mod tidy`" in warnings(editor)[0]


async def test_a_failing_tidy_is_reported_in_gos_words_and_changes_nothing(examples: Examples, start: Start) -> None:
    (examples.plugin / "extra.go").write_text('package main\n\nimport _ "example.invalid/nowhere"\n')
    editor = await start(examples.plugin, env={**os.environ, "GOPROXY": "off", "GOSUMDB": "off"})
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    await editor.run(ALIGN_AND_TIDY, uri)
    assert editor.applied == []
    (message,) = [each.message for each in editor.client.messages]
    assert "example.invalid/nowhere" in message


async def test_download_modules_fills_the_module_cache(examples: Examples, start: Start, tmp_path: Path) -> None:
    env = {**os.environ, "GOMODCACHE": str(tmp_path / "cache"), "GOFLAGS": "-modcacherw", "GOSUMDB": "off"}
    editor = await start(examples.plugin, env=env)
    uri = editor.open(examples.plugin / "go.mod")
    shown = await editor.until(uri, lambda params: "not-resolved" in codes(params))
    said = next(each for each in shown.diagnostics if each.code == "not-resolved")
    assert "not in the module cache" in said.message
    assert "Download modules" in await editor.commands(uri, said)
    editor.forget()
    await editor.run(DOWNLOAD, uri)
    shown = await editor.until(uri, lambda params: refined(params) and "not-resolved" not in codes(params))
    assert modules(shown) == MISMATCHED


async def test_tidy_and_vendor_repairs_a_vendor_folder(examples: Examples, start: Start) -> None:
    gomod, modules_txt = examples.plugin / "go.mod", examples.plugin / "vendor" / "modules.txt"
    go(examples.plugin, "mod", "vendor")
    editor = await start(examples.plugin, env={**os.environ, "GOSUMDB": "off"})
    uri = editor.open(gomod)
    shown = await editor.until(uri, refined)
    assert "vendor-stale" not in codes(shown)
    align = (await editor.actions(uri, shown.diagnostics[0]))["Align all 4 modules with the host"]
    assert align.edit
    fixed = applied(gomod.read_text(), align.edit, uri, editor)
    editor.forget()
    editor.change(uri, fixed)
    shown = await editor.until(uri, lambda params: codes(params) == {"vendor-stale"})
    assert "Tidy and vendor" in await editor.commands(uri, shown.diagnostics[0])

    await editor.run(TIDY_AND_VENDOR, uri)
    (message,) = [each.message for each in editor.client.messages]
    assert "go.mod is not saved yet" in message
    gomod.write_text(fixed)
    editor.save(uri)
    await editor.run(TIDY_AND_VENDOR, uri)
    await editor.until(uri, clean)
    assert "# go.uber.org/zap v1.27.0" in modules_txt.read_text()
    go_build(examples.plugin, "-mod=vendor")


async def test_download_is_not_offered_where_it_would_bring_nothing(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    shown = await editor.until(uri, refined)
    assert await editor.commands(uri, shown.diagnostics[0]) == {"Align all and tidy"}


@uses_shell
async def test_a_long_run_shows_progress_and_can_be_cancelled(examples: Examples, start: Start, tmp_path: Path) -> None:
    slow = tmp_path / "go"
    slow.write_text("#!/bin/sh\nexec sleep 64.0937\n")
    slow.chmod(0o755)
    editor = await start(examples.plugin, {"goPath": str(slow)})
    editor.open(examples.plugin / "go.mod")
    reports = editor.client.progress_reports
    while not any(reports.values()):
        await asyncio.sleep(0.02)
    ((token, (begin, *_)),) = reports.items()
    assert isinstance(begin, types.WorkDoneProgressBegin)
    assert begin.title == "layerg-pin: asking Go about example.com/backend"
    assert begin.cancellable
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    while not isinstance(reports[token][-1], types.WorkDoneProgressEnd):
        await asyncio.sleep(0.02)
    assert still_running("64.0937") == []


@pytest.mark.parametrize("command", [ALIGN_AND_TIDY, DOWNLOAD, TIDY_AND_VENDOR])
async def test_a_command_for_a_file_that_is_not_open_is_reported(
    examples: Examples, start: Start, command: str
) -> None:
    editor = await start(examples.plugin)
    await editor.run(command, "file:///nowhere/go.mod")
    (message,) = editor.client.messages
    assert "/nowhere/go.mod is not the go.mod of an open plugin: open a plugin's go.mod first" in message.message
