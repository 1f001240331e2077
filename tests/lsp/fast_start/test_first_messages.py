"""The first messages are answered before the protocol's types are loaded, as they are afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.protocol import LanguageServerProtocol
from pytest_lsp import client_capabilities

from layerg_pin.lsp.handlers import create_server
from layerg_pin.lsp.protocol.client import client_of
from layerg_pin.lsp.protocol.diagnostics import PUBLISH_DIAGNOSTICS
from layerg_pin.lsp.protocol.server_capabilities import initialize_result
from tests.conftest import Examples
from tests.raw_client import CAPABILITIES, COMMAND, PATIENCE, PULLING, Message, RawClient

_HELD = """
import sys, time
from pathlib import Path
class Held:
    def find_spec(self, name, path=None, target=None):
        if name == "layerg_pin.lsp.handlers":
            Path({released!r} + ".modules").write_text("\\n".join(sys.modules))
        while name == "lsprotocol" and not Path({released!r}).exists():
            time.sleep(0.01)
sys.meta_path.insert(0, Held())
from layerg_pin.__main__ import run
sys.argv[1:] = ["lsp"]
run()
"""
NOT_NEEDED = {
    *("asyncio", "lsprotocol", "logging", "watchdog", "tempfile", "subprocess", "hashlib"),
    *("layerg_pin.system.watcher", "layerg_pin.go.query_types", "layerg_pin.go.process"),
    *("layerg_pin.core.gofile.go_syntax", "layerg_pin.core.analysis.blank_imports"),
}
"""Modules that are loaded after the first diagnostics, which would be late by 20 ms and more with them."""
SERVER = create_server()
SETTINGS = {"severity": {"version-mismatch": "warning"}}


def held(released: Path) -> tuple[str, ...]:
    """The command of a server that cannot load the protocol's types before the file `released` exists."""
    return (sys.executable, "-c", _HELD.format(released=str(released)))


def test_the_first_diagnostics_come_before_what_they_do_not_need(examples: Examples, tmp_path: Path) -> None:
    released = tmp_path / "released"
    with RawClient(examples.plugin, command=held(released)) as client:
        uri = client.open(examples.plugin / "go.mod")
        client.until(lambda: published(client, uri) != [])
        released.touch()
        assert client.leave() == 0
    modules = set(Path(f"{released}.modules").read_text().splitlines())
    assert "layerg_pin.lsp.fast_start.first_diagnostics" in modules
    assert modules & NOT_NEEDED == set()


def published(client: RawClient, uri: str) -> list[Message]:
    """All published diagnostics of a file, in their order."""
    sent = [each["params"] for each in client.notifications if each["method"] == PUBLISH_DIAGNOSTICS]
    return [each for each in sent if each["uri"] == uri]


def pygls_result(capabilities: types.ClientCapabilities) -> Any:
    """The result of initialize that pygls derives from the handlers, which answer requests for diagnostics."""
    protocol = SERVER.protocol
    generator = LanguageServerProtocol.lsp_initialize(protocol, types.InitializeParams(capabilities=capabilities))
    next(generator)  # without running our own handler
    with pytest.raises(StopIteration) as ended:
        generator.send(None)
    result: Any = protocol.as_json(ended.value.value)
    if not client_of(protocol.as_json(capabilities)).pulls:
        assert result["capabilities"].pop("diagnosticProvider")
    return result


@pytest.mark.parametrize(
    "name", ["visual-studio-code", "neovim@0.6.1", "neovim@0.9", "neovim@0.10", "neovim@0.11", "emacs", None]
)
def test_initialize_result_of_editors_is_that_of_pygls(name: str | None) -> None:
    capabilities = client_capabilities(name) if name else types.ClientCapabilities()
    assert initialize_result(SERVER.protocol.as_json(capabilities)) == pygls_result(capabilities)


TRUTH = st.sampled_from([True, False, None])


@given(
    st.none() | st.lists(st.sampled_from(["utf-8", "utf-16", "utf-32", "utf-7"]), max_size=3),
    st.none() | st.fixed_dictionaries({}, optional={each: TRUTH for each in ("willSave", "willSaveWaitUntil")}),
    st.none() | st.fixed_dictionaries({}, optional={each: TRUTH for each in ("willCreate", "didRename")}),
    st.none() | st.just({}),
    st.none() | st.fixed_dictionaries({}, optional={"refreshSupport": TRUTH}),
)
def test_initialize_result_of_any_client_is_that_of_pygls(
    encodings: list[str] | None,
    saving: Message | None,
    operations: Message | None,
    pulling: Message | None,
    refreshing: Message | None,
) -> None:
    said = {
        "general": {"positionEncodings": encodings},
        "textDocument": {"synchronization": saving, "rename": {"prepareSupport": True}, "diagnostic": pulling},
        "workspace": {"fileOperations": operations, "diagnostics": refreshing},
        "notebookDocument": {"synchronization": {}},
    }
    assert initialize_result(said) == pygls_result(SERVER.protocol._converter.structure(said, types.ClientCapabilities))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("configuration", [False, True])
def test_the_first_diagnostics_come_before_the_types_are_loaded_and_again_after(
    examples: Examples, tmp_path: Path, encoding: str, configuration: bool
) -> None:
    """The unknown word in the last line ends at a different character in each of the three encodings."""
    gomod = examples.plugin / "go.mod"
    gomod.write_text(f"{gomod.read_text()}🎉🎉 nonsense")
    capabilities = {
        **CAPABILITIES,
        "general": {"positionEncodings": [encoding]},
        "workspace": {**CAPABILITIES["workspace"], "configuration": configuration},
    }
    options = None if configuration else SETTINGS
    with RawClient(
        examples.plugin,
        capabilities=capabilities,
        options=options,
        command=held(tmp_path / "released"),
        answer=lambda _: {"result": [SETTINGS]},
    ) as client:
        uri = client.open(gomod)
        client.until(lambda: published(client, uri))
        ends = {each["range"]["end"]["character"] for each in client.diagnostics(uri) if each["code"] == "syntax"}
        assert ends == {{"utf-8": 8, "utf-16": 4, "utf-32": 2}[encoding]}
        severities = {each["severity"] for each in client.diagnostics(uri) if each["code"] == "version-mismatch"}
        assert severities == {2}, "the settings count"
        assert len(published(client, uri)) == 1
        (tmp_path / "released").touch()
        client.until(lambda: len(published(client, uri)) > 1)
        assert published(client, uri)[1] == published(client, uri)[0]
        asked = [each["method"] for each in client.requests]
        assert asked.count("workspace/configuration") == configuration, "settings are requested once"
        assert client.leave() == 0
        assert client.complaints == []


@pytest.mark.parametrize("configuration", [False, True])
def test_the_first_request_for_diagnostics_is_answered_before_the_types_are_loaded(
    examples: Examples, tmp_path: Path, configuration: bool
) -> None:
    capabilities = {**PULLING, "workspace": {**PULLING["workspace"], "configuration": configuration}}
    with RawClient(
        examples.plugin,
        capabilities=capabilities,
        options=None if configuration else SETTINGS,
        command=held(tmp_path / "released"),
        answer=lambda _: {"result": [SETTINGS]},
    ) as client:
        uri = client.open(examples.plugin / "go.mod")
        pull = {"textDocument": {"uri": uri}}
        first = client.request("textDocument/diagnostic", pull)
        assert {each["severity"] for each in first["items"] if each["code"] == "version-mismatch"} == {2}
        (tmp_path / "released").touch()
        again = client.request("textDocument/diagnostic", {**pull, "previousResultId": first["resultId"]})
        assert again == {"kind": "unchanged", "resultId": first["resultId"]}
        client.change(uri, (examples.plugin / "go.mod").read_text() + "nonsense\n", 2)
        edited = client.request("textDocument/diagnostic", {**pull, "previousResultId": first["resultId"]})
        assert "syntax" in {each["code"] for each in edited["items"]}
        assert client.leave() == 0
        assert (client.shown, client.complaints) == ({}, [])


def test_what_changed_since_the_first_request_was_answered_is_requested_again(
    examples: Examples, tmp_path: Path
) -> None:
    with RawClient(examples.plugin, capabilities=PULLING, command=held(tmp_path / "released")) as client:
        uri = client.open(examples.plugin / "go.mod")
        pull = {"textDocument": {"uri": uri}}
        first = client.request("textDocument/diagnostic", pull)
        modules = examples.host / "vendor" / "modules.txt"
        modules.write_text(modules.read_text().replace("go.uber.org/zap v1.27.0", "go.uber.org/zap v1.26.0"))
        (tmp_path / "released").touch()
        client.until(lambda: any(each["method"] == "workspace/diagnostic/refresh" for each in client.requests))
        again = client.request("textDocument/diagnostic", {**pull, "previousResultId": first["resultId"]})
        assert again["items"] != first["items"]


def test_settings_sent_before_the_file_is_opened_apply(examples: Examples, tmp_path: Path) -> None:
    with RawClient(examples.plugin, command=held(tmp_path / "released")) as client:
        client.notify("workspace/didChangeConfiguration", {"settings": {"layergPin": SETTINGS}})
        uri = client.open(examples.plugin / "go.mod")
        client.until(lambda: published(client, uri))
        assert {each["severity"] for each in client.diagnostics(uri)} == {2}
        (tmp_path / "released").touch()
        client.until(lambda: len(published(client, uri)) > 1)
        assert published(client, uri)[1] == published(client, uri)[0]


def test_without_trust_a_host_outside_is_not_read_early_either(examples: Examples, tmp_path: Path) -> None:
    options = {"trusted": False}
    with RawClient(examples.plugin, options=options, command=held(tmp_path / "released")) as client:
        uri = client.open(examples.plugin / "go.mod")
        client.until(lambda: published(client, uri))
        assert client.codes(uri) == {"host-not-found"}
        (tmp_path / "released").touch()
        client.until(lambda: len(published(client, uri)) > 1)
        assert published(client, uri)[1] == published(client, uri)[0]


def test_requests_while_the_types_are_loaded_are_answered_afterwards(examples: Examples, tmp_path: Path) -> None:
    gomod = examples.plugin / "go.mod"
    with RawClient(examples.plugin, command=held(tmp_path / "released")) as client:
        uri = client.open(gomod)
        client.until(lambda: published(client, uri))
        client.change(uri, f"{gomod.read_text()}nonsense\n", 2)
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
        number = client.begin(
            "textDocument/codeAction",
            {"textDocument": {"uri": uri}, "range": whole, "context": {"diagnostics": []}},
        )
        (tmp_path / "released").touch()
        assert any("Pin" in each["title"] for each in client.end_of(number)["result"])
        client.until(lambda: "syntax" in client.codes(uri))


@pytest.mark.parametrize("name", ["main.go", "layerg-pin.toml"])
def test_another_file_first(examples: Examples, name: str) -> None:
    with RawClient(examples.plugin) as client:
        client.open(examples.plugin / name)
        uri = client.open(examples.plugin / "go.mod")
        client.until(lambda: client.is_refined(uri))
        assert client.leave() == 0


def test_a_go_mod_of_no_plugin_gets_no_diagnostics(examples: Examples) -> None:
    folder = examples.plugin.parent / "library"
    folder.mkdir()
    (folder / "go.mod").write_text("module example.com/library\n\ngo 1.23\n")
    with RawClient(examples.plugin.parent) as client:
        uri = client.open(folder / "go.mod")
        other = client.open(examples.plugin / "go.mod")
        client.until(lambda: client.is_refined(other))
        assert published(client, uri) == []


def test_a_client_that_sends_its_settings_late(examples: Examples) -> None:
    """It answers the first request after the server stopped waiting, which then requests the settings again."""
    capabilities = {**CAPABILITIES, "workspace": {**CAPABILITIES["workspace"], "configuration": True}}
    with RawClient(examples.plugin, capabilities=capabilities, answer=None) as client:
        uri = client.open(examples.plugin / "go.mod")
        client.until(lambda: len(client.requests) == 2)
        assert client.diagnostics(uri) == []
        for asked in list(client.requests):
            client.write({"id": asked["id"], "result": [SETTINGS]})
        client.until(lambda: client.is_refined(uri))
        assert {each["severity"] for each in client.diagnostics(uri)} == {2}
        assert client.leave() == 0
        assert client.complaints == []


def raw(content: bytes) -> tuple[int, bytes, bytes]:
    """Send bytes and close standard input. Returns the exit code, standard output and standard error."""
    done = subprocess.run(COMMAND, input=content, capture_output=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def message(number: int | None, method: str, params: Any) -> bytes:
    whole = {"jsonrpc": "2.0", "method": method, "params": params} | ({} if number is None else {"id": number})
    body = json.dumps(whole).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


GREETING = message(1, "initialize", {"processId": None, "rootUri": None, "capabilities": {}})
ENDING = message(2, "shutdown", None) + message(None, "exit", None)


@pytest.mark.parametrize(
    ("content", "answers", "code"),
    [
        (b"", 0, 1),
        (GREETING, 1, 1),
        (GREETING[:-20], 0, 1),
        (GREETING + ENDING, 2, 0),
        (GREETING + GREETING.replace(b'"id": 1', b'"id": 3') + ENDING, 3, 0),
        (b"nonsense\r\n" + GREETING + ENDING, 2, 0),
        (GREETING.replace(b"\r\n\r\n", b"\r\nContent-Type: application/vscode-jsonrpc\r\n\r\n", 1) + ENDING, 2, 0),
        (GREETING + message(None, "textDocument/didOpen", {"textDocument": {"uri": 7}}) + ENDING, 2, 0),
        (message(1, "initialize", {"capabilities": {"general": 7}}) + ENDING, 2, 0),
        (message(1, "initialize", {"processId": None, "rootUri": None}) + ENDING, 2, 0),
    ],
    ids=[
        *("nothing", "and gone", "half", "and goodbye", "twice", "after nonsense", "with a type", "no URI"),
        *("odd capabilities", "none"),
    ],
)
def test_odd_beginnings(content: bytes, answers: int, code: int) -> None:
    found, out, _ = raw(content)
    assert out.count(b'"id"') == answers, out
    assert found == code


@pytest.mark.parametrize("before", [b"Content-Type: application/vscode-jsonrpc\r\n", b"nonsense\r\n"])
def test_a_message_that_begins_otherwise_is_not_waited_for(before: bytes) -> None:
    """Standard input stays open, so the server must answer before more arrives."""
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        killer = threading.Timer(PATIENCE, process.kill)
        killer.start()
        process.stdin.write(before + GREETING)
        process.stdin.flush()
        assert process.stdout.readline().startswith(b"Content-Length: "), "there is no answer"
        killer.cancel()
        process.kill()


@pytest.mark.parametrize("result", [None, [], {}, 7])
def test_invalid_settings_are_not_an_internal_error(examples: Examples, result: object) -> None:
    capabilities = {**CAPABILITIES, "workspace": {**CAPABILITIES["workspace"], "configuration": True}}
    with RawClient(examples.plugin, capabilities=capabilities, answer=lambda _: {"result": result}) as client:
        uri = client.open(examples.plugin / "go.mod")
        client.until(lambda: client.is_refined(uri))
        assert client.leave() == 0
        early = "layerg_pin.lsp.fast_start.first_messages"
        assert not any(early in line for line in client.complaints)  # pygls complains of null and 7
