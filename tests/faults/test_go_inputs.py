"""Go's inputs that are not regular files or too large are refused, and Go is not run on them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from layerg_pin.go import compiling, input_files, queries
from layerg_pin.go.input_files import check_inputs
from layerg_pin.go.queries import list_vendored
from layerg_pin.go.query_types import Cancellation, GoError, GoInputError, GoMemoryError, PluginSource
from layerg_pin.go.tidying import tidied_files, tidy, vendor
from tests.conftest import Examples
from tests.faults.irregular_files import device, folder, pipe
from tests.raw_client import RawClient

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither pipes nor devices in folders")
LINE = "replace example.com/z => ../z\n"


def bound_socket(path: Path) -> None:
    where = os.getcwd()
    os.chdir(path.parent)  # the path of a socket must be short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(where)


def huge(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """The runs of Go in a plugin's folder, by their arguments."""
    real, log = shutil.which("go"), tmp_path / "runs"
    script = tmp_path / "bin" / "go"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\ncase $PWD in */plugin) echo "$*" >> {log};; esac\nexec {real} "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent), prepend=os.pathsep)
    return lambda: log.read_text().splitlines() if log.exists() else []


def checked(plugin: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[tuple[str, int, str]]]:
    """The exit code of a check, and the path, line and message of each finding about Go's answer."""
    code = main(["check", "--offline", "--format", "json", str(plugin)])
    findings = json.loads(capsys.readouterr().out)["plugins"][0]["findings"]
    reported = [each for each in findings if each["code"] == "not-resolved"]
    return code, [(each["file"], each["range"]["start"]["line"], each["message"]) for each in reported]


LISTS, SOURCES = ("go.mod", "go.sum", "vendor/modules.txt"), ("z.go", "deep/z.s", "z_test.go")
ODD = [(make, name) for make in (pipe, device, bound_socket, huge) for name in (*LISTS, *SOURCES)]
"""A folder with the name of a source file is treated like any other folder."""


@pytest.mark.parametrize(("make", "name"), [*ODD, *((folder, name) for name in LISTS)])
def test_a_replaced_module_is_reported_at_its_line(
    examples: Examples,
    runs: Callable[[], list[str]],
    capsys: pytest.CaptureFixture[str],
    make: Callable[[Path], None],
    name: str,
) -> None:
    gomod = examples.plugin / "go.mod"
    gomod.write_text(f"{gomod.read_text()}\n{LINE}")
    odd = examples.plugin.parent / "z" / name
    odd.parent.mkdir(parents=True)
    make(odd)
    code, reported = checked(examples.plugin, capsys)
    ((_, line, message),) = reported
    assert line == gomod.read_text().splitlines().index(LINE.strip())
    assert message.startswith("Go was not run: ")
    assert f": {os.path.relpath(odd, examples.plugin)} is " in message
    assert message.endswith(("layerg-pin does not run Go on it", "replace it with a regular file")), "the remedy"
    assert code in (1, 2)  # differences visible in go.mod alone are still reported
    assert runs() == []


@pytest.mark.parametrize("make", [pipe, device, huge])
@pytest.mark.parametrize("name", ["go.sum", "vendor/modules.txt", "x.c", "go.work"])
def test_irregular_and_huge_files_in_the_plugin(
    examples: Examples,
    runs: Callable[[], list[str]],
    capsys: pytest.CaptureFixture[str],
    make: Callable[[Path], None],
    name: str,
) -> None:
    (examples.plugin / "go.sum").unlink(missing_ok=True)
    odd = examples.plugin / name
    odd.parent.mkdir(parents=True, exist_ok=True)
    make(odd)
    _, reported = checked(examples.plugin, capsys)
    assert any(os.path.relpath(odd, examples.plugin) in message and line == 0 for _, line, message in reported)
    assert runs() == []


@pytest.mark.parametrize("make", [pipe, device, huge])
def test_a_module_that_the_workspace_uses_is_reported_at_its_line(
    examples: Examples,
    runs: Callable[[], list[str]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path], None],
) -> None:
    monkeypatch.delenv("GOWORK", raising=False)
    (examples.plugin.parent / "z").mkdir()
    (examples.plugin / "go.work").write_text("go 1.23\n\nuse .\nuse ../z\n")
    make(examples.plugin.parent / "z" / "go.mod")
    _, reported = checked(examples.plugin, capsys)
    assert any(path.endswith("go.work") and line == 3 for path, line, _ in reported)
    assert runs() == []


def test_what_a_user_asks_for_is_refused_too(examples: Examples) -> None:
    go = queries.find_go()
    assert go
    os.mkfifo(examples.plugin / "x.go")
    source = PluginSource(str(examples.plugin), (examples.plugin / "go.mod").read_text(), False)
    for ask in (
        lambda: tidied_files(go, source, Cancellation()),
        lambda: tidy(go, str(examples.plugin), Cancellation()),
        lambda: vendor(go, str(examples.plugin), Cancellation()),
        lambda: queries.build_arguments(source, "/nowhere", vendored=True),
        lambda: compiling.compile_plugin(go, str(examples.plugin), ".", (), {}, Cancellation()),
        lambda: list_vendored(go, str(examples.plugin), ["."], Cancellation()),
        lambda: queries.list_module(go, str(examples.plugin), ["."], Cancellation()),
    ):
        with pytest.raises(GoInputError, match=r"x\.go is a pipe or a device"):
            ask()


def test_what_go_does_not_read_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module a.b/c\n\ngo 1.21\n")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "go.mod").write_text("module a.b/inner\n")
    for name in ("_x.go", ".x.go", "x.txt", "x", "inner/x.go"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "y.go").mkdir()
    (tmp_path / "gone.go").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "all").symlink_to("/")
    check_inputs(str(tmp_path))


def test_a_folder_behind_a_link_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "go.mod").write_text("module a.b/c\n\ngo 1.21\n")
    (tmp_path / "other").mkdir()
    os.mkfifo(tmp_path / "other" / "x.go")
    (tmp_path / "m" / "linked").symlink_to(tmp_path / "other")
    with pytest.raises(GoInputError):
        check_inputs(str(tmp_path / "m"))


def test_very_many_files_are_not_all_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_files, "MAX_ENTRIES", 10)
    for number in range(30):
        (tmp_path / f"d{number}").mkdir()
        os.mkfifo(tmp_path / f"d{number}" / "x.go")
    check_inputs(str(tmp_path / "none"))
    check_inputs(str(tmp_path))


def test_a_finding_is_published_at_the_line(examples: Examples) -> None:
    gomod = examples.plugin / "go.mod"
    gomod.write_text(f"{gomod.read_text()}\n{LINE}")
    (examples.plugin.parent / "z").mkdir()
    device(examples.plugin.parent / "z" / "go.mod")
    with RawClient(examples.host.parent) as client:
        uri = client.open(gomod)
        client.until(lambda: "not-resolved" in client.codes(uri))
        (reported,) = (each for each in client.diagnostics(uri) if each["code"] == "not-resolved")
        assert reported["range"]["start"]["line"] == gomod.read_text().splitlines().index(LINE.strip())
        assert "z/go.mod is a pipe or a device" in reported["message"]
        assert client.leave() == 0
        assert client.complaints == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of another process")
def test_go_that_needs_too_much_memory_is_ended(examples: Examples) -> None:
    go = queries.find_go()
    assert go
    assert list_vendored(go, str(examples.host), ["."], Cancellation()).packages
    found = []
    for _ in range(8):
        # Go's runtime usually reports that memory ran out; about one run in ten ends with SIGSEGV instead.
        with pytest.raises(GoError) as failed:
            list_vendored(go._replace(memory=48 << 20), str(examples.host), ["."], Cancellation())
        found.append(failed.value)
        if isinstance(failed.value, GoMemoryError):
            break
    assert "Go exceeded its memory limit of 0.0469 GiB; run" in str(found[-1]), found
