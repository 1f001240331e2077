"""A file that changes while a plugin is loaded is read again: its digest is older than what was read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import nullcontext

import pytest

from layerg_pin.hosts.references import Hosts
from layerg_pin.lsp.protocol.file_uris import uri_of
from layerg_pin.lsp.session import plugin_loader
from layerg_pin.lsp.session.editor import Editor
from layerg_pin.lsp.session.file_modifications import Cause, FileModification
from layerg_pin.lsp.session.session import Session
from layerg_pin.system.text_files import content_digest
from tests.conftest import Examples


@pytest.mark.parametrize("large_lines", [1500, 1])
async def test_a_host_that_changes_during_the_first_check(
    examples: Examples, monkeypatch: pytest.MonkeyPatch, large_lines: int
) -> None:
    """Also for a large go.mod, whose first check runs in a thread."""
    monkeypatch.setattr(plugin_loader, "_LARGE_LINES", large_lines)
    modules_txt = examples.host / "vendor" / "modules.txt"
    before, read = content_digest(modules_txt), Hosts.read

    def read_and_change(hosts: Hosts, *arguments: object) -> object:
        manifest = read(hosts, *arguments)  # type: ignore[arg-type]  # passed on
        modules_txt.write_text("# changed\n")
        return manifest

    monkeypatch.setattr(Hosts, "read", read_and_change)
    watched: dict[str, bytes | None] = {}

    def watch(added: Mapping[str, bytes | None], _: frozenset[str]) -> None:
        watched.update(added)

    session = Session(
        Editor(
            publish=lambda _: None,
            publish_document=lambda *_: None,
            withdraw=lambda _: None,
            log=lambda _: None,
            warn=lambda *_: None,
            watch=watch,
            progress=lambda *_: nullcontext(),
            refresh=lambda: None,
            trace=lambda *_: None,
        )
    )
    path = examples.plugin / "go.mod"
    opened = FileModification(cause=Cause.OPEN, uri=uri_of(str(path)), path=str(path), version=1, text=path.read_text())
    try:
        session.did_modify_files([opened])
        assert await session.loaded_plugin(opened.uri)
        while not watched:  # the first diagnostics do not wait for it
            await asyncio.sleep(0)
        assert watched[str(modules_txt)] == before != content_digest(modules_txt)
    finally:
        session.close()
