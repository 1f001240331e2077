"""The client's messages, read by a thread: a few are examined early, then all go to the event loop."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from layerg_pin.lsp.framing import Frames, Incoming
from layerg_pin.lsp.json_messages import Json

if TYPE_CHECKING:
    import asyncio  # not at import time: the first answers are given before it is loaded

_CHUNK = 64 * 1024
_MAX_UNHANDLED = 64 * 1024 * 1024
"""In bytes. While the messages that wait to be handled are larger, no more are read."""

Batch = list[Incoming]


class Inbox:
    """The messages that come through a file descriptor. The thread lets one wait for them with a deadline."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._batches: queue.SimpleQueue[Batch] = queue.SimpleQueue()
        self._put: Callable[[Batch], object] = self._batches.put
        self._lock = threading.Lock()
        """Of `_put`, which `connect` changes while messages come."""
        self._ahead: deque[Incoming] = deque()
        """What came and was not examined."""
        self._examined: Batch = []
        self._unhandled = 0
        """The size of the messages that were not handled, in bytes."""
        self._room = threading.Condition()
        threading.Thread(target=self._read, name="layerg-pin-inbox", daemon=True).start()

    def message(self, seconds: float) -> Json | None:
        """The next message; None where none comes in time, or where it is no JSON object."""
        deadline = time.monotonic() + seconds
        while not self._ahead:
            try:
                self._ahead.extend(self._batches.get(timeout=max(0.0, deadline - time.monotonic())))
            except queue.Empty:
                return None
        incoming = self._ahead.popleft()
        self._examined.append(incoming)
        return incoming.message if isinstance(incoming.message, dict) else None

    def connect(self, loop: asyncio.AbstractEventLoop, take: Callable[[Batch], object]) -> None:
        """Give the running event loop all messages from the first one on. The last one has `is_last`.

        Call `handled` for each.
        """

        def pass_on(batch: Batch) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(take, batch)

        with self._lock:
            batch = [*self._examined, *self._ahead]
            while not self._batches.empty():
                batch += self._batches.get()
            take(batch)
            self._put = pass_on
        self._examined.clear()
        self._ahead.clear()

    def handled(self, incoming: Incoming) -> None:
        """A message is done with; more may be read."""
        with self._room:
            self._unhandled -= incoming.size
            self._room.notify()

    def _read(self) -> None:
        # Not sys.stdin: its lock, held while it waits, would keep Python from ending.
        frames, is_open = Frames(), True
        while is_open:
            try:
                chunk = os.read(self._descriptor, _CHUNK)
            except OSError:
                chunk = b""
            batch = list(frames.feed(chunk)) if chunk else [Incoming(is_last=True)]
            is_open = not (batch and batch[-1].is_last)
            if not batch:
                continue
            with self._lock:
                self._put(batch)
            with self._room:
                self._unhandled += sum(each.size for each in batch)
                self._room.wait_for(lambda: self._unhandled < _MAX_UNHANDLED)
