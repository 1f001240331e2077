"""How long the server takes to answer, on a go.mod of 2,000 requires: `python -m tests.benchmarks.requests [COUNT]`.

It prints the median and the 95th percentile of each request, and of an edit until its diagnostics come, in
milliseconds, as a client sees them on the server's standard input and output. Nothing is asserted.
"""

from __future__ import annotations

import json
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

COMMAND = str(Path(sys.executable).with_name("layerg-pin"))
_RUNS = 40
_API = "github.com/heroiclabs/nakama-common"
_CAPABILITIES = {
    "textDocument": {"hover": {"contentFormat": ["markdown"]}, "inlayHint": {}, "publishDiagnostics": {}},
    "workspace": {"workspaceEdit": {"documentChanges": True}},
}


class Server:
    """A server, and a client that does no more than it must."""

    def __init__(self, root: Path) -> None:
        self.process = subprocess.Popen([COMMAND, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = 0
        self.arrived: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        options = {"goPath": str(root / "no-such-go")}  # the answers do not wait for Go, and neither does this
        params = {"processId": None, "rootUri": root.as_uri(), "capabilities": _CAPABILITIES}
        self.request("initialize", {**params, "initializationOptions": options})
        self.send("initialized", {})

    def send(self, method: str, params: Any, number: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        body = json.dumps(message if number is None else {**message, "id": number}).encode()
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def _read(self) -> None:
        """Take each message from the server as it comes: it waits for its reader."""
        stream = self.process.stdout
        assert stream
        while line := stream.readline():
            length = int(line.partition(b":")[2])
            while stream.readline().strip():
                pass
            body = stream.read(length)
            self.arrived.put((time.perf_counter(), body))

    def request(self, method: str, params: Any) -> Any:
        """The result of a request; what else the server says meanwhile is passed over."""
        self.number += 1
        self.send(method, params, self.number)
        while True:
            message = json.loads(self.arrived.get()[1])
            if message.get("id") == self.number and "method" not in message:
                return message["result"]

    def timed(self, method: str, params: Any) -> tuple[float, int]:
        """How many milliseconds until the answer, not yet decoded, and how many bytes it has."""
        self.number += 1
        started = time.perf_counter()
        self.send(method, params, self.number)
        while True:
            ended, body = self.arrived.get()
            message = json.loads(body)
            if message.get("id") == self.number and "method" not in message:
                return (ended - started) * 1000, len(body)

    def edit(self, uri: str, version: int, text: str) -> tuple[float, int]:
        """How many milliseconds from an edit until its diagnostics come."""
        started = time.perf_counter()
        self.send("textDocument/didChange", _changed(uri, version, text))
        while True:
            ended, body = self.arrived.get()
            params = json.loads(body).get("params") or {}
            if params.get("uri") == uri and params.get("version") == version:
                return (ended - started) * 1000, len(body)


def _changed(uri: str, version: int, text: str) -> Any:
    return {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}]}


def _texts(count: int) -> tuple[str, str]:
    """A plugin's go.mod, of which every tenth module differs, and its host's modules.txt."""
    names = [f"example.com/team{number % 40}/module{number}" for number in range(count)]
    requires = "".join(f"\t{name} v1.{number % 30}.0\n" for number, name in enumerate(names))
    gomod = f"module example.com/plugin\n\ngo 1.23\n\nrequire {_API} v1.36.0\n\nrequire (\n{requires})\n"
    listed = [
        f"# {name} v1.{number % 30 + (number % 10 == 0)}.0\n## explicit; go 1.21\n{name}\n{name}/part\n"
        for number, name in enumerate(names)
    ]
    return gomod, "".join(listed)


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        gomod, listing = _texts(count)
        (root / "plugin").mkdir()
        (root / "host" / "vendor").mkdir(parents=True)
        (root / "host" / "vendor" / "modules.txt").write_text(listing)
        (root / "plugin" / "layerg-pin.toml").write_text('host = "../host"\n')
        path, main_go = root / "plugin" / "go.mod", root / "plugin" / "main.go"
        path.write_text(gomod)
        main_go.write_text('package main\n\nimport _ "example.com/team0/module0"\n')
        _measure(Server(root / "plugin"), path, main_go, root / "host" / "vendor" / "modules.txt", count)


def _measure(server: Server, path: Path, main_go: Path, listing: Path, count: int) -> None:
    uri, source, host = path.as_uri(), main_go.as_uri(), listing.as_uri()
    text = path.read_text()
    for file, language in ((path, "go.mod"), (main_go, "go"), (listing, "plaintext")):
        item = {"uri": file.as_uri(), "languageId": language, "version": 1, "text": file.read_text()}
        server.send("textDocument/didOpen", {"textDocument": item})
    server.request("textDocument/hover", _at(uri, 0, 8))
    requests: dict[str, Callable[[int], tuple[float, int]]] = {
        "hover on a require": lambda run: server.timed("textDocument/hover", _at(uri, 8 + run * 7, 4)),
        "hover on an import": lambda _: server.timed("textDocument/hover", _at(source, 2, 12)),
        "hover in modules.txt": lambda run: server.timed("textDocument/hover", _at(host, 4 * run * 7, 4)),
        "inlay hints, 60 lines": lambda run: server.timed("textDocument/inlayHint", _lines(uri, run * 7, run * 7 + 60)),
        "inlay hints, all": lambda _: server.timed("textDocument/inlayHint", _lines(uri, 0, count + 9)),
        "code lenses": lambda _: server.timed("textDocument/codeLens", _document(uri)),
        "document links": lambda _: server.timed("textDocument/documentLink", _document(uri)),
        "definition": lambda run: server.timed("textDocument/definition", _at(uri, 8 + run * 7, 4)),
        "references": lambda run: server.timed(
            "textDocument/references", {**_at(host, 4 * run * 7, 4), "context": {"includeDeclaration": True}}
        ),
        "completion of a version": lambda run: server.timed("textDocument/completion", _at(uri, 8 + run * 7, 999)),
        "code actions": lambda run: server.timed(
            "textDocument/codeAction", {**_lines(uri, 7 + run * 10, 7 + run * 10), "context": {"diagnostics": []}}
        ),
        "edit until its diagnostics": lambda run: server.edit(uri, 2 + run, f"{text}// {run}\n"),
    }
    print(f"{count} requires, {_RUNS} runs each, milliseconds{'':8}p50     p95     bytes")
    for name, request in requests.items():
        answers = [request(run) for run in range(_RUNS)]
        times = [each for each, _ in answers]
        p95 = statistics.quantiles(times, n=20)[-1]
        print(f"{name:44}{statistics.median(times):10.1f}{p95:8.1f}{max(size for _, size in answers):10}")
    typed = text.replace("require (\n", "require (\n\texample\n", 1)
    server.edit(uri, 1000, typed)
    answers = [server.timed("textDocument/completion", _at(uri, 7, 8)) for _ in range(_RUNS)]
    times = [each for each, _ in answers]
    print(f"{'completion of a module':44}{statistics.median(times):10.1f}{statistics.quantiles(times, n=20)[-1]:8.1f}")
    server.request("shutdown", None)
    server.send("exit", None)
    server.process.wait()


def _document(uri: str) -> dict[str, Any]:
    return {"textDocument": {"uri": uri}}


def _at(uri: str, line: int, character: int) -> dict[str, Any]:
    return {**_document(uri), "position": {"line": line, "character": character}}


def _lines(uri: str, first: int, last: int) -> dict[str, Any]:
    ends = {"start": {"line": first, "character": 0}, "end": {"line": last, "character": 0}}
    return {**_document(uri), "range": ends}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
