"""The folder that `host show`, `host export`, `explain --plugin` and `init` are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from tests.conftest import Examples

COMMANDS = [["host", "show"], ["host", "export", "-o", "-"]]
EXPLAIN = ["explain", "--line", "plugin: x", "--plugin"]


@pytest.mark.parametrize("command", [*COMMANDS, EXPLAIN], ids=" ".join)
@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("nowhere", "pass a plugin's folder"),
        ("nakama@3.24.0", "to name the host, use --host nakama@3.24.0"),
        ("../...", "pass `..`, which includes the folders below it"),
    ],
)
def test_a_folder_that_does_not_exist_is_refused(
    command: list[str],
    name: str,
    remedy: str,
    examples: Examples,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also in a plugin's folder, whose host would be shown otherwise."""
    monkeypatch.chdir(examples.plugin)
    assert main([*command, name]) == 2
    out, errors = capsys.readouterr()
    assert out == ""
    assert f"{name} does not exist: {remedy}" in errors


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_host_is_asked_for_only_if_none_is_named(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    asked = ", or name a host with --host"
    assert main([*command, "nowhere"]) == 2
    assert capsys.readouterr().err == f"layerg-pin: nowhere does not exist: pass a plugin's folder{asked}\n"
    assert main([*command, "nowhere", "--host", "nakama@3.22.0"]) == 2
    assert capsys.readouterr().err == "layerg-pin: nowhere does not exist: pass a plugin's folder\n"
    assert main([*EXPLAIN, "nowhere"]) == 2
    assert capsys.readouterr().err == "layerg-pin: nowhere does not exist: pass a plugin's folder\n"


def test_a_go_mod_means_its_folder(
    examples: Examples, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["host", "show", str(examples.plugin / "go.mod")]) == 0
    by_file = capsys.readouterr().out
    assert main(["host", "show", str(examples.plugin)]) == 0
    assert capsys.readouterr().out == by_file


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('packages = ["."]\nhost = "nakama\n', "2:15: invalid TOML: "),
        ("<<<<<<< HEAD\n=======\n>>>>>>> b\n", "1: merge conflict: "),
    ],
)
def test_init_names_the_line_of_a_broken_file(
    text: str, fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "go.mod").write_text("module example.com/p\n")
    project = tmp_path / "p" / "layerg-pin.toml"
    project.write_text(text)
    monkeypatch.chdir(tmp_path)
    assert main(["init", "p", "--host", "nakama@3.22.0"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"layerg-pin: {Path('p', 'layerg-pin.toml')}:{fault}")
    assert error.endswith("; nothing was written: fix this, and run `layerg-pin init` again\n")
    assert project.read_text() == text
