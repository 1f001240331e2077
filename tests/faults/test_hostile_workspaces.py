"""Workspaces that are expensive for their size are read fast, without a traceback."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from layerg_pin.core.buildfiles.compose import parse_compose
from layerg_pin.core.buildfiles.go_flags import package_flags
from layerg_pin.core.buildfiles.makefile import parse_makefile
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.go.module_cache import module_graph
from layerg_pin.hosts.source_folder import read_host_sources
from layerg_pin.source_tree.build_files import read_build_files
from layerg_pin.source_tree.go_work import read_workspace
from layerg_pin.source_tree.main_packages import main_packages
from layerg_pin.system.text_files import FileError, read_text
from tests.platform_marks import limits_working_folder, uses_links

SECONDS = 3.0
"""Limit on the processor time; each case once took from 4 seconds to hours."""
GOMOD = "module a.org/a\n\nrequire (\n" + "\ta.org/b v1.0.0\n" * 5000 + ")\n"


@pytest.fixture(autouse=True)
def _is_quick() -> object:
    before = time.process_time()
    yield
    assert time.process_time() - before < SECONDS


@pytest.mark.parametrize("by_link", [False, pytest.param(True, marks=uses_links)])
def test_a_module_that_go_work_uses_a_thousand_times(tmp_path: Path, by_link: bool) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "go.mod").write_text(GOMOD)
    (tmp_path / "p").mkdir()
    names = [f"l{at}" if by_link else "a" for at in range(1000)]
    for name in set(names) - {"a"}:
        (tmp_path / name).symlink_to("a")
    (tmp_path / "go.work").write_text("go 1.21\n" + "".join(f"use ./{name}\n" for name in names))
    found = read_workspace(str(tmp_path / "p"), {})
    assert found
    assert len(found.members) == 1


def test_thousands_of_requires_and_replaces() -> None:
    requires = "".join(f"\ta.org/m{at} v1.0.0\n" for at in range(4000))
    replaces = "".join(f"\ta.org/m{at} => ./x\n" for at in range(1400))
    gomod = parse_gomod(f"module a.org/p\n\nrequire (\n{requires})\n\nreplace (\n{replaces})\n")
    assert module_graph("/nonexistent", "/nonexistent", gomod, ()) == {}


@limits_working_folder
def test_folders_that_are_nested_two_thousand_deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "main.go").write_text("package main\n")
    monkeypatch.chdir(tmp_path)
    for _ in range(1500):
        os.mkdir("d")
        os.chdir("d")
    assert main_packages(str(tmp_path)) == (".",)
    for _ in range(1500):
        os.chdir("..")
        os.rmdir("d")


def test_a_script_with_an_endless_path(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM golang:1.23\nRUN /" + "a/" * 40_000 + "x.sh\n")
    assert len(read_build_files(str(tmp_path))) == 1


def test_make_of_many_unknown_targets() -> None:
    text = "# plugin\n" + "".join(f"$a{at}:$b\n" for at in range(15_000))
    assert parse_makefile(text, None, []).unread is None


def test_stages_that_all_run_make(tmp_path: Path) -> None:
    (tmp_path / "main.go").write_text("package main\n\nfunc main() {}\n")
    stages = "".join(f"FROM a AS b{at}\nRUN make\n" for at in range(60))
    (tmp_path / "Dockerfile").write_text(f"FROM golang:1.23 AS a\nENTRYPOINT {'a ' * 100}\n{stages}")
    (tmp_path / "Makefile").write_text("a:\n" + "\tgo build -o x\n" * 90)
    found = read_host_sources(str(tmp_path), "a.org/h")
    assert found.unread == ""


def test_a_merge_of_thousands_of_keys() -> None:
    keys = ",".join(f"k{at}: v" for at in range(5000))
    file = parse_compose(f"a: &a {{{keys}}}\nservices:\n" + "".join(f" b{at}: {{<<: *a}}\n" for at in range(3000)))
    assert file.unread


def test_a_pattern_of_many_dots() -> None:
    flags = package_flags("a" + "...a" * 500 + "b=-N")
    assert not flags.applies_to(["a" * 2000])
    assert flags.applies_to(["a" * 2000 + "b"])
    assert package_flags("net/...=-N").applies_to(["net"])
    assert package_flags("net/...=-N").applies_to(["net/http"])
    assert not package_flags("net/...=-N").applies_to(["network"])
    assert package_flags("a...b...c=-N").applies_to(["axbyc"])
    assert not package_flags("ab...bc=-N").applies_to(["abc"])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")
def test_a_file_that_has_nothing_to_read_now(tmp_path: Path) -> None:
    (tmp_path / "go.sum").symlink_to("/proc/kmsg")
    with suppress(FileError):  # a machine's log may have content
        assert isinstance(read_text(tmp_path / "go.sum"), str)
