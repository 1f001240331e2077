"""Files as arguments of `check` and `fix`: each means its plugin, as hooks and editors pass the files that changed."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from layerg_pin.core.known.known_hosts import PLUGIN_APIS

PLUGIN = f"module example.com/p\n\ngo 1.21\n\nrequire {sorted(PLUGIN_APIS)[0]} v1.0.0\n"


@pytest.fixture
def monorepo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two plugins, a library and a Dockerfile in a repository, which is the working folder."""
    for name in (".git", "a", "b/cmd", "lib", "build"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("a", "b"):
        (tmp_path / name / "go.mod").write_text(PLUGIN)
    (tmp_path / "lib" / "go.mod").write_text("module example.com/lib\n\ngo 1.21\n")
    for name in ("a/main.go", "b/cmd/main.go", "lib/lib.go"):
        (tmp_path / name).write_text("package main\n")
    for name in ("a/Dockerfile", "build/Dockerfile", "compose.yaml", "notes.go"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[list[str], str]:
    """The folders of the plugins that `check` reports on, relative to the report's folder, and standard error."""
    main(["check", "--offline", "--format", "json", *arguments])
    captured = capsys.readouterr()
    return [plugin["dir"] for plugin in json.loads(captured.out)["plugins"]], captured.err


@pytest.mark.parametrize(
    ("files", "plugins"),
    [
        (["a/go.mod", "b/cmd/main.go"], ["a", "b"]),
        (["a/go.mod", "a/main.go", "a/Dockerfile"], ["a"]),
        (["b/cmd/main.go", "lib/lib.go", "lib/go.mod"], ["b"]),
        (["a/main.go", "b"], ["a", "b"]),
        (["a", "b"], ["a", "b"]),
        (["build/Dockerfile", "a/main.go"], ["a", "b"]),
        (["compose.yaml", "notes.go"], ["a", "b"]),
    ],
)
@pytest.mark.usefixtures("monorepo")
def test_a_file_means_its_plugin(files: list[str], plugins: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(capsys, *files)[0] == plugins


@pytest.mark.usefixtures("monorepo")
def test_the_report_on_one_file_is_about_its_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(capsys, "a/go.mod")[0] == ["."]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([f"lib{os.sep}go.mod"], f"lib{os.sep}go.mod is in no plugin"),
        (["lib/lib.go", "notes.go"], "2 files are in no plugin"),
    ],
)
@pytest.mark.parametrize("command", ["check", "fix"])
@pytest.mark.usefixtures("monorepo")
def test_files_in_no_plugin_are_skipped_with_a_line(
    command: str, files: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, *files]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"layerg-pin: {said}: not checked; to check a module as a plugin, pass its folder\n"


@pytest.mark.usefixtures("monorepo")
def test_a_file_that_does_not_exist_gives_no_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "a/go.mod", "a/gone.go"]) == 2
    assert "a/gone.go does not exist" in capsys.readouterr().err


@pytest.mark.usefixtures("monorepo")
def test_only_the_file_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "a/main.go", "nowhere", "--format", "json"]) == 2
    out, errors = capsys.readouterr()
    assert errors.startswith("layerg-pin: nowhere does not exist: ")
    assert [each["file"] for each in json.loads(out)["problems"]] == ["nowhere"]


@pytest.mark.usefixtures("monorepo")
def test_plugins_with_the_same_module_path_are_told_apart_by_folder(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--offline", "--host", "nowhere"]
    main(["check", *arguments])
    assert re.findall(r"^example.com/p.*: not checked$", capsys.readouterr().out, re.MULTILINE) == [
        "example.com/p (a): not checked",
        "example.com/p (b): not checked",
    ]
    main(["check", *arguments, "--host", "nakama@3.22.0"])
    out = capsys.readouterr().out
    assert all(f"example.com/p ({folder})  nowhere" in out for folder in "ab")
    main(["fix", *arguments])
    assert "example.com/p (b): not checked" in capsys.readouterr().out
    main(["check", *arguments, "--format", "junit"])
    assert re.findall(r'testsuite name="(example[^"]*)"', capsys.readouterr().out) == [
        "example.com/p (a)",
        "example.com/p (b)",
    ]
    main(["check", *arguments, "a"])
    assert "example.com/p: not checked" in capsys.readouterr().out


def test_each_module_is_read_once(monorepo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time for many files of a plugin does not grow with files times modules."""
    from layerg_pin.engine import plugin_discovery

    asked = list[str]()
    is_plugin_folder = plugin_discovery._is_plugin_folder

    def counted(folder: str) -> bool:
        asked.append(folder)
        return is_plugin_folder(folder)

    monkeypatch.setattr(plugin_discovery, "_is_plugin_folder", counted)
    files: Sequence[str] = [str(monorepo / "lib" / f"{number}.go") for number in range(100)]
    found = plugin_discovery.plugins_of_files(files)
    assert set(found.values()) == {()}
    assert asked == [str(monorepo / "lib")]
