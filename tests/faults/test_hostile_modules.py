"""go.mod files, go.work files, profiles and folders that are made to be expensive are read fast, or refused."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from layerg_pin.core.analysis.build_list import build_list, roots_of
from layerg_pin.core.gomod.parser import parse_gomod, parse_gowork
from layerg_pin.core.model.host_manifest import HostManifest, HostNotFound, HostUnreadable
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.engine.plugin_discovery import HostReference, find_host
from layerg_pin.engine.settings import Settings
from layerg_pin.go import module_cache
from layerg_pin.go.input_files import check_inputs
from layerg_pin.go.module_cache import module_graph
from layerg_pin.go.module_files import module_path
from layerg_pin.go.query_types import GoInputError
from layerg_pin.hosts.profile import MAX_PROFILE
from layerg_pin.hosts.references import Hosts
from layerg_pin.source_tree.build_files import build_file_paths, existing_build_files, read_build_files_at_once
from layerg_pin.source_tree.go_work import read_workspace
from tests.conftest import Examples

SECONDS = 3.0 if os.name == "posix" else 20.0  # wine takes two seconds to create a thousand files
"""Limit on the processor time; each case once took from 5 seconds to minutes."""
HOST = "module github.com/heroiclabs/nakama/v3\n"
LARGE = "require (\n" + "".join(f"\ta.org/group/module{number} v1.0.{number}\n" for number in range(5900)) + ")\n"


@pytest.fixture(autouse=True)
def _is_quick() -> object:
    before = time.process_time()
    yield
    assert time.process_time() - before < SECONDS


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        (root / name).mkdir(parents=True, exist_ok=True)
        (root / name / "go.mod").write_text(text)


@pytest.mark.parametrize("go", ["1.16", "1.17"])
def test_a_chain_of_replaced_modules(tmp_path: Path, go: str) -> None:
    """Each go.mod requires the next one, and was read in a round of its own: the time was quadratic."""
    number = 1400
    write(tmp_path, **{f"m{at}": f"module a/m{at}\ngo {go}\nrequire a.org/m{at + 1} v1.0.0\n" for at in range(number)})
    replaces = "".join(f"replace a.org/m{at} => ./m{at}\n" for at in range(number))
    gomod = parse_gomod(f"module a.org/p\n\ngo {go}\n\nrequire a.org/m0 v1.0.0\n{replaces}")
    graph = module_graph("/nonexistent", str(tmp_path), gomod, ())
    if go == "1.16":  # of a module with go 1.17, only what its direct requires list is read
        assert len(graph) == number
    assert build_list(roots_of(gomod), graph).selected["a.org/m1"] == "v1.0.0"


@pytest.mark.parametrize("go", ["1.17", "1.21"])
def test_versions_that_raise_each_other(tmp_path: Path, go: str) -> None:
    """Each raised version raises the next one: 400 modules took 65 seconds."""
    number = 400
    write(tmp_path, **{f"m{at}": f"module a/m{at}\ngo {go}\nrequire a.org/m{at + 1} v1.1.0\n" for at in range(number)})
    write(tmp_path, e=f"module a/e\ngo {go}\n")
    requires = "".join(f"require a.org/m{at} v1.0.0\n" for at in range(1, number))
    replaces = "".join(
        f"replace a.org/m{at} v1.1.0 => ./m{at}\nreplace a.org/m{at} v1.0.0 => ./e\n" for at in range(number)
    )
    gomod = parse_gomod(f"module a.org/p\n\ngo {go}\n\nrequire a.org/m0 v1.1.0\n{requires}{replaces}")
    graph = module_graph("/nonexistent", str(tmp_path), gomod, ())
    selected = build_list(roots_of(gomod), graph).selected
    assert [selected[f"a.org/m{at}"] for at in (0, 1, 10, 40)] == ["v1.1.0"] * 4


def test_requires_beyond_the_limit_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module_cache, "_MAX_REQUIRES", 10)
    write(tmp_path, a="module a.org/a\n" + "require a.org/x v1.0.0\n" * 9, b="module a.org/b\nrequire a.org/y v1.0.0\n")
    text = "module a.org/p\n" + "".join(f"require a.org/{at} v1.0.0\nreplace a.org/{at} => ./{at}\n" for at in "ab")
    graph = module_graph("/nonexistent", str(tmp_path), parse_gomod(text), ())
    assert graph.keys() == {ModuleVersion("a.org/a", "v1.0.0")}


def test_hundreds_of_large_modules_beside_a_plugin(tmp_path: Path) -> None:
    """Each go.mod was parsed completely on the event loop: 200 of them took 47 seconds."""
    write(
        tmp_path,
        plugin="module a.org/p\n",
        host=HOST + LARGE,
        **{f"x{at}": f"module a.org/x\n{LARGE}" for at in range(99)},
    )
    found = find_host(str(tmp_path / "plugin"), parse_gomod("module a.org/p\n"), None, Settings())
    assert found == HostReference("../host", str(tmp_path / "host"))


def test_thousands_of_folders_beside_a_plugin(tmp_path: Path) -> None:
    for number in range(3000):
        (tmp_path / f"x{number}").mkdir()
    write(tmp_path, plugin="module a.org/p\n")
    found = find_host(str(tmp_path / "plugin"), parse_gomod("module a.org/p\n"), None, Settings())
    assert isinstance(found, HostNotFound)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("module a.org/b\n", "a.org/b"),
        ('// a\n\n\tmodule "a.org/b" // c\r\n', "a.org/b"),
        ("module (\n\n\ta.org/b // c\n)\ngo 1.21\n", "a.org/b"),
        ("go 1.21\nmodule a.org/b", "a.org/b"),
        ("modules a.org/b\n", None),
        ("module (\n)\n", None),
        ("//" * 10_000 + "\nmodule a.org/b\n", None),
        (" " * 10_000 + "\n" * 5000, None),
    ],
)
def test_the_path_of_a_module(tmp_path: Path, text: str, path: str | None) -> None:
    (tmp_path / "go.mod").write_text(text)
    assert module_path(str(tmp_path / "go.mod")) == path
    assert module_path(str(tmp_path / "none")) is None


def test_a_workspace_of_large_modules(tmp_path: Path) -> None:
    """The go.mod files were all kept: 100 of them took 2.8 GiB and stopped the event loop for minutes."""
    write(tmp_path, plugin="module a.org/p\n", **{f"x{at}": f"module a.org/x{at}\n{LARGE}" for at in range(20)})
    uses = "".join(f"use ./x{at}\n" for at in range(20))
    (tmp_path / "go.work").write_text(f"go 1.21\nuse ./plugin\n{uses}")
    workspace = read_workspace(str(tmp_path / "plugin"), {})
    assert workspace
    assert len(workspace.members) == 2
    assert workspace.work.excess
    assert "./x2 and the modules after it are not read" in workspace.work.excess.message
    with pytest.raises(GoInputError, match="together larger than 512 KiB") as refused:
        check_inputs(str(tmp_path / "plugin"), work=str(tmp_path / "go.work"))
    assert refused.value.target == "./x2"


def test_unread_modules_of_a_workspace_are_reported(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    write(examples.plugin.parent, **{f"x{at}": f"module a.org/x{at}\n{LARGE}" for at in range(3)})
    (examples.plugin.parent / "go.work").write_text(
        f"go 1.23\nuse ./{examples.plugin.name}\nuse ./x0\nuse ./x1\nuse ./x2\n"
    )
    assert main(["check", "--offline", str(examples.plugin)]) in (1, 2)
    found = capsys.readouterr()
    assert "go.work:5:" in found.out + found.err
    assert "the modules after it are not read" in found.out + found.err


@pytest.mark.parametrize("item", ["[],", '{"": {}},', '{"path": "a.org/m", "version": "v1.0.0"},', '"\U0001f600",'])
def test_a_large_profile(tmp_path: Path, item: str) -> None:
    """JSON takes up to 40 times its size in memory, and Python does nothing else while it is parsed."""
    profile = tmp_path / "layerg-host.json"
    profile.write_text('{"version": 1, "modules": [' + item * (2 * MAX_PROFILE // len(item.encode())) + "[]]}")
    found = Hosts().read("layerg-host.json", str(profile))
    assert isinstance(found, HostUnreadable)
    assert "is larger than 1 MiB" in found.message
    profile.write_text('{"version": 1, "modules": [{"path": "a.org/m", "version": "v1.0.0"}]}')
    assert isinstance(Hosts().read("layerg-host.json", str(profile)), HostManifest)


@pytest.mark.parametrize("name", ['"./a\\x00b"', '"\\u0000"', '"\\000"', "./a\0b"])
def test_paths_with_a_nul(examples: Examples, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """They ended the check in a traceback, and in an editor nothing was shown."""
    gomod = parse_gomod(f"module a.org/a\nreplace a.org/b => {name}\nrequire {name} v1.0.0\n")
    assert (gomod.replaces, gomod.requires, len(gomod.problems)) == ((), (), 2)
    work = parse_gowork(f"use {name}\nreplace a.org/b => {name}\n")
    assert (work.uses, work.replaces, len(work.problems)) == ((), (), 2)
    (examples.plugin / "go.mod").write_text((examples.plugin / "go.mod").read_text() + f"\nreplace a.org/b => {name}\n")
    (examples.plugin / "go.work").write_text(f"go 1.23\nuse .\nuse {name}\n")
    assert main(["check", "--offline", str(examples.plugin)]) in (1, 2)
    assert capsys.readouterr().out.count("[syntax]") == 2


def test_thousands_of_build_files(tmp_path: Path) -> None:
    """A folder with 100,000 of them stopped the event loop for 2 seconds."""
    for number in range(5000):
        (tmp_path / f"Dockerfile.{number}").touch()
    times = []
    for _ in range(3):
        before = time.process_time()
        assert len(existing_build_files(str(tmp_path))) == 200
        assert len(build_file_paths(str(tmp_path))) < 220
        assert read_build_files_at_once(str(tmp_path)) is None
        times.append(time.process_time() - before)
    assert min(times) < 0.2, times
