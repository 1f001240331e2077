"""The base protocol, the lifecycle of a session, and a client that reads nothing or has died."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from layerg_pin.lsp.protocol import termination
from layerg_pin.lsp.protocol.file_uris import path_of
from layerg_pin.lsp.protocol.framing import MAX_BODY, Frames, Incoming
from tests.conftest import Examples, still_running
from tests.faults.test_client_faults import slow_go
from tests.platform_marks import uses_links, uses_pipe, uses_posix_paths, uses_shell
from tests.raw_client import COMMAND, PATIENCE, Message, RawClient

PARSE, REQUEST, METHOD, PARAMS, UNINITIALIZED = -32700, -32600, -32601, -32602, -32002
HOVER = {
    "method": "textDocument/hover",
    "params": {"textDocument": {"uri": "untitled:x"}, "position": {"line": 0, "character": 0}},
}


def body(message: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **message} if isinstance(message, dict) else message).encode()


def framed(content: bytes, name: bytes = b"Content-Length") -> bytes:
    return b"%s: %d\r\n\r\n%s" % (name, len(content), content)


def initialize(number: Any = 1, **params: Any) -> Message:
    return {"id": number, "method": "initialize", "params": {"capabilities": {}, "processId": None, **params}}


END = framed(body({"id": "end", "method": "shutdown"})) + framed(body({"method": "exit"}))
HELLO = framed(body(initialize("hello")))


def run_server(content: bytes) -> tuple[int, list[Message], str]:
    """The exit code, the answers and the log of a server that gets this, and then the end of its input."""
    done = subprocess.run(COMMAND, input=content, capture_output=True, timeout=PATIENCE, check=False)
    assert "Traceback" not in done.stderr.decode()
    answers = [each.message for each in Frames().feed(done.stdout)]
    return done.returncode, [each for each in answers if "method" not in each], done.stderr.decode()


def errors(answers: list[Message]) -> list[tuple[Any, int]]:
    """The id and the code of each error."""
    return [(each["id"], each["error"]["code"]) for each in answers if "error" in each]


def test_before_initialize_and_after_shutdown() -> None:
    messages = [
        {"id": 1, **HOVER},
        {"id": 2, "method": "shutdown"},
        {"id": 3, "method": "no/such"},
        {"method": "initialized", "params": {}},
        {"method": "textDocument/didOpen", "params": {}},
        {"id": 4, "result": None},
        initialize(5),
        initialize(6),
        {"id": 7, **HOVER},
        {"id": 8, "method": "shutdown"},
        {"id": 9, "method": "shutdown"},
        initialize(10),
        {"method": "textDocument/didOpen", "params": {}},
        {"method": "exit"},
    ]
    code, answers, _ = run_server(b"".join(framed(body(each)) for each in messages))
    assert code == 0
    refused = [(1, UNINITIALIZED), (2, UNINITIALIZED), (3, UNINITIALIZED), (6, REQUEST), (9, REQUEST), (10, REQUEST)]
    assert errors(answers) == refused
    assert [each["id"] for each in answers if "result" in each] == [5, 7, 8]


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([{"method": "exit"}], 1),
        ([initialize(), {"method": "exit"}], 1),
        ([initialize(), {"id": 2, "method": "shutdown"}], 0),
        ([initialize(), {"id": 2, "method": "shutdown"}, {"method": "exit"}], 0),
        ([{"id": 2, "method": "shutdown"}, {"method": "exit"}], 1),
    ],
)
def test_exit_codes(messages: list[Message], code: int) -> None:
    assert run_server(b"".join(framed(body(each)) for each in messages))[0] == code


def test_invalid_ids() -> None:
    """The session goes on: an initialize with a valid id is answered, and so is what follows."""
    numbers: list[Any] = [None, 1.5, 1.0, True, {}, [], [1], "missing"]
    content = b""
    for message, after in ((initialize(), HELLO), ({"id": 1, **HOVER}, END)):
        for number in numbers:
            wrong = {key: value for key, value in message.items() if key != "id"}
            content += framed(body(wrong | ({} if number == "missing" else {"id": number})))
        content += after
    code, answers, log = run_server(content)
    assert errors(answers) == [(None, REQUEST)] * 2 * len(numbers)
    assert [each["id"] for each in answers if "result" in each] == ["hello", "end"]
    assert (code, len(log.splitlines())) == (0, 2 * len(numbers))


@pytest.mark.parametrize("number", [10**400, "a\x1b[31m\n\ud800"])
def test_valid_ids(number: Any) -> None:
    numbers = [number, 0, -1, 2**31, 2**64, "", "1", "ü", number]
    content = b"".join(framed(body({"id": each, **HOVER})) for each in numbers)
    _, answers, log = run_server(framed(body(initialize(number))) + content + END)
    assert [each["id"] for each in answers] == [number, *numbers, "end"]
    assert log == ""


WRONG = (
    (b"", None, PARSE),
    (b"{", None, PARSE),
    (b"\xff{}", None, PARSE),
    (b'{"jsonrpc": "2.0", "id": 1, "method": "\xed\xa0\x80"}', None, PARSE),
    (b"[" * 100_000, None, PARSE),
    (b'{"a":' * 100_000, None, PARSE),
    (b'{"jsonrpc": "2.0", "id": 1, "method": "x", "params": {"a": NaN}}', None, PARSE),
    (b'{"jsonrpc": "2.0", "id": -Infinity, "method": "x"}', None, PARSE),
    (b'{"jsonrpc": "2.0", "id": %s, "method": "x"}' % (b"9" * 5000), None, PARSE),
    (b"[]", None, REQUEST),
    (b'[{"jsonrpc": "2.0", "id": 1, "method": "shutdown"}]', None, REQUEST),
    (b"7", None, REQUEST),
    (b"null", None, REQUEST),
    (b'"initialize"', None, REQUEST),
    (b"{}", None, REQUEST),
    (b'{"jsonrpc": "2.0"}', None, REQUEST),
    (b'{"id": 1, "method": "shutdown"}', 1, REQUEST),
    (b'{"jsonrpc": "1.0", "id": 1, "method": "shutdown"}', 1, REQUEST),
    (b'{"jsonrpc": 2.0, "id": 1, "method": "shutdown"}', 1, REQUEST),
    (b'{"jsonrpc": "2.0", "id": 1, "method": null}', 1, REQUEST),
    (b'{"jsonrpc": "2.0", "method": {}}', None, REQUEST),
    (b'{"jsonrpc": "2.0", "id": 1, "method": "no/such"}', 1, METHOD),
    (b'{"jsonrpc": "2.0", "id": 1, "method": "\\u001b\\ud800"}', 1, METHOD),
    (b'{"jsonrpc": "2.0", "id": 1, "method": "textDocument/didOpen", "params": {}}', 1, PARAMS),
    (b'{"jsonrpc": "2.0", "id": 1, "method": "textDocument/hover", "params": 1e999}', 1, PARAMS),
    (b'{"jsonrpc": "2.0", "id": 3, "id": 1, "method": "textDocument/hover", "params": []}', 1, PARAMS),
    (b'{"jsonrpc": "2.0", "method": "shutdown"}', None, REQUEST),
)


def test_invalid_messages() -> None:
    """Each gets its error and one line in the log; of names that repeat the last one counts."""
    ended, answers, log = run_server(HELLO + b"".join(framed(content) for content, _, _ in WRONG) + END)
    assert errors(answers) == [(number, code) for _, number, code in WRONG]
    assert [each["id"] for each in answers if "result" in each] == ["hello", "end"]
    assert (ended, len(log.splitlines())) == (0, len(WRONG))
    assert all(len(line) < 300 and line.isprintable() for line in log.splitlines())


def test_responses_without_a_request_are_ignored() -> None:
    """An error about an error could be answered by an error."""
    messages: list[Message] = [
        {"id": 1, "result": None},
        {"id": 1},
        {"id": 1, "error": {"code": 1, "message": "x"}},
        {"id": None, "error": {"code": 1, "message": "\x1b[31m"}},
        {"id": [], "error": 7},
        {"id": [1], "result": 7},
        {"error": {}},
    ]
    code, answers, log = run_server(HELLO + b"".join(framed(body(each)) for each in messages) + END)
    assert (code, [each["id"] for each in answers]) == (0, ["hello", "end"])
    assert "\x1b" not in log


HEADERS = (
    b"content-length: %d\r\n\r\n",
    b"CONTENT-LENGTH:%d\r\n\r\n",
    b"Content-Length \t:\t  %d \t\r\n\r\n",
    b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-length: %d\r\n\r\n",
    b'content-Length: %d\r\nX-Other: a: b\r\ncontent-type: a/b; charset="UTF8"\r\n\r\n',
    b"\r\n\r\nContent-Length: 000%d\r\n\r\n",
    b"Content-Length: %d\n\n",
)
ENDING_HEADERS = (
    b"Content-Type: x\r\n\r\n",
    b"Content-Length: -5\r\n\r\n",
    b"Content-Length: +5\r\n\r\n",
    b"Content-Length: 0x10\r\n\r\n",
    b"Content-Length: 1e3\r\n\r\n",
    b"Content-Length:\r\n\r\n",
    b"Content-Length: \xd9\xa3\r\n\r\n",
    b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
    b"Content-Length: 5\r\ncontent-length: 6\r\n\r\n",
    b"Content-Length: 99999999999999999999\r\n\r\n",
    b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    b"X: " + b"a" * 100_000,
    b"".join(b"X-%d: 1\r\n" % number for number in range(1000)),
    b'{"jsonrpc": "2.0", "id": 1, "method": "shutdown"}\n',
)


def test_headers_in_any_form() -> None:
    bodies = [body(initialize(0)), *(body({"id": number, **HOVER}) for number in range(1, len(HEADERS)))]
    content = b"".join(header % len(each) + each for header, each in zip(HEADERS, bodies, strict=True))
    numbers = list(range(len(HEADERS)))
    assert [each["id"] for each in run_server(content)[1]] == numbers
    for cut in range(1, len(content)):  # wherever the pipe cuts it
        frames = Frames()
        came = [*frames.feed(content[:cut]), *frames.feed(content[cut:])]
        assert [each.message["id"] for each in came] == numbers


@pytest.mark.parametrize("header", ENDING_HEADERS)
def test_headers_after_which_the_session_ends(header: bytes) -> None:
    *before, last = Frames().feed(framed(b"7") + header)
    assert [each.message for each in before] == [7]
    assert last.is_last
    assert last.fault
    assert len(last.fault) < 200


@pytest.mark.parametrize("header", [b"Content-Length: -5\r\n\r\n", ENDING_HEADERS[-1]])
def test_a_session_that_cannot_continue_ends(header: bytes, tmp_path: Path) -> None:
    """It ends with an error, and at once, although the client's pipe stays open."""
    with RawClient(tmp_path) as client:
        client.send(header)
        assert client.process.wait(30) == 1
        client.until(lambda: None in client._answers)
        assert client._answers[None]["error"]["code"] == REQUEST  # type: ignore[index]  # the id of an error may be null
    assert len([line for line in client.complaints if "invalid message" in line]) == 1


def test_a_large_body_is_refused_at_once_and_skipped() -> None:
    frames = Frames()
    (refused,) = frames.feed(b"Content-Length: %d\r\n\r\n" % (MAX_BODY + 1))
    assert "limit" in (refused.fault or "")
    assert not refused.is_last
    chunk = bytes(1 << 20)
    for _ in range(MAX_BODY >> 20):
        assert list(frames.feed(chunk)) == []
        assert len(frames._buffer) == 0
    assert list(frames.feed(b"x" + framed(b"7"))) == [Incoming(7, size=1)]


def test_another_charset_is_refused() -> None:
    other = b"Content-Type: x; charset=utf-16\r\nContent-Length: 4\r\n\r\nabcd"
    code, answers, _ = run_server(HELLO + other + END)
    assert (code, errors(answers)) == (0, [(None, PARSE)])


@contextmanager
def silent(**streams: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A server whose output nobody reads."""
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, **streams) as server:
        try:
            yield server
        finally:
            server.kill()


def answered(server: subprocess.Popen[bytes], number: int) -> None:
    """Wait for the answer to a request."""
    assert server.stdout
    frames = Frames()
    while chunk := os.read(server.stdout.fileno(), 1 << 16):
        if any(each.message.get("id") == number for each in frames.feed(chunk)):
            return
    raise AssertionError("the server has ended")


def write(server: subprocess.Popen[bytes], content: bytes) -> None:
    assert server.stdin
    server.stdin.write(content)
    server.stdin.flush()


@uses_pipe
@pytest.mark.parametrize("stderr", ["unread", "closed", "broken", "full"])
def test_a_log_that_is_not_read(stderr: str) -> None:
    """5,000 invalid messages are about 400 kB of log, and a pipe holds 64."""
    read, written = os.pipe()
    if stderr == "broken":
        os.close(read)
    elif stderr == "full":
        os.close(written)
        written = os.open("/dev/full", os.O_WRONLY)
    command = [*(("sh", "-c", 'exec "$@" 2>&-', "sh") if stderr == "closed" else ()), *COMMAND]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=written) as server:
        os.close(written)
        write(server, HELLO)
        for number in range(5000):
            write(server, framed(body({"id": number, "method": "unknown/request", "params": {"a": "b" * 50}})))
            if number % 50 == 49:
                answered(server, number)
        started = time.monotonic()
        write(server, END)
        assert server.wait(30) == 0
        assert time.monotonic() - started < 20
    if stderr == "unread":
        os.set_blocking(read, False)
        log = os.read(read, 1 << 20)
        assert b"unknown/request" in log
        assert b"Traceback" not in log


def test_a_log_that_is_read_late_counts_the_dropped_text() -> None:
    with silent(stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        write(server, HELLO)
        for number in range(8000):
            write(server, framed(body({"id": number, "method": "unknown/request"})))
            if number % 50 == 49:
                answered(server, number)
        assert server.stderr
        log = b""
        while log.count(b"\n") < 1000:
            log += os.read(server.stderr.fileno(), 1 << 16)
        write(server, framed(body({"id": 9000, "method": "unknown/last"})))
        answered(server, 9000)
        while b"unknown/last" not in log:
            log += os.read(server.stderr.fileno(), 1 << 16)
        assert b"log entries were dropped" in log


def test_unread_responses_block_nothing(tmp_path: Path) -> None:
    """2,000 answers of the settings that initialize gave would fill any pipe; the end of the input still counts."""
    with silent(stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        write(server, HELLO)
        for number in range(3000):
            write(server, framed(body({"id": "x" * 200 + str(number), **HOVER})))
        assert server.stdin
        server.stdin.close()
        assert server.wait(30) == 1


@uses_shell
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process is looked for every other second")
@pytest.mark.parametrize("when", ["at once", "later", "unread"])
def test_the_end_of_the_client_is_noticed(examples: Examples, tmp_path: Path, when: str) -> None:
    """Its pipes stay open, as if another process had inherited them. No run of Go is left."""
    slow = slow_go(tmp_path)
    with subprocess.Popen(("sleep", "600")) as client, silent(stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        options = {"initializationOptions": {"goPath": slow}}
        write(server, framed(body(initialize(1, processId=client.pid, **options))))
        if when == "later":
            (tmp_path / "slow").touch()
            uri, text = f"file://{examples.plugin}/go.mod", (examples.plugin / "go.mod").read_text()
            document = {"uri": uri, "languageId": "go.mod", "version": 1, "text": text}
            write(server, framed(body({"method": "textDocument/didOpen", "params": {"textDocument": document}})))
            while not (tmp_path / "waiting").exists():
                time.sleep(0.02)
        elif when == "unread":
            for number in range(3000):
                write(server, framed(body({"id": "x" * 200 + str(number), **HOVER})))
        else:
            answered(server, 1)
        client.kill()
        assert server.wait(30) != 0
    assert still_running(slow) == []


@pytest.mark.parametrize("number", [2**31 - 1, 2**40, 1])
def test_a_process_that_cannot_be_watched_is_not(number: int) -> None:
    """The id of a process on another machine, an invalid id, and the id of a process of another user."""
    with silent(stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        write(server, framed(body(initialize(1, processId=number))))
        write(server, framed(body({"id": 2, **HOVER})))
        answered(server, 2)
        write(server, END)
        assert server.wait(30) == 0


@pytest.mark.parametrize("number", [None, "1", 1.0, True, 0, -1, 2**31, 2**64, 10**400, "own", 2**31 - 1])
def test_an_invalid_process_id_is_not_watched(number: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(termination, "_terminate", lambda: pytest.fail("it ended"))
    before = threading.active_count()
    termination.watch_client(os.getpid() if number == "own" else number)
    assert threading.active_count() == before


@pytest.mark.parametrize("polled", [False, True])
def test_a_process_is_watched_until_it_ends(polled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is watched even if Linux's pidfd_open is not available."""
    ended = threading.Event()
    monkeypatch.setattr(termination, "_terminate", ended.set)
    monkeypatch.setattr(termination, "_POLL_SECONDS", 0.01)
    if polled:
        monkeypatch.delattr(os, "pidfd_open", raising=False)
    with subprocess.Popen((sys.executable, "-c", "import time; time.sleep(600)")) as client:
        termination.watch_client(client.pid)
        assert not ended.wait(0.2)
        client.kill()
        client.wait()
        assert ended.wait(PATIENCE)


def test_a_signal_ends_a_server_that_has_nothing_to_do() -> None:
    """Even a signal that arrives just before the event loop waits ends it."""
    for _ in range(3):
        with silent(stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
            write(server, HELLO + framed(body({"id": 2, **HOVER})))
            answered(server, 2)
            server.send_signal(signal.SIGTERM)
            assert server.wait(30) == 1


@uses_links
def test_a_file_that_is_open_under_two_uris(examples: Examples, tmp_path: Path) -> None:
    """Each text is checked and fixed separately, and one message informs the user."""
    (tmp_path / "link").symlink_to(examples.plugin.parent)
    path = examples.plugin / "go.mod"
    text = path.read_text()
    others = (
        f"file://{str(path).replace('go.mod', 'go%2Emod')}",
        f"file://localhost{path}",
        f"file://{path.parent}//../{path.parent.name}/./go.mod",
        f"FILE://{path}",
        f"file://{tmp_path}/link/plugin/go.mod",
    )
    everywhere = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
    with RawClient(tmp_path) as client:
        first = client.open(path)
        client.until(lambda: client.is_refined(first))
        for number, uri in enumerate(others):
            document = {"uri": uri, "languageId": "go.mod", "version": 50 + number, "text": text + "\n\n"}
            client.notify("textDocument/didOpen", {"textDocument": document})
            client.until(lambda uri=uri: client.diagnostics(uri))  # type: ignore[misc]  # mypy cannot infer it
            client.change(uri, "\n" + text, 70 + number)
            client.until(lambda uri=uri, number=number: client.shown[uri].get("version") == 70 + number)  # type: ignore[misc]
            context = {"diagnostics": client.diagnostics(uri)}
            actions = client.request(
                "textDocument/codeAction", {"textDocument": {"uri": uri}, "range": everywhere, "context": context}
            )
            changed = [
                each["textDocument"]
                for action in actions
                for each in action.get("edit", {}).get("documentChanges", ())
                if each["textDocument"]["uri"].endswith("mod")
            ]
            assert changed, actions
            assert all(each == {"uri": uri, "version": 70 + number} for each in changed)
            shown = [each for each in client.notifications if each["method"] == "window/showMessage"]
            assert len([each for each in shown if "is open twice" in each["params"]["message"]]) == number + 1
            client.notify_file("didClose", uri)
            client.until(lambda uri=uri: client.diagnostics(uri) == [])  # type: ignore[misc]
            assert client.diagnostics(first)
        assert client.leave() == 0


@pytest.mark.parametrize("folder", ["a b", "ü%20c:;#?+" if os.name == "posix" else "ü%20c;#+"])
def test_edits_count_whatever_the_folder_is_called(examples: Examples, tmp_path: Path, folder: str) -> None:
    examples.plugin.rename(tmp_path / "plugin")
    (tmp_path / folder).mkdir()
    plugin = (tmp_path / "plugin").rename(tmp_path / folder / "plugin")
    examples.host.rename(tmp_path / folder / "host")
    with RawClient(tmp_path / folder) as client:
        uri = client.open(plugin / "go.mod")
        client.until(lambda: "version-mismatch" in client.codes(uri))
        client.change(uri, "module example.com/backend\nnonsense\n", 2)
        client.until(lambda: "syntax" in client.codes(uri))
        assert client.leave() == 0


@uses_posix_paths
def test_a_uri_names_one_path() -> None:
    for uri in (
        *("file:///a/b/go.mod", "file:///a/b/go%2Emod", "file:///a//b/./go.mod", "file:///a/x/../b/go.mod"),
        *("file://localhost/a/b/go.mod", "file://LOCALHOST/a/b/go.mod", "FILE:///a/b/go.mod", "file:/a/b/go.mod"),
        *("file:////a/b/go.mod", "file:///a/b/go.mod/", "file:///a%2Fb/go.mod", "file:///a/b/go.mod#L3"),
    ):
        assert path_of(uri) == "/a/b/go.mod", uri
    for uri in ("file://server/a/go.mod", "file:///\ud800/go.mod", "file:///a%00/go.mod", "file://[/go.mod", ""):
        assert path_of(uri) is None, uri
