"""A session with the URIs of VS Code or Neovim and with CRLF files: see, fix, save, change the host, end."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

from layerg_pin.core.text import LineIndex, Span, TextEdit, apply_edits
from layerg_pin.lsp.protocol.file_uris import path_of, uri_of
from tests.conftest import ROOT
from tests.raw_client import CAPABILITIES, Message, RawClient

DOCKERFILE = b"""\
FROM heroiclabs/nakama-pluginbuilder:3.40.0 AS builder\r
COPY . .\r
RUN go build -buildmode=plugin -trimpath -o backend.so\r
FROM heroiclabs/nakama:3.40.0\r
COPY --from=builder /backend/backend.so /nakama/data/modules/\r
"""
VERSIONS = {
    b"go.uber.org/zap v1.26.0": b"go.uber.org/zap v1.28.0",
    b"google.golang.org/protobuf v1.34.2": b"google.golang.org/protobuf v1.36.11",
    b"go.uber.org/multierr v1.10.0": b"go.uber.org/multierr v1.11.0",
}
"""The lines of the example plugin's go.mod that differ from Nakama 3.40.0, and the host's."""
WATCHING: Message = {
    **CAPABILITIES,
    "workspace": {**CAPABILITIES["workspace"], "didChangeWatchedFiles": {"dynamicRegistration": True}},
}


def vscode(path: str) -> str:
    """The URI that vscode-uri writes: the drive in lower case, and all but unreserved characters and `/` encoded."""
    path = re.sub("^[A-Z]:", lambda drive: drive[0].lower(), path)
    return "file://" + quote(_rooted(path))


def neovim(path: str) -> str:
    """The URI of `vim.uri_from_fname`: the drive in upper case; characters of RFC 3986's paths are not encoded."""
    path = re.sub("^[a-z]:", lambda drive: drive[0].upper(), path)
    return "file://" + quote(_rooted(path), safe="/!$&'()*+,;=:@")


def _rooted(path: str) -> str:
    return "/" + path.replace("\\", "/").removeprefix("/")


class Client(NamedTuple):
    """How an editor writes URIs, and what it can do."""

    uri_of: Callable[[str], str]
    capabilities: Message


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A plugin with CRLF files and a host named by an image tag; its path has blanks and characters of many kinds."""
    folder = tmp_path / "Jürgen's Spiel (世界)" / "my plugin"
    shutil.copytree(ROOT / "examples" / "plugin", folder, ignore=shutil.ignore_patterns("layerg-pin.toml", "*.so"))
    gomod = folder / "go.mod"
    gomod.write_bytes(gomod.read_bytes().replace(b"\n", b"\r\n"))
    (folder / "Dockerfile").write_bytes(DOCKERFILE)
    return folder


@pytest.mark.parametrize("editor", [Client(vscode, WATCHING), Client(neovim, CAPABILITIES)], ids=["vscode", "neovim"])
def test_a_session_keeps_crlf_and_the_editors_uris(plugin: Path, editor: Client) -> None:
    gomod, dockerfile = plugin / "go.mod", plugin / "Dockerfile"
    before = gomod.read_bytes()
    expected = before
    for old, new in VERSIONS.items():
        expected = expected.replace(old, new)
    with RawClient(plugin, capabilities=editor.capabilities, uri_of=editor.uri_of) as client:
        uri = client.open(gomod)
        assert uri == editor.uri_of(str(gomod))
        client.until(lambda: client.is_refined(uri), "an answer of Go")
        assert mismatches(client, uri) == {key.decode().split()[0] for key in VERSIONS}

        (found,) = [each for each in client.diagnostics(uri) if each["message"].startswith("go.uber.org/zap is ")]
        places = {each["location"]["uri"] for each in found["relatedInformation"]}
        assert {path_of(each) for each in places} == {path_of(uri_of(str(dockerfile)))}
        text = applied(before.decode(), fix(client, uri, found), uri)
        assert text.encode() == expected
        client.change(uri, text, 2)
        gomod.write_bytes(text.encode())
        client.notify_file("didSave", uri)
        client.until(lambda: not mismatches(client, uri), "no mismatches after the fix")

        dockerfile.write_bytes(DOCKERFILE.replace(b"3.40.0", b"3.26.0"))
        if editor.capabilities is WATCHING:
            changes = [{"uri": editor.uri_of(str(dockerfile)), "type": 2}]
            client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
        client.until(lambda: "google.golang.org/protobuf" in mismatches(client, uri), "mismatches with the new host")
        (found,) = [each for each in client.diagnostics(uri) if "protobuf is " in each["message"]]
        assert "host has v1.36.4 (Nakama 3.26.0, Dockerfile:4)" in found["message"]
        assert gomod.read_bytes() == expected
        assert {each for each in client.shown if each.endswith("go.mod")} == {uri}
        assert client.leave() == 0
        assert client.complaints == []


def mismatches(client: RawClient, uri: str) -> set[str]:
    """The modules of which the versions differ."""
    return {each["message"].split()[0] for each in client.diagnostics(uri) if each["code"] == "version-mismatch"}


def fix(client: RawClient, uri: str, found: Message) -> Any:
    """The edit that aligns all modules."""
    params = {"textDocument": {"uri": uri}, "range": found["range"], "context": {"diagnostics": [found]}}
    actions = {each["title"]: each for each in client.request("textDocument/codeAction", params)}
    return actions["Align all 3 modules with the host"]["edit"]


def applied(text: str, edit: Any, uri: str) -> str:
    """The text of a file after an edit of this file alone."""
    (change,) = edit["documentChanges"]
    assert change["textDocument"]["uri"] == uri
    index = LineIndex(text)

    def offset(at: Message) -> int:
        return index.offset(at["line"], at["character"], "utf-16")

    edits = [
        TextEdit(Span(offset(each["range"]["start"]), offset(each["range"]["end"])), each["newText"])
        for each in change["edits"]
    ]
    return apply_edits(text, edits)
