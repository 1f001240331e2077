"""What the command line writes into pipes, and what it advises to type."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from layerg_pin.cli.output.fix_advice import posix_word, windows_word


def test_output_to_a_pipe_is_utf_8(tmp_path: Path) -> None:
    folder = tmp_path / "gäme-\u4e16"
    folder.mkdir()
    done = subprocess.run((sys.executable, "-m", "layerg_pin", "check", folder), capture_output=True, check=False)
    assert "gäme-\u4e16" in done.stderr.decode("utf-8") + done.stdout.decode("utf-8")


@pytest.mark.parametrize(
    ("word", "posix", "windows"),
    [
        ("../host", "../host", "../host"),
        ("C:\\my game", "'C:\\my game'", '"C:\\my game"'),
        ("a&b", "'a&b'", '"a&b"'),
        ("nakama@3.40.0", "nakama@3.40.0", '"nakama@3.40.0"'),
    ],
)
def test_advice_is_quoted_for_the_shell(word: str, posix: str, windows: str) -> None:
    assert (posix_word(word), windows_word(word)) == (posix, windows)
