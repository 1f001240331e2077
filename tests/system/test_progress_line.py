"""The progress line: a terminal shows it and loses it, a file gets only what stays."""

from __future__ import annotations

import os
import sys

import pytest

from layerg_pin.system.progress_line import ProgressLine


def shown_on_terminal(monkeypatch: pytest.MonkeyPatch, *steps: str) -> str:
    """What a terminal gets for one announcement and some steps."""
    pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals of this kind")
    reader, writer = pty.openpty()
    with os.fdopen(writer, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        with ProgressLine() as line:
            line.announce("this takes long")
            text = ""
            for step in steps:
                line.step(step)
                while not text.endswith(" s"):
                    text += os.read(reader, 4096).decode()
        text += os.read(reader, 4096).decode()
    os.close(reader)
    return text


def test_a_terminal_shows_the_step_until_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown_on_terminal(monkeypatch, "compiling")
    assert text.startswith("layerg-pin: this takes long\r\n\r\x1b[Kcompiling… 0 s")
    assert text.endswith("\r\x1b[K")


def test_without_a_step_nothing_is_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown_on_terminal(monkeypatch) == "layerg-pin: this takes long\r\n"


def test_a_step_cannot_steer_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown_on_terminal(monkeypatch, "compiling \x1b[2J")
    assert "compiling \\x1b[2J… 0 s" in text


def test_a_file_gets_only_the_announcement(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressLine() as line:
        line.announce("this takes long")
        line.step("compiling")
    assert capsys.readouterr().err == "layerg-pin: this takes long\n"
