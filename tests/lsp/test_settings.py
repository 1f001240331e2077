"""Settings, trust, folders and unsaved Go files, as an editor has them."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

from lsprotocol import types

from layerg_pin.lsp.protocol.file_uris import uri_of
from tests.conftest import Examples, contents
from tests.lsp.conftest import Editor, Start
from tests.lsp.test_session import MISMATCHED, clean, codes, modules, refined
from tests.platform_marks import uses_shell


def severities(params: types.PublishDiagnosticsParams) -> set[types.DiagnosticSeverity | None]:
    return {each.severity for each in params.diagnostics if each.code == "version-mismatch"}


async def status(editor: Editor, uri: str) -> Any:
    params = types.ExecuteCommandParams("layergPin.status", [uri])
    return await editor.client.workspace_execute_command_async(params)


def warnings(editor: Editor) -> list[str]:
    return [each.message for each in editor.client.messages]


async def test_settings_are_requested_again_after_a_change(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, like="visual-studio-code")
    editor.client.set_configuration({"layergPin": {"severity": {"version-mismatch": "hint"}}})
    uri = editor.open(examples.plugin / "go.mod")
    assert severities(await editor.until(uri, refined)) == {types.DiagnosticSeverity.Hint}
    editor.forget()
    editor.client.set_configuration({"layergPin": {"severity": {"version-mismatch": "off"}}})
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    await editor.until(uri, clean)


async def test_only_changes_of_its_own_settings_make_the_server_check_again(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, like="visual-studio-code", trace=types.TraceValue.Messages)
    await editor.eventually(lambda: types.WORKSPACE_DID_CHANGE_CONFIGURATION in editor.registered)
    assert editor.registered[types.WORKSPACE_DID_CHANGE_CONFIGURATION] == {"section": "layergPin"}
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    await editor.until_logged("go list for")
    await editor.eventually(lambda: any(each.message.endswith(": 4 findings") for each in editor.traced))
    editor.traced.clear()
    # VS Code sends all settings of the section as soon as it is registered.
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"layergPin": {}}))
    for _ in range(3):  # by then the server has asked, was answered, and has had time to act
        await status(editor, uri)
    assert editor.traced == []
    editor.client.set_configuration({"layergPin": {"severity": {"version-mismatch": "hint"}}})
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    await editor.until(uri, lambda params: severities(params) == {types.DiagnosticSeverity.Hint})


async def test_settings_are_pushed_by_other_clients(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, like="emacs", configuration=False)
    uri = editor.open(examples.plugin / "go.mod")
    assert severities(await editor.until(uri, refined)) == {types.DiagnosticSeverity.Error}
    for values in (
        {"layergPin": {"severity": {"version-mismatch": "warning"}}},
        {"severity": {"version-mismatch": "hint"}},
    ):
        editor.forget()
        editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(values))
        wanted = types.DiagnosticSeverity.Hint if "severity" in values else types.DiagnosticSeverity.Warning
        await editor.until(uri, lambda params, wanted=wanted: severities(params) == {wanted})  # type: ignore[misc]


async def test_an_invalid_setting_is_reported_once_and_the_default_used(examples: Examples, start: Start) -> None:
    options = {"host": 3, "goTimeout": "soon", "severity": {"version-mismatch": "loud"}}
    editor = await start(examples.plugin, options, like="emacs", configuration=False)
    uri = editor.open(examples.plugin / "go.mod")
    assert modules(await editor.until(uri, refined)) == MISMATCHED
    editor.save(uri)
    await editor.until_logged("go list for", times=2)
    shown = warnings(editor)
    assert len(shown) == 3
    assert any("initializationOptions: host must be a string" in each for each in shown)
    assert any("goTimeout must be a number of seconds" in each for each in shown)
    assert any("one of error, warning, information, hint, off for version-mismatch" in each for each in shown)


async def test_an_invalid_project_file_is_reported_once(examples: Examples, start: Start) -> None:
    project = examples.plugin / "layerg-pin.toml"
    project.write_text(project.read_text() + "packages = 1\n")
    editor = await start(examples.plugin, like="emacs")
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    editor.save(uri)
    await editor.until_logged("go list for", times=2)
    assert len(warnings(editor)) == 1
    assert "layerg-pin.toml:3: packages must be a list" in warnings(editor)[0]


async def test_the_project_file_is_read_again_when_it_is_saved(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    editor.forget()
    project = examples.plugin / "layerg-pin.toml"
    project.write_text('host = "../host"\nseverity = { version-mismatch = "information" }\n')
    editor.save(uri_of(str(project)))
    shown = await editor.until(uri, refined)
    assert severities(shown) == {types.DiagnosticSeverity.Information}


@uses_shell
async def test_without_trust_nothing_is_run_and_nothing_outside_is_read(
    examples: Examples, start: Start, tmp_path: Path
) -> None:
    marker, go = tmp_path / "ran", tmp_path / "go"
    go.write_text(f"#!/bin/sh\ntouch {marker}\n")
    go.chmod(0o755)
    editor = await start(examples.plugin, {"trusted": False, "goPath": str(go)})
    uri = editor.open(examples.plugin / "go.mod")
    (said,) = (await editor.until(uri, lambda params: True)).diagnostics
    assert said.code == "host-not-found"
    assert "not trusted" in said.message
    assert not marker.exists()


async def test_without_trust_no_go_work_outside_is_read(examples: Examples, start: Start) -> None:
    gomod = examples.host / "go.mod"
    gomod.write_text(gomod.read_text().replace("example.com/gameserver", "github.com/heroiclabs/nakama/v3"))
    (examples.plugin / "layerg-pin.toml").unlink()
    moved = examples.host.rename(examples.host.parent / "elsewhere")
    (examples.plugin.parent / "go.work").write_text(f"go 1.23\n\nuse ./plugin\n\nuse {moved}\n")
    editor = await start(examples.plugin, {"trusted": False})
    uri = editor.open(examples.plugin / "go.mod")
    (said,) = (await editor.until(uri, lambda params: True)).diagnostics
    assert said.code == "host-not-found"


@uses_shell
async def test_another_go_is_asked_which_it_is(examples: Examples, start: Start, tmp_path: Path) -> None:
    """A setting that names another go counts at once, also for what `go env` says."""
    other = tmp_path / "go"
    other.write_text(f'#!/bin/sh\n{shutil.which("go")} "$@" | sed "s/go1[.][0-9.]*/go1.99.9/"\n')
    other.chmod(0o755)
    editor = await start(examples.plugin, like="visual-studio-code")
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    first = await status(editor, uri)
    assert first["go"] != "go1.99.9"
    editor.forget()
    editor.client.set_configuration({"layergPin": {"goPath": str(other)}})
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    await editor.until_logged("go list for", times=2)
    while (await status(editor, uri))["go"] != "go1.99.9":
        await asyncio.sleep(0.02)


@uses_shell
async def test_without_trust_the_users_own_host_is_read(examples: Examples, start: Start, tmp_path: Path) -> None:
    marker, go = tmp_path / "ran", tmp_path / "go"
    go.write_text(f"#!/bin/sh\ntouch {marker}\n")
    go.chmod(0o755)
    options = {"trusted": False, "host": str(examples.host), "goPath": str(go)}
    editor = await start(examples.plugin, options)
    uri = editor.open(examples.plugin / "go.mod")
    shown = await editor.until(uri, lambda params: "not-resolved" in codes(params))
    assert modules(shown) >= MISMATCHED
    assert severities(shown) == {types.DiagnosticSeverity.Warning}
    assert "not trusted, so Go is not run" in next(d.message for d in shown.diagnostics if d.code == "not-resolved")
    editor.save(uri)
    await editor.until_logged("go list for", times=2)
    assert not marker.exists()


async def test_folders_come_and_go(examples: Examples, start: Start, tmp_path: Path) -> None:
    (examples.plugin / "layerg-pin.toml").unlink()
    nakama = tmp_path / "elsewhere" / "nakama"
    shutil.copytree(examples.host, nakama)
    gomod = nakama / "go.mod"
    gomod.write_text(gomod.read_text().replace("example.com/gameserver", "github.com/heroiclabs/nakama/v3"))
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    assert codes(await editor.until(uri, lambda params: True)) == {"host-not-found"}
    folder = types.WorkspaceFolder(uri_of(str(nakama)), "nakama")
    event = types.WorkspaceFoldersChangeEvent
    editor.client.workspace_did_change_workspace_folders(
        types.DidChangeWorkspaceFoldersParams(event(added=[folder], removed=[]))
    )
    assert modules(await editor.until(uri, refined)) == MISMATCHED
    editor.forget()
    editor.client.workspace_did_change_workspace_folders(
        types.DidChangeWorkspaceFoldersParams(event(added=[], removed=[folder]))
    )
    assert codes(await editor.until(uri, lambda params: True)) == {"host-not-found"}


async def test_two_plugins_and_a_nested_module(examples: Examples, start: Start) -> None:
    root = examples.plugin.parent
    second = root / "plugin" / "nested"
    shutil.copytree(examples.plugin, second, ignore=shutil.ignore_patterns("nested"))
    (second / "layerg-pin.toml").write_text('host = "../../host"\n')
    (second / "go.mod").write_text((second / "go.mod").read_text().replace("zap v1.26.0", "zap v1.27.0"))
    editor = await start(root)
    first_uri = editor.open(examples.plugin / "go.mod")
    second_uri = editor.open(second / "go.mod")
    assert modules(await editor.until(first_uri, refined)) == MISMATCHED
    assert modules(await editor.until(second_uri, refined)) == MISMATCHED - {"go.uber.org/zap"}


async def test_a_main_package_that_is_not_at_the_root(examples: Examples, start: Start) -> None:
    command = examples.plugin / "cmd" / "backend"
    command.mkdir(parents=True)
    for source in examples.plugin.glob("*.go"):
        source.rename(command / source.name)
    other = examples.plugin / "cmd" / "tool"
    other.mkdir()
    (other / "main.go").write_text('package main\n\nimport _ "github.com/stretchr/testify/assert"\n\nfunc main() {}\n')
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    assert modules(await editor.until(uri, refined)) == MISMATCHED


async def test_an_unsaved_import_is_used(examples: Examples, start: Start) -> None:
    before = contents(examples.plugin)
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    assert "google.golang.org/protobuf" in modules(await editor.until(uri, refined))
    main = examples.plugin / "main.go"
    source = editor.open(main)
    editor.forget()
    editor.change(source, main.read_text().replace('\t"google.golang.org/protobuf/types/known/structpb"\n', ""))
    shown = await editor.until(uri, lambda params: refined(params) and len(params.diagnostics) == 3)
    assert modules(shown) == MISMATCHED - {"google.golang.org/protobuf"}
    editor.forget()
    editor.close(source)
    assert modules(await editor.until(uri, lambda params: len(params.diagnostics) == 4)) == MISMATCHED
    assert contents(examples.plugin) == before


async def test_no_other_host_is_taken_while_the_project_file_cannot_be_read(examples: Examples, start: Start) -> None:
    project, nakama = examples.plugin / "layerg-pin.toml", examples.plugin.parent / "nakama"
    nakama.mkdir()
    (nakama / "go.mod").write_text("module github.com/heroiclabs/nakama/v3\n\ngo 1.23\n")
    text = project.read_text()
    project.write_text(text.replace('"\n', "\n"))
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    (said,) = (await editor.until(uri, lambda shown: bool(shown.diagnostics))).diagnostics
    assert said.code == "host-not-found"
    assert "layerg-pin.toml:2:16: invalid TOML" in said.message
    project.write_text(text)
    editor.save(project.as_uri())
    await editor.until(uri, refined)
