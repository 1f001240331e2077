"""What all commands share: help, colours, quiet and verbose output, cache, watching, progress, misspelt arguments."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from layerg_pin.cli.command_line import build_parser, parse
from layerg_pin.cli.main import main
from layerg_pin.core.known.known_hosts import PLUGIN_APIS
from layerg_pin.system.progress_line import ProgressLine
from layerg_pin.system.shared_files import replace_shared
from tests.cli.test_upgrade import DOCKERFILE, GOMOD, MAIN
from tests.conftest import CACHE_VARIABLE, go
from tests.platform_marks import uses_modes, uses_terminal

if sys.platform != "win32":
    import pty

PLUGIN = f"module example.com/p\n\ngo 1.21\n\nrequire {sorted(PLUGIN_APIS)[0]} v1.0.0\n"

RELEASED = {"go.mod": GOMOD.format(name="p"), "main.go": MAIN, "Dockerfile": DOCKERFILE}


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plugin with errors, whose host is known, which is the working folder; its cache is empty."""
    folder = tmp_path / "plugin"
    folder.mkdir()
    (folder / "go.mod").write_text(PLUGIN)
    (folder / "main.go").write_text("package main\n\nfunc InitModule() {}\n")
    (folder / "layerg-pin.toml").write_text('host = "../host/go.mod"\n')
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / "go.mod").write_text(PLUGIN.replace("/p", "/host").replace("v1.0.0", "v1.1.0"))
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plugin that fits the release that its Dockerfile names, which is the working folder."""
    for name, text in RELEASED.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("GOSUMDB", "off")
    go(tmp_path, "mod", "tidy")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def failing(plugin: Path) -> None:
    """Let the plugin have an error that needs no packages: a go line that no Go can read."""
    save(plugin / "go.mod", PLUGIN.replace("go 1.21", "go 1.21.x"))


def save(path: Path, text: str) -> None:
    """Replace a file in one step, as editors do, so that it is never empty or incomplete."""
    path.with_suffix(".new").write_text(text)
    replace_shared(str(path.with_suffix(".new")), str(path))


@contextmanager
def on_terminal(*arguments: str, env: Mapping[str, str] | None = None) -> Iterator[tuple[int, int]]:
    """Run the command on a terminal; yields the terminal's descriptor and the process id."""
    number, terminal = pty.fork()
    if number == 0:
        os.environ.update({"TERM": "xterm", "CI": "", **(env or {})})
        os.execv(sys.executable, [sys.executable, "-m", "layerg_pin", *arguments])
    try:
        yield terminal, number
    finally:
        os.close(terminal)


def read_until(terminal: int, pattern: str, seconds: float = 60) -> str:
    """The output up to a pattern, or all of it if the process ends."""
    output, end = "", time.monotonic() + seconds
    while not re.search(pattern, output):
        assert time.monotonic() < end, output
        try:
            part = os.read(terminal, 65536)
        except OSError:  # a terminal ends like this on Linux
            break
        if not part:
            break
        output += part.decode("utf-8", "replace")
    return output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chek"], "'chek' (did you mean check?)"),
        (["host", "exprot"], "'exprot' (did you mean export?)"),
        (["check", "--formt", "json"], "--formt (did you mean --format?)"),
        (["check", "--format", "jsn"], "'jsn' (did you mean json?)"),
        (["cache", "claen"], "'claen' (did you mean clean?)"),
        (["check", "--colour", "never"], "--colour (did you mean --color?)"),
        (["help", "upgarde"], "'upgarde' (did you mean upgrade?)"),
        (["xyzzy"], "'xyzzy'; choose from check"),
        (["version"], "'version' (did you mean --version?); choose from check"),
        (["check", "--tidy"], "--tidy (it is an option of fix)"),
        (
            ["upgrade", "--host=x", "3.22.0"],
            "--host=x (it is an option of check, fix, explain, host show, host export, init, predict)",
        ),
        (
            ["host", "show", "--format", "json"],
            "--format (it is an option of check, upgrade, host export, host diff, inspect, predict)",
        ),
        (["completion", "bash", "--color=never"], "arguments: --color=never"),
        (["check", "--fix"], "--fix (did you mean `layerg-pin fix`?)"),
        (["upgrade", "nakama", "3.24.0", "."], "arguments: . (did you mean nakama@3.24.0?)"),
        (["init", "nakama", "3.22.0"], "arguments: 3.22.0 (did you mean --host nakama@3.22.0?)"),
        (["init", "a", "b"], "arguments: b"),
        (["host"], "the following arguments are required: COMMAND"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_wrong_arguments_are_named_with_the_nearest(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    error = capsys.readouterr().err
    assert message in error.splitlines()[-1]
    assert ": error: " in error.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["upgrade", "nakama", "v3.24.0"], "v3.24.0 does not exist: write the release as one word, nakama@3.24.0"),
        (
            ["upgrade", "nakama@3.24.0", "nakama@3.22.0"],
            "nakama@3.22.0 does not exist: upgrade takes one release, and then the plugin's folder",
        ),
        (["init", "nakama@3.22.0"], "nakama@3.22.0 does not exist: to name the host, use --host nakama@3.22.0"),
        (["init", "nowhere"], "nowhere does not exist: pass the folder of a plugin"),
        (["check", "./..."], "./... does not exist: pass `.`, which includes the folders below it"),
        (["fix", "a/..."], "a/... does not exist: pass `a`, which includes the folders below it"),
    ],
)
def test_folders_that_are_near_misses(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert capsys.readouterr().err == f"layerg-pin: {message}\n"


@pytest.mark.parametrize("command", ["check", "host show", "cache clean", "completion", "help"])
def test_help_is_that_of_the_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    printed = []
    for arguments in (["help", *command.split()], [*command.split(), "--help"]):
        with pytest.raises(SystemExit, match="0"):
            main(arguments)
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert printed[0].startswith(f"usage: layerg-pin {command} ")


def test_options_of_all_commands_may_be_before_the_command() -> None:
    for arguments in (["--color", "never", "-q", "check"], ["check", "--color", "never", "-q"]):
        options = build_parser().parse_args(arguments)
        assert (options.color, options.quiet) == ("never", True)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["upgrade", "nakama@3.40.0", "--diff", "a"], {"release": "nakama@3.40.0", "diff": True, "dir": "a"}),
        (["upgrade", "--offline", "3.40.0"], {"release": "3.40.0", "offline": True, "dir": "."}),
        (["check", "a", "--strict", "b"], {"paths": ["a", "b"], "strict": True}),
        (["check", "--strict"], {"paths": ["."], "strict": True}),
        (["host", "diff", "a", "--offline", "b", "-q"], {"before": "a", "after": "b", "offline": True, "quiet": True}),
        (["explain", "--offline", "-", "--plugin", "p"], {"what": "-", "plugin": "p", "offline": True}),
        (["check", "--", "--strict"], {"paths": ["--strict"], "strict": False}),
        (["fix", "a", "--diff", "--", "-b", "--"], {"paths": ["a", "-b", "--"], "diff": True}),
        (["upgrade", "--", "3.40.0", "--diff"], {"release": "3.40.0", "dir": "--diff", "diff": False}),
        (["host", "diff", "-q", "--", "-a", "b"], {"before": "-a", "after": "b", "quiet": True}),
        (["init", "--", "-a"], {"dir": "-a"}),
    ],
)
def test_options_may_be_between_positional_arguments(arguments: list[str], expected: dict[str, object]) -> None:
    assert vars(parse(arguments)).items() >= expected.items()


@pytest.mark.parametrize(
    ("options", "env", "is_coloured"),
    [
        ([], {}, False),
        (["--color", "always"], {}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "auto"], {"FORCE_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
        ([], {"FORCE_COLOR": "0"}, False),
    ],
)
def test_colours(
    options: list[str],
    env: Mapping[str, str],
    is_coloured: bool,
    plugin: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failing(plugin)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    assert main(["check", "--offline", *options]) == 1
    assert ("\x1b[31m" in capsys.readouterr().out) is is_coloured
    assert dict(os.environ) == before


@uses_terminal
@pytest.mark.parametrize(("env", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colours_on_a_terminal(env: Mapping[str, str], is_coloured: bool, plugin: Path) -> None:
    failing(plugin)
    with on_terminal("check", "--offline", env={"NO_COLOR": "", "FORCE_COLOR": "", **env}) as (terminal, number):
        output = read_until(terminal, r"(?!)")
        os.waitpid(number, 0)
    assert ("\x1b[31m" in output) is is_coloured


def test_quiet_prints_only_findings(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failing(plugin)
    main(["check", "--offline"])
    loud = capsys.readouterr().out
    assert main(["check", "--offline", "--quiet"]) == 1
    quiet = capsys.readouterr().out
    assert "error:" in quiet
    assert "example.com/p: " in loud
    assert "example.com/p: " not in quiet


@pytest.mark.parametrize(
    ("command", "result"),
    [
        (["check"], ""),
        (["check", "--host", "nakama@3.22.0", "--host", "github.com/heroiclabs/nakama/v3@3.22.0"], ""),
        (["fix", "--diff"], ""),
        (["fix"], ""),
        (["init"], "wrote layerg-pin.toml: the host is nakama@3.22.0 (66 modules)\n"),
        (["host", "export"], "wrote layerg-host.json: github.com/heroiclabs/nakama/v3, 66 modules\n"),
        (["host", "export", "-o", "x.json"], "wrote x.json: github.com/heroiclabs/nakama/v3, 66 modules\n"),
        (["explain", "--line", "plugin: not implemented"], None),
        (["upgrade", "nakama@3.22.0"], ""),
        (["upgrade", "nakama@3.22.0", "--diff"], ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_quiet_prints_only_the_result(
    command: list[str], result: str | None, released: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--quiet"]) == 0
    out, errors = capsys.readouterr()
    assert errors == ""
    assert out == result if result is not None else out


def test_quiet_separates_the_findings_of_plugins(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failing(plugin)
    shutil.copytree(plugin, plugin.parent / "other")
    assert main(["check", "--offline", "--quiet", ".", "../other"]) == 1
    assert re.fullmatch(
        r"go.mod:3:4: error: .*\n.*\n.*\n\n\.\.\S+go.mod:3:4: error: .*\n.*\n.*\n", capsys.readouterr().out
    )


def test_verbose_says_what_was_read_and_asked_and_how_long_it_took(
    plugin: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["check", "--offline", "--verbose"])
    error = capsys.readouterr().err
    assert re.search(rf"^layerg-pin: read {re.escape(str(plugin / 'go.mod'))} \(\d+ bytes\)$", error, re.MULTILINE)
    assert re.search(r"^layerg-pin: go env .* in .*: \d+\.\d\d s$", error, re.MULTILINE)
    assert re.search(rf"^layerg-pin: checked {re.escape(str(plugin))} in \d+\.\d\d s$", error, re.MULTILINE)
    assert re.search(rf"^layerg-pin: exit code {code} after \d+\.\d\d s$", error, re.MULTILINE)


def test_exit_zero_changes_only_the_code_of_errors(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failing(plugin)
    assert main(["check", "--offline"]) == 1
    assert main(["check", "--offline", "--exit-zero"]) == 0
    assert "error:" in capsys.readouterr().out
    assert main(["check", "--offline", "--exit-zero", "missing"]) == 2


def test_the_cache_is_used_left_alone_and_removed(
    plugin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache = tmp_path / "cache" / "layerg-pin"
    main(["check", "--offline", "--no-cache"])
    assert not cache.exists()
    main(["check", "--offline"])
    number = sum(1 for path in cache.rglob("*") if path.is_file())
    assert number > 0
    capsys.readouterr()
    assert main(["cache", "dir"]) == 0
    assert capsys.readouterr().out == f"{cache}\n"
    assert main(["cache", "clean"]) == 0
    assert capsys.readouterr().out.startswith(f"removed {number} file")
    assert not (cache / "go").exists()
    assert main(["cache", "clean"]) == 0
    assert capsys.readouterr().out.startswith("removed 0 files")


@uses_modes
def test_a_cache_that_is_not_ours_is_not_removed(
    tmp_path: Path, plugin: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "precious"
    target.mkdir()
    (target / "file").touch()
    (tmp_path / "cache" / "layerg-pin").mkdir(parents=True)
    (tmp_path / "cache" / "layerg-pin" / "go").symlink_to(target)
    assert main(["cache", "clean"]) == 2
    assert "was not removed" in capsys.readouterr().err
    assert (target / "file").exists()


def test_watching_checks_again_and_ends_with_ctrl_c(plugin: Path) -> None:
    command = [sys.executable, "-m", "layerg_pin", "check", "--offline", "--watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert "1.21.x" not in read_lines(process, "watching ")
            failing(plugin)
            assert "1.21.x" in read_lines(process, "watching ")
            save(plugin / "go.mod", PLUGIN)
            assert "1.21.x" not in read_lines(process, "watching ")
            (plugin / "new.go").write_text("package main\n")
            read_lines(process, "watching ")
            if sys.platform != "win32":  # which cannot send Ctrl-C to one process
                process.send_signal(signal.SIGINT)
                assert process.wait(30) == 130
        finally:
            process.kill()


def read_lines(process: subprocess.Popen[str], last: str) -> str:
    """The lines up to one that contains `last`."""
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if last in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


@uses_terminal
def test_watching_on_a_terminal_redraws(plugin: Path) -> None:
    with on_terminal("check", "--offline", "--watch") as (terminal, number):
        assert "\x1b[H\x1b[2J" in read_until(terminal, "Ctrl-C ends")
        failing(plugin)
        assert "\x1b[H\x1b[2J" in read_until(terminal, "1.21.x[^$]*Ctrl-C ends")
        os.write(terminal, b"\x03")
        _, status = os.waitpid(number, 0)
    assert os.waitstatus_to_exitcode(status) == 130


def test_watching_refuses_other_formats(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--watch", "--format", "json"]) == 2
    assert "--watch shows text" in capsys.readouterr().err


_SLOW = """
import time
from layerg_pin.system.progress_line import ProgressLine
with ProgressLine() as progress:
    progress.step("working")
    time.sleep({})
"""


@uses_terminal
@pytest.mark.parametrize(
    ("seconds", "env", "is_shown"),
    [(1, {}, True), (0, {}, False), (1, {"CI": "true"}, False), (1, {"LAYERG_PIN_QUIET": "1"}, False)],
)
def test_progress_is_shown_on_a_terminal_and_erased(seconds: int, env: Mapping[str, str], is_shown: bool) -> None:
    number, terminal = pty.fork()
    if number == 0:
        os.environ.update({"TERM": "xterm", "CI": "", **env})
        os.execv(sys.executable, [sys.executable, "-c", _SLOW.format(seconds)])
    output = read_until(terminal, r"(?!)")
    os.waitpid(number, 0)
    os.close(terminal)
    assert ("working" in output) is is_shown
    assert output.endswith("\r\x1b[K") or not is_shown


def test_progress_is_not_written_to_a_pipe() -> None:
    done = subprocess.run([sys.executable, "-c", _SLOW.format(1)], capture_output=True, check=True)
    assert done.stdout + done.stderr == b""


def test_steps_outside_of_a_block_are_ignored(capsys: pytest.CaptureFixture[str]) -> None:
    ProgressLine().step("x")
    assert capsys.readouterr().err == ""
