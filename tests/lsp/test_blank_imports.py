"""`Pin … and import it blank`: one edit of go.mod and main.go, only where it is safe."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lsprotocol import types

from layerg_pin.lsp.protocol.file_uris import uri_of
from tests.conftest import Examples, go
from tests.lsp.conftest import Editor, Start
from tests.lsp.test_session import applied, refined
from tests.real_go.test_open import build_host, build_plugin, opened

TITLE = "Pin go.uber.org/multierr to v1.11.0 (host) and import it blank"


async def offered(editor: Editor, uri: str, params: types.PublishDiagnosticsParams) -> dict[str, types.CodeAction]:
    """All actions at all diagnostics."""
    found: dict[str, types.CodeAction] = {}
    for each in params.diagnostics:
        found |= await editor.actions(uri, each)
    return found


def gofmt(path: Path) -> str:
    return subprocess.run(("gofmt", "-d", str(path)), capture_output=True, text=True, check=True).stdout


async def test_the_fix_is_applied_and_the_plugin_loads(examples: Examples, start: Start, tmp_path: Path) -> None:
    gomod, main = examples.plugin / "go.mod", examples.plugin / "main.go"
    editor = await start(examples.plugin)
    uri = editor.open(gomod)
    actions = await offered(editor, uri, await editor.until(uri, refined))
    assert [title for title in actions if title.endswith("blank")] == [TITLE], "the others are imported already"
    action = actions[TITLE]
    assert action.edit
    assert action.is_preferred is None
    texts = [applied(path.read_text(), action.edit, uri_of(str(path)), editor) for path in (gomod, main)]
    assert texts[0] == gomod.read_text().replace(
        "go.uber.org/multierr v1.10.0 // indirect", "go.uber.org/multierr v1.11.0"
    )
    assert texts[1] == main.read_text().replace(
        '\t"go.uber.org/zap"\n', '\t_ "go.uber.org/multierr"\n\t"go.uber.org/zap"\n'
    )
    gomod.write_text(texts[0])
    main.write_text(texts[1])
    assert gofmt(main) == ""

    editor.forget()
    editor.change(uri, texts[0])
    editor.save(uri_of(str(main)))
    shown = await editor.until(uri, lambda params: refined(params) and len(params.diagnostics) == 3)
    left = await offered(editor, uri, shown)
    assert not [title for title in left if title.endswith("blank")], "never twice"
    editor.change(uri, applied(texts[0], _edit(left["Align all 3 modules with the host"]), uri, editor))
    gomod.write_text(applied(texts[0], _edit(left["Align all 3 modules with the host"]), uri, editor))
    go(examples.plugin, "mod", "tidy")
    assert "\tgo.uber.org/multierr v1.11.0\n" in gomod.read_text(), "tidy keeps it, as a direct requirement"
    if sys.platform == "win32":  # Go for Windows builds no plugins
        return
    (tmp_path / "modules").mkdir()
    build_host(examples.host)
    build_plugin(examples.plugin, tmp_path / "modules")
    assert opened(examples.host, tmp_path / "modules") == (0, "")


async def test_it_goes_into_the_text_that_is_open(examples: Examples, start: Start) -> None:
    main = examples.plugin / "main.go"
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    source = editor.open(main)
    text = main.read_text().replace("package main\n", "package main // 🎉\n\n// typed, not saved\n")
    editor.forget()
    version = editor.change(source, text)
    shown = await editor.until(uri, refined)
    action = (await offered(editor, uri, shown))[TITLE]
    assert action.edit
    assert action.edit.document_changes
    change = action.edit.document_changes[1]
    assert isinstance(change, types.TextDocumentEdit)
    assert (change.text_document.uri, change.text_document.version) == (source, version)
    assert '\t_ "go.uber.org/multierr"\n\t"go.uber.org/zap"\n' in applied(text, action.edit, source, editor)


async def test_without_go_it_is_untried(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, {"goPath": str(examples.plugin / "no-such-go")})
    uri = editor.open(examples.plugin / "go.mod")
    shown = await editor.until(uri, lambda params: any(each.code == "not-resolved" for each in params.diagnostics))
    titles = [title for title in await offered(editor, uri, shown) if "blank" in title]
    assert f"{TITLE} (untried)" in titles
    assert not [title for title in titles if "zap" in title or "uuid" in title], "these are imported"


async def test_several_main_packages_get_it_in_one_edit(examples: Examples, start: Start) -> None:
    second = examples.plugin / "cmd" / "second"
    second.mkdir(parents=True)
    text = (examples.plugin / "main.go").read_text()
    (second / "main.go").write_text(text)
    (examples.plugin / "layerg-pin.toml").write_text('host = "../host"\npackages = [".", "./cmd/second"]\n')
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    edit = _edit((await offered(editor, uri, await editor.until(uri, refined)))[TITLE])
    for main in (examples.plugin / "main.go", second / "main.go"):
        main.write_text(applied(text, edit, uri_of(str(main)), editor))
        assert main.read_text().count('_ "go.uber.org/multierr"') == 1
        assert gofmt(main) == ""
    gomod = examples.plugin / "go.mod"
    gomod.write_text(applied(gomod.read_text(), edit, uri, editor))
    go(examples.plugin, "mod", "tidy")
    assert "\tgo.uber.org/multierr v1.11.0\n" in gomod.read_text()


async def test_a_blank_import_that_brings_in_refused_packages_is_reported_and_removed(
    examples: Examples, start: Start
) -> None:
    main = examples.plugin / "main.go"
    text = main.read_text().replace('\t"google.golang.org/protobuf/types/known/structpb"\n', "")
    main.write_text(text)
    editor = await start(examples.plugin, {"goFiles": False}, like="emacs")
    uri = editor.open(examples.plugin / "go.mod")
    source = editor.open(main)
    await editor.until(uri, refined)
    needless = 'import _ "google.golang.org/protobuf/types/known/structpb" // 🎉 zeit für höheres\n'
    typed = text.replace("\nimport (", f"\n{needless}\nimport (")
    editor.change(source, typed)
    shown = await editor.until(source, lambda params: bool(params.diagnostics))
    (said,) = shown.diagnostics
    assert said.code == "blank-import"
    assert "brings in google.golang.org/protobuf/encoding/protojson and 28 more, which" in said.message
    line = typed.splitlines()[said.range.start.line]
    assert line[said.range.start.character : said.range.end.character] == needless[7:].split(" //")[0]
    actions = await editor.actions(source, said)
    assert list(actions) == ["Remove the blank import of google.golang.org/protobuf/types/known/structpb"]
    (action,) = actions.values()
    assert list(action.diagnostics or ()) == [said]
    assert applied(typed, _edit(action), source, editor) == text
    editor.forget()
    editor.change(source, text)
    await editor.until(source, lambda params: not params.diagnostics)


def _edit(action: types.CodeAction) -> types.WorkspaceEdit:
    assert action.edit
    return action.edit
