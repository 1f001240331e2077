"""Vim with ALE, set up as docs/editors.md says: see what differs, fix it, see nothing, and look at the file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.editors.documented_set_ups import set_ups
from tests.editors.expected import ALIGN, MISMATCHES, ZAP, pinned, place
from tests.editors.home import Home, debian
from tests.editors.terminal import Terminal


def run_session(home: Home, gomod: Path, programs: Path, patience: float) -> None:
    """What a user does with a go.mod. Raises AssertionError."""
    prefix = debian("vim-ale", "vim")
    share = prefix.root / "usr" / "share" / "vim"
    (set_up,) = set_ups("Vim")
    vimrc = home.folder / "vimrc"
    vimrc.write_text(f"set nocompatible packpath^={share / 'vimfiles'}\nfiletype plugin on\n{set_up}")
    command = [*prefix.command("usr/bin/vim.basic"), "-u", str(vimrc), gomod.name]
    at = place(gomod.read_text(), ZAP.module)
    with Terminal(command, home.env(programs, VIM=str(share)), gomod.parent, patience) as screen:
        screen.wait("module example.com/backend")
        for each in MISMATCHES:
            screen.wait(rf"(?m)^E .*{each.module} {re.escape(each.plugin)} .*E: {each.module} is ")
        screen.wait(r"(?m)^  .*testify")  # Go has answered
        screen.keys(f":{at.line + 1}\r:ALECodeAction\r")
        screen.wait(re.escape(ALIGN))
        number = re.search(rf"(\d+)\) {ALIGN}\n", screen.text)
        assert number, screen.text
        screen.keys(f"{number[1]}\r")
        screen.wait(f"zap {ZAP.host}")
        screen.keys(":w\r")
        screen.wait_gone(r"(?m)^[EW] ")
        screen.keys(":q\r")
        screen.wait_ended()


def test_vim(home: Home, gomod: Path, programs: Path) -> None:
    text = gomod.read_text()
    run_session(home, gomod, programs, 30)
    assert gomod.read_bytes() == pinned(text, MISMATCHES).encode()


def test_without_a_server(home: Home, gomod: Path, broken: Path) -> None:
    # If it has ended before ALE writes to it, the screen shows that instead.
    with pytest.raises(AssertionError, match=r"should show .*E: |ch_sendraw\(\): Write failed"):
        run_session(home, gomod, broken, 3)
