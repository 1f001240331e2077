"""Clients that never answer, refuse, cancel, disconnect, or violate the protocol."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from layerg_pin.lsp.protocol.file_uris import path_of, uri_of
from tests.conftest import Examples, still_running
from tests.faults.test_go_faults import script
from tests.platform_marks import uses_pipe, uses_shell
from tests.raw_client import CAPABILITIES, COMMAND, Message, RawClient

ALL_CAPABILITIES: Message = {
    **CAPABILITIES,
    "workspace": {
        **CAPABILITIES["workspace"],
        "configuration": True,
        "didChangeConfiguration": {"dynamicRegistration": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True},
        "inlayHint": {"refreshSupport": True},
        "codeLens": {"refreshSupport": True},
    },
    "window": {"workDoneProgress": True, "showMessage": {}, "showDocument": {"support": True}},
}


def is_answered(client: RawClient, uri: str) -> None:
    """Check that the server still works: it answers edits and requests."""
    text = client.request("textDocument/hover", {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 8}})
    assert text is not None


@uses_shell
@pytest.mark.parametrize(
    "answer",
    [
        None,
        lambda _: {"error": {"code": -32601, "message": "no such method"}},
        lambda _: {"result": {"a": 1}},
        lambda _: {"result": [[[]]]},
        lambda _: {"result": "\ud800"},
        lambda _: {"result": [{"host": 7, "packages": {"a": 1}, "severity": [], "goTimeout": "x"}]},
    ],
    ids=["never", "refuses", "another form", "lists of lists", "half a pair", "wrong types"],
)
def test_a_client_with_invalid_answers(examples: Examples, tmp_path: Path, answer: Any) -> None:
    """Requests from server to client: settings, registrations, progress of a slow `go`, refresh."""
    slow = script(
        tmp_path / "bin" / "go",
        f'[ -e {tmp_path}/slow ] || {{ touch {tmp_path}/slow; sleep 1.5; }}; exec {shutil.which("go")} "$@"',
    )
    options = {"goPath": slow}
    with RawClient(examples.host.parent, options=options, capabilities=ALL_CAPABILITIES, answer=answer) as client:
        uri = client.open(examples.plugin / "go.mod")
        client.until(lambda: client.is_refined(uri))
        assert {"workspace/configuration", "client/registerCapability", "window/workDoneProgress/create"} <= {
            each["method"] for each in client.requests
        }
        is_answered(client, uri)
        assert client.leave() == 0
        assert not any("never retrieved" in line for line in client.complaints)


@pytest.mark.parametrize(
    "answer",
    [{"error": {"code": -32603, "message": "\x1b[31mno"}}, {"result": {"a": 1}}, {"result": [[[]]]}],
    ids=["refuses", "another form", "lists of lists"],
)
def test_a_client_that_fails_the_requests_of_commands(examples: Examples, answer: Message) -> None:
    """The user sees why a command does nothing, and the log has no traceback."""
    requests = ("workspace/applyEdit", "window/showMessageRequest")
    capabilities = {**ALL_CAPABILITIES, "window": {"showMessage": {"messageActionItem": {}}}}
    commands: list[tuple[str, tuple[str, ...], str]] = [
        ("layergPin.alignAll", (), "workspace/applyEdit"),
        ("layergPin.chooseHost", ("nakama@3.22.0",), "workspace/applyEdit"),
        ("layergPin.chooseHost", (), "window/showMessageRequest"),
    ]
    with RawClient(
        examples.host.parent,
        capabilities=capabilities,
        answer=lambda asked: answer if asked["method"] in requests else {"result": None},
    ) as client:
        uri = client.open(examples.plugin / "go.mod")
        client.until(lambda: client.is_refined(uri))
        for command, arguments, request in commands:
            client.requests.clear()
            client.notifications.clear()
            client.request("workspace/executeCommand", {"command": command, "arguments": [uri, *arguments]})
            assert request in {each["method"] for each in client.requests}
            (shown,) = [each["params"] for each in client.notifications if each["method"] == "window/showMessage"]
            assert shown["message"].startswith("layerg-pin: the editor answered with an error: ")
            assert "\x1b" not in shown["message"]
        assert client.leave() == 0
        assert not any("Traceback" in line for line in client.complaints)


def test_a_client_that_cancels_everything(examples: Examples) -> None:
    with RawClient(examples.host.parent) as client:
        uri = client.open(examples.plugin / "go.mod")
        where = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 8}}
        numbers = []
        for method in ("textDocument/hover", "textDocument/completion", "textDocument/definition") * 20:
            numbers.append(client.begin(method, where))
            client.notify("$/cancelRequest", {"id": numbers[-1]})
        for command in ("layergPin.alignAndTidy", "layergPin.downloadModules") * 3:
            numbers.append(client.begin("workspace/executeCommand", {"command": command, "arguments": [uri]}))
            client.notify("$/cancelRequest", {"id": numbers[-1]})
        client.notify("$/cancelRequest", {"id": 10**9})
        client.notify("window/workDoneProgress/cancel", {"token": "none"})
        for number in numbers:
            client.end_of(number)
        client.until(lambda: client.is_refined(uri))
        is_answered(client, uri)
        assert client.leave() == 0


def slow_go(tmp_path: Path) -> str:
    """A `go` that blocks while the file `slow` exists, and reports that with the file `waiting`."""
    wait = f"touch {tmp_path}/waiting; while [ -e {tmp_path}/slow ]; do sleep 0.05; done"
    body = f'[ "$1" = list ] && [ -e {tmp_path}/slow ] && {{ {wait}; }}; exec {shutil.which("go")} "$@"'
    return script(tmp_path / "bin" / "go", body)


def begin_download(client: RawClient, uri: str, tmp_path: Path) -> int:
    """Start a command that runs until the file `slow` is removed; return the request's id."""
    return begin_command(client, tmp_path, uri, "layergPin.downloadModules")


def begin_command(client: RawClient, tmp_path: Path, uri: str, command: str, *arguments: str) -> int:
    """Start a command for the go.mod at `uri`, which asks Go, as `begin_download` does."""
    client.until(lambda: client.is_refined(uri) and client.logged("tried"))
    (tmp_path / "slow").touch()
    number = client.begin("workspace/executeCommand", {"command": command, "arguments": [uri, *arguments]})
    while not (tmp_path / "waiting").exists():
        time.sleep(0.02)
    return number


@uses_shell
@pytest.mark.parametrize("command", [("layergPin.downloadModules",), ("layergPin.planUpgrade", "nakama@3.40.0")])
@pytest.mark.parametrize("leaves", ["goodbye", "vanishes", "SIGTERM", "SIGHUP"])
def test_a_client_that_leaves_while_a_command_runs(
    examples: Examples, tmp_path: Path, leaves: str, command: tuple[str, ...]
) -> None:
    slow = slow_go(tmp_path)
    (tmp_path / "scratch").mkdir()
    env = {"TMPDIR": str(tmp_path / "scratch")}
    with RawClient(examples.host.parent, options={"goPath": slow}, env=env) as client:
        begin_command(client, tmp_path, client.open(examples.plugin / "go.mod"), *command)
        if leaves == "goodbye":
            assert client.leave() == 0
        elif leaves.startswith("SIG"):
            client.process.send_signal(getattr(signal, leaves))
            assert client.process.wait(30) == 1
        else:
            assert client.process.stdin
            client.process.stdin.close()
            assert client.process.wait(30) == 1
        assert still_running(slow) == []
        assert list((tmp_path / "scratch").iterdir()) == []
    assert client.complaints == []


@uses_shell
def test_a_file_that_is_closed_while_a_command_runs_stays_closed(examples: Examples, tmp_path: Path) -> None:
    with RawClient(examples.host.parent, options={"goPath": slow_go(tmp_path)}) as client:
        uri = client.open(examples.plugin / "go.mod")
        number = begin_download(client, uri, tmp_path)
        client.notify_file("didClose", uri)
        client.until(lambda: client.diagnostics(uri) == [])
        (tmp_path / "slow").unlink()
        assert "error" not in client.end_of(number)
        client.wait(lambda: client.diagnostics(uri), 1)
        assert client.diagnostics(uri) == []
        assert client.leave() == 0


@pytest.mark.parametrize(
    "end", [b"", b"Content-Le", b"Content-Length: 100\r\n", b'Content-Length: 100\r\n\r\n{"jsonrpc": "2.0", "meth']
)
def test_a_pipe_that_closes_in_mid_message(examples: Examples, end: bytes) -> None:
    with RawClient(examples.host.parent) as client:
        client.open(examples.plugin / "go.mod")
        client.send(end)
        assert client.process.stdin
        client.process.stdin.close()
        assert client.process.wait(30) == 1


def test_a_client_that_no_longer_reads(examples: Examples) -> None:
    with RawClient(examples.host.parent) as client:
        uri = client.open(examples.plugin / "go.mod")
        client.until(lambda: client.shown)
        assert client.process.stdin
        assert client.process.stdout
        client.notify_file("didSave", uri)
        client.process.stdin.close()
        assert client.process.wait(30) == 1


HELLO = b'{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}'
ASKED = b"""{"jsonrpc": "2.0", "id": 2, "method": "textDocument/hover",
    "params": {"textDocument": {"uri": "untitled:go.mod"}, "position": {"line": 0, "character": 0}}}"""


def say(server: subprocess.Popen[bytes], message: bytes) -> None:
    assert server.stdin
    server.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(message), message))
    server.stdin.flush()


@contextmanager
def bare_server(*, loaded: bool) -> Iterator[subprocess.Popen[bytes]]:
    """A server that has received nothing, or one that is fully initialised and has answered."""
    pipe = subprocess.PIPE

    def at_a_terminal() -> None:
        """Enable Ctrl-C: processes in a shell's background, like tests, start with it ignored."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    before = at_a_terminal if os.name == "posix" else None
    with subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, stderr=pipe, preexec_fn=before) as server:
        assert server.stdout
        if loaded:
            say(server, HELLO)
            say(server, ASKED)
            said = b""
            while b'"id": 2' not in said:
                more = os.read(server.stdout.fileno(), 1 << 16)
                assert more
                said += more
        yield server
        server.kill()


@pytest.mark.parametrize("loaded", [False, True])
def test_a_client_that_no_longer_listens(loaded: bool) -> None:
    with bare_server(loaded=loaded) as server:
        assert server.stdout
        assert server.stderr
        server.stdout.close()
        say(server, ASKED if loaded else HELLO)
        assert server.wait(30) == 1, "though its input is still open"
        assert b"Traceback" not in server.stderr.read()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's /proc shows when a server has begun to listen")
@pytest.mark.parametrize("loaded", [False, True])
def test_ended_from_the_terminal_that_it_was_started_at(loaded: bool) -> None:
    with bare_server(loaded=loaded) as server:
        assert server.stderr
        while len(os.listdir(f"/proc/{server.pid}/task")) < 2:  # the second one listens
            time.sleep(0.01)
        server.send_signal(signal.SIGINT)
        assert server.wait(30) in (1, -signal.SIGINT), "rarely, Python ends by the signal itself"
        assert b"Traceback" not in server.stderr.read()


def test_lsp_on_a_terminal_prints_what_it_is_for() -> None:
    pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals of this kind")
    ours, its = pty.openpty()
    with subprocess.Popen(COMMAND, stdin=its, stderr=subprocess.PIPE) as server:
        assert server.stderr
        assert b"is started by an editor" in server.stderr.readline()
        server.kill()
    os.close(ours)
    os.close(its)


ODD_MESSAGES: tuple[Message, ...] = (
    {"method": "$/unknown", "params": {}},
    {"method": "unknown/notification", "params": None},
    {"method": "textDocument/didChange", "params": {}},
    {"method": "textDocument/didOpen", "params": {"textDocument": 7}},
    {"method": "textDocument/didClose", "params": {"textDocument": {"uri": "file:///never/opened/go.mod"}}},
    {"method": "textDocument/didSave", "params": {"textDocument": {"uri": "file:///never/opened/go.mod"}}},
    {"method": "workspace/didChangeConfiguration", "params": {"settings": [1, 2]}},
    {"method": "workspace/didChangeConfiguration", "params": {"settings": {"layergPin": {"host": "a\0b"}}}},
    {"method": "workspace/didChangeConfiguration", "params": {"settings": {"layergPin": {"host": ""}}}},
    {"method": "workspace/didChangeWatchedFiles", "params": {"changes": [{"uri": "untitled:x", "type": 1}]}},
    {"method": "workspace/didChangeWatchedFiles", "params": {"changes": [{"uri": "file:///%00", "type": 9}]}},
    {"method": "workspace/didChangeWorkspaceFolders", "params": {"event": {"added": [], "removed": []}}},
    {"id": 900_001, "method": "unknown/request", "params": {}},
    {"id": 900_002, "method": "textDocument/hover", "params": {"textDocument": {"uri": "untitled:go.mod"},
                                                             "position": {"line": 10**9, "character": 10**9}}},
    {"id": 900_003, "method": "workspace/executeCommand", "params": {"command": "layergPin.explain", "arguments": []}},
    {"id": 900_004, "method": "workspace/executeCommand", "params": {"command": "rm", "arguments": ["-rf"]}},
    {"id": 900_005, "method": "workspace/executeCommand",
     "params": {"command": "layergPin.predict", "arguments": ["a\0b", "untitled:x"]}},
    {"id": 900_006, "result": {}},
    {"id": 900_007, "method": "unknown/request"},
    {"id": 900_008, "method": "textDocument/hover"},
    {"id": 900_009, "method": "textDocument/hover", "params": {"textDocument": 7}},
    {"id": 900_010, "method": "textDocument/codeAction", "params": [1]},
    {"id": "900_011", "method": 7, "params": {}},
    {"id": 900_007, "error": {"code": 1, "message": "x"}},
)  # fmt: skip


def test_messages_outside_the_protocol(examples: Examples) -> None:
    with RawClient(examples.host.parent) as client:
        uri = client.open(examples.plugin / "go.mod")
        client.until(lambda: client.is_refined(uri))
        for message in ODD_MESSAGES:
            client.write(message)
            if "method" in message and "id" in message:
                client.end_of(message["id"])
        client.send(b"Content-Length: 9\r\n\r\nno JSON {")
        client.send(b"Content-Length: 2\r\n\r\n[]")
        is_answered(client, uri)
        client.until(lambda: client.is_refined(uri))
        assert client.leave() == 0


def test_a_request_after_shutdown_is_refused(examples: Examples) -> None:
    with RawClient(examples.host.parent) as client:
        client.request("shutdown", None)
        place = {"textDocument": {"uri": "file:///a/go.mod"}, "position": {"line": 0, "character": 0}}
        for method, params in (("textDocument/hover", place), ("shutdown", None)):
            assert client.end_of(client.begin(method, params))["error"]["code"] == -32600
        client.notify("exit", None)
        assert client.process.wait(30) == 0


@uses_pipe
def test_a_listing_that_is_not_open_is_not_waited_for(examples: Examples) -> None:
    listing = examples.host / "vendor" / "modules.txt"
    listing.unlink()
    os.mkfifo(listing)
    place = {"textDocument": {"uri": uri_of(str(listing))}, "position": {"line": 0, "character": 0}}
    with RawClient(examples.host.parent) as client:
        uri = client.open(examples.plugin / "go.mod")
        assert client.request("textDocument/hover", place) is None
        assert client.request("textDocument/references", {**place, "context": {"includeDeclaration": True}}) is None
        client.change(uri_of(str(listing)), "x\n", 2)
        is_answered(client, uri)


def test_versions_out_of_order(examples: Examples) -> None:
    """The last text applies, whatever its version; a second open notification counts as a change."""
    text = (examples.plugin / "go.mod").read_text()
    with RawClient(examples.host.parent) as client:
        uri = client.open(examples.plugin / "go.mod", version=7)
        for version in (3, 3, -1, 2**31 - 1, 0):
            client.change(uri, text + f"// {version}\n", version)
        client.open(examples.plugin / "go.mod", "module example.com/backend\n", version=5)
        client.until(lambda: client.shown.get(uri, {}).get("version") == 5 and not client.codes(uri))
        client.change(uri, text, 1)
        client.until(lambda: client.is_refined(uri) and client.shown[uri]["version"] == 1)
        client.notify_file("didClose", uri)
        client.notify_file("didClose", uri)
        client.until(lambda: client.diagnostics(uri) == [])
        client.change(uri, text, 2)  # for a file that is not open
        assert client.leave() == 0
        assert client.diagnostics(uri) == []


STRANGE = (
    *("untitled:go.mod", "untitled:Untitled-1", "git:/x/go.mod?HEAD", "vscode-notebook-cell:/a/go.mod#b", "go.mod"),
    *("file:///c%3A/x/go.mod", "file:///C:/x/go.mod", "file:go.mod", "http://host/go.mod", "file:///a%00b/go.mod"),
    *("", ":", "file://", "file:///", "jar:file:///x!/go.mod", "file:///%ff%fe/go.mod", "C:\\x\\go.mod"),
)


def test_uris_of_no_local_file_get_nothing(examples: Examples) -> None:
    """A path of another system, or an invalid one, is never resolved in the working folder."""
    text = (examples.plugin / "go.mod").read_text()
    with RawClient(examples.host.parent) as client:
        mine = client.open(examples.plugin / "go.mod")
        for uri in STRANGE:
            for name in ("", "/modules.txt", "/main.go", "/go.work"):
                odd = {"uri": uri + name, "languageId": "go.mod", "version": 1, "text": text}
                client.notify("textDocument/didOpen", {"textDocument": odd})
                client.change(uri + name, text + "\n", 2)
                where = {"textDocument": {"uri": uri + name}}
                span = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
                for method, more in (
                    ("hover", {"position": span["start"]}),
                    ("codeAction", {"range": span, "context": {"diagnostics": []}}),
                    ("codeLens", {}),
                ):
                    client.end_of(client.begin(f"textDocument/{method}", {**where, **more}))
                client.notify_file("didSave", uri + name)
                client.notify_file("didClose", uri + name)
        client.until(lambda: client.is_refined(mine))
        client.leave()
        wrong = [uri for uri, shown in client.shown.items() if shown["diagnostics"] and uri != mine]
        assert [uri for uri in wrong if not (path_of(uri) or "").startswith("/\ufffd")] == []
        assert not any("Traceback" in line for line in client.complaints), client.complaints


def test_a_plugin_outside_any_folder(examples: Examples, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with RawClient(elsewhere) as client:
        uri = client.open(examples.plugin / "go.mod")
        client.until(lambda: client.is_refined(uri))
        assert client.leave() == 0


def test_invisible_and_control_characters_are_escaped(examples: Examples) -> None:
    """Control and bidi characters and bytes that are not UTF-8, in all output of the server."""
    odd = "\u202e\u2066\x1b]0;x\x07\udcff"
    modules_txt = examples.host / "vendor" / "modules.txt"
    text = (
        modules_txt.read_text()
        .replace("v1.27.0", f"v1.27.0{odd}")
        .replace("# github.com/gofrs", f"# {odd}nonsense\n# github.com/gofrs")
    )
    modules_txt.write_bytes(text.encode("utf-8", "surrogateescape"))
    (examples.plugin / "layerg-pin.toml").write_text('host = "../host"\n"\u202e" = 1\n')
    gomod = (examples.plugin / "go.mod").read_text() + f'require "{odd}" v1\nrequire `example.com/{odd}` v1.0.0\n'
    with RawClient(examples.host.parent) as client:
        uri = client.open(examples.plugin / "go.mod", gomod)
        client.until(lambda: client.logged("go list for"))
        everywhere = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
        document = {"textDocument": {"uri": uri}}
        shown = [client.shown, list(client.notifications)]
        for line in range(gomod.count("\n")):
            shown.append(client.request("textDocument/hover", {**document, "position": {"line": line, "character": 3}}))
        hints = client.request("textDocument/inlayHint", {**document, "range": everywhere})
        lenses = client.request("textDocument/codeLens", document)
        actions = client.request(
            "textDocument/codeAction", {**document, "range": everywhere, "context": {"diagnostics": []}}
        )
        shown += [hints, lenses, [each["title"] for each in actions]]
        assert hints
        assert "\\u202e" in str(shown) or "\\\\u202e" in str(shown)
        assert not re.search("[\u202e\u2066\x1b\x07\udcff]", "".join(texts(shown)))
        assert client.leave() == 0


def texts(value: Any) -> list[str]:
    """All texts in a value."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    return [text for each in value for text in texts(each)] if hasattr(value, "__iter__") else []


def test_a_path_is_absolute_or_none() -> None:
    assert [uri for uri in STRANGE if (path := path_of(uri)) and (not os.path.isabs(path) or "\0" in path)] == []
    path = os.path.abspath("/a b/ü/go.mod")
    assert os.path.normcase(path_of(uri_of(path)) or "") == os.path.normcase(path)
