"""The upgrade in the editor: planned in the background, shown, and applied as one edit of all files."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from layerg_pin.cli.main import main
from layerg_pin.lsp.protocol.command_names import APPLY_UPGRADE, HOSTS, PLAN_UPGRADE, SHOW_HOST, UPGRADE
from layerg_pin.lsp.protocol.file_uris import path_of, uri_of
from tests.cli.test_upgrade import DOCKERFILE, GOMOD, plugin
from tests.conftest import contents, go, still_running
from tests.lsp.conftest import Editor, Start
from tests.lsp.test_session import applied
from tests.lsp.test_settings import warnings
from tests.platform_marks import uses_shell

NEW = "nakama@3.40.0"
ENV = {**os.environ, "GOSUMDB": "off"}
COMPOSE = "services:\n  nakama:\n    image: heroiclabs/nakama:3.22.0\n"


@pytest.fixture(autouse=True)
def _no_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOSUMDB", "off")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return plugin(tmp_path / "backend", files={"compose.yaml": COMPOSE})


async def started(start: Start, folder: Path, **options: Any) -> tuple[Editor, str]:
    editor = await start(folder, env=options.pop("env", ENV), **options)
    uri = editor.open(folder / "go.mod")
    await editor.until(uri, lambda _: True)
    return editor, uri


async def answer(editor: Editor, command: str, *arguments: object) -> Any:
    return await editor.client.workspace_execute_command_async(types.ExecuteCommandParams(command, list(arguments)))


async def planned(editor: Editor, uri: str, release: str = NEW) -> Any:
    found = await answer(editor, PLAN_UPGRADE, uri, release)
    assert found, editor.client.messages
    return found


def after(editor: Editor, texts: dict[str, str]) -> dict[str, str]:
    """The texts by path with the one edit that the server requested."""
    (request,) = editor.applied
    changed = request.edit.document_changes or ()
    edited = [each.text_document.uri for each in changed if isinstance(each, types.TextDocumentEdit)]
    assert len(set(edited)) == len(edited)
    for uri in edited:
        path = path_of(uri)
        assert path
        texts[path] = applied(texts.get(path) or Path(path).read_text(), request.edit, uri, editor)
    return texts


async def titles(editor: Editor, uri: str, line: int, only: list[types.CodeActionKind | str] | None = None) -> set[str]:
    at = types.Range(types.Position(line, 0), types.Position(line, 0))
    context = types.CodeActionContext([], only)
    params = types.CodeActionParams(types.TextDocumentIdentifier(uri), at, context)
    return {each.title for each in await editor.client.text_document_code_action_async(params) or ()}


NEWEST, OTHER = "Upgrade to Nakama 3.40.0…", "Upgrade to another release of Nakama…"


async def test_where_it_is_offered(folder: Path, start: Start) -> None:
    editor, uri = await started(start, folder)
    dockerfile, compose = editor.open(folder / "Dockerfile"), editor.open(folder / "compose.yaml")
    for document, line in ((uri, 0), (uri, 5), (dockerfile, 1), (dockerfile, 6), (compose, 2)):
        assert {NEWEST, OTHER} <= await titles(editor, document, line), (document, line)
    for document, line in ((uri, 2), (dockerfile, 3), (compose, 0)):
        assert not {NEWEST, OTHER} & await titles(editor, document, line), (document, line)
    assert {NEWEST, OTHER} <= await titles(editor, uri, 0, [types.CodeActionKind.Refactor])
    assert NEWEST not in await titles(editor, uri, 0, [types.CodeActionKind.QuickFix])
    lenses = await editor.client.text_document_code_lens_async(types.CodeLensParams(types.TextDocumentIdentifier(uri)))
    commands = [each.command for each in lenses or () if each.command]
    assert (commands[-1].title, commands[-1].command, commands[-1].arguments) == (NEWEST, UPGRADE, (uri, NEW))
    newest = (folder / "Dockerfile").read_text().replace("3.22.0", "3.40.0")
    editor.change(dockerfile, newest)
    editor.change(compose, COMPOSE.replace("3.22.0", "3.40.0"))
    found = await titles(editor, dockerfile, 1)
    assert OTHER in found
    assert NEWEST not in found


async def test_the_report_is_that_of_the_command_line_and_the_edit_is_one(
    folder: Path, start: Start, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(folder)
    editor, uri = await started(start, folder)
    plan = await planned(editor, uri)
    assert editor.applied == []
    monkeypatch.chdir(folder)
    assert main(["upgrade", NEW, "--diff", "--format", "markdown"]) == 0
    assert plan["report"] == capsys.readouterr().out.rstrip("\n")
    assert plan["title"] == "Upgrade to Nakama 3.40.0"
    assert await answer(editor, APPLY_UPGRADE, plan["key"]) is True
    assert contents(folder) == before, "the client writes, not the server"
    texts = after(editor, {})
    assert {Path(path).name for path in texts} == {"Dockerfile", "compose.yaml", "go.mod", "go.sum"}
    assert main(["upgrade", NEW]) == 0
    assert texts == {path: Path(path).read_text() for path in texts}


async def test_unsaved_texts_are_the_basis_and_versions_are_those_of_the_editor(folder: Path, start: Start) -> None:
    editor, uri = await started(start, folder)
    gomod = GOMOD.format(name="backend").replace("// The plugin API.", "// Not saved: höhe 🎉")
    docker = f"# not saved either\n{DOCKERFILE}"
    version = editor.change(uri, gomod)
    dockerfile = editor.open(folder / "Dockerfile")
    editor.change(dockerfile, docker)
    main_go = editor.open(folder / "main.go")
    unsaved = (folder / "main.go").read_text().replace("import (", 'import (\n\t_ "github.com/gofrs/uuid/v5"\n')
    editor.change(main_go, unsaved)
    plan = await planned(editor, uri)
    assert await answer(editor, APPLY_UPGRADE, plan["key"]) is True
    texts = after(editor, {str(folder / "go.mod"): gomod, str(folder / "Dockerfile"): docker})
    new = texts[str(folder / "go.mod")]
    assert "// Not saved: höhe 🎉\nrequire" in new
    assert "github.com/gofrs/uuid/v5 v5." in new, "main.go is not saved, and imports it"
    assert texts[str(folder / "Dockerfile")] == docker.replace("3.22.0", "3.40.0")
    changes = editor.applied[0].edit.document_changes or ()
    versions = {each.text_document.uri: each.text_document.version for each in changes}  # type: ignore[union-attr]
    assert versions[uri] == version
    assert versions[dockerfile] is not None
    assert versions[uri_of(str(folder / "go.sum"))] is None
    assert (folder / "go.mod").read_text() != gomod


async def test_a_text_that_changed_meanwhile_is_not_overwritten(folder: Path, start: Start) -> None:
    editor, uri = await started(start, folder)
    plan = await planned(editor, uri)
    editor.change(uri, GOMOD.format(name="backend") + "\n// typed meanwhile\n")
    assert await answer(editor, APPLY_UPGRADE, plan["key"]) is False
    assert "go.mod has changes that are not saved" in editor.client.messages[-1].message
    editor.change(uri, (folder / "go.mod").read_text())
    plan = await planned(editor, uri)
    (folder / "compose.yaml").write_text(COMPOSE + "# changed on disk\n")
    assert await answer(editor, APPLY_UPGRADE, plan["key"]) is False
    assert "compose.yaml was edited in the meantime: upgrade again; nothing" in editor.client.messages[-1].message
    assert editor.applied == []
    assert await answer(editor, APPLY_UPGRADE, "another") is False
    assert "is not the one that was computed last" in editor.client.messages[-1].message


async def test_an_older_plan_that_is_applied_leaves_the_last_one(folder: Path, start: Start) -> None:
    editor, uri = await started(start, folder)
    older = await planned(editor, uri, "nakama@3.39.0")
    plan = await planned(editor, uri)
    assert await answer(editor, APPLY_UPGRADE, older["key"]) is False
    assert editor.applied == []
    assert await answer(editor, APPLY_UPGRADE, plan["key"]) is True


async def test_a_byte_order_mark_is_not_part_of_an_edit(folder: Path, start: Start) -> None:
    """Clients do not show it: with it in a new text, the file would have two."""
    text = "FROM heroiclabs/nakama-pluginbuilder:3.22.0\n"
    (folder / "Dockerfile").write_text(f"\ufeff{text}")
    editor, uri = await started(start, folder)
    plan = await planned(editor, uri)
    assert await answer(editor, APPLY_UPGRADE, plan["key"]) is True
    texts = after(editor, {str(folder / "Dockerfile"): text})
    assert texts[str(folder / "Dockerfile")] == text.replace("3.22.0", "3.40.0")


async def test_a_failure_changes_nothing_and_says_why(folder: Path, start: Start) -> None:
    (folder / "extra.go").write_text('package main\n\nimport _ "example.invalid/nowhere"\n')
    before = contents(folder)
    editor, uri = await started(start, folder, env={**ENV, "GOPROXY": "off"})
    assert await answer(editor, PLAN_UPGRADE, uri, NEW) is None
    assert "nothing was written" in editor.client.messages[-1].message
    assert "example.invalid/nowhere" in editor.client.messages[-1].message
    assert await answer(editor, PLAN_UPGRADE, uri, "nakama@3.999.0") is None
    assert "Nakama 3.999.0 is newer than all releases" in editor.client.messages[-1].message
    (folder / "compose.yaml").unlink()
    (folder / "Dockerfile").write_text("ARG MINOR=22\nFROM heroiclabs/nakama:3.${MINOR}.0\n")
    editor.save(uri_of(str(folder / "Dockerfile")))
    assert await answer(editor, PLAN_UPGRADE, uri, NEW) is None
    assert "Dockerfile:2: heroiclabs/nakama:3.22.0 is not 3.40.0" in editor.client.messages[-1].message
    assert (editor.applied, contents(folder)[str(folder / "go.mod")]) == ([], before[str(folder / "go.mod")])


async def test_it_asks_where_the_editor_does_not_show_the_report(folder: Path, start: Start) -> None:
    editor, uri = await started(start, folder)
    editor.answer = lambda request: next((each.title for each in request.actions or () if each.title == "Cancel"), None)
    await editor.run(UPGRADE, uri, NEW)
    (request,) = editor.message_requests
    assert request.message == (
        "layerg-pin: Upgrade to Nakama 3.40.0: 4 files would change (Dockerfile, compose.yaml, go.mod, go.sum). "
        "The report is in the log"
    )
    assert [each.title for each in request.actions or ()] == ["Apply", "Cancel"]
    assert any("\n| Go | 1.22.4 | 1.26.5 |\n" in each.message for each in editor.client.log_messages)
    assert editor.applied == []
    chosen = {"Nakama 3.39.0", "Apply"}
    editor.answer = lambda request: next((each.title for each in request.actions or () if each.title in chosen), None)
    await editor.run(UPGRADE, uri)
    texts = after(editor, {})
    assert texts[str(folder / "compose.yaml")] == COMPOSE.replace("3.22.0", "3.39.0")


async def test_the_releases_to_choose_from_are_those_of_the_host(folder: Path, start: Start) -> None:
    editor, uri = await started(start, folder)
    found = [each["reference"] for each in await answer(editor, HOSTS, uri) if each["is_release"]]
    assert {"nakama@3.21.1", "nakama@3.22.0", "nakama@3.40.0"} <= set(found)


async def test_commands_wait_for_a_gomod_that_is_still_being_loaded(folder: Path, start: Start) -> None:
    large = "".join(f"require example.com/m{number} v1.0.0 // indirect\n" for number in range(3000))
    editor = await start(folder, {"goPath": "/nonexistent/go"}, env=ENV)
    uri = editor.open(folder / "go.mod", f"{(folder / 'go.mod').read_text()}\n{large}")
    hosts, host = await asyncio.gather(answer(editor, HOSTS, uri), answer(editor, SHOW_HOST, uri))
    assert NEW in {each["reference"] for each in hosts}
    assert "3.22.0" in host


@pytest.mark.parametrize("shared", ["compose.yaml", "layerg-pin.toml"])
async def test_plugins_that_share_the_file_that_names_the_host_move_together(
    tmp_path: Path, start: Start, shared: str
) -> None:
    (tmp_path / ".git").mkdir()
    one, two = plugin(tmp_path / "one", "one"), plugin(tmp_path / "two", "two")
    for each in (one, two):
        (each / "Dockerfile").unlink()
    build = "services:\n  n:\n    image: heroiclabs/nakama:3.22.0\n"
    (tmp_path / shared).write_text(build if shared == "compose.yaml" else 'host = "nakama@3.22.0"\n')
    editor, uri = await started(start, one)
    plan = await planned(editor, uri)
    assert await answer(editor, APPLY_UPGRADE, plan["key"]) is True
    texts = after(editor, {})
    assert texts.keys() == {
        str(tmp_path / shared),
        *(str(each / name) for each in (one, two) for name in ("go.mod", "go.sum")),
    }


async def test_an_action_is_offered_once_for_several_plugins(tmp_path: Path, start: Start) -> None:
    (tmp_path / ".git").mkdir()
    folders = [plugin(tmp_path / name, name, {"Dockerfile": ""}) for name in ("one", "two")]
    (tmp_path / "compose.yaml").write_text(
        "services:\n  server:\n    image: heroiclabs/nakama:3.22.0\n"
        "  builder:\n    image: heroiclabs/nakama-pluginbuilder:3.21.0\n"
        "    command: build -buildmode=plugin -trimpath -o backend.so\n"
    )
    editor = await start(tmp_path, {"goPath": "/nonexistent/go"}, env=ENV)
    for each in folders:
        await editor.until(editor.open(each / "go.mod"), lambda _: True)
    uri = editor.open(tmp_path / "compose.yaml")
    await editor.until(uri, lambda params: bool(params.diagnostics))
    at = types.Range(types.Position(4, 0), types.Position(4, 0))
    params = types.CodeActionParams(types.TextDocumentIdentifier(uri), at, types.CodeActionContext([]))
    found = [each.title for each in await editor.client.text_document_code_action_async(params) or ()]
    assert sorted(found) == ["Build with heroiclabs/nakama-pluginbuilder:3.22.0 (host)", NEWEST, OTHER]


async def test_an_unchanged_vendor_folder_is_reported(folder: Path, start: Start) -> None:
    go(folder, "mod", "vendor")
    before = contents(folder)
    editor, uri = await started(start, folder)
    plan = await planned(editor, uri)
    assert "vendor-stale" in plan["report"]
    assert await answer(editor, APPLY_UPGRADE, plan["key"]) is True
    assert any("vendor/ is not part of the change: save all files" in each for each in warnings(editor))
    assert contents(folder) == before


@uses_shell
async def test_it_can_be_cancelled(folder: Path, start: Start, tmp_path: Path) -> None:
    slow = tmp_path / "go"
    slow.write_text("#!/bin/sh\nexec sleep 64.1937\n")
    slow.chmod(0o755)
    editor = await start(folder, {"goPath": str(slow)}, env=ENV)
    uri = editor.open(folder / "go.mod")
    await editor.until(uri, lambda _: True)
    running = asyncio.create_task(answer(editor, PLAN_UPGRADE, uri, NEW))
    reports = editor.client.progress_reports
    title = "layerg-pin: computing the upgrade of example.com/backend to Nakama 3.40.0"
    while True:
        begun = {token: each[0] for token, each in reports.items() if each}
        found = [token for token, each in begun.items() if getattr(each, "title", "") == title]
        if found:
            break
        await asyncio.sleep(0.02)
    hover = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(0, 8))
    await asyncio.wait_for(editor.client.text_document_hover_async(hover), 5)
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(found[0]))
    assert await asyncio.wait_for(running, 20) is None
    await editor.end()
    assert still_running("64.1937") == []


async def test_an_untrusted_workspace_offers_nothing(folder: Path, start: Start) -> None:
    editor, uri = await started(start, folder, options={"trusted": False, "host": "nakama@3.22.0"})
    assert NEWEST not in await titles(editor, uri, 0)
    assert await answer(editor, PLAN_UPGRADE, uri, NEW) is None
    assert "this workspace is not trusted" in editor.client.messages[-1].message


async def test_a_newer_patch_release_is_reported_at_the_tag(folder: Path, start: Start) -> None:
    for name in ("Dockerfile", "compose.yaml"):
        (folder / name).write_text((folder / name).read_text().replace("3.22.0", "3.24.0"))
    editor, _ = await started(start, folder, options={"severity": {"newer-release": "information"}})
    compose, dockerfile = editor.open(folder / "compose.yaml"), editor.open(folder / "Dockerfile")
    found = await editor.until(
        dockerfile, lambda params: any(each.code == "newer-release" for each in params.diagnostics)
    )
    (newer,) = [each for each in found.diagnostics if each.code == "newer-release"]
    assert newer.severity is types.DiagnosticSeverity.Information
    assert newer.message == (
        "the host is Nakama 3.24.0, and Nakama 3.24.2 is a newer patch release: `layerg-pin upgrade nakama@3.24.2` "
        "moves the plugin to it"
    )
    assert "Upgrade to Nakama 3.24.2…" in await editor.commands(dockerfile, newer)
    assert not [each for each in editor.published if each.uri == compose and each.diagnostics]
