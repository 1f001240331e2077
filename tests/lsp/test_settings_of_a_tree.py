"""A layerg-pin.toml above a plugin in an editor: its host, its exclude, its changes, and workspaces without trust."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from tests.conftest import Examples
from tests.lsp.conftest import Editor, Start
from tests.lsp.test_session import MISMATCHED, clean, modules, refined
from tests.lsp.test_watching import DOES_NOT, WATCHES, notify_change


def written(editor: Editor, path: Path, text: str, like: str) -> None:
    """Write a file, and report it as a client that watches does."""
    path.write_text(text)
    if like == WATCHES:
        notify_change(editor, path, types.FileChangeType.Changed)


@pytest.mark.parametrize("like", [WATCHES, DOES_NOT])
async def test_the_file_above_names_the_host_and_its_changes_apply(examples: Examples, start: Start, like: str) -> None:
    root = examples.plugin.parent
    above = root / "layerg-pin.toml"
    (root / ".git").mkdir()
    (examples.plugin / "layerg-pin.toml").unlink(missing_ok=True)
    above.write_text(f'host = "{examples.host.name}"\n')
    editor = await start(root, like=like)
    uri = editor.open(examples.plugin / "go.mod")
    assert modules(await editor.until(uri, refined)) == MISMATCHED
    written(editor, above, f'host = "{examples.host.name}"\nexclude = ["{examples.plugin.name}"]\n', like)
    await editor.until(uri, clean)
    editor.forget()
    written(editor, above, f'host = "{examples.host.name}"\nseverity = {{ version-mismatch = "hint" }}\n', like)
    found = await editor.until(uri, refined)
    assert {each.severity for each in found.diagnostics if each.code == "version-mismatch"} == {
        types.DiagnosticSeverity.Hint
    }


async def test_an_excluded_plugin_that_is_opened_has_no_findings(examples: Examples, start: Start) -> None:
    root = examples.plugin.parent
    (root / ".git").mkdir()
    above = root / "layerg-pin.toml"
    above.write_text(f'exclude = ["{examples.plugin.name}"]\n')
    editor = await start(root, like=DOES_NOT)
    uri = editor.open(examples.plugin / "go.mod")
    params = types.ExecuteCommandParams("layergPin.status", [uri])
    await editor.client.workspace_execute_command_async(params)
    assert editor.published == []
    above.write_text("")
    assert modules(await editor.until(uri, refined)) == MISMATCHED


async def test_without_trust_a_file_above_the_workspace_is_not_read(examples: Examples, start: Start) -> None:
    root = examples.plugin.parent
    (root / ".git").mkdir()
    (root / "layerg-pin.toml").write_text(f'exclude = ["{examples.plugin.name}"]\n')
    editor = await start(examples.plugin, like=WATCHES, options={"trusted": False, "host": str(examples.host)})
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, lambda params: bool(params.diagnostics))
