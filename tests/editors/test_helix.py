"""Helix, set up as docs/editors.md says: see what differs, fix it, see nothing, and look at the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors.documented_set_ups import set_ups
from tests.editors.expected import ALIGN, MISMATCHES, TESTIFY, ZAP, pinned, place
from tests.editors.home import Home, debian
from tests.editors.terminal import Terminal

NEXT = "\x0e"
"""Control-N, which moves down in a menu."""


def run_session(home: Home, gomod: Path, programs: Path, patience: float) -> None:
    """What a user does with a go.mod. Raises AssertionError."""
    prefix = debian("hx")
    config = home.folder / "config" / "helix"
    config.mkdir()
    for name, text in zip(("languages.toml", "config.toml"), set_ups("Helix"), strict=True):
        (config / name).write_text(text)
    env = home.env(programs, HELIX_RUNTIME=str(prefix.root / "usr" / "lib" / "hx" / "runtime"))
    at = place(gomod.read_text(), ZAP.module)
    with Terminal([*prefix.command("usr/lib/hx/hx"), gomod.name], env, gomod.parent, patience) as screen:
        screen.wait("module example.com/backend")
        screen.wait(rf"zap {ZAP.plugin} .*{ZAP.module} is {ZAP.plugin}, host has")
        screen.wait(rf"● {len(MISMATCHES)} ")  # Go has answered
        screen.keys(f":{at.line + 1}\r")
        screen.wait(rf"{at.line + 1}:1\b")
        screen.keys(" a")
        screen.wait(ALIGN)
        titles = [line for line in screen.text.splitlines() if "Pin " in line or ALIGN in line]
        below = next(number for number, line in enumerate(titles) if ALIGN in line)
        screen.keys(NEXT * below + "\r")
        screen.wait(f"zap {ZAP.host}")
        screen.wait_gone("●")
        screen.wait(rf"testify {TESTIFY.plugin} *host {TESTIFY.host}, not shared")  # Helix requests hints after an edit
        screen.keys(":wq\r")
        screen.wait_ended()


def test_helix(home: Home, gomod: Path, programs: Path) -> None:
    text = gomod.read_text()
    run_session(home, gomod, programs, 30)
    assert gomod.read_bytes() == pinned(text, MISMATCHES).encode()


def test_without_a_server(home: Home, gomod: Path, broken: Path) -> None:
    with pytest.raises(AssertionError, match=r"should show .*host has"):
        run_session(home, gomod, broken, 3)
