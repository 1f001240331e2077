"""A run is ended with all of its children, and its output is quoted without temporary paths."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from layerg_pin.go.process import reason_of, run_program
from layerg_pin.go.query_types import Cancellation, GoInterrupted

_CHILD = "import sys, time\nwhile True:\n    open(sys.argv[1], 'a').write('.')\n    time.sleep(0.05)"
_PARENT = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', sys.argv[1], sys.argv[2]])"


def test_a_child_that_keeps_the_pipes_is_ended_too(tmp_path: Path) -> None:
    beats = tmp_path / "beats"
    start = time.monotonic()
    with pytest.raises(GoInterrupted):
        run_program((sys.executable, "-c", _PARENT, _CHILD, str(beats)), 8, Cancellation())
    assert time.monotonic() - start < 20
    assert beats.stat().st_size > 0
    size = beats.stat().st_size
    time.sleep(1)  # the time in which a child that still ran would write
    assert beats.stat().st_size == size


@pytest.mark.parametrize(
    "folder", ["/tmp/layerg-pin-x1y2/", "C:\\Users\\First Last\\Temp\\layerg-pin-x1y2\\", "Z:/tmp/layerg-pin-x1y2/"]
)
def test_a_reason_names_no_scratch_folder(folder: str) -> None:
    assert reason_of(f"go: errors parsing {folder}go.mod:3: unknown directive: x") == (
        "errors parsing go.mod:3: unknown directive: x"
    )
