"""On Windows, a program is an executable on a drive, never a batch file and never from the working folder.

`tests/faults/test_path.py` has the rules of all systems.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from layerg_pin.system.programs import find_program

pytestmark = pytest.mark.skipif(sys.platform != "win32", reason="only Windows finds programs by suffix")


@pytest.mark.parametrize("suffixes", ["", ".COM;.EXE;.BAT;.CMD", ".bat;.exe"])
def test_only_programs_are_found(suffixes: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile, shims, good = (tmp_path / name for name in ("hostile", "shims", "go od"))
    for folder, name in ((hostile, "go.exe"), (hostile, "go.bat"), (shims, "go.bat"), (shims, "go"), (good, "go.exe")):
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"")
    monkeypatch.chdir(hostile)
    monkeypatch.setenv("PATHEXT", suffixes)
    monkeypatch.setenv("PATH", f'.;;{str(hostile)[2:]};{shims};"{good}"')
    found = find_program("go")
    assert found
    assert found.lower() == str(good / "go.exe").lower()
    assert find_program("go.bat") is None
    assert find_program(str(shims / "go.bat")) is None
