"""URIs as editors write them on Windows."""

from __future__ import annotations

import sys

import pytest

from layerg_pin.lsp.protocol.file_uris import path_of, uri_of

pytestmark = pytest.mark.skipif(sys.platform != "win32", reason="paths with drives are local only on Windows")


@pytest.mark.parametrize(
    "uri",
    [
        *("file:///c%3A/my%20game/go.mod", "file:///C:/my%20game/go.mod", "file:///c:/my%20game/go.mod"),
        *("file:///C%3a/my%20game/go%2Emod", "file://localhost/c:/my%20game/go.mod", "FILE:///c:/my%20game/go.mod"),
        *("file:///c:/my%20game//./go.mod", "file:///c:/my%20game/go.mod/", "file:///c:/my%20game/go.mod#L3"),
    ],
)
def test_all_spellings_are_one_path(uri: str) -> None:
    path = path_of(uri)
    assert path == "C:\\my game\\go.mod"
    assert uri_of(path) == "file:///C:/my%20game/go.mod"


@pytest.mark.parametrize("name", ["wsl%24", "wsl.localhost", "server"])
def test_a_file_of_a_share_or_of_wsl(name: str) -> None:
    uri = f"file://{name}/Ubuntu/my%20game/go.mod"
    path = path_of(uri)
    assert path == f"\\\\{name.replace('%24', '$')}\\Ubuntu\\my game\\go.mod"
    assert path_of(uri_of(path)) == path


@pytest.mark.parametrize("uri", ["file:///w/go.mod", "file:///", "untitled:c%3A/go.mod"])
def test_a_path_without_a_drive_is_not_on_this_machine(uri: str) -> None:
    assert path_of(uri) is None
