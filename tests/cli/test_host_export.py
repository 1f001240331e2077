"""The profile that `layerg-pin host export` writes, and the line of layerg-pin.toml that it advises."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from layerg_pin.cli.main import main

HOST = ("--host", "nakama@3.22.0")


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """The folder of a plugin with a folder inside it."""
    folder = tmp_path / "plugin"
    (folder / "inner").mkdir(parents=True)
    (folder / "go.mod").write_text("module example.com/p\n\nrequire github.com/heroiclabs/nakama-common v1.32.0\n")
    return folder


@pytest.mark.parametrize(
    ("working_folder", "arguments"),
    [
        (".", ("plugin", "-o", "x.json")),
        (".", ("plugin", "-o", "plugin/~x.json")),
        ("plugin", ("-o", "../x.json")),
        ("plugin", ("-o", "inner/x.json")),
        ("plugin/inner", ("-o", "x.json")),
    ],
)
def test_the_advice_works_in_the_file_that_it_names(
    working_folder: str,
    arguments: tuple[str, ...],
    plugin: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path / working_folder)
    assert main(["host", "export", *HOST, *arguments]) == 0
    advice = re.search(r"^set it in (.*): (host = .*)$", capsys.readouterr().out, re.MULTILINE)
    assert advice
    Path(advice[1]).write_text(f"{advice[2]}\n")
    assert os.path.samefile(advice[1], plugin / "layerg-pin.toml")
    monkeypatch.chdir(plugin)
    assert main(["host", "show"]) == 0
    assert "x.json: github.com/heroiclabs/nakama/v3 v3.22.0" in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="Windows has no device files")
@pytest.mark.parametrize("options", [(), ("--format", "renovate")])
def test_a_device_is_written_to(options: tuple[str, ...], plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["host", "export", *HOST, str(plugin), *options, "-o", "/dev/null"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("wrote /dev/null: ")
    assert "set it in" not in out


def test_a_folder_cannot_be_written(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["host", "export", *HOST, str(plugin), "-o", str(plugin)]) == 2
    assert capsys.readouterr().err.endswith(" cannot be written: it is a folder\n")
