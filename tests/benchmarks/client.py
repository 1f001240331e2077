"""A client that does no more than it must: JSON-RPC over a server's standard input and output, and a clock."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

PATIENCE = 60.0
"""Seconds to wait for a server before the measurement fails."""
_TICKS = os.sysconf("SC_CLK_TCK")
_CAPABILITIES = {
    "textDocument": {
        "hover": {"contentFormat": ["markdown"]},
        "inlayHint": {},
        "publishDiagnostics": {"versionSupport": True, "relatedInformation": True},
        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "source"]}}},
    },
    "workspace": {"workspaceEdit": {"documentChanges": True}},
}

Message = dict[str, Any]


class NoAnswer(Exception):
    """A server was silent for too long, or ended; the text is its standard error."""


class Server:
    """A server that was started for the folder `root`, and its messages. Times are seconds of the monotonic clock."""

    def __init__(
        self, command: Sequence[str], root: Path, options: object, env: Mapping[str, str] | None = None
    ) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the server
        self._arrived: queue.SimpleQueue[tuple[float, bytes] | None] = queue.SimpleQueue()
        self._number = 0
        self.spawned = time.monotonic()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, env=env, cwd=root
        )
        threading.Thread(target=self._read, daemon=True).start()
        folder = {"uri": root.as_uri(), "name": root.name}
        params: Message = {"processId": os.getpid(), "rootUri": root.as_uri(), "workspaceFolders": [folder]}
        params |= {"capabilities": _CAPABILITIES, "initializationOptions": options}
        self.initialized, _ = self.answered(self.ask("initialize", params), self.spawned)
        self.send("initialized", {})

    def send(self, method: str, params: object, number: int | None = None) -> float:
        """Send a notification, or a request with a number; returns the time."""
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        return self._write(message if number is None else {**message, "id": number})

    def request(self, method: str, params: object) -> Any:
        """The result of a request."""
        number = self.ask(method, params)
        _, message, _ = self._wait(lambda message: message.get("id") == number and "method" not in message)
        return message.get("result")

    def ask(self, method: str, params: object) -> int:
        """Send a request whose answer is waited for later."""
        self._number += 1
        self.send(method, params, self._number)
        return self._number

    def timed(self, method: str, params: object) -> tuple[float, int]:
        """How many milliseconds until the answer, not yet decoded, and how many bytes it has."""
        started = time.monotonic()
        return self.answered(self.ask(method, params), started)

    def answered(self, number: int, started: float) -> tuple[float, int]:
        """How many milliseconds from `started` until the answer to a request, and how many bytes it has."""
        ended, _, size = self._wait(lambda message: message.get("id") == number and "method" not in message)
        return (ended - started) * 1000, size

    def open(self, path: Path, text: str) -> float:
        """Open a file; returns the time."""
        language = {".mod": "go.mod", ".go": "go"}.get(path.suffix, "plaintext")
        item = {"uri": path.as_uri(), "languageId": language, "version": 1, "text": text}
        return self.send("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, version: int, text: str) -> float:
        """Replace the text of a file; returns the time."""
        document = {"uri": uri, "version": version}
        return self.send("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})

    def published(self, uri: str, wanted: Callable[[Message], bool], since: float) -> tuple[float, int]:
        """The milliseconds from `since` until `wanted` accepts the diagnostics of a file, and their size in bytes."""

        def fits(message: Message) -> bool:
            params = message.get("params") or {}
            is_published = message.get("method") == "textDocument/publishDiagnostics"
            return is_published and params["uri"] == uri and wanted(params)

        ended, _, size = self._wait(fits)
        return (ended - since) * 1000, size

    def published_any(self, wanted: Callable[[Message], bool], since: float) -> float:
        """The milliseconds from `since` until `wanted` accepts the diagnostics of any file."""
        publish = "textDocument/publishDiagnostics"
        ended, _, _ = self._wait(lambda message: message.get("method") == publish and wanted(message["params"]))
        return (ended - since) * 1000

    def settle(self, seconds: float) -> list[Message]:
        """The messages of the server until it has been silent for `seconds`."""
        received: list[Message] = []
        while True:
            try:
                arrived = self._arrived.get(timeout=seconds)
            except queue.Empty:
                return received
            if arrived is None:
                raise NoAnswer(self._complaint())
            received.append(self._take(arrived[1]))

    def peak_mebibytes(self) -> float:
        """The most memory that the server's own process has held so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def cpu_milliseconds(self) -> float:
        """The time that the server and the processes that it has waited for have computed so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(field) for field in fields[11:15]) / _TICKS * 1000

    def close(self) -> None:
        """End the server as an editor does."""
        self.request("shutdown", None)
        self.send("exit", None)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self._errors):
            if stream:
                stream.close()

    def _read(self) -> None:
        """Read each message as soon as it arrives, because the server waits for its reader."""
        stream = self.process.stdout
        assert stream
        while line := stream.readline():
            length = int(line.partition(b":")[2])
            while stream.readline().strip():
                pass
            body = stream.read(length)
            self._arrived.put((time.monotonic(), body))
        self._arrived.put(None)

    def _wait(self, wanted: Callable[[Message], bool]) -> tuple[float, Message, int]:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                arrived = self._arrived.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                arrived = None
            if arrived is None:
                raise NoAnswer(self._complaint())
            message = self._take(arrived[1])
            if wanted(message):
                return arrived[0], message, len(arrived[1])

    def _take(self, body: bytes) -> Message:
        """A message; a request of the server is answered with null."""
        message: Message = json.loads(body)
        if "id" in message and "method" in message:
            self._write({"jsonrpc": "2.0", "id": message["id"], "result": None})
        return message

    def _write(self, message: Message) -> float:
        body = json.dumps(message).encode()
        now = time.monotonic()
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()
        return now

    def _complaint(self) -> str:
        self._errors.seek(0)
        said = self._errors.read().decode("utf-8", "replace")[-2000:]
        return f"{self.process.args!r} gave no answer: {said}"
