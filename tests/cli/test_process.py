"""The command as a process: terminals, closed and full streams, signals, and what it loads."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from layerg_pin.cli import targets
from layerg_pin.cli.main import main
from layerg_pin.go.query_types import Cancellation
from tests.conftest import Examples, contents, still_running
from tests.platform_marks import uses_pipe, uses_shell, uses_signal

COMMAND = str(Path(sys.executable).with_name("layerg-pin"))


def test_colours_on_a_terminal_only(examples: Examples) -> None:
    assert b"\x1b[31m" in in_terminal(examples.plugin, {})
    assert b"\x1b[" not in in_terminal(examples.plugin, {"NO_COLOR": "1"})


def in_terminal(folder: Path, env: dict[str, str]) -> bytes:
    """What `layerg-pin check` writes to a terminal."""
    pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals of this kind")
    ours, theirs = pty.openpty()
    process = subprocess.Popen([COMMAND, "check"], cwd=folder, stdout=theirs, env={**os.environ, **env})
    os.close(theirs)
    parts = []
    try:
        while part := os.read(ours, 65536):
            parts.append(part)
    except OSError:
        pass  # how a terminal ends on Linux
    os.close(ours)
    assert process.wait() == 1
    return b"".join(parts)


@uses_pipe
def test_a_full_disk_is_reported(examples: Examples) -> None:
    with open("/dev/full", "w") as full:
        command = [COMMAND, "check"]
        done = subprocess.run(command, cwd=examples.plugin, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "layerg-pin: cannot write the report: No space left on device\n"


@uses_shell
def test_no_go_process_outlives_a_terminated_check(examples: Examples, tmp_path: Path) -> None:
    started = tmp_path / "started"
    (tmp_path / "go").write_text(f"#!/bin/sh\ntouch {started}\nsleep 65.0937 & wait\n")
    (tmp_path / "go").chmod(0o755)
    env = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    process = subprocess.Popen([COMMAND, "check"], cwd=examples.plugin, env=env)
    while not started.exists():
        assert process.poll() is None
    process.terminate()
    assert process.wait() == 128 + 15
    assert still_running("65.0937") == []


def test_a_signal_that_comes_while_go_starts_ends_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has started but is not registered yet could be left behind."""
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {each: signal.getsignal(each) for each in numbers}
    monkeypatch.setattr(targets, "discard_stdout", lambda: None)
    try:
        for number in numbers:
            cancellation = Cancellation()
            ended: list[str] = []
            targets.cancel_on_signals(cancellation)

            def start(number: int = number) -> str:
                signal.raise_signal(number)
                return "run"

            assert cancellation.start(start, ended.append) == "run"
            assert (ended, cancellation.cancelled) == (["run"], True)
            with pytest.raises(SystemExit) as ended_by:
                signal.raise_signal(number)
            assert ended_by.value.code == 128 + number
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@uses_signal
@pytest.mark.parametrize("what", ["a log that goes on", "a reader that sleeps"])
def test_a_check_that_waits_can_be_terminated(examples: Examples, what: str) -> None:
    pipe = subprocess.PIPE
    if what == "a log that goes on":
        command = [COMMAND, "explain", "-", "--plugin", str(examples.plugin)]
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe)
        assert process.stdin
        process.stdin.write(
            b"plugin was built with a different version of package go.uber.org/zap\n" + b"x\n" * 100_000
        )
        process.stdin.flush()
    else:
        gomod = examples.plugin / "go.mod"
        gomod.write_text(gomod.read_text() + "x\n" * 2000)  # more findings than the pipe has room for
        process = subprocess.Popen(
            [COMMAND, "check"], cwd=examples.plugin, stdout=pipe, stderr=subprocess.DEVNULL, pipesize=4096
        )
    assert process.stdout
    process.stdout.read(1)
    process.terminate()
    assert process.wait(30) == 128 + 15
    for stream in filter(None, (process.stdin, process.stdout)):
        stream.close()


@uses_shell
@pytest.mark.parametrize("command", ["check", "check --format json", "fix", "fix --diff", "explain --line x", "lsp"])
def test_a_closed_standard_output_is_reported_before_any_work(examples: Examples, command: str) -> None:
    before = contents(examples.plugin)
    shell = f"{COMMAND} {command} >&-"
    done = subprocess.run(shell, shell=True, cwd=examples.plugin, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (2, b"layerg-pin: standard output is closed\n")
    assert contents(examples.plugin) == before


@uses_shell
def test_closed_streams_give_their_numbers_to_no_file(examples: Examples) -> None:
    (examples.plugin / "layerg-pin.toml").write_text('host = "../host"\nbogus = 1\n')
    shell = f"{COMMAND} check --format json <&- 2>&-"
    done = subprocess.run(shell, shell=True, cwd=examples.plugin, stdout=subprocess.PIPE)
    assert done.returncode == 1
    assert json.loads(done.stdout)["summary"]["error"] == 4


@pytest.mark.parametrize("arguments", [["check"], ["check", "--format", "json"], ["host", "export", "-o", "-"]])
def test_characters_outside_the_encoding_are_escaped(examples: Examples, arguments: list[str]) -> None:
    folder = examples.plugin.parent.rename(examples.plugin.parent.with_name("日本 \N{PARTY POPPER}"))
    env = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    command = [COMMAND, *arguments, "--host", "../host"]
    done = subprocess.run(command, cwd=folder / "plugin", env=env, capture_output=True)
    assert done.returncode == (0 if arguments[0] == "host" else 1), done.stderr
    assert b"Traceback" not in done.stderr
    if "json" in arguments:
        (plugin,) = json.loads(done.stdout)["plugins"]
        assert folder.as_posix() in plugin["findings"][0]["related"][0]["file"]


def test_check_does_not_load_the_protocol() -> None:
    modules = "layerg_pin.cli.main, layerg_pin.cli.check_command, layerg_pin.cli.fix_command"
    rarely_needed = {"lsprotocol", "pygls", "asyncio", "yaml", "tomlkit", "platformdirs"}
    program = f"import sys, {modules}; print(sorted(set(sys.modules) & {rarely_needed}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.startswith("layerg-pin 0.")
