"""What is written to the log and the trace, and shown to the user."""

from __future__ import annotations

import asyncio

from lsprotocol import types

from layerg_pin.lsp.fast_start_result import FastStartResult
from layerg_pin.lsp.protocol.file_uris import uri_of
from layerg_pin.lsp.server import Server
from tests.conftest import Examples
from tests.lsp.conftest import Start
from tests.lsp.test_session import refined


async def test_the_trace_is_as_detailed_as_is_set(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin)
    gomod = examples.plugin / "go.mod"
    uri = editor.open(gomod)
    await editor.until(uri, refined)
    await editor.until_logged("go list for")
    assert editor.traced == []
    editor.client.set_trace(types.SetTraceParams(types.TraceValue.Messages))
    editor.save(uri)
    await editor.eventually(lambda: any("Go has answered" in each.message for each in editor.traced))
    assert [each.verbose for each in editor.traced] == [None] * len(editor.traced)
    editor.client.set_trace(types.SetTraceParams(types.TraceValue.Verbose))
    editor.traced.clear()
    editor.save(uri)
    await editor.eventually(lambda: any(each.message == f"{gomod}: 4 findings" for each in editor.traced))
    await editor.eventually(lambda: any("Go has answered" in each.message for each in editor.traced))
    details = "\n".join(each.verbose or "" for each in editor.traced)
    assert f"host: {examples.host}" in details
    assert "error version-mismatch" in details
    assert "packages" in details
    editor.client.set_trace(types.SetTraceParams(types.TraceValue.Off))
    await editor.client.text_document_hover_async(
        types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(0, 0))
    )
    editor.traced.clear()
    editor.save(uri)
    await editor.until_logged("go list for", times=4)
    assert editor.traced == []


async def test_a_trace_that_is_asked_for_at_the_beginning(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, trace=types.TraceValue.Messages)
    editor.open(examples.plugin / "go.mod")
    await editor.eventually(lambda: editor.traced)


async def test_a_wrong_project_file_comes_with_an_action_that_opens_it(examples: Examples, start: Start) -> None:
    project = examples.plugin / "layerg-pin.toml"
    project.write_text(project.read_text() + "packages = 1\n")
    editor = await start(examples.plugin)
    editor.answer = lambda request: "Open layerg-pin.toml"
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    editor.save(uri)
    await editor.until_logged("go list for", times=2)
    (request,) = editor.message_requests
    assert "layerg-pin.toml:3: packages must be a list" in request.message
    assert [each.title for each in request.actions or ()] == ["Open layerg-pin.toml"]
    (shown,) = editor.client.shown_documents
    assert shown.uri == uri_of(str(project))
    assert editor.client.messages == []


async def test_an_answer_that_comes_too_late_is_ignored() -> None:
    """Such as the answer to a progress request for a run of Go that has ended: pygls would raise InvalidStateError."""
    protocol = Server(FastStartResult()).protocol
    late = protocol.send_request_async(types.WINDOW_WORK_DONE_PROGRESS_CREATE, None, "late")
    late.cancel()
    await asyncio.sleep(0)  # by then the future behind it is cancelled, too
    protocol.handle_message(types.WorkDoneProgressCreateResponse("late"))  # type: ignore[arg-type]  # pygls names other types
    assert "late" not in protocol._request_futures
