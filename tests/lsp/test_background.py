"""Background tasks end with the session."""

from __future__ import annotations

import asyncio

import pytest

from layerg_pin.lsp.session.background import BackgroundTasks


def test_a_task_that_is_started_after_the_end_does_not_run() -> None:
    """A file may change after the session ended and before the event loop ends, whose threads may have ended."""
    steps: list[str] = []

    async def work() -> None:
        steps.append("began")
        await asyncio.to_thread(steps.append, "in a thread")

    async def session() -> None:
        tasks = BackgroundTasks(steps.append)
        await tasks.start(work())
        tasks.close()
        late = tasks.start(work())
        assert late.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(session())
    assert steps == ["began", "in a thread"]


def test_a_signal_that_arrives_while_a_task_runs_is_not_an_internal_error(caplog: pytest.LogCaptureFixture) -> None:
    """The handler of a signal raises SystemExit in whatever runs, and the event loop ends with it."""
    logged: list[str] = []

    async def work() -> None:
        raise SystemExit(143)

    async def session() -> None:
        BackgroundTasks(logged.append).start(work())
        await asyncio.Event().wait()

    with pytest.raises(SystemExit):
        asyncio.run(session())
    assert logged == caplog.messages == []
