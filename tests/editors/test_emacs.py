"""Emacs with eglot, set up as docs/editors.md says: see what differs, fix it, see nothing, and look at the file."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.editors.documented_set_ups import set_ups
from tests.editors.expected import ALIGN, MISMATCHES, pinned
from tests.editors.home import Home, debian

SCRIPT = Path(__file__).with_name("emacs.el")


def run_session(home: Home, gomod: Path, programs: Path, patience: float) -> subprocess.CompletedProcess[str]:
    """What a user does with a go.mod."""
    prefix = debian("elpa-go-mode", "emacs-nox")
    share = next((prefix.root / "usr" / "share" / "emacs").glob("[0-9]*"))
    dump = next((prefix.root / "usr" / "libexec").rglob("*.pdmp"))
    mode = next((prefix.root / "usr" / "share" / "emacs" / "site-lisp").rglob("go-mode.el"))
    (set_up,) = set_ups("Emacs")
    init = home.folder / "init.el"
    init.write_text(f"{set_up}(require 'go-mode)\n")
    lisp = [share / "lisp", *(each for each in (share / "lisp").iterdir() if each.is_dir()), mode.parent]
    env = home.env(
        programs,
        EMACSDATA=str(share / "etc"),
        EMACSDOC=str(share / "etc"),
        EMACSLOADPATH=":".join(map(str, lisp)),
        LAYERG_PIN_TEST_GOMOD=str(gomod),
        LAYERG_PIN_TEST_SEEN="\n".join(f"{each.module} is {each.plugin}" for each in MISMATCHES),
        LAYERG_PIN_TEST_FIX=ALIGN,
        LAYERG_PIN_TEST_PATIENCE=str(patience),
    )
    command = [*prefix.command("usr/bin/emacs-nox"), f"--dump-file={dump}", "--batch", "-Q"]
    return subprocess.run(
        [*command, "-l", str(init), "-l", str(SCRIPT)],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_emacs(home: Home, gomod: Path, programs: Path) -> None:
    text = gomod.read_text()
    done = run_session(home, gomod, programs, 30)
    assert done.returncode == 0, done.stderr
    assert gomod.read_bytes() == pinned(text, MISMATCHES).encode()


def test_without_a_server(home: Home, gomod: Path, broken: Path) -> None:
    done = run_session(home, gomod, broken, 3)
    assert done.returncode != 0
    assert "no server serves go.mod" in done.stderr, done.stderr
