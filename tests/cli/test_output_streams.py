"""What the command line writes into pipes, and the commands that it proposes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from layerg_pin.cli.output.fix_advice import posix_word, windows_word
from tests.conftest import Examples

NAME = "gäme-\u4e16→"
_AS_ON_WINDOWS = """
import sys
import layerg_pin.__main__ as main
for stream in (sys.stdout, sys.stderr):
    stream.reconfigure(encoding="cp437", errors="strict")
main._PIPED_ENCODING = "utf-8"
main.run()
"""
"""The command, with streams in a legacy code page, as Python opens pipes on Windows."""


@pytest.fixture
def plugin(examples: Examples) -> Path:
    """A plugin with errors, in a folder whose name no legacy code page has, and which is in the findings."""
    host = examples.host.rename(examples.host.with_name(NAME))
    (examples.plugin / "layerg-pin.toml").write_text(f'host = "../{host.name}"\n')
    return examples.plugin


def output(folder: Path, command: tuple[str, ...], *arguments: str, code: int = 1, **env: str) -> bytes:
    """What a command writes into pipes; it must end with an exit code and without a traceback."""
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONIOENCODING", "PYTHONUTF8")}
    full = {**kept, "PYTHONPATH": os.pathsep.join(sys.path), **env}
    done = subprocess.run((sys.executable, *command, *arguments), cwd=folder, env=full, capture_output=True)
    assert (done.returncode, b"Traceback" in done.stderr) == (code, False), done.stderr
    return done.stdout


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "gitlab", "junit", "rdjson"])
def test_output_to_a_pipe_is_utf_8(plugin: Path, form: str) -> None:
    text = output(plugin, ("-c", _AS_ON_WINDOWS), "check", "--format", form).decode("utf-8")
    assert NAME in text or json.dumps(NAME).strip('"') in text


def test_an_explanation_in_a_pipe_is_utf_8(tmp_path: Path) -> None:
    line = "plugin was built with a different version of package runtime"
    assert "-gcflags=all=…" in output(tmp_path, ("-c", _AS_ON_WINDOWS), "explain", "--line", line, code=0).decode(
        "utf-8"
    )


@pytest.mark.parametrize("encoding", ["cp437", "cp850", "cp1252", "ascii"])
def test_a_legacy_encoding_that_the_user_names_is_used(plugin: Path, encoding: str) -> None:
    """Characters that it lacks are escaped."""
    command = ("-m", "layerg_pin", "check", "--format")
    text = output(plugin, command, "text", PYTHONIOENCODING=encoding).decode(encoding)
    assert NAME.encode(encoding, "backslashreplace").decode(encoding) in text
    (found,) = json.loads(output(plugin, command, "json", PYTHONIOENCODING=encoding).decode(encoding))["plugins"]
    assert NAME in found["findings"][0]["related"][0]["file"]


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
