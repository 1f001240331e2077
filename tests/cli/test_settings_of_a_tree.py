"""A layerg-pin.toml above several plugins: which of its keys count, what it excludes, and what it cannot break."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from layerg_pin.core.known.known_hosts import PLUGIN_APIS
from layerg_pin.core.settings.excluded_folders import is_excluded
from layerg_pin.engine.project_settings import ProjectFile, project_file_paths, read_project_file
from tests.platform_marks import uses_links, uses_modes

PLUGIN = f"module example.com/p\n\ngo 1.21\n\nrequire {sorted(PLUGIN_APIS)[0]} v1.0.0\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with three plugins, which is the working folder."""
    (tmp_path / ".git").mkdir()
    for name in ("a", "b", "examples/c"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "go.mod").write_text(PLUGIN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(folder: Path) -> ProjectFile:
    found = read_project_file(str(folder))
    assert found is not None
    return found


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, str | None]:
    """The host of each plugin that `check` reports on."""
    main(["check", "--offline", "--format", "json", *arguments])
    found = json.loads(capsys.readouterr().out)["plugins"]
    return {each["dir"]: each["host"] and each["host"]["reference"] for each in found}


def test_the_file_above_applies_to_all_plugins_below(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "layerg-pin.toml").write_text('host = "nakama@3.22.0"\nexclude = ["examples"]\n')
    assert checked(capsys) == {"a": "nakama@3.22.0", "b": "nakama@3.22.0"}


def test_each_key_comes_from_the_nearest_file(tree: Path) -> None:
    (tree / "layerg-pin.toml").write_text(
        'host = "../server"\npackages = ["./x"]\nseverity = { unneeded-pin = "hint", build-drift = "off" }\n'
    )
    (tree / "a" / "layerg-pin.toml").write_text('packages = ["./cmd"]\nseverity = { build-drift = "error" }\n')
    (tree / "b" / "layerg-pin.toml").write_text('host = "../../other"\n')
    a, b = read(tree / "a"), read(tree / "b")
    assert (a.host, a.base, a.settings.packages) == ("../server", str(tree), ("./cmd",))
    assert {code: level and level.value for code, level in a.settings.severity.items()} == {
        "unneeded-pin": "hint",
        "build-drift": "error",
    }
    assert (b.host, b.base, b.settings.packages) == ("../../other", str(tree / "b"), ("./x",))


def test_an_empty_host_means_that_it_is_searched(tree: Path) -> None:
    (tree / "layerg-pin.toml").write_text('host = "nakama@3.22.0"\n')
    (tree / "a" / "layerg-pin.toml").write_text('host = ""\n')
    assert read(tree / "a").host == ""


def test_a_relative_host_is_relative_to_the_file(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = tree / "server"
    server.mkdir()
    (server / "go.mod").write_text("module example.com/server\n\ngo 1.21\n")
    (tree / "layerg-pin.toml").write_text('host = "server/go.mod"\n')
    assert checked(capsys, "a", "b") == {"a": "server/go.mod", "b": "server/go.mod"}


def test_the_search_ends_at_the_repository(tree: Path) -> None:
    inner = tree / "a" / "inner"
    (inner / ".git").mkdir(parents=True)
    (tree / "layerg-pin.toml").write_text('host = "nakama@3.22.0"\n')
    assert read_project_file(str(inner)) is None


@uses_modes
def test_outside_of_a_repository_the_search_ends_where_others_can_write(tmp_path: Path) -> None:
    plugin = tmp_path / "shared" / "own" / "plugin"
    plugin.mkdir(parents=True)
    (tmp_path / "shared").chmod(0o777)
    names = [os.path.dirname(path) for path in project_file_paths(str(plugin))]
    assert names == [str(plugin), str(plugin.parent)]


def test_a_file_above_does_not_make_a_module_a_plugin(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "lib").mkdir()
    (tree / "lib" / "go.mod").write_text("module example.com/lib\n\ngo 1.21\n")
    (tree / "layerg-pin.toml").write_text('host = "nakama@3.22.0"\n')
    assert "lib" not in checked(capsys)


@pytest.mark.parametrize("path", ["examples/c", "examples/c/go.mod"])
def test_an_excluded_plugin_is_checked_if_it_is_named(
    path: str, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "layerg-pin.toml").write_text('host = "nakama@3.22.0"\nexclude = ["examples/**"]\n')
    assert checked(capsys, path) == {".": "nakama@3.22.0"}


def test_a_file_that_excludes_all_plugins_is_named(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "layerg-pin.toml").write_text('exclude = ["*"]\n')
    assert main(["check"]) == 2
    assert "layerg-pin.toml excludes all 3 plugins in .: change its `exclude`" in capsys.readouterr().err
    assert main(["check", "examples"]) == 2
    assert "layerg-pin.toml excludes the only plugin in examples" in capsys.readouterr().err


def test_an_upgrade_names_the_plugins_that_are_excluded(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "layerg-pin.toml").write_text('host = "nakama@3.22.0"\nexclude = ["examples"]\n')
    main(["upgrade", "nakama@3.24.0", "--diff", "--offline", "."])
    error = capsys.readouterr().err
    assert f"{Path('examples/c')} is not upgraded: layerg-pin.toml excludes it" in error
    assert "a is not upgraded" not in error


def test_the_report_names_the_file_that_names_the_host(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "layerg-pin.toml").write_text('host = "nakama@99.0.0"\n')
    main(["check", "--offline", "a"])
    assert ": not checked; layerg-pin.toml names the host\n" in capsys.readouterr().out
    (tree / "layerg-pin.toml").write_text('host = "nakama@3.22.0"\n')
    main(["check", "--offline", "a"])
    assert "nakama@3.22.0 (66 modules; layerg-pin.toml)" in capsys.readouterr().out


def test_init_names_the_tag_from_the_working_folder(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "examples" / "c" / "Dockerfile").write_text("FROM heroiclabs/nakama:3.22.0\n")
    assert main(["init", "examples"]) == 0
    assert f"the tag in {Path('examples/c/Dockerfile')}:1 names the host" in capsys.readouterr().out


def test_a_folder_inside_a_plugin_means_the_plugin(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / "layerg-pin.toml").write_text('host = "nakama@3.22.0"\n')
    monkeypatch.chdir(tree / "a" / "sub")
    assert checked(capsys) == {".": "nakama@3.22.0"}
    assert main(["host", "show", "--offline"]) == 0
    assert "nakama@3.22.0: " in capsys.readouterr().out
    assert main(["init", "--host", "nakama@3.24.0"]) == 0
    assert 'host = "nakama@3.24.0"' in (tree / "a" / "layerg-pin.toml").read_text()
    monkeypatch.chdir(tree)
    assert main(["check", ".git"]) == 2
    assert ".git contains no plugin" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("glob", "folder", "is_match"),
    [
        ("examples", "examples/c", True),
        ("examples", "x/examples/c", True),
        ("examples/", "x/examples/c", True),
        ("examples/c", "x/examples/c", False),
        ("./examples/c", "examples/c/d", True),
        ("examples/*", "examples", False),
        ("*/c", "examples/c", True),
        ("**/c", "c", True),
        ("a/**/c", "a/c", True),
        ("a/**/c", "a/b/b/c/d", True),
        ("a/**/b/c", "a/b/x/b/c", True),
        ("a/**/c", "b/a/c", False),
        ("ex?mp*", "x/examples", True),
        ("[ab]", "b", True),
        ("[ab", "b", False),
        ("", "a", False),
        ("/", "a", False),
        ("**", "a", True),
        (".", ".", False),
        ("**", ".", False),
    ],
)
def test_globs(glob: str, folder: str, is_match: bool) -> None:
    assert is_excluded([glob], folder) is is_match


@pytest.mark.parametrize("glob", ["a*" * 95 + "b", "**/a/" * 35 + "b", "a/" * 98 + "b", "**/" * 60, "*[a" * 60])
@pytest.mark.parametrize("folder", ["a" * 250, "a/" * 2000 + "c"])
def test_a_glob_takes_no_exponential_time(glob: str, folder: str) -> None:
    begin = time.process_time()
    is_excluded([glob] * 8, folder)
    assert time.process_time() - begin < 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exclude = 1\n", 'exclude must be a list of globs, such as ["examples/**"]'),
        (f"exclude = {['x'] * 65}\n", "exclude must be a list of at most 64 globs"),
        ("[severity]\nexclude = ['x']\n", "exclude is not one: move it above [severity]"),
        ("host = [\n", "invalid TOML"),
        ("a = " + "[" * 2000 + "\n", "nested more than 16 deep"),
        ("x" * 40_000, "longer than 32 KiB"),
    ],
)
def test_a_wrong_file_above_is_reported_and_nothing_fits(
    text: str, message: str, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "layerg-pin.toml").write_text(text)
    assert main(["check", "--offline", "a", "--host", "nakama@3.22.0"]) in (1, 2)
    error = capsys.readouterr().err
    assert message in error
    assert error.count("layerg-pin.toml") == 1


@uses_links
def test_a_loop_of_links_above_is_reported(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "layerg-pin.toml").symlink_to("layerg-pin.toml")
    assert main(["check", "--offline"]) == 2
    assert "layerg-pin.toml" in capsys.readouterr().err


def test_a_tree_of_many_levels_is_searched_to_a_limit(tmp_path: Path) -> None:
    folder = os.path.join(str(tmp_path), *["d"] * 1500)
    begin = time.process_time()
    assert len(project_file_paths(folder)) <= 200
    assert time.process_time() - begin < 1


def test_init_in_a_tree_writes_one_file(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--host", "nakama@3.22.0"]) == 0
    assert "the host of 3 plugins is nakama@3.22.0" in capsys.readouterr().out
    assert [str(path.relative_to(tree)) for path in tree.rglob("layerg-pin.toml")] == ["layerg-pin.toml"]
    text = (tree / "layerg-pin.toml").read_text()
    assert text.startswith("#:schema https://json.schemastore.org/layerg-pin.json\n")
    assert checked(capsys) == dict.fromkeys(("a", "b", "examples/c"), "nakama@3.22.0")
    for folder in (".", "a/sub"):
        assert main(["init", folder, "--host", "nakama@3.22.0"]) == 0
        assert "layerg-pin.toml already sets this host" in capsys.readouterr().out
    assert main(["init", "--host", "nakama@3.24.0"]) == 2
    assert "sets `host` already" in capsys.readouterr().err


def test_init_in_a_tree_with_different_hosts_asks_for_one(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, tag in (("a", "3.22.0"), ("b", "3.24.0"), ("examples/c", "3.22.0")):
        (tree / name / "Dockerfile").write_text(f"FROM heroiclabs/nakama:{tag}\n")
    assert main(["init"]) == 2
    assert "different hosts, such as nakama@3.22.0 and nakama@3.24.0" in capsys.readouterr().err
    assert not list(tree.rglob("layerg-pin.toml"))
