"""Homebrew's formula is valid Ruby: read by a Ruby of Debian."""

from __future__ import annotations

import subprocess
from pathlib import Path

from scripts.write_formula import write_formula

from tests.conftest import ROOT
from tests.editors.home import debian


def test_ruby_reads_the_formula(tmp_path: Path) -> None:
    path = tmp_path / "layerg-pin.rb"
    write_formula(ROOT / "pyproject.toml", path)
    command = [*debian("ruby").command("usr/bin/ruby"), "--disable=gems", "-wc", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Syntax OK\n", "")
