"""Whole logs and all that `layerg-pin explain` prints of them: each cause once, with its files.

`logs/NAME.log` is the input and `logs/NAME.txt` the output; UPDATE_LOGS=1 rewrites the outputs.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from layerg_pin.cli.main import main

LOGS = sorted((Path(__file__).parent / "logs").glob("*.log"))


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.stem)
def test_a_log(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["explain", str(log)]) == 0
    out = capsys.readouterr().out
    wanted = log.with_suffix(".txt")
    if os.environ.get("UPDATE_LOGS"):
        wanted.write_text(out)
    assert out == wanted.read_text()
