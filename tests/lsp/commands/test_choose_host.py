"""Choosing the host: the client asks the user if it can, and an edit writes layerg-pin.toml."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest
from lsprotocol import types

from layerg_pin.lsp.protocol.file_uris import uri_of
from tests.conftest import Examples, contents
from tests.lsp.conftest import Editor, Start
from tests.lsp.test_session import CLIENTS, MISMATCHED, applied, codes, modules, refined

COMMAND = "layergPin.chooseHost"
TITLE = "Choose a host…"


def nakama(examples: Examples, folder: Path) -> Path:
    """A copy of the example host under the name of a known one."""
    shutil.copytree(examples.host, folder)
    gomod = folder / "go.mod"
    gomod.write_text(gomod.read_text().replace("example.com/gameserver", "github.com/heroiclabs/nakama/v3"))
    return folder


def written(editor: Editor, path: Path) -> str:
    """What the project file reads after the one edit that was requested."""
    (request,) = editor.applied
    edit, before = request.edit, path.read_text() if path.exists() else ""
    if edit.document_changes and isinstance(edit.document_changes[0], types.CreateFile):
        created, *rest = edit.document_changes
        assert isinstance(created, types.CreateFile)
        assert created.uri == uri_of(str(path))
        assert not path.exists()
        edit = types.WorkspaceEdit(document_changes=rest)
    return applied(before, edit, uri_of(str(path)), editor)


@pytest.mark.parametrize("like", CLIENTS)
async def test_a_host_is_chosen_among_those_found(examples: Examples, start: Start, like: str) -> None:
    project, gomod = examples.plugin / "layerg-pin.toml", examples.plugin / "go.mod"
    text = gomod.read_text()
    project.unlink()
    for name in ("nakama", "nakama-next"):
        nakama(examples, examples.plugin.parent / name)
    before = contents(examples.plugin)
    editor = await start(examples.plugin, like=like)
    editor.answer = lambda request: request.actions[1].title if request.actions else None
    uri = editor.open(gomod)
    shown = await editor.until(uri, lambda params: codes(params) == {"host-not-found"})
    assert TITLE in await editor.commands(uri, shown.diagnostics[0])
    await editor.run(COMMAND, uri)
    if like == "emacs":
        (message,) = editor.client.messages
        assert "hosts found: ../nakama or ../nakama-next; run layergPin.chooseHost" in message.message
        await editor.run(COMMAND, uri, "../nakama-next")
    else:
        (request,) = editor.message_requests
        assert request.message == "layerg-pin: which host loads example.com/backend?"
        assert [each.title for each in request.actions or ()] == ["../nakama", "../nakama-next"]
        assert [each.uri for each in editor.client.shown_documents] == [uri_of(str(project))]
    assert contents(examples.plugin) == before, "the client writes, not the server"
    new = written(editor, project)
    assert tomllib.loads(new) == {"host": "../nakama-next"}
    project.write_text(new)
    editor.save(uri_of(str(project)))
    assert modules(await editor.until(uri, refined)) == MISMATCHED
    assert gomod.read_text() == text


async def test_the_rest_of_the_file_stays_as_it_is(examples: Examples, start: Start) -> None:
    project = examples.plugin / "layerg-pin.toml"
    text = '# höher 🎉\r\npackages = ["."] # main\r\nhost   =  "../nowhere" # old\r\n[severity]\r\nsyntax = "error"\r\n'
    project.write_bytes(text.encode())
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    shown = await editor.until(uri, lambda params: codes(params) == {"host-unreadable"})
    assert TITLE in await editor.commands(uri, shown.diagnostics[0])
    await editor.run(COMMAND, uri, "../host")
    (request,) = editor.applied
    assert applied(text, request.edit, uri_of(str(project)), editor) == text.replace("../nowhere", "../host")
    await editor.run(COMMAND, uri, "../nowhere")
    assert len(editor.applied) == 1, "it says so already"


async def test_the_open_text_is_edited_not_the_one_on_disk(examples: Examples, start: Start) -> None:
    project = examples.plugin / "layerg-pin.toml"
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, lambda params: True)
    text = "# not saved yet\n\n" + project.read_text()
    opened = editor.open(project, text)
    await editor.run(COMMAND, uri, "../other")
    assert applied(text, editor.applied[0].edit, opened, editor) == text.replace("../host", "../other")
    assert any("the host ../other does not exist yet" in each.message for each in editor.client.messages)
    count = len(editor.client.messages)
    await editor.run(COMMAND, uri, "github.com/u2u-labs/layerg-core@v1.2.3")
    assert len(editor.applied) == 2
    assert len(editor.client.messages) == count, "a module is nowhere on disk"


async def test_the_error_that_ended_it_is_reported(examples: Examples, start: Start) -> None:
    project = examples.plugin / "layerg-pin.toml"
    editor = await start(examples.plugin, {"host": str(examples.host)})
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, lambda params: True)
    await editor.run(COMMAND, uri, "../host/go.mod")
    (message,) = editor.client.messages
    assert "the setting layergPin.host" in message.message
    project.write_text("host = \n")
    await editor.run(COMMAND, uri, "../host")
    assert len(editor.applied) == 1
    assert f"{project} cannot be read: Invalid value" in editor.client.messages[-1].message
    await editor.run(COMMAND, "file:///nowhere/go.mod")
    assert "is not the go.mod of an open plugin" in editor.client.messages[-1].message


async def test_no_host_anywhere_and_nothing_chosen(examples: Examples, start: Start) -> None:
    (examples.plugin / "layerg-pin.toml").write_text("")
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, lambda params: True)
    await editor.run(COMMAND, uri)
    assert "no host was found in the workspace or beside the plugin" in editor.client.messages[0].message
    nakama(examples, examples.plugin.parent / "nakama")
    await editor.run(COMMAND, uri)
    assert len(editor.message_requests) == 1
    assert editor.applied == []
