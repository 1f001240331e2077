"""The server's messages to an editor with odd names and texts: no control characters, and no foreign links, images or
HTML, in plain text and in Markdown.

The requests and commands are those that the server registers; the test fails for one that is not covered.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from lsprotocol import types

from layerg_pin.lsp.handlers import create_server
from layerg_pin.lsp.protocol.command_names import COMMANDS
from tests.conftest import Examples
from tests.faults.odd_names import FORBIDDEN, LINK, NAME, WILD, log_text, markup, poisoned, renamed, texts
from tests.faults.odd_names import write_profile as odd_profile
from tests.platform_marks import uses_odd_folders
from tests.raw_client import CAPABILITIES, Message, RawClient

ASKED = (
    types.TEXT_DOCUMENT_HOVER,
    types.TEXT_DOCUMENT_CODE_ACTION,
    types.TEXT_DOCUMENT_CODE_LENS,
    types.TEXT_DOCUMENT_DOCUMENT_LINK,
    types.TEXT_DOCUMENT_DEFINITION,
    types.TEXT_DOCUMENT_REFERENCES,
    types.TEXT_DOCUMENT_COMPLETION,
    types.TEXT_DOCUMENT_INLAY_HINT,
)
"""Requests whose answers are displayed."""
TOLD = (
    types.INITIALIZE,
    types.INITIALIZED,
    types.SHUTDOWN,
    types.WORKSPACE_DID_CHANGE_CONFIGURATION,
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS,
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_SAVE,
    types.TEXT_DOCUMENT_DID_CLOSE,
)
"""Requests without a displayed answer; they lead to diagnostics, messages, progress and logs."""
PULLED = (types.TEXT_DOCUMENT_DIAGNOSTIC, types.WORKSPACE_DIAGNOSTIC)
"""Requests that are answered with the JSON of the diagnostics that the client of this test gets published."""
MARKDOWN = ("layergPin.explain", "layergPin.predict", "layergPin.showHost")
NOT_SHOWN = frozenset(("newText", "filterText", "uri", "target", "targetUri", "href", "arguments", "changes"))
"""Keys of the protocol with file contents and URIs."""
_ADDRESS = re.compile(r"(?:file:///|https://pkg\.go\.dev/)[!-~]*")


def test_every_feature_and_command_is_asked_for() -> None:
    server = create_server()
    assert set(server.protocol.fm.features) - {types.WORKSPACE_EXECUTE_COMMAND} == {*ASKED, *TOLD, *PULLED}
    assert set(server.protocol.fm.commands) == set(COMMANDS)


def capabilities() -> Message:
    """The capabilities of a client that can display everything."""
    document = {
        **CAPABILITIES["textDocument"],
        "hover": {"contentFormat": ["markdown"]},
        "documentLink": {"tooltipSupport": True},
    }
    window = {"workDoneProgress": True, "showMessage": {}, "showDocument": {"support": True}}
    workspace = {**CAPABILITIES["workspace"], "inlayHint": {"refreshSupport": True}, "applyEdit": True}
    return {**CAPABILITIES, "textDocument": document, "window": window, "workspace": workspace}


def addresses(value: object) -> list[str]:
    """The URIs in a value that can be opened."""
    found = []
    if isinstance(value, dict):
        found += [each for key, each in value.items() if key in ("target", "uri", "href") and isinstance(each, str)]
        value = list(value.values())
    if isinstance(value, list):
        found += [address for each in value for address in addresses(each)]
    return found


class ShownTexts:
    """The texts that an editor gets, with their origins."""

    def __init__(self) -> None:
        self.wrong: list[tuple[str, Any]] = []
        self.odd: set[str] = set()
        """Origins of odd texts, so that the test cannot pass by displaying nothing."""

    def plain(self, where: str, value: object) -> None:
        """Check plain texts."""
        for text in texts(value, NOT_SHOWN):
            if FORBIDDEN.search(text) or "\r" in text or (LINK.search(text) and where != "hover"):
                self.wrong.append((where, text))
            if "evil" in text:
                self.odd.add(where)
        self.wrong += [(where, each) for each in addresses(value) if not _ADDRESS.fullmatch(each)]

    def markdown(self, where: str, text: str) -> None:
        """Check Markdown."""
        if "evil" in text:
            self.odd.add(where)
        self.wrong += [(where, each) for each in FORBIDDEN.findall(text)]
        self.wrong += [(where, f"{each} in {text}") for each in markup(text)]


def send_all_requests(client: RawClient, found: Examples, shown: ShownTexts, host: str) -> None:
    """Send all requests at every line, and run every command."""
    client.notify("$/setTrace", {"value": "verbose"})
    plugin, listed = found.plugin / "go.mod", found.host / "vendor" / "modules.txt"
    uris = {client.open(path): path for path in (plugin, found.plugin / "main.go", listed)}
    gomod, *_ = uris
    client.until(lambda: gomod in client.shown)
    client.until(lambda: client.logged("go list for") or "host-unreadable" in client.codes(gomod))
    for uri, path in uris.items():
        document = {"textDocument": {"uri": uri}}
        lines = path.read_text("utf-8").split("\n")[:60]
        everywhere = {"start": {"line": 0, "character": 0}, "end": {"line": len(lines), "character": 0}}
        for method in ASKED:
            params = {**document, "range": everywhere, "context": {"diagnostics": [], "includeDeclaration": True}}
            if method == types.TEXT_DOCUMENT_COMPLETION:
                del params["context"]
            if method in (types.TEXT_DOCUMENT_HOVER, types.TEXT_DOCUMENT_COMPLETION, types.TEXT_DOCUMENT_DEFINITION):
                for number, line in enumerate(lines):
                    for character in {min(3, len(line)), min(14, len(line))}:
                        params["position"] = {"line": number, "character": character}
                        check_answer(shown, method, client.request(method, params))
            else:
                params["position"] = {"line": 3, "character": 3}
                check_answer(shown, method, client.request(method, params))
    arguments: dict[str, list[list[str]]] = {
        "layergPin.explain": [[log_text(), gomod], [WILD], *[[line] for line in log_text().splitlines()]],
        "layergPin.predict": [[str(found.plugin), gomod]],
        "layergPin.showHost": [[gomod], [f"file:///{NAME}"]],
        "layergPin.chooseHost": [[gomod], [gomod, host], [f"file:///{NAME}"], [gomod, f"../{WILD}"]],
    }
    for command in COMMANDS:
        for each in arguments.get(command, [[gomod]]):
            answer = client.end_of(client.begin("workspace/executeCommand", {"command": command, "arguments": each}))
            if command in MARKDOWN and isinstance(answer.get("result"), str):
                shown.markdown(command, answer["result"])
            else:
                shown.plain(command, answer)
    shown.plain("an error", client.end_of(client.begin("workspace/executeCommand", {"command": WILD})))
    shown.plain("an error", client.end_of(client.begin(WILD, {})))
    client.notify("workspace/didChangeConfiguration", {"settings": {"layergPin": {WILD: 1, "severity": {WILD: WILD}}}})
    shown.plain("a request", client.request(types.TEXT_DOCUMENT_CODE_LENS, {"textDocument": {"uri": gomod}}))


def check_answer(shown: ShownTexts, method: str, answer: Any) -> None:
    """Check the answer to a request."""
    if method == types.TEXT_DOCUMENT_HOVER and answer:
        assert answer["contents"]["kind"] == "markdown"
        shown.markdown(method, answer["contents"]["value"])
    else:
        shown.plain(method, answer)


@uses_odd_folders
@pytest.mark.parametrize("kind", ["named", "poisoned", "profile", "no host"])
def test_nothing_that_an_editor_shows_steers_hides_or_links(examples: Examples, kind: str) -> None:
    found = poisoned(examples) if kind == "poisoned" else renamed(examples, NAME)
    host = f"../{found.host.name}"
    if kind == "profile":
        (found.plugin / "layerg-pin.toml").unlink()
        host = str(odd_profile(found.host.parent))
    if kind == "no host":
        (found.plugin / "layerg-pin.toml").write_text(
            'host = "../\\u001b[31m\\u202eevil[c](command:evil)<img src=x>"\n'
        )
    options = {"host": host if kind == "profile" else "", WILD: WILD}
    shown = ShownTexts()

    def answer(request: Message) -> Message:
        actions = request.get("params", {}).get("actions") if isinstance(request.get("params"), dict) else None
        if request["method"] == "workspace/applyEdit":
            return {"result": {"applied": False, "failureReason": WILD}}
        return {"result": actions[0] if actions else None}

    with RawClient(found.host.parent, options=options, capabilities=capabilities(), answer=answer) as client:
        send_all_requests(client, found, shown, host)
        for message in (*client.shown.values(), *client.notifications, *client.requests):
            params = dict(message.get("params") or message)
            if message.get("method") in ("$/logTrace", "window/logMessage"):
                params = {key: value and value.split("\n") for key, value in params.items() if isinstance(value, str)}
            if "edit" not in params:
                shown.plain(message.get("method", "diagnostics"), params)
            else:
                shown.plain("an edit's label", params.get("label"))
        assert client.leave() == 0
    assert [line for line in client.complaints if FORBIDDEN.search(line)] == []
    assert not shown.wrong, "\n".join(f"{where}: {each!r}" for where, each in shown.wrong[:20])
    assert {"window/showMessage", "layergPin.explain", "layergPin.showHost"} <= shown.odd
