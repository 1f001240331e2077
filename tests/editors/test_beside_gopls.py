"""The shipped Neovim client beside gopls: in one buffer neither repeats or undoes what the other does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Examples
from tests.editors.deb_tool import DebError
from tests.editors.documented_set_ups import set_ups
from tests.editors.expected import ALIGN, MISMATCHES, MULTIERR, PROTOBUF, UUID, ZAP, Place, pinned, place
from tests.editors.neovim import (
    Editor,
    buffer,
    debian_neovim,
    execute,
    hover,
    messages,
    offered,
    open_file,
    quick_fix,
    reload,
    replace,
    undo,
    write,
    write_all,
)
from tests.editors.test_neovim_session import vendored_with

BOTH = ("gopls", "layerg_pin")
OURS = [f"layerg-pin: {each.module} is " for each in MISMATCHES]
SET_UP = """
vim.lsp.config('gopls', {
  cmd = { 'gopls' },
  filetypes = { 'go', 'gomod', 'gowork' },
  root_markers = { 'go.work', 'go.mod' },
  settings = { gopls = { vulncheck = 'Off' } }, -- it asks the user about it whenever go.mod is saved
})
vim.lsp.enable('gopls')
"""
SMALL = """\
package main

import "go.uber.org/zap"

func InitModule(logger *zap.Logger) error {
	logger.Info("ready")
	return nil
}
"""


@pytest.fixture
def beside(editor: Editor, gopls: Path, programs: Path) -> tuple[Editor, dict[str, Any]]:
    """An editor with both servers, and the options to start it."""
    try:
        neovim = debian_neovim("sid")
    except DebError as error:
        pytest.fail(f"no newer Neovim to test with: {error}", pytrace=False)
    init = set_ups("Neovim")[0].replace("/path/to/layerg-pin", str(ROOT)) + SET_UP
    path = os.pathsep.join((str(programs), str(gopls)))
    return Editor(neovim, editor.plugin, editor.home, editor.server, editor.env), {"init": init, "path": path}


def test_nothing_is_reported_twice(beside: tuple[Editor, dict[str, Any]], gomod: Path) -> None:
    editor, options = beside
    text = gomod.read_text()
    end = Place(text.count("\n") - 1, 1, 1, "")
    editor.run(
        open_file(gomod.with_name("main.go"), *BOTH),
        open_file(gomod, *BOTH),
        messages(gomod, *OURS),
        hover(place(text, ZAP.module), "The host refuses the plugin", "This module is necessary"),
        replace(end, "\nrequir example.com/typo v1.0.0"),
        messages(gomod, *OURS, "layerg-pin: unknown directive: requir"),
        messages(gomod, *OURS, "syntax: unknown directive: requir"),  # gopls is slower, and then it alone reports this
        undo(),
        messages(gomod, *OURS),
        patience=60_000,
        **options,
    )


def test_fixes_of_the_two_follow_each_other(
    beside: tuple[Editor, dict[str, Any]], gomod: Path, examples: Examples
) -> None:
    """One server aligns or pins by a blank import, the other tidies; then neither reports anything."""
    editor, options = beside
    text, main = gomod.read_text(), gomod.with_name("main.go")
    fixed = pinned(text, MISMATCHES)
    blank = f"Pin {MULTIERR.module} to v1.10.0 (host) and import it blank"
    tidy = execute("gopls", "gopls.tidy", {"URIs": [gomod.as_uri()]})
    outcome = editor.attempt(
        open_file(main, *BOTH),
        open_file(gomod, *BOTH),
        messages(gomod, *OURS),
        quick_fix(place(text, UUID.module), ALIGN, "Align all 4 "),
        write(),
        tidy,
        reload(),
        buffer(fixed),
        messages(gomod),
        messages(main),
        *vendored_with(examples.host, MULTIERR.module, "v1.10.0"),
        messages(gomod, f"{MULTIERR.module} is v1.11.0"),
        offered(place(fixed, MULTIERR.module), blank),
        quick_fix(place(fixed, MULTIERR.module), blank, blank),
        write_all(),
        tidy,
        reload(),
        messages(gomod),
        messages(main),
        patience=20_000,
        **options,
    )
    assert outcome.returncode == 0, outcome
    assert f"\t{MULTIERR.module} v1.10.0\n" in gomod.read_text()
    assert f'\t_ "{MULTIERR.module}"\n' in main.read_text()


def test_a_pin_that_gopls_calls_unused_is_explained(beside: tuple[Editor, dict[str, Any]], gomod: Path) -> None:
    editor, options = beside
    gomod.with_name("main.go").write_text(SMALL)
    gomod.with_name("main_test.go").unlink()
    text = f"""\
module example.com/backend

go 1.23

require (
	go.uber.org/zap {ZAP.host}
	google.golang.org/protobuf {PROTOBUF.host}
)

require go.uber.org/multierr {MULTIERR.host} // indirect
"""
    gomod.write_text(text)
    subprocess.run(["go", "mod", "tidy"], cwd=gomod.parent, check=True, capture_output=True)
    gomod.write_text(text)
    at = place(text, PROTOBUF.module)
    remove = "Remove dependency: google.golang.org/protobuf"
    block = text[text.index("require (") : text.index("require go.uber.org/multierr")]
    without = text.replace(block, f"require go.uber.org/zap {ZAP.host}\n\n")
    outcome = editor.attempt(
        open_file(gomod, *BOTH),
        messages(gomod, "google.golang.org/protobuf is not used in this module"),
        hover(at, "The versions agree", "This require only pins the host's version", "gopls may call it unused"),
        quick_fix(at, remove, "Remove "),
        buffer(without),
        write_all(),
        messages(gomod),
        **options,
    )
    assert outcome.returncode == 0, outcome
