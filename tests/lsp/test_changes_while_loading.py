"""A file that changes while a plugin is loaded is read again: it is watched with a hash of another content."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from layerg_pin.go.query_types import Cancellation
from layerg_pin.hosts.references import Hosts
from layerg_pin.lsp.protocol.file_uris import uri_of
from layerg_pin.lsp.session import go_scheduler, plugin_loader
from layerg_pin.lsp.session.file_modifications import Cause, FileModification
from layerg_pin.lsp.session.go_tasks import Answer, Question, ask
from layerg_pin.lsp.session.session import Session
from layerg_pin.system.text_files import content_hash
from tests.conftest import Examples
from tests.lsp.conftest import SILENT


@pytest.mark.parametrize("large_lines", [1500, 1])
async def test_a_host_that_changes_during_the_first_check(
    examples: Examples, monkeypatch: pytest.MonkeyPatch, large_lines: int
) -> None:
    """It is noticed for a large go.mod too, whose first check runs in a thread."""
    monkeypatch.setattr(plugin_loader, "_LARGE_LINES", large_lines)
    modules_txt = examples.host / "vendor" / "modules.txt"
    before, read = content_hash(modules_txt), Hosts.read

    def read_and_change(hosts: Hosts, *arguments: object) -> object:
        manifest = read(hosts, *arguments)  # type: ignore[arg-type]  # passed on
        modules_txt.write_text("# changed\n")
        return manifest

    monkeypatch.setattr(Hosts, "read", read_and_change)
    assert await hash_when_watched(modules_txt, examples) == before != content_hash(modules_txt)


async def test_a_source_that_changes_while_go_runs(examples: Examples, monkeypatch: pytest.MonkeyPatch) -> None:
    main = examples.plugin / "main.go"
    assert await hash_when_watched(main, examples) == content_hash(main)

    def ask_and_change(question: Question, cancellation: Cancellation) -> Answer:
        answer = ask(question, cancellation)
        later = time.time_ns() + 10**9  # the clock of a file system may be some milliseconds behind
        os.utime(main, ns=(later, later))
        return answer

    monkeypatch.setattr(go_scheduler, "ask", ask_and_change)
    assert await hash_when_watched(main, examples) is None


async def hash_when_watched(file: Path, examples: Examples) -> int | None:
    """Open the plugin's go.mod in a session. Returns the hash with which it starts watching a file."""
    started: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    def watch(added: Mapping[str, int | None], _: frozenset[str]) -> None:
        if str(file) in added and not started.done():
            started.set_result(added[str(file)])

    session = Session(SILENT._replace(watch=watch))
    path = examples.plugin / "go.mod"
    uri, text = uri_of(str(path)), path.read_text()
    try:
        session.did_modify_files([FileModification(cause=Cause.OPEN, uri=uri, path=str(path), version=1, text=text)])
        return await started
    finally:
        session.close()
