"""Cached answers of Go: an unchanged plugin is checked without running Go, and every change is noticed."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from layerg_pin.core.finding import Finding, Fix
from layerg_pin.engine import build_query
from layerg_pin.engine.checked_plugin import Checked
from layerg_pin.engine.plugin_check import Checker
from layerg_pin.engine.settings import Settings
from layerg_pin.go import answer_cache
from layerg_pin.go.queries import list_plugin
from layerg_pin.go.query_types import GoCancelled, GoPackages
from layerg_pin.system.cache_folder import cache_folder
from tests.conftest import CACHE_VARIABLE, Examples, go
from tests.faults.test_host_faults import pipe, sparse
from tests.platform_marks import uses_pipe, uses_shell


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "layerg-pin" / "go"


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")
@pytest.mark.parametrize(
    ("home", "cache_home", "folder"),
    [
        ("/home/a", None, "/home/a/.cache/layerg-pin/go"),
        ("/home/a", "/cache", "/cache/layerg-pin/go"),
        ("/home/a", "relative", "/home/a/.cache/layerg-pin/go"),
        ("", None, None),
        ("relative", None, None),
        ("", "/cache", "/cache/layerg-pin/go"),
    ],
)
def test_the_folder_of_the_cache(
    home: str, cache_home: str | None, folder: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", home)
    monkeypatch.delenv(CACHE_VARIABLE)
    if cache_home is not None:
        monkeypatch.setenv(CACHE_VARIABLE, cache_home)
    assert cache_folder("go") == folder


def check(plugin: Path) -> Checked:
    return Checker(Settings(), network=False).check(str(plugin))


def comparable(findings: tuple[Finding, ...]) -> list[tuple[Finding, tuple[Fix, ...]]]:
    return [(each.without_fixes(), tuple(each.fixes)) for each in findings]


def check_without_go(plugin: Path) -> Checked:
    """Check without running Go. Raises GoCancelled if a run is needed."""
    checker = Checker(Settings(), network=False)
    checker.cancellation.cancel()
    return checker.check(str(plugin))


def test_an_unchanged_plugin_is_checked_without_go(examples: Examples) -> None:
    with pytest.raises(GoCancelled):
        check_without_go(examples.plugin)
    first = check(examples.plugin)
    assert len(first.findings) == 4
    again = check_without_go(examples.plugin)
    assert comparable(again.findings) == comparable(first.findings)
    for name in ("packages", "unresolved", "graph", "imports", "members"):
        known = [getattr(each.analysis.snapshot.build, name) for each in (first, again)]
        assert known[0] == known[1]
    assert again.analysis.snapshot.local == first.analysis.snapshot.local


def test_the_folder_of_a_plugin_does_not_matter(examples: Examples, tmp_path: Path) -> None:
    before = len(check(examples.plugin).findings)
    moved = examples.plugin.rename(examples.plugin.parent / "moved")
    assert len(check_without_go(moved).findings) == before


def append(text: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        path.write_text((path.read_text() if path.exists() else "") + text)

    return change


CHANGES = [
    ("plugin/go.mod", append("// a comment\n")),
    ("plugin/go.sum", append("example.com/x v1.0.0 h1:abc=\n")),
    ("plugin/main.go", append("\nconst more = 1\n")),
    ("plugin/other.go", append("package main\n")),
    ("plugin/tagged.go", append("//go:build special\n\npackage main\n")),
    ("plugin/asset.txt", append("embedded, perhaps\n")),
    ("go.work", append("go 1.23\n\nuse ./plugin\n")),
    ("host/go.sum", append("\n")),
    ("host/main.go", append("\nconst more = 1\n")),
    ("host/vendor/go.uber.org/zap/logger.go", append("\n// edited\n")),
]


@pytest.mark.parametrize(("name", "change"), CHANGES, ids=[name for name, _ in CHANGES])
def test_a_change_of_a_file_is_noticed(examples: Examples, name: str, change: Callable[[Path], None]) -> None:
    check(examples.plugin)
    path = examples.plugin.parent / name
    assert path.parent.is_dir()
    change(path)
    with pytest.raises(GoCancelled):
        check_without_go(examples.plugin)


@pytest.mark.parametrize(
    ("name", "value"), [("GOFLAGS", "-tags=special"), ("GOEXPERIMENT", "aliastypeparams"), ("CGO_CFLAGS", "-O1")]
)
def test_a_change_of_the_environment_is_noticed(
    examples: Examples, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    check(examples.plugin)
    monkeypatch.setenv(name, value)
    with pytest.raises(GoCancelled):
        check_without_go(examples.plugin)


def test_with_an_overlay_of_the_users_own_nothing_is_kept(
    examples: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "overlay.json").write_text("{}")
    monkeypatch.setenv("GOFLAGS", f"-overlay={tmp_path / 'overlay.json'}")
    check(examples.plugin)
    with pytest.raises(GoCancelled):
        check_without_go(examples.plugin)


def test_a_go_env_w_is_noticed(examples: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOENV", str(tmp_path / "env"))
    check(examples.plugin)
    check_without_go(examples.plugin)
    go(examples.plugin, "env", "-w", "GOFLAGS=-tags=special")
    with pytest.raises(GoCancelled):
        check_without_go(examples.plugin)


def neighbour(examples: Examples) -> Path:
    """The folder of another module beside the plugin's."""
    other = examples.plugin.parent / "other"
    other.mkdir()
    (other / "go.mod").write_text("module example.com/other\n\ngo 1.23\n")
    (other / "other.go").write_text("package other\n")
    return other


def its_change_is_noticed(examples: Examples, other: Path) -> None:
    """Go does not run a second time, unless the neighbour's source changes."""
    check(examples.plugin)
    check_without_go(examples.plugin)
    append("\nconst more = 1\n")(other / "other.go")
    with pytest.raises(GoCancelled):
        check_without_go(examples.plugin)


def test_a_member_of_the_workspace_is_noticed(examples: Examples) -> None:
    other = neighbour(examples)
    (examples.plugin.parent / "go.work").write_text("go 1.24\n\nuse (\n\t./plugin\n\t./other\n)\n")
    its_change_is_noticed(examples, other)


def test_a_replaced_module_is_noticed(examples: Examples) -> None:
    other = neighbour(examples)
    gomod = examples.plugin / "go.mod"
    append("\nrequire example.com/other v1.0.0\n\nreplace example.com/other => ../other\n")(gomod)
    (examples.plugin / "more.go").write_text('package main\n\nimport _ "example.com/other"\n')
    its_change_is_noticed(examples, other)


@pytest.mark.parametrize(
    "source",
    ['import _ "example.com/private"\n', 'import _ "go.uber.org/zap/nothing"\n', "import _ broken\n"],
    ids=["a module that is not there", "a package that is not there", "a broken file"],
)
def test_a_failure_is_not_kept(examples: Examples, source: str) -> None:
    (examples.plugin / "more.go").write_text(f"package main\n\n{source}")
    check(examples.plugin)
    with pytest.raises(GoCancelled):
        check_without_go(examples.plugin)


def test_the_meaning_of_a_short_version_is_not_cached(examples: Examples) -> None:
    gomod = examples.plugin / "go.mod"
    gomod.write_text(gomod.read_text().replace("go.uber.org/zap v1.26.0", "go.uber.org/zap v1.26"))
    check(examples.plugin)
    with pytest.raises(GoCancelled):
        check_without_go(examples.plugin)


@uses_shell
def test_a_go_program_that_may_select_a_toolchain_is_asked_each_time(
    examples: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path(go(examples.plugin, "env", "GOROOT").strip(), "bin", "go")
    script = tmp_path / "bin" / "go"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {real} "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    assert len(check(examples.plugin).findings) == 4
    with pytest.raises(GoCancelled):
        check_without_go(examples.plugin)


def _with_its_digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=20).hexdigest().encode() + b"\n" + body


DAMAGES: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("empty", lambda _: b""),
    ("cut", lambda whole: whole[:-1]),
    ("a bit", lambda whole: whole[:100] + bytes((whole[100] ^ 1,)) + whole[101:]),
    ("no JSON", lambda _: _with_its_digest(b"{")),
    ("a list", lambda _: _with_its_digest(b"[]")),
    ("other keys", lambda _: _with_its_digest(b'{"modules": [], "packages": {"a": 1}}')),
    ("other types", lambda _: _with_its_digest(b'{"modules": 1, "packages": 2, "imports": 3, "local": 4}')),
]


@pytest.mark.parametrize(("name", "damage"), DAMAGES, ids=[name for name, _ in DAMAGES])
def test_a_broken_file_is_ignored(examples: Examples, cache: Path, name: str, damage: Callable[[bytes], bytes]) -> None:
    first = check(examples.plugin)
    files = list(cache.iterdir())
    assert len(files) == 3  # for `go env`, the host and the plugin
    for file in files:
        file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(GoCancelled):
        check_without_go(examples.plugin)
    assert comparable(check(examples.plugin).findings) == comparable(first.findings)
    assert comparable(check_without_go(examples.plugin).findings) == comparable(first.findings)


def test_a_replace_that_points_at_a_whole_disk_is_not_followed_to_its_end(
    examples: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = examples.plugin.parent / "everything"
    folder.mkdir()
    (folder / "go.mod").write_text("module example.com/nothing\n\ngo 1.23\n")
    append("\nreplace example.com/nothing => ../everything\n")(examples.plugin / "go.mod")
    for number in range(1000):
        (folder / str(number)).touch()
    check(examples.plugin)
    check_without_go(examples.plugin)
    monkeypatch.setattr(answer_cache, "_MAX_ENTRIES", 900)
    with pytest.raises(GoCancelled):
        check_without_go(examples.plugin)


@uses_pipe
def test_go_is_not_asked_beside_a_pipe_that_it_would_read(examples: Examples) -> None:
    (examples.plugin.parent / "go.work").write_text("go 1.24\n\nuse ./plugin\n")
    sums = examples.plugin.parent / "go.work.sum"
    sums.touch()
    check(examples.plugin)
    pipe(sums)
    assert "go.work.sum" in (check_without_go(examples.plugin).analysis.snapshot.go_failure or "")


@uses_pipe
@pytest.mark.parametrize(("name", "damage"), [("plugin/more.sum", sparse), ("plugin/more.sum", pipe)])
def test_what_cannot_be_read_is_not_waited_for(examples: Examples, name: str, damage: Callable[[Path], None]) -> None:
    (examples.plugin.parent / "go.work").write_text("go 1.24\n\nuse ./plugin\n")
    (examples.plugin.parent / name).touch()
    check(examples.plugin)
    check_without_go(examples.plugin)
    damage(examples.plugin.parent / name)
    with pytest.raises(GoCancelled):
        check_without_go(examples.plugin)


def test_without_a_place_nothing_is_kept(examples: Examples, cache: Path) -> None:
    cache.parent.mkdir(parents=True)
    cache.write_text("a file where a folder is to be")
    assert len(check(examples.plugin).findings) == 4


def test_the_least_recently_used_answer_is_evicted(
    examples: Examples, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(examples.plugin)
    size = sum(file.stat().st_size for file in cache.iterdir())
    monkeypatch.setattr(answer_cache, "_MAX_BYTES", 2 * size)
    for number in range(6):
        append(f"// {number}\n")(examples.plugin / "go.mod")
        check(examples.plugin)
        check_without_go(examples.plugin)
    assert sum(file.stat().st_size for file in cache.iterdir()) <= 2 * size


def test_what_changes_while_go_runs_is_not_kept(
    examples: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the answer for one text would be used for the other."""
    main_go = examples.plugin / "main.go"
    text = main_go.read_text()

    def edited_meanwhile(*arguments: Any) -> GoPackages:
        main_go.write_text(text + "\nconst more = 1\n")
        return list_plugin(*arguments)

    monkeypatch.setattr(build_query, "list_plugin", edited_meanwhile)
    check(examples.plugin)
    main_go.write_text(text)
    with pytest.raises(GoCancelled):
        check_without_go(examples.plugin)
