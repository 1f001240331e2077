"""A client that speaks the protocol's bytes itself, so that it can also speak them wrongly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from layerg_pin.lsp.protocol.file_uris import uri_of

PATIENCE = 60.0
"""Seconds to wait before the test fails."""
COMMAND = (sys.executable, "-m", "layerg_pin", "lsp")

Message = dict[str, Any]
CAPABILITIES: Message = {
    "general": {"positionEncodings": ["utf-16"]},
    "workspace": {"workspaceEdit": {"documentChanges": True}, "workspaceFolders": True},
    "textDocument": {"publishDiagnostics": {"relatedInformation": True, "versionSupport": True}},
}
PULLING: Message = {
    **CAPABILITIES,
    "workspace": {**CAPABILITIES["workspace"], "diagnostics": {"refreshSupport": True}},
    "textDocument": {**CAPABILITIES["textDocument"], "diagnostic": {"relatedDocumentSupport": True}},
}
"""The capabilities of a client that requests diagnostics."""


class RawClient:
    """A server and its messages. Requests of the server are answered by `answer`; None leaves them unanswered."""

    def __init__(
        self,
        root: Path,
        *,
        options: Any = None,
        capabilities: Message | None = None,
        env: Mapping[str, str] | None = None,
        command: tuple[str, ...] = COMMAND,
        answer: Callable[[Message], Message | None] | None = lambda _: {"result": None},
        uri_of: Callable[[str], str] = uri_of,
    ) -> None:
        self.uri_of = uri_of
        """How the client writes the URI of a path."""
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
        )
        self.shown: dict[str, Message] = {}
        """The last diagnostics of each file, by URI."""
        self.notifications: deque[Message] = deque(maxlen=5000)
        """The last notifications."""
        self.requests: deque[Message] = deque(maxlen=100)
        """The server's last requests."""
        self.received = 0
        """The number of notifications and requests that were received."""
        self._answer = answer
        self._answers: dict[int, Message] = {}
        self._number = 0
        self._more = threading.Condition()
        self._writing = threading.Lock()
        self._ended = False
        self.complaints: list[str] = []
        """The lines of standard error."""
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._read, self._read_errors)]
        for thread in self._threads:
            thread.start()
        self.initialized: Any = self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": uri_of(str(root)),
                "workspaceFolders": [{"uri": uri_of(str(root)), "name": root.name}],
                "capabilities": CAPABILITIES if capabilities is None else capabilities,
                "initializationOptions": options,
            },
        )
        """The result of initialize."""
        self.notify("initialized", {})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream
            try:
                stream.close()
            except BrokenPipeError:
                continue  # something was still to be written

    def send(self, content: bytes) -> None:
        """Send bytes as they are."""
        assert self.process.stdin
        with self._writing:
            self.process.stdin.write(content)
            self.process.stdin.flush()

    def write(self, message: Message) -> None:
        """Send a message."""
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.send(b"Content-Length: %d\r\n\r\n%b" % (len(content), content))

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""
        self.write({"method": method, "params": params})

    def begin(self, method: str, params: Any) -> int:
        """Send a request and do not wait; returns its number."""
        self._number += 1
        self.write({"id": self._number, "method": method, "params": params})
        return self._number

    def end_of(self, number: int) -> Message:
        """The answer to a request, `result` or `error`."""
        self.until(lambda: number in self._answers, f"an answer to request {number}")
        return self._answers.pop(number)

    def request(self, method: str, params: Any) -> Any:
        """The result of a request; it must not be an error."""
        answer = self.end_of(self.begin(method, params))
        assert "error" not in answer, f"{method}: {answer}"
        return answer.get("result")

    def until(self, true: Callable[[], object], what: str = "what must come") -> None:
        """Wait until a message of the server makes this true."""
        deadline = time.monotonic() + PATIENCE
        with self._more:
            while not true():
                ended = self._ended and not true()
                assert not ended, f"the server ended before {what}: {self.complaints[-20:]}"
                left = deadline - time.monotonic()
                assert left > 0, f"not within {PATIENCE:g} s: {what}; shown: {self.shown}; {self.complaints[-20:]}"
                self._more.wait(left)

    def wait(self, true: Callable[[], object], seconds: float) -> None:
        """Wait until a message of the server makes this true, or the time is over."""
        deadline = time.monotonic() + seconds
        with self._more:
            while not true() and not self._ended and (left := deadline - time.monotonic()) > 0:
                self._more.wait(left)

    def open(self, path: Path, text: str | None = None, version: int = 1) -> str:
        """Open a file, with its text on disk unless another is given; returns its URI."""
        uri = self.uri_of(str(path))
        text = path.read_bytes().decode() if text is None else text
        item = {"uri": uri, "languageId": "go.mod", "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return uri

    def change(self, uri: str, text: str, version: int) -> None:
        """Replace the text of an open file."""
        document = {"uri": uri, "version": version}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})

    def notify_file(self, method: str, uri: str) -> None:
        """Notify the server that a file was saved or closed."""
        self.notify(f"textDocument/{method}", {"textDocument": {"uri": uri}})

    def is_refined(self, uri: str) -> bool:
        """Whether the diagnostics of a file are based on an answer of Go."""
        return any("linked into both" in each["message"] for each in self.diagnostics(uri))

    def diagnostics(self, uri: str) -> list[Message]:
        """The diagnostics of a file."""
        found: list[Message] = self.shown.get(uri, {}).get("diagnostics", [])
        return found

    def codes(self, uri: str) -> set[str]:
        """The codes of the diagnostics of a file."""
        return {each["code"] for each in self.diagnostics(uri)}

    def logged(self, words: str) -> int:
        """The number of log messages that contain `words`."""
        with self._more:
            said = [each["params"]["message"] for each in self.notifications if each["method"] == "window/logMessage"]
        return sum(words in message for message in said)

    def leave(self) -> int:
        """Send shutdown and exit, and wait until the server ends; returns its exit code."""
        self.request("shutdown", None)
        self.notify("exit", None)
        return self.process.wait(PATIENCE)

    def _read(self) -> None:
        assert self.process.stdout
        while header := self.process.stdout.readline():
            length = int(header.removeprefix(b"Content-Length: ") or 0)
            while self.process.stdout.readline() not in (b"\r\n", b""):
                pass
            message = json.loads(self.process.stdout.read(length))
            answer = self._take(message)
            if answer:
                try:
                    self.write({"id": message["id"], **answer})
                except (BrokenPipeError, ValueError):
                    break  # the server has ended
        with self._more:
            self._ended = True
            self._more.notify_all()

    def _take(self, message: Message) -> Message | None:
        with self._more:
            try:
                if "method" not in message:
                    self._answers[message["id"]] = message
                    return None
                self.received += 1
                if "id" in message:
                    self.requests.append(message)
                    return self._answer(message) if self._answer else None
                self.notifications.append(message)
                if message["method"] == "textDocument/publishDiagnostics":
                    self.shown[message["params"]["uri"]] = message["params"]
            finally:
                self._more.notify_all()
        return None

    def _read_errors(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.complaints.append(line.decode("utf-8", "replace").rstrip())
