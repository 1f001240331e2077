"""Read the client's messages in a thread, and pass them to the event loop."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from layerg_pin.lsp.protocol.framing import Frames, Incoming
from layerg_pin.lsp.protocol.json_values import Json

if TYPE_CHECKING:
    import asyncio  # not at run time: the first answers are sent before asyncio is loaded

_CHUNK = 64 * 1024
_MAX_UNHANDLED = 64 * 1024 * 1024
"""In bytes. Reading pauses while the unhandled messages are larger."""

Batch = list[Incoming]


class Inbox:
    """The messages from a file descriptor.

    `peek` looks at the first ones before there is an event loop; `connect` then delivers all, including these.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._batches: queue.SimpleQueue[Batch] = queue.SimpleQueue()
        self._put: Callable[[Batch], object] = self._batches.put
        self._lock = threading.Lock()
        """Guards `_put`, which `connect` replaces while messages arrive."""
        self._unseen: deque[Incoming] = deque()
        """Messages that arrived and that `peek` has not returned yet."""
        self._peeked: Batch = []
        self._unhandled = 0
        """The size of the unhandled messages, in bytes."""
        self._room = threading.Condition()
        threading.Thread(target=self._read, name="layerg-pin-inbox", daemon=True).start()

    def peek(self, seconds: float) -> Json | None:
        """The next message; None if none arrives within `seconds`, or if it is not a JSON object."""
        deadline = time.monotonic() + seconds
        while not self._unseen:
            try:
                self._unseen.extend(self._batches.get(timeout=max(0.0, deadline - time.monotonic())))
            except queue.Empty:
                return None
        incoming = self._unseen.popleft()
        self._peeked.append(incoming)
        return incoming.message if isinstance(incoming.message, dict) else None

    def connect(self, loop: asyncio.AbstractEventLoop, take: Callable[[Batch], object]) -> None:
        """Pass all messages, from the first one on, to `take` in the running event loop. The last one has `is_last`.

        The caller must call `handled` for each message.
        """

        def pass_on(batch: Batch) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(take, batch)

        with self._lock:
            batch = [*self._peeked, *self._unseen]
            while not self._batches.empty():
                batch += self._batches.get()
            take(batch)
            self._put = pass_on
        self._peeked.clear()
        self._unseen.clear()

    def handled(self, incoming: Incoming) -> None:
        """Release the memory limit that a message uses, after it was handled."""
        with self._room:
            self._unhandled -= incoming.size
            self._room.notify()

    def _read(self) -> None:
        # os.read, because a thread that waits in sys.stdin holds a lock that keeps Python from exiting
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
