"""A host in an image, as an editor sees it: read in a thread, read again when it changes, never fetched by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from tests.conftest import Examples
from tests.hosts.image_files import layer, oci
from tests.lsp.conftest import Start
from tests.lsp.test_session import MISMATCHED, codes, modules, refined
from tests.platform_marks import uses_shell
from tests.real_go.test_open import build_host, build_plugin

NO_SERVER = "contains no Go program that opens plugins"
CHOOSE = "layergPin.chooseHost"


def write_image(path: Path, server: bytes) -> None:
    oci([layer({"srv/game": server})], Entrypoint=["/srv/game"]).archive(path)


@uses_shell
async def test_the_server_in_an_image_is_the_host(examples: Examples, start: Start, tmp_path: Path) -> None:
    build_host(examples.host)
    build_plugin(examples.plugin, tmp_path)
    image = tmp_path / "image.tar"
    write_image(image, (examples.host / "gameserver").read_bytes())
    (examples.plugin / "layerg-pin.toml").write_text('host = "oci-archive:../../image.tar"\n')
    editor = await start(examples.plugin)
    uri = editor.open(examples.plugin / "go.mod")
    assert modules(await editor.until(uri, refined)) == MISMATCHED
    ask = types.ExecuteCommandParams("layergPin.predict", [str(tmp_path / "backend.so"), uri])
    report = await editor.client.workspace_execute_command_async(ask)
    assert report is not None
    assert report.startswith("**rejected**: `plugin was built with a different version of package ")
    editor.forget()
    write_image(image, b"#!/bin/sh\n")
    editor.client.workspace_did_change_watched_files(
        types.DidChangeWatchedFilesParams([types.FileEvent(image.as_uri(), types.FileChangeType.Changed)])
    )
    await editor.until(uri, lambda params: any(NO_SERVER in each.message for each in params.diagnostics))


@uses_shell
async def test_an_image_in_a_registry_is_not_fetched_in_the_background(
    examples: Examples, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("docker", "podman", "skopeo", "crane"):
        (programs / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/was-run\necho no registry here >&2\nexit 1\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    reference = "docker://example.com/game:1.0.0"
    for options in ({}, {"host": reference}):
        (examples.plugin / "layerg-pin.toml").write_text("" if options else f'host = "{reference}"\n')
        editor = await start(examples.plugin, options)
        uri = editor.open(examples.plugin / "go.mod")
        shown = await editor.until(uri, lambda params: "host-unreadable" in codes(params))
        (found,) = (each.message for each in shown.diagnostics if each.code == "host-unreadable")
        assert f"was not fetched yet: run `layerg-pin host show --host {reference}`" in found
        assert not (tmp_path / "was-run").exists()
    await editor.run(CHOOSE, uri, reference)
    assert "it cannot be fetched: docker: no registry here; podman: no registry" in editor.client.messages[-1].message
    assert editor.applied == []
