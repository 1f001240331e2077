"""Files of 10 MB are answered at once, with what is known of them, and edits of them do not delay other requests."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tests.raw_client import RawClient

HEAD = "module example.com/plugin\n\ngo 1.21\n\nrequire example.com/m1 v1.0.1\n\n"
BODIES = {
    "requires": "require (\n" + "".join(f"\texample.com/team/m{n} v1.0.{n % 9}\n" for n in range(250_000)) + ")\n",
    "comments": "// a comment that fills the file up\n" * 280_000,
    "one line": "// " + "x" * 10_000_000 + "\n",
    "broken lines": "b c d e\n" * 1_250_000,
    "retracts": "".join(f"retract [v1.0.{n}, v1.1.{n}]\n" for n in range(300_000)),
}
_MOST = 10.0
"""Seconds of the processor's time, also on a slow and busy machine; before there were bounds it took 24 and more."""


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A plugin without Go, and its host."""
    folder, listing = tmp_path / "plugin", tmp_path / "host" / "vendor" / "modules.txt"
    folder.mkdir()
    listing.parent.mkdir(parents=True)
    listing.write_text("# example.com/m1 v1.0.0\n## explicit\nexample.com/m1\n")
    (tmp_path / "host" / "go.mod").write_text("module example.com/host\n\ngo 1.21\n\nrequire example.com/m1 v1.0.0\n")
    (folder / "layerg-pin.toml").write_text('host = "../host"\n')
    (folder / "main.go").write_text('package main\n\nimport _ "example.com/m1"\n\nfunc InitModule() {}\n')
    return folder


def processor(client: RawClient) -> float:
    """Seconds that the server has computed, where /proc tells them."""
    if sys.platform != "linux":
        return 0
    fields = Path(f"/proc/{client.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@pytest.mark.parametrize("kind", BODIES)
def test_a_large_gomod(plugin: Path, kind: str) -> None:
    gomod = plugin / "go.mod"
    gomod.write_text(HEAD + BODIES[kind])
    with RawClient(plugin.parent, options={"goPath": str(plugin / "no-such-go")}) as client:
        uri = client.open(gomod)
        client.until(lambda: "not-resolved" in client.codes(uri))
        first = next(each for each in client.diagnostics(uri) if each["code"] == "not-resolved")
        assert first["range"]["start"] == {"line": 0, "character": 0}
        assert "only its first" in first["message"]
        assert "version-mismatch" in client.codes(uri)
        client.until(lambda: client.logged("go command was found"))
        before = processor(client)
        client.change(uri, HEAD.replace("m1 v1.0.1", "m1 v1.0.2") + BODIES[kind], 2)
        client.until(lambda: client.shown[uri].get("version") == 2)
        client.request("textDocument/hover", {"textDocument": {"uri": uri}, "position": {"line": 4, "character": 20}})
        assert processor(client) - before < _MOST / 2
        assert any("v1.0.2" in each["message"] for each in client.diagnostics(uri))
        assert client.leave() == 0
        assert client.complaints == []


def test_a_large_listing_is_read_beside_the_loop(plugin: Path) -> None:
    """While a host's modules.txt of 10 MB is read, a request is answered; its rest is unknown."""
    (plugin / "go.mod").write_text(HEAD)
    listing = plugin.parent / "host" / "vendor" / "modules.txt"
    rest = "".join(f"# example.com/x{n} v1.0.0\n## explicit\nexample.com/x{n}\n" for n in range(200_000))
    with RawClient(plugin.parent, options={"goPath": str(plugin / "no-such-go")}) as client:
        other = plugin.parent / "other" / "go.mod"
        other.parent.mkdir()
        other.write_text("module example.com/other\n")
        asked = {"textDocument": {"uri": client.open(other)}, "position": {"line": 0, "character": 0}}
        assert client.request("textDocument/hover", asked) is None
        listing.write_text(listing.read_text() + rest)
        uri = client.open(plugin / "go.mod")
        began = time.monotonic()
        client.request("textDocument/hover", asked)
        waited = time.monotonic() - began
        assert uri not in client.shown or waited < 0.1
        client.until(lambda: "host-unreadable" in client.codes(uri))
        assert any("modules.txt is l" in each["message"] for each in client.diagnostics(uri))
        assert client.leave() == 0
        assert client.complaints == []
