"""The server gives the same answers without lsp/fast_start, and with it switched off."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

import layerg_pin
from layerg_pin.lsp import serve
from layerg_pin.lsp.fast_start_result import NO_FAST_START
from layerg_pin.lsp.protocol.diagnostics import PUBLISH_DIAGNOSTICS
from tests.conftest import Examples
from tests.raw_client import CAPABILITIES, COMMAND, PULLING, Message, RawClient

_RUN_COPY = """
import sys
sys.path.insert(0, {copy!r})
import layerg_pin
assert layerg_pin.__file__.startswith({copy!r}), layerg_pin.__file__
sys.argv[1:] = ["lsp"]
from layerg_pin.__main__ import run
run()
"""
_OFF = {serve.FAST_START_VARIABLE: "off"}
_CLIENTS: dict[str, Message] = {
    "pushed settings": {**CAPABILITIES, "general": {"positionEncodings": ["utf-8"]}},
    "requested settings": {**CAPABILITIES, "workspace": {**CAPABILITIES["workspace"], "configuration": True}},
}


def without_fast_start(folder: Path) -> tuple[str, ...]:
    """The command of a copy of the package in `folder` from which lsp/fast_start is deleted."""
    package = Path(layerg_pin.__file__).parent
    shutil.copytree(package, folder / "layerg_pin", ignore=shutil.ignore_patterns("__pycache__", "fast_start"))
    assert not (folder / "layerg_pin" / "lsp" / "fast_start").exists()
    return (sys.executable, "-c", _RUN_COPY.format(copy=str(folder)))


def published(client: RawClient, uri: str, version: int) -> list[Message]:
    """The diagnostics of one version of a file, in the order in which they were published."""
    params = [each["params"] for each in client.notifications if each["method"] == PUBLISH_DIAGNOSTICS]
    return [each for each in params if each["uri"] == uri and each.get("version") == version]


def has_tried_fixes(client: RawClient) -> bool:
    """Whether diagnostics were published after Go tried the fixes, which is the last step in the background."""
    methods = [
        each["method"]
        for each in client.notifications
        if each["method"] == PUBLISH_DIAGNOSTICS or str(each["params"].get("message")).startswith("tried ")
    ]
    return "window/logMessage" in methods and methods[-1] == PUBLISH_DIAGNOSTICS


def session(
    examples: Examples, capabilities: Message, command: tuple[str, ...], env: dict[str, str] | None = None
) -> dict[str, object]:
    """The answers to the requests of one session, and what is published at its end."""
    settings = {"severity": {"version-mismatch": "warning"}, "hints": "all"}
    with RawClient(
        examples.plugin,
        capabilities=capabilities,
        options=settings,
        command=command,
        env=env,
        answer=lambda _: {"result": [settings]},
    ) as client:
        uri = client.open(examples.plugin / "go.mod")
        client.until(lambda: has_tried_fixes(client))
        document = {"textDocument": {"uri": uri}}
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
        found: dict[str, object] = {
            "initialize": client.initialized,
            "published": client.shown[uri],
            "hover": client.request("textDocument/hover", {**document, "position": {"line": 0, "character": 9}}),
            "actions": client.request(
                "textDocument/codeAction", {**document, "range": whole, "context": {"diagnostics": []}}
            ),
            "hints": client.request("textDocument/inlayHint", {**document, "range": whole}),
            "lenses": client.request("textDocument/codeLens", document),
            "links": client.request("textDocument/documentLink", document),
            "status": client.request("workspace/executeCommand", {"command": "layergPin.status", "arguments": [uri]}),
        }
        client.change(uri, f"{(examples.plugin / 'go.mod').read_text()}nonsense\n", 2)
        client.until(lambda: published(client, uri, version=2))
        found["after an edit"] = published(client, uri, version=2)[0]
        found["exit code"] = client.leave()
        assert client.complaints == []
        return found


@pytest.mark.parametrize("capabilities", _CLIENTS.values(), ids=_CLIENTS)
def test_the_answers_are_the_same(examples: Examples, tmp_path: Path, capabilities: Message) -> None:
    expected = session(examples, capabilities, COMMAND)
    assert expected["actions"]
    assert expected["hints"]
    assert session(examples, capabilities, COMMAND, _OFF) == expected
    assert session(examples, capabilities, without_fast_start(tmp_path / "copy")) == expected


def pulled(examples: Examples, command: tuple[str, ...], env: dict[str, str] | None = None) -> dict[str, object]:
    """What a client that requests diagnostics gets."""
    options = {"goPath": "/nonexistent/go"}
    seeded = {**(env or {}), "PYTHONHASHSEED": "0"}  # result ids are hashes
    with RawClient(examples.plugin, capabilities=PULLING, options=options, command=command, env=seeded) as client:
        uri = client.open(examples.plugin / "go.mod")
        document = {"textDocument": {"uri": uri}}
        first = client.request("textDocument/diagnostic", document)
        client.until(lambda: client.logged("go list for"))
        found = {
            "initialize": client.initialized,
            "first": first,
            "then": client.request("textDocument/diagnostic", document),
            "workspace": client.request("workspace/diagnostic", {"previousResultIds": []}),
            "exit code": client.leave(),
        }
        assert client.shown == {}
        assert client.complaints == []
        return found


def test_pulled_diagnostics_are_the_same(examples: Examples, tmp_path: Path) -> None:
    expected = pulled(examples, COMMAND)
    assert pulled(examples, COMMAND, _OFF) == expected
    assert pulled(examples, without_fast_start(tmp_path / "copy")) == expected


def test_a_variable_switches_fast_start_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(serve.FAST_START_VARIABLE, "off")
    unused = object()
    assert serve._start_fast(unused, unused) is NO_FAST_START  # type: ignore[arg-type]  # nothing is read or written
