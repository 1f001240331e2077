"""Marks at the imports of open Go files, and plugins of which only a Go file is open."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from lsprotocol import types

from layerg_pin.lsp.protocol.file_uris import uri_of
from tests.conftest import Examples
from tests.lsp.conftest import Start
from tests.lsp.test_session import CLIENTS, MISMATCHED, applied, clean, modules, refined

IMPORTED = {"github.com/gofrs/uuid", "go.uber.org/zap", "google.golang.org/protobuf/types/known/structpb"}


def marked(params: types.PublishDiagnosticsParams, text: str, encoding: str) -> dict[str, types.Diagnostic]:
    """The diagnostics by the text of their range."""
    units = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
    codec, width = units[encoding]
    found = {}
    for each in params.diagnostics:
        line = text.split("\n")[each.range.start.line].encode(codec)
        found[line[each.range.start.character * width : each.range.end.character * width].decode(codec)] = each
    return found


def informed(params: types.PublishDiagnosticsParams) -> bool:
    return bool(params.diagnostics) and "see go.mod" in params.diagnostics[0].message


@pytest.mark.parametrize("like", CLIENTS)
async def test_imports_are_marked_and_fixed_in_go_mod(examples: Examples, start: Start, like: str) -> None:
    main, gomod = examples.plugin / "main.go", examples.plugin / "go.mod"
    text = main.read_text().replace('\t"go.uber.org/zap"', '\t/* 🎉 höher */ "go.uber.org/zap"')
    editor = await start(examples.plugin, like=like)
    uri = editor.open(gomod)
    await editor.until(uri, refined)
    source = editor.open(main, text)
    shown = await editor.until(source, informed)
    found = marked(shown, text, editor.encoding)
    assert set(found) == {f'"{path}"' for path in IMPORTED}
    zap = found['"go.uber.org/zap"']
    assert zap.message == "go.uber.org/zap is v1.26.0, host has v1.27.0: see go.mod:9"
    assert (zap.severity, zap.code) == (types.DiagnosticSeverity.Information, "version-mismatch")
    actions = await editor.actions(source, zap)
    assert set(actions) == {"Pin go.uber.org/zap to v1.27.0 (host)", "Align all 4 modules with the host"}
    edit = actions["Pin go.uber.org/zap to v1.27.0 (host)"].edit
    assert edit
    fixed = applied(gomod.read_text(), edit, uri, editor)
    assert fixed == gomod.read_text().replace("zap v1.26.0", "zap v1.27.0")
    editor.forget()
    editor.change(uri, fixed)
    shown = await editor.until(source, lambda params: len(params.diagnostics) == 2)
    assert '"go.uber.org/zap"' not in marked(shown, text, editor.encoding)
    editor.forget()
    editor.close(source)
    await editor.until(source, clean)


async def test_marks_follow_the_text_and_comments_silence_them(examples: Examples, start: Start) -> None:
    main = examples.plugin / "main.go"
    editor = await start(examples.plugin)
    source = editor.open(main)
    await editor.until(source, informed)
    text = main.read_text().replace("\npackage main", "\n\n// höher\npackage main")
    text = text.replace('"github.com/gofrs/uuid"', '"github.com/gofrs/uuid" // layerg-pin:ignore version-mismatch')
    version = editor.change(source, text)
    shown = await editor.until(source, lambda params: params.version == version)
    assert set(marked(shown, text, editor.encoding)) == {f'"{path}"' for path in IMPORTED - {"github.com/gofrs/uuid"}}


async def test_tests_and_other_packages_are_not_marked(examples: Examples, start: Start) -> None:
    library = examples.plugin / "unused" / "unused.go"
    library.parent.mkdir()
    library.write_text('package unused\n\nimport _ "github.com/stretchr/testify/assert"\n')
    editor = await start(examples.plugin)
    test, source = editor.open(examples.plugin / "main_test.go"), editor.open(library)
    gomod = uri_of(str(examples.plugin / "go.mod"))
    await editor.until(gomod, refined)
    await editor.until(source, clean)
    assert {each.uri: bool(each.diagnostics) for each in editor.published} == {gomod: True, source: False}, (
        "as last published"
    )
    assert test not in {each.uri for each in editor.published}


async def test_import_findings_are_never_more_severe_than_their_check(examples: Examples, start: Start) -> None:
    main = examples.plugin / "main.go"
    editor = await start(examples.plugin, {"severity": {"version-mismatch": "hint"}})
    source = editor.open(main)
    shown = await editor.until(source, informed)
    assert {each.severity for each in shown.diagnostics} == {types.DiagnosticSeverity.Hint}


@pytest.mark.parametrize("like", CLIENTS)
async def test_a_go_file_alone_begins_with_its_plugin(examples: Examples, start: Start, like: str) -> None:
    main, gomod = examples.plugin / "main.go", examples.plugin / "go.mod"
    editor = await start(examples.plugin, like=like)
    source = editor.open(main)
    uri = uri_of(str(gomod))
    shown = await editor.until(uri, refined)
    assert modules(shown) == MISMATCHED
    assert shown.version is None
    found = marked(await editor.until(source, informed), main.read_text(), editor.encoding)
    action = (await editor.actions(source, found['"go.uber.org/zap"']))["Pin go.uber.org/zap to v1.27.0 (host)"]
    assert action.edit
    assert "zap v1.27.0" in applied(gomod.read_text(), action.edit, uri, editor)
    second = editor.open(examples.plugin / "main_test.go")
    editor.forget()
    editor.close(source)
    await editor.until(source, clean)
    assert not [each for each in editor.published if each.uri == uri and not each.diagnostics], "one is still open"
    editor.close(second)
    await editor.until(uri, clean)


async def test_opening_and_closing_go_mod_meanwhile(examples: Examples, start: Start) -> None:
    gomod = examples.plugin / "go.mod"
    editor = await start(examples.plugin)
    editor.open(examples.plugin / "main.go")
    uri = uri_of(str(gomod))
    await editor.until(uri, refined)
    editor.forget()
    assert editor.open(gomod, gomod.read_text().replace("zap v1.26.0", "zap v1.27.0")) == uri
    shown = await editor.until(uri, lambda params: params.version is not None)
    assert modules(shown) == MISMATCHED - {"go.uber.org/zap"}
    editor.forget()
    editor.close(uri)
    shown = await editor.until(uri, lambda params: params.version is None)
    assert modules(shown) == MISMATCHED, "what is on disk counts again"
    gomod.write_text(gomod.read_text().replace("zap v1.26.0", "zap v1.27.0"))
    editor.forget()
    editor.save(uri)
    await editor.until(uri, lambda params: modules(params) == MISMATCHED - {"go.uber.org/zap"})


async def test_a_module_that_becomes_a_plugin(examples: Examples, start: Start) -> None:
    (examples.plugin / "layerg-pin.toml").unlink()
    main = examples.plugin / "main.go"
    text = main.read_text()
    main.write_text(text.replace("func InitModule(", "func Other("))
    editor = await start(examples.plugin, {"host": "../host"})
    source = editor.open(main)
    marker = editor.open(examples.plugin / "go.mod")
    await editor.client.text_document_hover_async(
        types.HoverParams(types.TextDocumentIdentifier(source), types.Position(0, 0))
    )
    editor.close(marker)
    assert [each for each in editor.published if each.diagnostics] == []
    main.write_text(text)
    editor.change(source, text)
    editor.save(source)
    assert modules(await editor.until(uri_of(str(examples.plugin / "go.mod")), refined)) == MISMATCHED


async def test_modules_that_are_not_plugins_get_nothing(examples: Examples, start: Start, tmp_path: Path) -> None:
    library, vendored = tmp_path / "library", examples.plugin / "vendor" / "example.com" / "x"
    shutil.copytree(examples.plugin, library)
    (library / "layerg-pin.toml").unlink()
    (library / "main.go").write_text('package library\n\nimport _ "go.uber.org/zap"\n')
    vendored.mkdir(parents=True)
    (vendored / "x.go").write_text('package x\n\nimport _ "go.uber.org/zap"\n')
    outside = tmp_path / "outside"
    shutil.copytree(examples.plugin, outside)
    (outside / "layerg-pin.toml").write_text(f'host = "{examples.host}"\n')
    editor = await start(examples.plugin)
    for folder in (library, vendored, outside):
        for path in folder.glob("*.go"):
            editor.open(path)
    (tmp_path / "no-module.go").write_text('package x\n\nimport _ "go.uber.org/zap"\n')
    editor.open(tmp_path / "no-module.go")
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    assert {each.uri for each in editor.published} == {uri}


async def test_go_files_can_be_switched_off_and_on(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, {"goFiles": False}, configuration=False)
    source, gomod = editor.open(examples.plugin / "main.go"), uri_of(str(examples.plugin / "go.mod"))
    opened = editor.open(examples.plugin / "go.mod")
    await editor.until(opened, refined)
    editor.close(opened)
    await editor.until(gomod, clean)
    assert {each.uri for each in editor.published} == {gomod}

    def switch(on: bool) -> None:
        editor.forget()
        settings = types.DidChangeConfigurationParams({"layergPin": {"goFiles": on}})
        editor.client.workspace_did_change_configuration(settings)

    switch(True)
    await editor.until(gomod, refined)
    await editor.until(source, informed)
    switch(False)
    await editor.until(gomod, clean)
    await editor.until(source, clean)
