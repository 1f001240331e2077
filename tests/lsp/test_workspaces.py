"""A go.work around the plugin: a module of it that the host links too is reported, and one edit removes it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from lsprotocol import types

from layerg_pin.lsp.protocol.file_uris import uri_of
from tests.conftest import Examples, go
from tests.lsp.conftest import Start
from tests.lsp.test_session import applied, codes, refined

TITLE = "Take go.uber.org/multierr out of the workspace"


def workspace(examples: Examples) -> Path:
    """A go.work that uses the plugin, and multierr from a folder."""
    source = go(examples.host, "list", "-mod=mod", "-m", "-f", "{{.Dir}}", "go.uber.org/multierr").strip()
    library = examples.plugin.parent / "multierr"
    shutil.copytree(source, library, copy_function=shutil.copyfile)
    library.chmod(0o755)
    work = examples.plugin.parent / "go.work"
    work.write_text("go 1.23\n\nuse (\n\t./multierr // ours\n\t./plugin\n)\n")
    go(examples.plugin, "mod", "download", work=work)
    return work


@pytest.mark.parametrize("like", ["visual-studio-code", "neovim@v0.10.0"])
async def test_a_member_that_the_host_has_is_taken_out(examples: Examples, start: Start, like: str) -> None:
    work, gomod = workspace(examples), examples.plugin / "go.mod"
    editor = await start(examples.plugin, like=like)
    uri = editor.open(gomod)
    shown = await editor.until(uri, lambda params: refined(params) and "workspace-module" in codes(params))
    said = next(each for each in shown.diagnostics if each.code == "workspace-module")
    assert said.severity == types.DiagnosticSeverity.Error
    assert "built from its folder, because go.work:4 uses it; host has v1.11.0" in said.message
    assert said.range.start.line == 15
    action = (await editor.actions(uri, said))[TITLE]
    assert action.edit
    text, work_text = gomod.read_text(), work.read_text()
    fixed = applied(text, action.edit, uri, editor)
    assert fixed == text.replace("multierr v1.10.0", "multierr v1.11.0")
    left = applied(work_text, action.edit, uri_of(str(work)), editor)
    assert left == "go 1.23\n\nuse (\n\t./plugin\n)\n"
    editor.forget()
    work.write_text(left)
    gomod.write_text(fixed)
    editor.change(uri, fixed)
    editor.save(uri)
    await editor.until(uri, lambda params: refined(params) and "workspace-module" not in codes(params))


async def test_an_unsaved_go_work_is_used(examples: Examples, start: Start) -> None:
    work = workspace(examples)
    editor = await start(examples.plugin.parent, like="neovim@v0.10.0")
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, lambda params: "workspace-module" in codes(params))
    work_uri = editor.open(work)
    editor.forget()
    editor.change(work_uri, "go 1.23\n\nuse ./plugin\n")
    await editor.until(uri, lambda params: refined(params) and "workspace-module" not in codes(params))
    editor.forget()
    editor.close(work_uri)
    await editor.until(uri, lambda params: refined(params) and "workspace-module" in codes(params))
    assert "./multierr" in work.read_text()
