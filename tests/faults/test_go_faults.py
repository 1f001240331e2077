"""A `go` that is missing, hangs, crashes, prints nonsense or is killed: in an editor and on the command line.

tests/real_go/test_gotool.py covers how each run ends; this file covers what users see.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from layerg_pin.go import process, queries, scratch_copies
from layerg_pin.go.queries import list_plugin, list_vendored
from layerg_pin.go.query_types import Cancellation, Go, GoError, PluginSource
from tests.conftest import Examples, still_running
from tests.platform_marks import uses_shell
from tests.raw_client import RawClient

SLEEP = "63.0938"


def script(path: Path, body: str) -> str:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


NONSENSE = {
    "a deep list": "head -c 200000 /dev/zero | tr '\\0' '['",
    "bytes": "head -c 20000 /dev/urandom",
    "a text for a table": """echo '{"ImportPath":"a","Module":"none"}'""",
    "an error that is a text": """echo '{"ImportPath":"a","Error":"none"}'""",
    "imports that are a number": """echo '{"ImportPath":"a","Imports":7}'; kill -9 $$""",
    "half an object": """echo '{"ImportPath":"a"'""",
    "only warnings": "echo warning >&2",
}


@uses_shell
@pytest.mark.parametrize("kind", NONSENSE)
def test_invalid_go_output_is_reported_and_differences_stay_possible(
    examples: Examples, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    script(tmp_path / "bin" / "go", NONSENSE[kind])
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    assert main(["check", "--format", "json", str(examples.plugin)]) == 2
    findings = json.loads(capsys.readouterr().out)["plugins"][0]["findings"]
    assert {each["certainty"] for each in findings if each["code"] == "version-mismatch"} == {"possible"}
    (message,) = (each["message"] for each in findings if each["code"] == "not-resolved")
    assert message


@uses_shell
def test_an_endless_answer_is_cut(examples: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_MAX_OUTPUT", 1 << 20)
    for body in ("yes", "yes >&2"):
        endless = Go(script(tmp_path / "go", body), timeout=60)
        with pytest.raises(GoError, match="printed more than 1 MiB"):
            list_vendored(endless, str(examples.host), ["."], Cancellation())


def test_no_place_for_copies(examples: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = queries.find_go()
    assert go
    source = PluginSource(str(examples.plugin), (examples.plugin / "go.mod").read_text(), True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(GoError, match=r"cannot create a temporary folder: \w"):
        list_plugin(go, source, ["."], Cancellation())
    monkeypatch.undo()

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(scratch_copies, "open", full, raising=False)
    with pytest.raises(GoError, match=r"cannot write a copy for Go to .*: No space left on device"):
        list_plugin(go, source, ["."], Cancellation())
    monkeypatch.undo()
    os.truncate(examples.plugin / "go.sum", 10 << 30)
    with pytest.raises(GoError, match=r"go\.sum is larger than 16 MiB"):
        list_plugin(go, source, ["."], Cancellation())


def test_a_folder_that_is_removed_while_go_runs(examples: Examples) -> None:
    go = queries.find_go()
    assert go
    text = (examples.plugin / "go.mod").read_text()
    shutil.rmtree(examples.plugin)
    with pytest.raises(GoError, match=r"does not start: \w"):
        list_plugin(go, PluginSource(str(examples.plugin), text, True), ["."], Cancellation())
    with pytest.raises(GoError, match="cannot be read"):
        queries.list_module(go, str(examples.plugin), ["."], Cancellation())
    with pytest.raises(GoError, match="does not start"):
        queries.list_vendored(go, str(examples.plugin), ["a\0b"], Cancellation())


@uses_shell
def test_an_editor_with_a_go_that_is_killed_and_replaced(examples: Examples, tmp_path: Path) -> None:
    """Each save runs Go again, and the answer of the real one is shown at the end."""
    real = shutil.which("go")
    path = tmp_path / "bin" / "go"
    started = tmp_path / "started"
    script(path, f"echo $$ > {started}.new; mv {started}.new {started}; sleep {SLEEP}")
    with RawClient(examples.host.parent, options={"goPath": str(path), "goTimeout": 50}) as client:
        uri = client.open(examples.plugin / "go.mod")
        client.until(lambda: "version-mismatch" in client.codes(uri))
        while not started.exists():
            client.process.poll()
        os.killpg(int(started.read_text()), signal.SIGKILL)
        client.until(lambda: client.logged("exit code -9"))
        assert not client.is_refined(uri)
        path.unlink()
        client.notify_file("didSave", uri)
        client.until(lambda: client.logged("command was found"))
        script(path, f'exec {real} "$@"')
        client.notify_file("didSave", uri)
        client.until(lambda: client.is_refined(uri))
        assert "not-resolved" not in client.codes(uri)
        assert client.leave() == 0
        assert client.complaints == []
    assert still_running(SLEEP) == []


@uses_shell
def test_no_go_process_outlives_the_editor(examples: Examples, tmp_path: Path) -> None:
    started = tmp_path / "started"
    path = script(tmp_path / "bin" / "go", f"touch {started}; sleep {SLEEP} & wait")
    for goodbye in (True, False):
        started.unlink(missing_ok=True)
        with RawClient(examples.host.parent, options={"goPath": path}) as client:
            client.open(examples.plugin / "go.mod")
            while not started.exists():
                assert client.process.poll() is None
            if goodbye:
                assert client.leave() == 0
            else:
                assert client.process.stdin
                client.process.stdin.close()
                assert client.process.wait(30) == 1
        assert still_running(SLEEP) == []
