"""Commands that return a report: explain, predict, the host's facts, and the plugin's status."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from lsprotocol import types

from tests.cli.test_check import ALL_AT_HOST
from tests.conftest import Examples
from tests.lsp.conftest import Editor, Start
from tests.lsp.test_session import applied, clean, codes, refined
from tests.platform_marks import builds_plugins
from tests.real_go.test_open import build_host, build_plugin

LINE = 'plugin.Open("/data/backend"): plugin was built with a different version of package go.uber.org/zap/buffer'


async def asked(editor: Editor, command: str, *arguments: Any) -> Any:
    return await editor.client.workspace_execute_command_async(types.ExecuteCommandParams(command, list(arguments)))


async def test_explain_uses_the_plugin(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    report = await asked(editor, "layergPin.explain", f"2026-01-01 fatal\n{LINE}\n", uri)
    assert "go.uber.org/zap v1.26.0" in report
    assert "go.mod:9: go.uber.org/zap is v1.26.0, host has v1.27.0" in report
    assert "3 more findings keep the host from loading this plugin" in report
    alone = await asked(editor, "layergPin.explain", LINE)
    assert "go.uber.org/zap/buffer" in alone
    unknown = await asked(editor, "layergPin.explain", "hello `there`")
    assert "**`` hello `there` ``**" in unknown


async def test_status_and_what_is_known_of_the_host(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    shown = await editor.until(uri, refined)
    status = await asked(editor, "layergPin.status", uri)
    assert (status["module"], status["errors"], status["fits"]) == ("example.com/backend", 4, False)
    assert status["complete"]
    assert status["host"].startswith("gameserver, modules.txt")
    assert status["go"].startswith("go1.")
    host = await asked(editor, "layergPin.showHost", uri)
    assert "modules       8" in host
    assert await asked(editor, "layergPin.status", "file:///nowhere/go.mod") is None
    edit = (await editor.actions(uri, shown.diagnostics[0]))["Align all 4 modules with the host"].edit
    assert edit
    editor.forget()
    editor.change(uri, applied((examples.plugin / "go.mod").read_text(), edit, uri, editor))
    await editor.until(uri, clean)
    assert (await asked(editor, "layergPin.status", uri))["fits"]


async def test_unknown_facts_never_fit(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, {"goPath": "/nowhere/go"})
    text = (examples.plugin / "go.mod").read_text()
    for old, new in (*ALL_AT_HOST, ("testify v1.9.0", "testify v1.10.0")):
        text = text.replace(old, new)
    uri = editor.open(examples.plugin / "go.mod", text)
    await editor.until(uri, lambda params: codes(params) == {"not-resolved"})
    status = await asked(editor, "layergPin.status", uri)
    assert (status["complete"], status["fits"], status["words"]) == (False, False, "no known differences")


@builds_plugins
async def test_predict_agrees_with_the_binary(examples: Examples, start: Start, tmp_path: Path) -> None:
    build_host(examples.host)
    build_plugin(examples.plugin, tmp_path)
    editor = await start(examples.plugin, {"host": str(examples.host / "gameserver")})
    uri = editor.open(examples.plugin / "go.mod")
    shown = await editor.until(uri, refined)
    assert all("host links are unknown" not in each.message for each in shown.diagnostics)
    report = await asked(editor, "layergPin.predict", str(tmp_path / "backend.so"), uri)
    assert report.startswith("**rejected**: `plugin was built with a different version of package ")
    assert "go.uber.org/zap v1.27.0 in the host, v1.26.0 in the plugin" in report
    compiled = await asked(editor, "layergPin.predict", str(examples.plugin), uri)
    rows = compiled.splitlines(keepends=True)
    (row,) = [each for each in rows if each.startswith("  compiled with go1.")]
    assert "no build file states which Go builds the plugin" in row
    assert "".join(each for each in rows if each != row) == report


async def test_predict_needs_a_binary(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    assert "needs a host that is a **binary**" in await asked(editor, "layergPin.predict", str(examples.plugin), uri)


@builds_plugins
async def test_predict_for_a_release(examples: Examples, start: Start, tmp_path: Path) -> None:
    """A plugin that is built with a Go release other than the host's is rejected without the host's binary."""
    build_plugin(examples.plugin, tmp_path)
    editor = await start(examples.plugin, {"host": "nakama@3.22.0"})
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, lambda params: "version-mismatch" in codes(params))
    report = await asked(editor, "layergPin.predict", str(tmp_path / "backend.so"), uri)
    assert report.startswith(("**rejected**", "**crash**")), report


async def test_silenced_findings_never_fit(examples: Examples, start: Start) -> None:
    (examples.plugin / "layerg-pin.toml").write_text('host = "../host"\nseverity = { version-mismatch = "off" }\n')
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, clean)
    while not (status := await asked(editor, "layergPin.status", uri))["complete"]:
        await asyncio.sleep(0.05)
    assert (status["errors"], status["fits"], status["words"]) == (0, False, "no problems, 4 findings silenced")
