"""How a server keeps up when an editor opens very many plugins at once, and one of them is edited meanwhile.

Go is not available, because the benchmark would then measure Go.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from tests.benchmarks.client import Message, Server

OPENED = 200
_RUNS = 3
_COMMAND = str(Path(sys.executable).with_name("layerg-pin"))
_LISTING = "".join(f"# example.com/m{number} v1.1.0\n## explicit\nexample.com/m{number}\n" for number in range(70))


def opening_rows(root: Path) -> list[str]:
    """The table of what is measured, on plugins made in `root`; the goals are those of the project."""
    plugins = [_plugin(root, number) for number in range(OPENED)]
    found = [_measure(root, plugins) for _ in range(_RUNS)]
    opened, edited = (statistics.median(each) for each in zip(*found, strict=True))
    return [
        "| many plugins | ms | goal |",
        "|---|---|---|",
        f"| {OPENED} opens without Go | {opened:.0f} | 2000 |",
        f"| {OPENED} opens without Go: an edit in the midst of it | {edited:.0f} | 50 |",
    ]


def _plugin(root: Path, number: int) -> Path:
    """A plugin of 70 requires, of which every seventh differs from its host, which all share."""
    folder, listing = root / f"plugin{number}", root / "host" / "vendor" / "modules.txt"
    folder.mkdir(parents=True)
    if not listing.exists():
        listing.parent.mkdir(parents=True)
        listing.write_text(_LISTING)
        (root / "host" / "go.mod").write_text("module example.com/host\n\ngo 1.23\n")
    requires = "".join(f"\texample.com/m{each} v1.{int(each % 7 != 0)}.0\n" for each in range(70))
    path = folder / "go.mod"
    path.write_text(f"module example.com/plugin{number}\n\ngo 1.23\n\nrequire (\n{requires})\n")
    (folder / "main.go").write_text("package main\n\nfunc InitModule() {}\n")
    (folder / "layerg-pin.toml").write_text('host = "../host"\n')
    return path


def _measure(root: Path, plugins: list[Path]) -> tuple[float, float]:
    """How many milliseconds from the first open until all plugins have diagnostics, and from an edit of the first one,
    made when half of them are opened, until its diagnostics come.
    """
    server = Server((_COMMAND, "lsp"), root, {"goPath": str(root / "no-such-go")})
    texts = {path: path.read_text() for path in plugins}
    uri = plugins[0].as_uri()
    server.request("textDocument/codeLens", {"textDocument": {"uri": uri}})  # returns once the server is loaded
    since = time.monotonic()
    for path in plugins[: OPENED // 2]:
        server.open(path, texts[path])
    edited_at = server.change(uri, 2, f"{texts[plugins[0]]}// edited\n")
    for path in plugins[OPENED // 2 :]:
        server.open(path, texts[path])
    missing = {path.as_uri() for path in plugins}
    edited = 0.0

    def is_last(params: Message) -> bool:
        nonlocal edited
        missing.discard(params["uri"])
        if params["uri"] == uri and params.get("version") == 2 and not edited:
            edited = (time.monotonic() - edited_at) * 1000
        return not missing and bool(edited)

    opened = server.published_any(is_last, since)
    server.close()
    return opened, edited
