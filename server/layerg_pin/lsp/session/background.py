"""Background tasks of a session in its event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

_LOG = logging.getLogger(__name__)


class BackgroundTasks:
    """Runs tasks, reports their errors, and cancels them at the end of the session."""

    def __init__(self, log: Callable[[str], None]) -> None:
        """`log` writes to the client's log."""
        self._log = log
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Future[None]:
        """Run a coroutine as a task. After `close` it does not run, and the result is a cancelled future.

        The event loop is then about to end: its threads may have ended, and another task would never finish.
        """
        loop = asyncio.get_running_loop()
        if self._is_closed:
            work.close()
            cancelled = loop.create_future()
            cancelled.cancel()
            return cancelled
        task = loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def report(self, error: BaseException) -> None:
        """Log an internal error, here and at the client."""
        _LOG.error("%s", error, exc_info=error)
        self._log(f"internal error of layerg-pin: {error!r}")

    def close(self) -> None:
        """Cancel all tasks. No other task starts afterwards."""
        self._is_closed = True
        for task in self._tasks:
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):  # not the SystemExit of a signal that arrived while the task ran
            self.report(error)
