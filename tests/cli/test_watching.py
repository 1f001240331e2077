"""`check --watch` notices changes at any time."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from layerg_pin.cli.check_command import check_once
from layerg_pin.cli.command_line import parse
from layerg_pin.cli.watching import watch
from layerg_pin.core.known.known_hosts import PLUGIN_APIS
from layerg_pin.engine.checked_plugin import Checked


class _CheckedTwice(Exception):
    pass


def test_a_change_during_the_first_check_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The files to watch are known only after the first check."""
    (tmp_path / "go.mod").write_text(f"module example.com/p\n\ngo 1.21\n\nrequire {sorted(PLUGIN_APIS)[0]} v1.0.0\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc InitModule() {}\n")
    options = parse(["check", "--offline", str(tmp_path)])
    checks = 0

    def check() -> tuple[Checked, ...]:
        nonlocal checks
        checks += 1
        if checks == 2:
            raise _CheckedTwice
        _, plugins = check_once(options)
        later = time.time_ns() + 10**9  # the clock of a file system may be some milliseconds behind
        (tmp_path / "go.sum").touch()
        os.utime(tmp_path / "go.sum", ns=(later, later))
        return plugins

    with pytest.raises(_CheckedTwice):
        watch(check, options.paths)
    assert "example.com/p" in capsys.readouterr().out
