"""The order of a session's work: a request right after an edit is answered before diagnostics are published."""

from __future__ import annotations

import asyncio

from layerg_pin.lsp.protocol.file_uris import uri_of
from layerg_pin.lsp.session.file_modifications import Cause, FileModification, changed_on_disk
from layerg_pin.lsp.session.session import Session
from tests.conftest import Examples
from tests.lsp.conftest import SILENT


async def test_edits_are_read_before_they_are_shown(examples: Examples) -> None:
    shown: list[int | None] = []
    faults: list[str] = []
    session = Session(
        SILENT._replace(
            publish=lambda plugin: shown.append(plugin.document.version),
            log=faults.append,
            warn=lambda words, _: faults.append(words),
        )
    )
    path = examples.plugin / "go.mod"
    uri, text = uri_of(str(path)), path.read_text()
    try:
        session.did_modify_files([FileModification(cause=Cause.OPEN, uri=uri, path=str(path), version=1, text=text)])
        assert shown == [1]
        for version in range(2, 6):
            change = FileModification(
                cause=Cause.CHANGE, uri=uri, path=str(path), version=version, text=f"{text}requires {version}\n"
            )
            session.did_modify_files([change])
        codes = [finding.code for plugin in session.current_plugins() for finding in plugin.findings]
        assert "syntax" in codes, "who asks is answered from the last text"
        assert shown == [1], "and before it is shown"
        for _ in range(3):
            await asyncio.sleep(0)
        assert shown == [1, 5], "of a burst the last is shown"
        assert not faults
    finally:
        session.close()
    path.write_text("module example.com/other\n")
    session.did_modify_files([change._replace(version=6), changed_on_disk(str(path))])
    assert session.documents.texts[uri].version == 5, "after the end of the session events are ignored"
