"""`Align all` is refused exactly where `layerg-pin fix` is: for each kind of error in a file that a fix depends on."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from layerg_pin.lsp.protocol.command_names import ALIGN_ALL, FIX_ALL
from tests.conftest import Examples
from tests.lsp.conftest import Start

ERRORS = {
    "an unknown directive": "nonsense a b\n",
    "a version without v": "require go.uber.org/atomic 1.2.3\n",
    "a word too many": "require go.uber.org/atomic v1.2.3 v1.2.4\n",
    "an open block": "require (\n",
    "an open string": 'require "go.uber.org/atomic v1.2.3\n',
    "a second module line": "module example.com/other\n",
    "a second go line": "go 1.22\n",
    "a go line of another form": "toolchain nonsense\n",
    "a major version that does not fit": "require go.uber.org/atomic v2.0.0\n",
    "a replacement with @": "replace go.uber.org/atomic => go.uber.org/atomic@v1.0.0\n",
    "a merge conflict": "<<<<<<< HEAD\n",
    "a byte order mark": "\ufeffrequire go.uber.org/atomic v1.2.3\n",
    "a comment of another language": "/* x */\n",
    "a closing parenthesis": ")\n",
    "a file that is too long": "\n" * 7000,
}
READABLE = {"a comment": "// nonsense\n", "nothing": "", "an unused require": "require go.uber.org/atomic v1.2.3\n"}


@pytest.mark.parametrize("kind", [*ERRORS, *READABLE])
async def test_both_refuse_alike(examples: Examples, start: Start, kind: str) -> None:
    gomod = examples.plugin / "go.mod"
    text = gomod.read_text() + {**ERRORS, **READABLE}[kind]
    gomod.write_text(text)
    editor = await start(examples.plugin, {"goPath": str(examples.plugin / "no-such-go")})
    uri = editor.open(gomod)
    shown = await editor.until(uri, lambda params: any(each.code == "version-mismatch" for each in params.diagnostics))
    found = next(each for each in shown.diagnostics if each.code == "version-mismatch")
    titles = set(await editor.actions(uri, found)) | set(await editor.actions(uri, found, [FIX_ALL]))
    await editor.run(ALIGN_ALL, uri)
    said = [each.message for each in editor.client.messages]
    if kind in READABLE:
        assert any("Align all" in title for title in titles)
        assert editor.applied
        return
    assert not any("Align all" in title for title in titles)
    assert editor.applied == []
    assert any("nothing was written" in each and "go.mod:" in each for each in said), said
    assert _fix(examples.plugin) == 2
    assert gomod.read_text() == text


async def test_no_module_line(examples: Examples, start: Start) -> None:
    gomod = examples.plugin / "go.mod"
    gomod.write_text("".join(gomod.read_text().splitlines(keepends=True)[1:]))
    editor = await start(examples.plugin, {"goPath": str(examples.plugin / "no-such-go")})
    uri = editor.open(gomod)
    await editor.until(uri, lambda params: any(each.code == "version-mismatch" for each in params.diagnostics))
    await editor.run(ALIGN_ALL, uri)
    assert editor.applied == []
    assert _fix(examples.plugin) == 2


def _fix(plugin: Path) -> int:
    return main(["fix", "--offline", str(plugin)])
