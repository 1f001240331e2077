"""Build files that are not regular, too large, or expand too much: bounded, reported at their line, never a verdict."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from layerg_pin.core.analysis.analyse import analyse
from layerg_pin.core.buildfiles.budget import FILE_LIMITS, MAX_FILES, PLUGIN_LIMITS
from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.buildfiles.dockerfile import parse_dockerfile
from layerg_pin.core.buildfiles.makefile import parse_makefile
from layerg_pin.core.buildfiles.shell_script import parse_script
from layerg_pin.core.checks import run_checks
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.model.host_manifest import HostNotFound
from layerg_pin.core.text import LineIndex
from layerg_pin.engine.plugin_snapshot import PluginFiles, take_snapshot
from layerg_pin.hosts.source_folder import read_host_sources
from layerg_pin.lsp.protocol.file_uris import uri_of
from layerg_pin.source_tree.build_files import build_file_paths, read_build_files, read_build_files_at_once
from tests.cli.test_check import align_by_hand
from tests.conftest import Examples
from tests.fuzz.hostile import FOUND, Shape
from tests.platform_marks import uses_pipe
from tests.raw_client import RawClient

BUILD = "go build -trimpath -buildmode=plugin\n"
DOCKERFILE = f"FROM golang:1.23.4\nRUN {BUILD}"
NAMES = {"Dockerfile": "Dockerfile", "Makefile": "Makefile", "script": "build.sh", "compose": "compose.yaml"}
BUILD_SHAPES = [each for each in FOUND if each[0] in NAMES]
MANY_WORDS = "FROM golang:1.23.4\nENV A='" + "a " * 4500 + "'\n" + "RUN x $A\n" * 10 + f"RUN {BUILD}"


def unread(folder: Path) -> dict[str, str]:
    """The build files that are not read, and the reasons."""
    found = read_build_files(str(folder))
    return {os.path.basename(each.path): each.file.unread.message for each in found if each.file.unread}


@uses_pipe
def test_only_regular_files_of_bounded_size_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "Makefile")
    (tmp_path / "Dockerfile").symlink_to("/dev/zero")
    (tmp_path / "large.sh").write_text(BUILD + "#" * FILE_LIMITS.characters)
    (tmp_path / "installer.sh").write_text("echo nothing about cargo\n" + "#" * FILE_LIMITS.characters)
    (tmp_path / "gone.mk").symlink_to("nowhere")
    (tmp_path / "folder.sh").mkdir()
    assert unread(tmp_path) == {
        "Dockerfile": "not read: it is a pipe or a device, not a file",
        "Makefile": "not read: it is a pipe or a device, not a file",
        "large.sh": "not read: larger than 256 KiB",
    }
    assert read_build_files_at_once(str(tmp_path)) is None


@uses_pipe
def test_a_compose_file_depends_on_its_env_file(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services:\n  a:\n    image: heroiclabs/nakama:${V:-3.22.0}\n")
    os.mkfifo(tmp_path / ".env")
    assert unread(tmp_path) == {
        "compose.yaml": "not read: .env cannot be read: it is a pipe or a device, not a file",
    }
    (tmp_path / ".env").unlink()
    assert unread(tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (MANY_WORDS, 6, "more than 20,000 words in expanded variables"),
        ("FROM golang:1.23.4\n" * 201, 200, "more than 200 stages"),
        ("FROM golang:1.23.4\n" + "RUN go build\n" * 499, None, ""),
        ("FROM golang:1.23.4\n" + "RUN go build\n" * 500, 500, "more than 500 images, services"),
        ("FROM golang:1.23.4\nCMD " + "a " * 10_001, 1, "more than 10,000 words in one command"),
    ],
)
def test_what_exceeds_a_bound_is_reported_at_its_line(text: str, line: int | None, reason: str) -> None:
    problem = parse_dockerfile(text).unread
    if line is None:
        assert problem is None
        return
    assert problem
    assert problem.message.startswith(f"not read from here on: {reason}")
    assert text.count("\n", 0, problem.span.start) == line


def test_text_before_it_is_read(tmp_path: Path) -> None:
    text = f"FROM golang:1.23.4\nRUN {BUILD}{MANY_WORDS.partition(chr(10))[2]}"
    file = parse_dockerfile(text)
    assert [each.tag for each in file.images] == ["1.23.4"]
    assert len(file.commands) == 1
    assert file.unread


def test_a_long_chain_of_variables_is_followed() -> None:
    chain = "".join(f"A{at} = $(A{at + 1})\n" for at in range(3000))
    (command,) = parse_makefile(f"{chain}A3000 = -trimpath\na:\n\tgo build -buildmode=plugin $(A0)\n").commands
    assert command.trimpath is True
    assert parse_makefile("A = $(B)\nB = $(A)\na:\n\tgo build -buildmode=plugin $(A)\n").commands[0].trimpath is None


def test_a_name_that_was_left_out_is_not_known() -> None:
    names = "".join(f"A{at}=b\n" for at in range(1000))
    (command,) = parse_script(f"{names}T=-race\nCGO_ENABLED=0 {BUILD.strip()} ${{T:--trimpath}}\n").commands
    assert command.race is None
    assert command.environment["CGO_ENABLED"].value == "0"


@pytest.mark.parametrize("number", [MAX_FILES, MAX_FILES + 1])
def test_many_files(tmp_path: Path, number: int) -> None:
    for at in range(number):
        (tmp_path / f"{at:03}.sh").write_text(BUILD)
    found = read_build_files(str(tmp_path))
    assert sum(len(each.file.commands) for each in found) == MAX_FILES
    assert bool(unread(tmp_path)) == (number > MAX_FILES)
    assert len(build_file_paths(str(tmp_path))) < MAX_FILES + 20


def test_many_large_files(tmp_path: Path) -> None:
    number = PLUGIN_LIMITS.characters // FILE_LIMITS.characters + 2
    for at in range(number):
        (tmp_path / f"{at}.sh").write_text(BUILD + "#" * (FILE_LIMITS.characters - len(BUILD) - 1) + "\n")
    (why,) = unread(tmp_path).values()
    assert why == (
        "not read from here on: more than 524,288 characters in the build files together, "
        "and those after it are not read either"
    )


def test_compose_files_that_name_missing_dockerfiles(tmp_path: Path) -> None:
    services = "".join(f"  a{at}:\n    build:\n      dockerfile: d{at}\n" for at in range(400))
    (tmp_path / "compose.yaml").write_text(f"services:\n{services}")
    (tmp_path / "x.sh").write_text(BUILD)
    assert [os.path.basename(each.path) for each in read_build_files(str(tmp_path))] == ["x.sh"]


@pytest.mark.parametrize(
    ("kind", "name", "shape"), BUILD_SHAPES, ids=lambda each: each if isinstance(each, str) else ""
)
def test_an_event_loop_waits_only_milliseconds(kind: str, name: str, shape: Shape, tmp_path: Path) -> None:
    for number, size in enumerate((400, 15_000, 200_000)):
        folder = tmp_path / str(size)
        folder.mkdir()
        for at in range(3):
            (folder / (NAMES[kind] if at == 0 else f"{at}.{'mk' if kind == 'Makefile' else 'sh'}")).write_text(
                shape(size)
            )
        times = []
        for _ in range(4):
            before = time.process_time()
            read_build_files_at_once(str(folder))
            times.append(time.process_time() - before)
        assert min(times) < 0.1, f"{name}: {times} for {size} characters ({number})"


@uses_pipe
def test_a_host_states_nothing_where_a_build_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "main.go").write_text("package main\n\nfunc main() {}\n")
    (tmp_path / "Dockerfile").write_text("FROM golang:1.23.4\nRUN go build -trimpath -o server .\n")
    assert read_host_sources(str(tmp_path), "example.com/h").build
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "Dockerfile").symlink_to("/dev/zero")
    found = read_host_sources(str(tmp_path), "example.com/h")
    assert found.build is None
    assert found.unread == "build/Dockerfile: not read: it is a pipe or a device, not a file"


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ("", "FROM heroiclabs/nakama:3.2{at}.0\nRUN go get a.org/a@v1.{at}.0 && go build -buildmode=plugin\n"),
        (
            "",
            "FROM golang:1.2{at}\nRUN GOTOOLCHAIN=go1.2{at}.1 GOARCH=arm64 CGO_ENABLED=0 go build -buildmode=plugin\n",
        ),
        (
            "FROM golang:1.23\n",
            "RUN go get a.org/a@v1.{at}.0 && GOFLAGS=-race go build -buildmode=plugin -tags a{at}\n",
        ),
    ],
)
def test_checks_of_all_that_may_be_found_are_quick(before: str, line: str) -> None:
    text = before + "".join(line.format(at=at % 10) for at in range(160))
    file = parse_dockerfile(text)
    assert file.unread is None
    builders = tuple(BuildSource(f"/p/{at}/Dockerfile", LineIndex(text), file) for at in range(2))
    requires = "".join(f"\ta{at}.org/a v1.0.0\n" for at in range(2000))
    gomod = parse_gomod(f"module example.com/p\n\ngo 1.21\n\nrequire (\n{requires})\n")
    host = HostNotFound("no host")
    snapshot = take_snapshot("/p/go.mod", gomod, host, None, None, files=PluginFiles(builders=builders))
    analysis = analyse(snapshot, {})
    assert run_checks(analysis)
    times = []
    for _ in range(3):
        started = time.process_time()
        run_checks(analysis)
        times.append(time.process_time() - started)
    assert min(times) < 0.5, times


def test_unread_files_never_fit(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    align_by_hand(examples.plugin)
    for path in build_file_paths(str(examples.plugin)):
        if os.path.isfile(path):
            os.unlink(path)
    (examples.plugin / "Dockerfile").write_text(MANY_WORDS)
    assert main(["check", str(examples.plugin)]) == 2
    out, err = capsys.readouterr()
    assert "Dockerfile:7:" in out
    assert ": warning: not read from here on: more than 20,000 words in expanded variables" in out
    assert "it is not known how the plugin is built: Dockerfile" in out + err
    assert "fits" not in out


def test_the_server_answers_while_build_files_are_read(examples: Examples) -> None:
    (examples.plugin / "Dockerfile").write_text(MANY_WORDS)
    for at in range(2):
        (examples.plugin / f"{at}.sh").write_text("go;" * 15_000)
    with RawClient(examples.plugin.parent) as client:
        gomod = client.open(examples.plugin / "go.mod")
        links = ("textDocument/documentLink", {"textDocument": {"uri": gomod}})
        last = uri_of(str(examples.plugin / "Dockerfile"))
        client.request(*links)
        client.notify_file("didSave", gomod)  # everything beside it is read again
        longest, deadline = 0.0, time.monotonic() + 60
        while not client.diagnostics(last) and time.monotonic() < deadline:
            before = time.monotonic()
            client.request(*links)
            longest = max(longest, time.monotonic() - before)
        (problem, *_) = client.diagnostics(last)
        assert problem["message"].startswith("not read from here on: more than 20,000 words")
        assert client.leave() == 0
    assert longest < 5, "seconds; a thread that reads takes its turns, and so do other programs"
