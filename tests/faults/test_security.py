"""The promises of SECURITY.md: which programs run, when, with which environment, and which files are written.

The server and the command run in a Python that records every started program, every connection and every file opened
for writing, with Python's audit events.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import CACHE_VARIABLE, Examples, contents
from tests.faults.test_go_faults import script
from tests.platform_marks import uses_shell
from tests.raw_client import RawClient

_AUDITED = """
import json, os, sys
file = os.open(os.environ["AUDIT"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
def hook(event, values):
    if event == "subprocess.Popen":
        row = ["run", os.fspath(values[0]), sorted(map(str, values[1])), values[3] and dict(values[3])]
    elif event in ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile"):
        row = ["run", event, [], None]
    elif event == "socket.connect" or event.startswith("socket.getaddrinfo"):
        row = ["connect", repr(values[1:])]
    elif event == "open" and not isinstance(values[0], int) and values[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        row = ["write", str(values[0])]
    elif event in ("os.rename", "os.remove", "os.mkdir") and values[-1] == -1:  # except below a folder that is removed
        row = ["write", str(values[1] if event == "os.rename" else values[0])]
    else:
        return
    os.write(file, (json.dumps(row) + "\\n").encode())
sys.addaudithook(hook)
from layerg_pin.cli.main import main
sys.exit(main(sys.argv[1:]))
"""
AUDITED = (sys.executable, "-B", "-c", _AUDITED)


def audited(path: Path) -> list[list[object]]:
    """The recorded events."""
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def hostile(examples: Examples, tmp_path: Path) -> Iterator[tuple[Examples, Path, dict[str, str]]]:
    """A workspace that names programs in every possible place, and an environment in which they would leave a mark. The
    network is a server that counts requests.
    """
    marker = tmp_path / "ran"
    (tmp_path / "tmp").mkdir()
    evil = script(tmp_path / "evil" / "evil", f"touch {marker}; exit 1")
    for name in ("git", "hg", "svn", "bzr", "fossil", "gcc", "cc", "docker", "make", "sh-evil"):
        shutil.copy(evil, tmp_path / "evil" / name)
    for folder in (examples.plugin, examples.plugin.parent):
        subprocess.run(("git", "init", "--quiet", str(folder)), check=True)
        with (folder / ".git" / "config").open("a") as config:
            config.write(f"[core]\n\tfsmonitor = {evil}\n\tsshCommand = {evil}\n[diff]\n\texternal = {evil}\n")
    for name in ("go", "git", "gofmt", "python3", "layerg-pin"):
        shutil.copy(evil, examples.plugin / name)
    (examples.plugin / "Makefile").write_text(f"X := $(shell {evil})\nbuild:\n\tgo build -buildmode=plugin\n")
    (examples.plugin / "Dockerfile").write_text("FROM golang:1.23\nRUN go build -buildmode=plugin .\n")
    settings = f'host = "../host"\ngoPath = "{evil}"\ngoTimeout = 1\nserverPath = "{evil}"\npython = "{evil}"\n'
    (examples.plugin / "layerg-pin.toml").write_text(settings)
    gomod = examples.plugin / "go.mod"
    text = gomod.read_text() + "\nrequire example.invalid/private v1.0.0\n"
    gomod.write_text(f"{text}toolchain go1.99.0\n")
    (examples.plugin / "private.go").write_text('package main\n\nimport _ "example.invalid/private"\n')
    with socket.create_server(("127.0.0.1", 0)) as server:
        calls = tmp_path / "calls"

        def count() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                calls.touch()
                connection.close()

        threading.Thread(target=count, daemon=True).start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        env = {
            "PATH": f"{tmp_path / 'evil'}{os.pathsep}{os.environ['PATH']}",
            "AUDIT": str(tmp_path / "audit"),
            "TMPDIR": str(tmp_path / "tmp"),
            **{"GOPROXY": address, "GOSUMDB": "off", "GOFLAGS": "-buildvcs=true", "GOPRIVATE": "example.invalid"},
            **{"HTTP_PROXY": address, "HTTPS_PROXY": address, "http_proxy": address, "https_proxy": address},
        }
        yield examples, tmp_path, env
        server.shutdown(socket.SHUT_RDWR)
    assert not marker.exists(), "a workspace chose what was run"


@uses_shell
def test_in_the_background_only_the_users_go_is_run_and_nothing_is_written(
    hostile: tuple[Examples, Path, dict[str, str]],
) -> None:
    examples, tmp_path, env = hostile
    before = contents(examples.plugin.parent)
    with RawClient(examples.plugin.parent, env=env, command=(*AUDITED, "lsp")) as client:
        uri = client.open(examples.plugin / "go.mod")
        main = client.open(examples.plugin / "main.go")
        client.until(lambda: client.logged("go list for"))
        client.change(uri, (examples.plugin / "go.mod").read_text() + "\n// edited\n", 2)
        client.until(lambda: client.logged("go list for") > 1)
        client.notify_file("didSave", main)
        assert client.leave() == 0
    rows = audited(tmp_path / "audit")
    runs = [row for row in rows if row[0] == "run"]
    assert runs
    assert {row[1] for row in runs} == {shutil.which("go")}
    for _, _, arguments, environment in runs:
        assert isinstance(environment, dict)
        assert isinstance(arguments, list)
        chosen = {name: environment[name] for name in ("GOPROXY", "GONOPROXY", "GOVCS", "GOSUMDB")}
        assert chosen == {"GOPROXY": "off", "GONOPROXY": "none", "GOVCS": "*:off", "GOSUMDB": "off"}
        if "env" in arguments:  # runs outside the workspace, with the user's environment
            assert environment["GOTOOLCHAIN"] in ("local", env.get("GOTOOLCHAIN", os.environ.get("GOTOOLCHAIN", "")))
        else:
            assert environment["GOTOOLCHAIN"] == "local"
        assert "env" in arguments or "-buildvcs=false" in arguments or "tidy" in arguments
    assert [row for row in rows if row[0] == "connect"] == []
    assert not (tmp_path / "calls").exists(), "the network was used"
    allowed = (str(tmp_path / "tmp"), os.devnull)
    assert [row for row in rows if row[0] == "write" and not str(row[1]).startswith(allowed)] == []
    assert contents(examples.plugin.parent) == before
    assert os.listdir(tmp_path / "tmp") == [], "copies are left"


@uses_shell
def test_without_trust_nothing_is_run_and_a_host_outside_is_not_taken(
    hostile: tuple[Examples, Path, dict[str, str]],
) -> None:
    """The host is outside the workspace's folder and named by the project file: it is not read."""
    examples, tmp_path, env = hostile
    with RawClient(examples.plugin, env=env, command=(*AUDITED, "lsp"), options={"trusted": False}) as client:
        uri = client.open(examples.plugin / "go.mod")
        client.open(examples.plugin / "main.go")
        client.until(lambda: "host-not-found" in client.codes(uri))
        assert "not trusted" in str(client.diagnostics(uri))
        for command in ("downloadModules", "alignAndTidy", "tidyAndVendor"):
            client.end_of(
                client.begin("workspace/executeCommand", {"command": f"layergPin.{command}", "arguments": [uri]})
            )
        client.end_of(
            client.begin(
                "workspace/executeCommand",
                {"command": "layergPin.predict", "arguments": [str(examples.plugin), uri]},
            )
        )
        assert client.leave() == 0
    assert [row for row in audited(tmp_path / "audit") if row[0] in ("run", "connect", "write")] == []


@uses_shell
@pytest.mark.parametrize("host", ["../host", "module"])
def test_without_trust_a_host_that_the_user_names_is_read_and_go_is_not_run(
    hostile: tuple[Examples, Path, dict[str, str]], host: str
) -> None:
    examples, tmp_path, env = hostile
    options = {"trusted": False, "host": host if host == "../host" else "example.com/h@v1.0.0"}
    with RawClient(examples.plugin, env=env, command=(*AUDITED, "lsp"), options=options) as client:
        uri = client.open(examples.plugin / "go.mod")
        wanted = "version-mismatch" if host == "../host" else "host-unreadable"
        client.until(lambda: wanted in client.codes(uri))
        client.notify_file("didSave", uri)
        assert client.leave() == 0
    assert [row for row in audited(tmp_path / "audit") if row[0] in ("run", "connect", "write")] == []


@uses_shell
def test_check_offline_and_fix_write_where_they_are_asked_to_and_nowhere_else(
    hostile: tuple[Examples, Path, dict[str, str]],
) -> None:
    examples, tmp_path, env = hostile
    before = contents(examples.plugin.parent)
    for command in ("check", "fix"):
        subprocess.run(
            (*AUDITED, command, "--offline", str(examples.plugin)),
            env={**os.environ, **env},
            capture_output=True,
            check=False,
        )
        after = contents(examples.plugin.parent)
        changed = {path for path in after.keys() | before.keys() if after.get(path) != before.get(path)}
        assert changed <= ({str(examples.plugin / "go.mod")} if command == "fix" else set())
    rows = audited(tmp_path / "audit")
    assert {row[1] for row in rows if row[0] == "run"} == {shutil.which("go")}
    assert not (tmp_path / "calls").exists(), "the network was used"
    gomod = str(examples.plugin / "go.mod")
    kept = os.path.join(os.environ[CACHE_VARIABLE], "layerg-pin")
    allowed = (str(tmp_path / "tmp"), os.devnull, gomod, str(examples.plugin / ".go.mod."), kept)
    assert [row for row in rows if row[0] == "write" and not str(row[1]).startswith(allowed)] == []
    assert os.listdir(tmp_path / "tmp") == [], "copies are left"
