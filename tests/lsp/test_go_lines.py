"""A dependency that needs a newer Go than the host's: the quick fix at its require, by what the module cache knows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lsprotocol import types

from tests.conftest import go
from tests.lsp.conftest import Start
from tests.lsp.test_blank_imports import offered
from tests.lsp.test_session import applied
from tests.truth.proxy import Module, package_source, write_proxy

_MODULES = (
    Module("example.com/mod", "v0.1.0", {"": ()}, go="1.21.3"),
    Module("example.com/mod", "v0.2.0", {"": ()}, go="1.22.0"),
    Module("example.com/shared", "v1.0.0", {"": ()}),
)


def _says(words: str, params: types.PublishDiagnosticsParams) -> bool:
    return any(words in each.message for each in params.diagnostics)


async def test_a_dependency_is_lowered_by_a_quick_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Start
) -> None:
    sums = write_proxy(tmp_path / "proxy", _MODULES)
    monkeypatch.setenv("GOPROXY", (tmp_path / "proxy").as_uri())
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modcache"))
    folder = tmp_path / "plugin"
    folder.mkdir()
    build = {"release": "go1.21.6", "goos": "linux", "goarch": "amd64", "cgo": True, "trimpath": True}
    shared = {"path": "example.com/shared", "version": "v1.0.0", "packages": ["example.com/shared"]}
    host = {"version": 1, "module": "example.com/host", "build": build, "linked": True, "modules": [shared]}
    (folder / "layerg-host.json").write_text(json.dumps(host))
    (folder / "layerg-pin.toml").write_text('host = "layerg-host.json"\n[severity]\ntoolchain-mismatch = "off"\n')
    gomod = folder / "go.mod"
    gomod.write_text("module example.com/plugin\n\ngo 1.20\n\nrequire example.com/mod v0.2.0\n")
    (folder / "go.sum").write_text(sums)
    entry = "func InitModule() string { return Value() }\n\nfunc main() {}\n"
    (folder / "main.go").write_text(f"{package_source('main', 'plugin', ('example.com/mod',))}\n{entry}")
    go(folder, "mod", "download", "-modcacherw", "example.com/mod@v0.1.0", "example.com/mod@v0.2.0")

    editor = await start(folder)
    uri = editor.open(gomod)
    shown = await editor.until(uri, lambda params: _says("needs go 1.22.0", params))
    (place,) = (each.range for each in shown.diagnostics if "needs go" in each.message)
    assert (place.start.line, place.start.character) == (4, len("require example.com/mod "))
    actions = await offered(editor, uri, shown)
    edit = actions["Lower example.com/mod to v0.1.0 (go1.21.6 builds it)"].edit
    assert edit
    fixed = applied(gomod.read_text(), edit, uri, editor)
    assert fixed == "module example.com/plugin\n\ngo 1.21.3\n\nrequire example.com/mod v0.1.0\n"
    editor.forget()
    editor.change(uri, fixed)
    await editor.until(uri, lambda params: not params.diagnostics)
