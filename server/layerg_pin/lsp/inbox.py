"""What the client sends: looked at one message at a time first, then left to pygls from its first byte on."""

from __future__ import annotations

import json
import os
import queue
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from layerg_pin.lsp.wire import Json

if TYPE_CHECKING:
    import asyncio  # not at import time: the first answers are given before it is loaded

_CHUNK = 64 * 1024
_HEADER = re.compile(rb"Content-Length: (\d{1,9})\r\n(?:Content-Type: [^\r\n]*\r\n)?\r\n")


class Inbox:
    """The bytes of a file descriptor, read by a thread, so that one can wait for them no longer than one wants to."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._chunks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._put: Callable[[bytes], object] = self._chunks.put
        self._lock = threading.Lock()
        """Of `_put`, which `connect` changes while chunks come."""
        self._held = bytearray()
        """All that came, looked at or not."""
        self._seen = 0
        """How much of it has been looked at."""
        self._ended = False
        threading.Thread(target=self._read, name="layerg-pin-inbox", daemon=True).start()

    def message(self, seconds: float) -> Json | None:
        """The next message; None where none comes in time, or what comes is none: then pygls is to see it."""
        deadline = time.monotonic() + seconds
        while (message := self._next()) is None:
            try:
                chunk = self._chunks.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return None
            if not chunk:
                self._ended = True
                return None
            self._held += chunk
        return message or None

    def connect(self, loop: asyncio.AbstractEventLoop, reader: asyncio.StreamReader) -> None:
        """Give a reader of the running event loop all that came, from the beginning, and all that will come."""

        def take(chunk: bytes) -> None:
            if chunk:
                reader.feed_data(chunk)
            else:
                reader.feed_eof()

        def pass_on(chunk: bytes) -> None:
            with suppress(RuntimeError):  # the loop has ended, and with it the interest
                loop.call_soon_threadsafe(take, chunk)

        with self._lock:
            if self._held:
                take(bytes(self._held))
            while not self._chunks.empty():
                take(self._chunks.get())
            if self._ended:
                take(b"")
            self._put = pass_on
        self._held.clear()

    def _next(self) -> Json | None:
        """The next message if it is here whole, an empty one where what is here is no message."""
        header = _HEADER.match(self._held, self._seen)
        if header is None:  # wait for the rest of a header, but not for one that reads otherwise
            is_other = self._held.find(b"\r\n\r\n", self._seen) >= 0 or len(self._held) - self._seen > _CHUNK
            return {} if is_other else None
        end = header.end() + int(header[1])
        if len(self._held) < end:
            return None
        body = bytes(self._held[header.end() : end])
        self._seen = end
        try:
            message = json.loads(body)
        except ValueError:
            return {}
        return message if isinstance(message, dict) else {}

    def _read(self) -> None:
        # Not sys.stdin: its lock, held while it waits, would keep Python from ending.
        chunk = b"_"
        while chunk:
            try:
                chunk = os.read(self._descriptor, _CHUNK)
            except OSError:
                chunk = b""
            with self._lock:
                self._put(chunk)
