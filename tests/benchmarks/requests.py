"""How long the server takes to answer, on a go.mod of 2,000 requires: `python -m tests.benchmarks.requests [COUNT]`.

It prints the median and the 95th percentile of each request, and of an edit until its diagnostics come, in
milliseconds, as a client sees them on the server's standard input and output. Nothing is asserted.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks import client

COMMAND = str(Path(sys.executable).with_name("layerg-pin"))
_RUNS = 40
_API = "github.com/heroiclabs/nakama-common"


class Server(client.Server):
    """layerg-pin, without a Go that its answers could wait for."""

    def __init__(self, root: Path) -> None:
        super().__init__((COMMAND, "lsp"), root, {"goPath": str(root / "no-such-go")})

    def edit(self, uri: str, version: int, text: str) -> tuple[float, int]:
        """How many milliseconds from an edit until its diagnostics come."""
        since = self.change(uri, version, text)
        return self.published(uri, lambda params: params.get("version") == version, since)


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
    for file in (path, main_go, listing):
        server.open(file, file.read_text())
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
    server.close()


def _document(uri: str) -> dict[str, Any]:
    return {"textDocument": {"uri": uri}}


def _at(uri: str, line: int, character: int) -> dict[str, Any]:
    return {**_document(uri), "position": {"line": line, "character": character}}


def _lines(uri: str, first: int, last: int) -> dict[str, Any]:
    ends = {"start": {"line": first, "character": 0}, "end": {"line": last, "character": 0}}
    return {**_document(uri), "range": ends}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
