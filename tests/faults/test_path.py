"""A program is never taken from the working folder, whatever PATH contains."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from layerg_pin.go.queries import find_go
from layerg_pin.system.programs import find_program
from tests.conftest import Examples
from tests.faults.test_go_faults import script
from tests.platform_marks import uses_shell


@uses_shell  # tests/system/test_programs.py has Windows' rules
@pytest.mark.parametrize("entry", ["", ".", "./", "bin", "../hostile/bin", "~", "~/bin"])
def test_a_relative_entry_of_path_is_skipped_and_a_good_program_behind_it_found(
    entry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile, good = tmp_path / "hostile", tmp_path / "good"
    for folder in (hostile, hostile / "bin", hostile / "~", hostile / "~" / "bin"):
        folder.mkdir(exist_ok=True)
        script(folder / "go", "exit 1")
    real = script(good / "go", "exit 0")
    monkeypatch.chdir(hostile)
    for path in (f"{entry}{os.pathsep}{good}", f"{good}{os.pathsep}{entry}"):
        monkeypatch.setenv("PATH", path)
        assert find_program("go") == real
        go = find_go()
        assert go
        assert go.program == real
    monkeypatch.setenv("PATH", entry)
    assert find_program("go") is None
    assert find_go() is None


@uses_shell
@pytest.mark.parametrize("name", ["./go", "bin/go", "../hostile/go", ""])
def test_a_relative_name_is_not_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    for path in (tmp_path / "go", tmp_path / "bin" / "go"):
        script(path, "exit 0")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert find_program(name) is None


def test_what_cannot_be_run_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a" / "go").mkdir(parents=True)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "go").write_text("no program")
    monkeypatch.setenv("PATH", f"{tmp_path / 'a'}{os.pathsep}{tmp_path / 'b'}")
    assert find_program("go") is None
    assert find_program(str(tmp_path / "b" / "go")) is None


@pytest.mark.parametrize("path", ["", ".", f"{{path}}{os.pathsep}", f".{os.pathsep}{{path}}"])
def test_check_in_a_foreign_folder_does_not_run_its_go(path: str, examples: Examples, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    script(examples.plugin / "go", f"touch {marker}")
    (examples.plugin / "go.bat").write_text(f'@echo ran > "{marker}"\r\n')
    env = {**os.environ, "PATH": path.format(path=os.environ["PATH"])}
    command = (sys.executable, "-m", "layerg_pin", "check", ".")
    subprocess.run(command, cwd=examples.plugin, env=env, capture_output=True, check=False)
    assert not marker.exists()
