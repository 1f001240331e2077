"""Requests with wrong arguments, or cancelled before they are handled, get an error; long texts are cut."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from layerg_pin.lsp.commands.explain_messages import explain_text
from layerg_pin.lsp.protocol.command_names import EXPLAIN, PREDICT, STATUS, TIDY_AND_VENDOR
from tests.conftest import Examples
from tests.faults.test_protocol_edges import END, HELLO, body, errors, framed, run_server
from tests.raw_client import PULLING, Message, RawClient

CANCELLED, PARAMS = -32800, -32602


@pytest.mark.parametrize("command", [EXPLAIN, PREDICT, STATUS, TIDY_AND_VENDOR])
def test_a_command_without_its_arguments(command: str) -> None:
    """It ended in an internal error with a traceback."""
    params = [{"command": command}, {"command": command, "arguments": None}, {"command": command, "arguments": []}]
    messages = [{"id": at, "method": "workspace/executeCommand", "params": each} for at, each in enumerate(params)]
    code, answers, log = run_server(HELLO + b"".join(framed(body(each)) for each in messages) + END)
    assert (code, errors(answers)) == (0, [(0, PARAMS), (1, PARAMS), (2, PARAMS)])
    assert len(log.splitlines()) == 3


def test_requests_that_are_cancelled_before_they_are_handled() -> None:
    """They are skipped. An id can be used again, and requests that change something are not cancelled."""
    hover = {"textDocument": {"uri": "file:///a/go.mod"}, "position": {"line": 0, "character": 0}}
    requests = [body({"id": at, "method": "textDocument/hover", "params": hover}) for at in (1, 2, "a")]
    odd: list[object] = [
        None,
        [],
        {"id": None},
        {"id": [1]},
        {"id": 1.5},
        {"id": True},
        {"id": "end"},
        {"id": "unknown"},
    ]
    cancels = [body({"method": "$/cancelRequest", "params": each}) for each in [{"id": 1}, {"id": "a"}, *odd]]
    again = body({"id": 1, "method": "textDocument/hover", "params": hover})
    _, answers, log = run_server(HELLO + b"".join(map(framed, [*requests, *cancels, again])) + END)
    assert errors(answers) == [(1, CANCELLED), ("a", CANCELLED)]
    assert [each["id"] for each in answers if "result" in each] == ["hello", 2, 1, "end"]
    assert "Traceback" not in log


def test_a_storm_of_cancelled_requests(examples: Examples) -> None:
    gomod = examples.plugin / "go.mod"
    with RawClient(examples.host.parent, options={"goPath": "/nonexistent/go"}) as client:
        uri = client.open(gomod)
        client.until(lambda: client.diagnostics(uri))
        everywhere = {"start": {"line": 0, "character": 0}, "end": {"line": 9999, "character": 0}}
        params = {"textDocument": {"uri": uri}, "range": everywhere, "context": {"diagnostics": []}}
        content, numbers = b"", range(10_000, 13_000)
        for number in numbers:
            content += framed(body({"id": number, "method": "textDocument/codeAction", "params": params}))
            content += framed(body({"method": "$/cancelRequest", "params": {"id": number}}))
        before = time.monotonic()
        client.send(content)
        answers = [client.end_of(number) for number in numbers]
        assert sum("error" in each for each in answers) > len(numbers) / 2
        assert all(each["error"]["code"] == CANCELLED for each in answers if "error" in each)
        assert time.monotonic() - before < 30
        assert client.leave() == 0
        assert client.complaints == []


@pytest.mark.parametrize("method", ["textDocument/diagnostic", "workspace/diagnostic"])
def test_requests_for_diagnostics_without_their_arguments(method: str) -> None:
    wrong: list[object] = [None, {}, [], 7, {"textDocument": {"uri": 7}, "previousResultIds": 7}]
    wrong += [{"textDocument": None, "previousResultIds": [7]}, {"previousResultIds": [{"uri": None, "value": []}]}]
    messages = [{"id": at, "method": method, "params": each} for at, each in enumerate(wrong)]
    code, answers, log = run_server(HELLO + b"".join(framed(body(each)) for each in messages) + END)
    assert code == 0
    assert {number for number, _ in errors(answers)} == set(range(len(wrong)))
    assert "Traceback" not in log


@pytest.mark.parametrize("uri", ["", "file:", "file:///", "untitled:1", "file:///a%00b/go.mod", "http://x/go.mod"])
def test_diagnostics_of_files_that_are_not_open(tmp_path: Path, uri: str) -> None:
    with RawClient(tmp_path, capabilities=PULLING) as client:
        answer = client.request("textDocument/diagnostic", {"textDocument": {"uri": uri}, "previousResultId": "x"})
        assert answer == {"kind": "full", "resultId": "none", "items": []}
        assert client.leave() == 0
        assert client.complaints == []


def test_a_storm_of_requests_for_diagnostics(examples: Examples) -> None:
    """Only the last request for the workspace stays open; each can be cancelled; memory stays bounded."""
    with RawClient(examples.plugin, capabilities=PULLING, options={"goPath": "/nonexistent/go"}) as client:
        uri = client.open(examples.plugin / "go.mod")
        previous = [{"uri": f"file:///{at}/go.mod", "value": "x"} for at in range(2_000)] + [
            {"uri": uri, "value": "x"}
        ] * 2
        first = client.request("workspace/diagnostic", {"previousResultIds": previous})["items"]
        assert len(first) == 2_001
        assert [each["uri"] for each in first if each["items"]] == [uri]
        client.until(lambda: client.logged("go list for"))
        numbers = range(10_000, 11_000)
        for number in numbers:
            params: Message = {"previousResultIds": [], "partialResultToken": number}
            client.write({"id": number, "method": "workspace/diagnostic", "params": params})
            document = {"textDocument": {"uri": f"file:///{number}/go.mod"}}
            client.write({"id": -number, "method": "textDocument/diagnostic", "params": document})
        assert all(client.end_of(number)["result"] == {"items": []} for number in numbers[:-1])
        assert all(client.end_of(-number)["result"]["items"] == [] for number in numbers)
        client.notify("$/cancelRequest", {"id": numbers[-1]})
        assert client.end_of(numbers[-1])["error"]["code"] == CANCELLED
        held = client.begin("workspace/diagnostic", {"previousResultIds": [], "partialResultToken": "last"})
        assert client.leave() == 0
        assert client.end_of(held)["error"]["code"] == CANCELLED
        assert client.complaints == []


def test_a_client_that_gets_diagnostics_published_and_requests_them(examples: Examples) -> None:
    """The server does not offer requests to it, so it shows nothing twice."""
    second = examples.plugin.with_name("second")
    shutil.copytree(examples.plugin, second)
    with RawClient(examples.host.parent, options={"goPath": "/nonexistent/go"}) as client:
        uri = client.open(examples.plugin / "go.mod")
        client.until(lambda: client.diagnostics(uri))
        assert client.request("textDocument/diagnostic", {"textDocument": {"uri": uri}})["items"] == []
        assert client.request("workspace/diagnostic", {"previousResultIds": []}) == {"items": []}
        client.until(lambda: client.logged("go list for"))
        assert set(client.shown) == {uri}
        assert client.leave() == 0


@pytest.mark.parametrize("text", ["a", '{\\"', "\n", "x.so: fatal error: \U0001f600"])
def test_an_endless_text_is_explained_up_to_a_limit(text: str) -> None:
    before = time.process_time()
    assert "not know" in explain_text(text * (20_000_000 // len(text)), None)
    assert time.process_time() - before < 10


def test_a_cut_text_is_reported() -> None:
    message = 'plugin.Open("a.so"): plugin was built with a different version of package a.org/x\n'
    assert "Only the first 256 KiB were read" in explain_text(message + "x" * 2_000_000, None)
    assert "Only the first 256 KiB were read" not in explain_text(message, None)
