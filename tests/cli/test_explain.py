"""`layerg-pin explain`: pages, lines, logs, and the plugin and host that a line came from."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from layerg_pin.core.checks import CHECKS
from tests.conftest import Examples

COMMAND = str(Path(sys.executable).with_name("layerg-pin"))
DIFFERS = "plugin was built with a different version of package"
_UNVENDORED = "is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt"


def _logged(level: str, error: str) -> str:
    return "nakama-1  | " + json.dumps({"level": level, "msg": "Could not open Go module", "error": error})


LOG = "\n".join(
    (
        _logged("info", ""),
        _logged("error", f'plugin.Open("/m/p"): {DIFFERS} go.uber.org/multierr'),
        _logged("fatal", f'plugin.Open("/m/p"): {DIFFERS} go.uber.org/multierr'),
        "go: inconsistent vendoring in /src:",
        f"\texample.com/a@v1.0.0: {_UNVENDORED}",
        f"\texample.com/b@v1.0.0: {_UNVENDORED}",
        "",
    )
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_a_code_prints_its_page(check: object, capsys: pytest.CaptureFixture[str]) -> None:
    code, page = check.code, check.page  # type: ignore[attr-defined]  # a Check
    assert main(["explain", code]) == 0
    assert capsys.readouterr().out == page.strip() + "\n"


def test_a_log_is_explained_message_by_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "nakama.log"
    log.write_text(LOG)
    assert main(["explain", str(log)]) == 0
    out = capsys.readouterr().out
    heads = [line for line in out.splitlines() if line.startswith("line ")]
    assert heads == [
        f"line 2: {DIFFERS} go.uber.org/multierr",
        "line 4: inconsistent vendoring in /src:",
        f"line 5: example.com/a@v1.0.0: {_UNVENDORED}",
        f"line 6: example.com/b@v1.0.0: {_UNVENDORED}",
    ]
    assert "  cause: one of these, most likely first\n    1. the plugin selects another version" in out
    assert "\n  again: line 3\n  file: /m/p.so\n  means: " in out
    assert out.count("means: ") == 2, "the details of a message are explained with it"


def test_the_working_folder_is_the_plugin(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(examples.plugin)
    assert main(["explain", "--line", f"{DIFFERS} go.uber.org/zap/buffer"]) == 0
    out = capsys.readouterr().out
    assert "  plugin: go.uber.org/zap v1.26.0 (go.mod:9)\n" in out
    assert "  host: go.uber.org/zap v1.27.0 (host vendor/modules.txt:18)\n" in out
    assert "  cause: go.mod:9:18: go.uber.org/zap is v1.26.0, host has v1.27.0" in out
    assert "  fix: Pin go.uber.org/zap to v1.27.0 (host)\n" in out
    assert "  then: 3 more findings keep the host from loading this plugin\n" in out
    for module in ("github.com/gofrs/uuid", "google.golang.org/protobuf", "go.uber.org/multierr"):
        assert f": {module} is v" in out.split("then: ")[1]


def test_plugin_and_host_are_named(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    (examples.plugin / "layerg-pin.toml").unlink()
    names = ["--plugin", str(examples.plugin), "--host", str(examples.host)]
    assert main(["explain", "--line", f"{DIFFERS} internal/abi", *names]) == 0
    out = capsys.readouterr().out
    assert "internal/abi belongs to Go's standard library" in out
    assert "    1. the plugin is built with -gcflags for all packages" in out
    assert "  then: 4 more findings keep the host from loading this plugin\n" in out


def test_a_finding_that_stops_the_build_does_not_keep_the_host_from_loading(
    examples: Examples, capsys: pytest.CaptureFixture[str]
) -> None:
    gosum = examples.plugin / "go.sum"
    rows = gosum.read_text().splitlines(keepends=True)
    gosum.write_text("".join(row for row in rows if not row.startswith("go.uber.org/multierr ")))
    gomod = examples.plugin / "go.mod"
    gomod.write_text(f"{gomod.read_text()}\n// layerg-pin:ignore verison-mismatch later\n")
    assert main(["explain", "--line", f"{DIFFERS} go.uber.org/zap", "--plugin", str(examples.plugin)]) == 0
    then, _, build = (
        capsys.readouterr().out.partition("  then: 3 more findings keep the host from")[2].partition("build: ")
    )
    assert "go.sum" not in then
    stops, finding, *_ = build.splitlines()
    assert stops == "1 finding stops `go build` of this plugin"
    assert "go.sum has no entry for 1 module" in finding
    assert "verison" not in then + build, "a comment without effect is no reason"


def test_the_command_that_fixes_it_is_named(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--line", f"{DIFFERS} go.uber.org/zap", "--plugin", str(examples.plugin)]) == 0
    command = f"layerg-pin fix --tidy {examples.plugin}"
    assert capsys.readouterr().out.endswith(f"\n\n`{command}` sets 4 modules to the host's version\n")
    assert main(["explain", "--line", f"{DIFFERS} go.uber.org/zap"]) == 0
    assert "` sets" not in capsys.readouterr().out, "no plugin is known"


@pytest.mark.parametrize(("tag", "is_moved"), [("1.22.5", True), ("1.22", False)])
def test_a_cause_in_a_build_file_has_its_line_and_its_command(
    tag: str, is_moved: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "go.mod").write_text("module example.com/p\n\ngo 1.21\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc InitModule() {}\n\nfunc main() {}\n")
    build = "COPY . .\nRUN go build -buildmode=plugin -trimpath -o p.so .\n"
    server = "FROM heroiclabs/nakama:3.22.0\nCOPY --from=0 /go/p.so /nakama/data/modules/\n"
    (tmp_path / "Dockerfile").write_text(f"FROM golang:{tag}\n{build}{server}")
    monkeypatch.chdir(tmp_path)
    assert main(["explain", "--line", f"{DIFFERS} internal/goarch"]) == 0
    out = capsys.readouterr().out
    assert f"  1. Dockerfile:1:13: golang:{tag} builds with " in out
    assert "but the host is built with go1.22.4: use golang:1.22.4 [toolchain-mismatch]\n" in out
    assert "Build with golang" not in out, "the cause names the tag already"
    command = "\n\n`layerg-pin upgrade nakama@3.22.0` changes Dockerfile:1\n"
    assert out.endswith(command) is is_moved


def test_a_missing_host_is_reported(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["--plugin", str(examples.plugin), "--host", "nowhere"]
    assert main(["explain", "--line", f"{DIFFERS} go.uber.org/zap", *names]) == 0
    assert "the host nowhere does not exist" in capsys.readouterr().out


def test_a_line_is_accepted_in_place_of_a_log_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", f'plugin.Open("/m/p"): {DIFFERS} go.uber.org/zap']) == 0
    assert capsys.readouterr().out.startswith(f"{DIFFERS} go.uber.org/zap\n  file: /m/p.so\n  means: ")


def test_unknown_facts_are_reported_as_unknown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--line", "Startup \x1b[31mdone"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("Startup \\x1b[31mdone\n  layerg-pin does not know this message")
    log = tmp_path / "empty.log"
    log.write_text("all is well\n" * 3)
    assert main(["explain", str(log)]) == 1
    assert capsys.readouterr().out.startswith("not recognised: layerg-pin does not know this message")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["explain"], "one of the arguments"),
        (["explain", "x", "--line", "y"], "not allowed with argument"),
        (
            ["explain", "no-such-check"],
            "no-such-check is neither a file nor a check's code; the codes are version-mismatch",
        ),
        (["explain", "version-mismach"], "a check's code (did you mean version-mismatch?); the codes are"),
        (
            ["explain", sys.executable],
            "is a binary, not a log: `layerg-pin predict` and `layerg-pin inspect` read binaries",
        ),
        (["explain", "."], ". is a folder: pass a log"),
        (["explain", "syntax.log", "--plugin", "."], ". contains no go.mod: pass the folder of a plugin"),
        (
            ["explain", "syntax.log", "--host", "../host"],
            "the working folder contains no go.mod: pass the plugin's folder with --plugin",
        ),
    ],
)
def test_what_cannot_be_done(arguments: list[str], says: str) -> None:
    done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("begin", [b"\x7fELF", b"MZ\x90\0", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"])
def test_a_binary_of_any_system_is_not_a_log(begin: bytes, tmp_path: Path) -> None:
    (tmp_path / "server").write_bytes(begin + bytes(100))
    done = subprocess.run([COMMAND, "explain", str(tmp_path / "server")], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is a binary, not a log" in done.stderr


def explained(stdin: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([COMMAND, "explain", "-"], input=stdin, capture_output=True, check=False)


def test_standard_input_and_odd_bytes() -> None:
    line = f'\x00\x1b]0;\x07 plugin.Open("/m/\x1b[2J.so"): realpath failed {DIFFERS} github.com/x/y\n'
    done = explained(b"\xff\xfe\xfa\n\x00"[2:] + line.encode() + b"\xff\n")
    assert done.returncode == 0
    assert b"\x1b" not in done.stdout
    assert b"\x00" not in done.stdout
    assert b'line 2: plugin.Open("/m/\\x1b[2J.so"): realpath failed' in done.stdout
    assert f"line 2: {DIFFERS} github.com/x/y".encode() in done.stdout.splitlines()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-be"])
def test_a_log_that_powershell_has_written(encoding: str) -> None:
    text = ("" if encoding != "utf-16-be" else "\ufeff") + LOG.replace("\n", "\r\n")
    done = explained(text.encode(encoding))
    assert done.returncode == 0
    assert f"line 2: {DIFFERS} go.uber.org/multierr".encode() in done.stdout
    assert done.stdout.count(b"\nline ") == 3


@pytest.mark.skipif(sys.platform != "linux", reason="the number comes from /proc")
def test_a_large_log_takes_little_memory() -> None:
    """The log has 20 MB; one line has 16 MB and is read in pieces."""
    line = b'{"level":"info","msg":"Tick","n":1}\n'
    program = [
        sys.executable,
        "-c",
        "import sys; from layerg_pin.cli.main import main; code = main(['explain', '-']); "
        # Not ru_maxrss: it starts at the peak of the parent process.
        "print(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0], file=sys.stderr); sys.exit(code)",
    ]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(b"x" * 16_000_000)
        for _ in range(4):
            process.stdin.write(line * (1_000_000 // len(line)))
        process.stdin.write(f"{DIFFERS} github.com/x/y\n".encode())
        process.stdin.close()
        out, kilobytes = process.stdout.read(), int(process.stderr.read())
    assert process.returncode == 0
    assert f"{DIFFERS} github.com/x/y".encode() in out
    assert kilobytes < 36_000  # 20,000 of them without the log


def test_a_log_of_endless_differences_is_cut() -> None:
    done = explained("".join(f"{DIFFERS} example.com/p{n}\n" for n in range(1200)).encode())
    assert done.returncode == 0
    assert done.stdout.count(DIFFERS.encode()) == 1000
    assert b"more than 1000 different messages; the rest is omitted" in done.stderr


def test_a_log_that_is_still_written_is_explained_while_it_pauses() -> None:
    """For example the output of `docker logs -f`, which does not end."""
    program = [COMMAND, "explain", "-"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{DIFFERS} example.com/p\n{DIFFERS} example.com/q\n".encode())
        process.stdin.flush()
        assert process.stdout.readline().rstrip() == f"line 1: {DIFFERS} example.com/p".encode()
        assert process.stdout.readline().rstrip() == f"line 2: {DIFFERS} example.com/q".encode()
        process.stdin.write(f"{DIFFERS} example.com/p\nmalformed go.s".encode())
        process.stdin.flush()
        process.stdin.write(b"um:\n")
        process.stdin.close()
        rest = process.stdout.read()
    assert process.returncode == 0
    assert rest.count(DIFFERS.encode()) == 0
    assert b"\n\nline 4: malformed go.sum\n" in rest.replace(b"\r\n", b"\n")
