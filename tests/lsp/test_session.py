"""A session as an editor sees it: push, refine, fix, close, end."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from lsprotocol import types

from layerg_pin.core.text import LineIndex, Span, TextEdit, apply_edits
from layerg_pin.lsp.protocol.file_uris import path_of, uri_of
from tests.conftest import Examples, contents, go, still_running
from tests.lsp.conftest import COMMAND, Editor, Start
from tests.platform_marks import uses_shell

CLIENTS = ("visual-studio-code", "neovim@v0.10.0", "neovim@v0.11.0", "emacs")
MISMATCHED = {"github.com/gofrs/uuid", "go.uber.org/zap", "google.golang.org/protobuf", "go.uber.org/multierr"}


def modules(params: types.PublishDiagnosticsParams) -> set[str]:
    """The modules that version findings name."""
    return {each.message.split()[0] for each in params.diagnostics if each.code == "version-mismatch"}


def refined(params: types.PublishDiagnosticsParams) -> bool:
    """Whether Go's answer is in these diagnostics."""
    return any("linked into both" in each.message for each in params.diagnostics)


def clean(params: types.PublishDiagnosticsParams) -> bool:
    return not params.diagnostics


def applied(text: str, edit: types.WorkspaceEdit, uri: str, editor: Editor) -> str:
    """The text after an edit, in whichever form the client was given it."""
    if edit.document_changes:
        changes = [each for each in edit.document_changes if isinstance(each, types.TextDocumentEdit)]
        assert len(changes) == len(edit.document_changes)
        (edits,) = [change.edits for change in changes if change.text_document.uri == uri]
    else:
        assert edit.changes is not None
        edits = edit.changes[uri]
    index = LineIndex(text)

    def offset(at: types.Position) -> int:
        return index.offset(at.line, at.character, editor.encoding)

    return apply_edits(
        text,
        [
            TextEdit(Span(offset(each.range.start), offset(each.range.end)), each.new_text)
            for each in edits
            if isinstance(each, types.TextEdit)
        ],
    )


@pytest.mark.parametrize("like", CLIENTS)
async def test_all_mismatches_are_shown_and_fixed(examples: Examples, start: Start, like: str) -> None:
    editor = await start(examples.plugin, like=like)
    text = (examples.plugin / "go.mod").read_text()
    uri = editor.open(examples.plugin / "go.mod")
    first = await editor.until(uri, lambda params: True)
    assert modules(first) >= MISMATCHED
    assert {each.severity for each in first.diagnostics} == {types.DiagnosticSeverity.Warning}
    assert all("possible" in each.message for each in first.diagnostics)

    shown = await editor.until(uri, refined)
    assert modules(shown) == MISMATCHED
    assert shown.version == first.version
    assert {each.severity for each in shown.diagnostics} == {types.DiagnosticSeverity.Error}
    assert {each.source for each in shown.diagnostics} == {"layerg-pin"}

    zap = next(each for each in shown.diagnostics if "go.uber.org/zap is" in each.message)
    line = text.splitlines()[zap.range.start.line]
    assert line[zap.range.start.character : zap.range.end.character] == "v1.26.0"
    actions = await editor.actions(uri, zap)
    assert set(actions) == {"Pin go.uber.org/zap to v1.27.0 (host)", "Align all 4 modules with the host"}
    pin = actions["Pin go.uber.org/zap to v1.27.0 (host)"]
    assert pin.is_preferred
    assert pin.edit
    assert list(pin.diagnostics or ()) == [zap]
    assert applied(text, pin.edit, uri, editor) == text.replace("go.uber.org/zap v1.26.0", "go.uber.org/zap v1.27.0")

    align = actions["Align all 4 modules with the host"]
    assert align.edit
    fixed = applied(text, align.edit, uri, editor)
    editor.forget()
    version = editor.change(uri, fixed)
    at_once = await editor.until(uri, lambda params: True)
    assert at_once.version == version
    assert not at_once.diagnostics
    (examples.plugin / "go.mod").write_text(fixed)
    editor.save(uri)
    await editor.until_logged("go list for", times=2)
    assert all(not params.diagnostics for params in editor.published)
    go(examples.plugin, "mod", "tidy")
    assert (examples.plugin / "go.mod").read_text() == fixed


@uses_shell
async def test_each_edit_is_answered_while_go_hangs(examples: Examples, start: Start, tmp_path: Path) -> None:
    sleeper = tmp_path / "bin" / "go"
    sleeper.parent.mkdir()
    sleeper.write_text("#!/bin/sh\nexec sleep 61.0937\n")
    sleeper.chmod(0o755)
    env = {**os.environ, "PATH": f"{sleeper.parent}{os.pathsep}{os.environ['PATH']}"}
    editor = await start(examples.plugin, env=env)
    text = (examples.plugin / "go.mod").read_text()
    uri = editor.open(examples.plugin / "go.mod")
    assert modules(await editor.until(uri, lambda params: True)) >= MISMATCHED
    for version, is_mismatch in (("v1.27.0", False), ("v1.25.0", True), ("v1.27.0", False), ("v1.24.0", True)):
        number = editor.change(uri, text.replace("zap v1.26.0", f"zap {version}"))
        shown = await editor.until(uri, lambda params, number=number: params.version == number)  # type: ignore[misc]
        assert ("go.uber.org/zap" in modules(shown)) is is_mismatch
    await editor.end()
    assert still_running("61.0937") == []


@uses_shell
async def test_a_hanging_go_times_out_with_a_message(examples: Examples, start: Start, tmp_path: Path) -> None:
    sleeper = tmp_path / "go"
    sleeper.write_text("#!/bin/sh\nexec sleep 62.0937\n")
    sleeper.chmod(0o755)
    editor = await start(examples.plugin, {"goPath": str(sleeper), "goTimeout": 0.3})
    uri = editor.open(examples.plugin / "go.mod")
    shown = await editor.until(uri, lambda params: "not-resolved" in codes(params))
    said = next(each.message for each in shown.diagnostics if each.code == "not-resolved")
    assert "did not answer within 0.3 seconds" in said
    assert still_running("62.0937") == []


async def test_without_go_differences_are_possible(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, {"goPath": str(examples.plugin / "no-such-go")})
    uri = editor.open(examples.plugin / "go.mod")
    shown = await editor.until(uri, lambda params: "not-resolved" in codes(params))
    assert modules(shown) >= MISMATCHED
    mismatches = [each for each in shown.diagnostics if each.code == "version-mismatch"]
    assert {each.severity for each in mismatches} == {types.DiagnosticSeverity.Warning}
    actions = await editor.actions(uri, mismatches[0])
    assert actions
    assert all(title.endswith(" (untried)") for title in actions), actions
    assert await editor.actions(uri, mismatches[0], [types.CodeActionKind.SourceFixAll]) == {}


async def test_fix_all_on_save(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin)
    text = (examples.plugin / "go.mod").read_text()
    uri = editor.open(examples.plugin / "go.mod")
    shown = await editor.until(uri, refined)
    actions = await editor.actions(uri, shown.diagnostics[0], ["source.fixAll.layergPin"])
    (action,) = actions.values()
    assert action.kind == "source.fixAll.layergPin"
    assert action.edit
    fixed = applied(text, action.edit, uri, editor)
    for module, version in (("gofrs/uuid", "v4.0.0+incompatible"), ("zap", "v1.27.0"), ("multierr", "v1.11.0")):
        assert f"{module} {version}" in fixed
    assert await editor.actions(uri, shown.diagnostics[0], ["refactor"]) == {}


async def test_related_places_and_pages(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    shown = await editor.until(uri, refined)
    modules_txt = examples.host / "vendor" / "modules.txt"
    lines = modules_txt.read_text().splitlines()
    zap = next(each for each in shown.diagnostics if "go.uber.org/zap is" in each.message)
    assert zap.related_information
    place = zap.related_information[0].location
    assert path_of(place.uri) == path_of(uri_of(str(modules_txt)))
    assert lines[place.range.start.line] == "# go.uber.org/zap v1.27.0"
    assert place.range.end.character == len(lines[place.range.start.line])
    assert zap.code_description
    page = path_of(zap.code_description.href)
    assert page
    assert Path(page).read_text().startswith("# version-mismatch\n")


async def test_positions_count_in_the_clients_units(examples: Examples, start: Start) -> None:
    for like in ("visual-studio-code", "neovim@v0.11.0", "emacs"):
        editor = await start(examples.plugin, like=like)
        text = (examples.plugin / "go.mod").read_text()
        text = text.replace("\tgo.uber.org/zap v1.26.0", '\t"go.uber.org/zap" v1.26.0 // höher 🎉')
        text = text.replace("module ", "// 🎉🎉 grüße\nmodule ")
        uri = editor.open(examples.plugin / "go.mod", text)
        shown = await editor.until(uri, refined)
        zap = next(each for each in shown.diagnostics if "go.uber.org/zap is" in each.message)
        actions = await editor.actions(uri, zap)
        edit = actions["Pin go.uber.org/zap to v1.27.0 (host)"].edit
        assert edit
        assert applied(text, edit, uri, editor) == text.replace('zap" v1.26.0', 'zap" v1.27.0')


async def test_a_host_from_the_editor_takes_precedence(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, {"host": "../host/go.mod"})
    uri = editor.open(examples.plugin / "go.mod")
    shown = await editor.until(
        uri, lambda params: any("host links are unknown" in d.message for d in params.diagnostics)
    )
    assert {each.severity for each in shown.diagnostics} == {types.DiagnosticSeverity.Warning}


async def test_a_host_that_is_not_there(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, {"host": "../nowhere"})
    uri = editor.open(examples.plugin / "go.mod")
    (said,) = (await editor.until(uri, lambda params: True)).diagnostics
    assert (said.code, said.severity) == ("host-unreadable", types.DiagnosticSeverity.Error)
    assert "../nowhere" in said.message
    assert said.range.start.line == 0


async def test_a_broken_line_of_modules_txt_is_shown_there(examples: Examples, start: Start) -> None:
    modules_txt = examples.host / "vendor" / "modules.txt"
    modules_txt.write_text("<<<<<<< HEAD here\n" + modules_txt.read_text())
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    host_uri = uri_of(str(modules_txt))
    (said,) = (await editor.until(host_uri, lambda params: True)).diagnostics
    assert (said.code, said.range.start.line) == ("syntax", 0)
    assert modules(await editor.until(uri, refined)) == MISMATCHED
    editor.close(uri)
    await editor.until(host_uri, clean)


@uses_shell
async def test_other_go_mod_files_get_nothing(examples: Examples, start: Start, tmp_path: Path) -> None:
    ran, go = tmp_path / "ran", tmp_path / "go"
    go.write_text(f'#!/bin/sh\npwd >> {ran}\nexec {shutil.which("go")} "$@"\n')
    go.chmod(0o755)
    env = {**os.environ, "GOMODCACHE": str(tmp_path / "cache")}
    editor = await start(examples.plugin, {"goPath": str(go)}, env=env)
    cached = tmp_path / "cache" / "example.com" / "plugin@v1.0.0" / "go.mod"
    cached.parent.mkdir(parents=True)
    cached.write_text("module example.com/plugin\n\nrequire github.com/heroiclabs/nakama-common v1.47.0\n")
    editor.open(cached)
    for folder in (examples.host, examples.plugin / "library"):
        folder.mkdir(exist_ok=True)
        other = folder / "go.mod"
        if not other.exists():
            other.write_text("module example.com/library\n\nrequire go.uber.org/zap v1.26.0\n")
        editor.open(other)
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, lambda params: "not-resolved" in codes(params))
    assert {each.uri for each in editor.published} == {uri}
    others = (str(cached.parent), str(examples.plugin / "library"))
    assert not [line for line in ran.read_text().splitlines() if line.startswith(others)], "Go ran in one of them"


async def test_closing_clears_all_diagnostics(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    editor.forget()
    editor.close(uri)
    await editor.until(uri, clean)


async def test_nothing_is_written_beside_the_plugin(examples: Examples, start: Start) -> None:
    before = contents(examples.plugin.parent)
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    editor.forget()
    editor.change(uri, (examples.plugin / "go.mod").read_text().replace("zap v1.26.0", "zap v1.27.0"))
    await editor.until(uri, refined)
    await editor.until_logged("go list for", times=2)
    assert contents(examples.plugin.parent) == before


async def test_the_server_ends_in_order(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin)
    editor.open(examples.plugin / "go.mod")
    await editor.end()
    assert editor.client._server is not None
    assert editor.client._server.returncode == 0


def codes(params: types.PublishDiagnosticsParams) -> set[str]:
    return {str(each.code) for each in params.diagnostics}


def test_exit_without_shutdown_has_exit_code_1() -> None:
    done = subprocess.run([COMMAND, "lsp"], input=b"", capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr == b""
