"""Requests with wrong arguments, or cancelled before they are handled, get an error; long texts stop nobody."""

from __future__ import annotations

import time

import pytest

from layerg_pin.lsp.commands.explain_messages import explain_text
from layerg_pin.lsp.protocol.command_names import EXPLAIN, PREDICT, STATUS, TIDY_AND_VENDOR
from tests.conftest import Examples
from tests.faults.test_protocol_edges import END, HELLO, body, errors, framed, said
from tests.raw_client import RawClient

CANCELLED, PARAMS = -32800, -32602


@pytest.mark.parametrize("command", [EXPLAIN, PREDICT, STATUS, TIDY_AND_VENDOR])
def test_a_command_without_its_arguments(command: str) -> None:
    """It ended in an internal error with a traceback."""
    params = [{"command": command}, {"command": command, "arguments": None}, {"command": command, "arguments": []}]
    messages = [{"id": at, "method": "workspace/executeCommand", "params": each} for at, each in enumerate(params)]
    code, answers, log = said(HELLO + b"".join(framed(body(each)) for each in messages) + END)
    assert (code, errors(answers)) == (0, [(0, PARAMS), (1, PARAMS), (2, PARAMS)])
    assert len(log.splitlines()) == 3


def test_requests_that_are_cancelled_before_they_are_handled() -> None:
    """Only those cost nothing; an id can be used again, and what changes something is not cancelled."""
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
    _, answers, log = said(HELLO + b"".join(map(framed, [*requests, *cancels, again])) + END)
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


@pytest.mark.parametrize("text", ["a", '{\\"', "\n", "x.so: fatal error: \U0001f600"])
def test_an_endless_text_is_explained_up_to_a_limit(text: str) -> None:
    before = time.process_time()
    assert "not know" in explain_text(text * (20_000_000 // len(text)), None)
    assert time.process_time() - before < 10


def test_what_is_cut_off_is_told() -> None:
    message = 'plugin.Open("a.so"): plugin was built with a different version of package a.org/x\n'
    assert "Only the first 256 KiB were read" in explain_text(message + "x" * 2_000_000, None)
    assert "Only the first 256 KiB were read" not in explain_text(message, None)
