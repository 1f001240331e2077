"""Write to a file descriptor without blocking the caller if nobody reads.

The server writes standard output and standard error this way. A client that does not read one of them must not block
the event loop, or the thread that waits for the end of the client.
"""

from __future__ import annotations

import io
import os
import select
import stat
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from layerg_pin.system.terminal import escaped_lines

MAX_OUTPUT = 256 * 1024 * 1024
"""In bytes. If more is unread, the session ends."""
_MAX_LOG = 256 * 1024
"""In bytes. More log text is dropped and counted until the log is read."""
_CHUNK = 16 * 1024
"""In bytes. The thread frees room in the queue after each chunk."""
_POLL_SECONDS = 0.5
_LAST_SECONDS = 1.0
"""How long the server waits at its end for the client to read the last messages."""


class Outbox:
    """A queue of at most `limit` bytes. Writes what fits into the pipe at once, and the rest in a thread."""

    def __init__(self, descriptor: int, limit: int, failed: Callable[[], object]) -> None:
        """`failed` is called from the thread if bytes cannot be written; these are dropped."""
        self._descriptor = descriptor
        self._limit = limit
        self._failed = failed
        mode = os.fstat(descriptor).st_mode
        self._is_pipe = hasattr(select, "poll") and (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode))
        """Whether `poll` reports that PIPE_BUF bytes can be written without blocking (Linux, macOS)."""
        if self._is_pipe:
            self._room = select.poll()
            self._room.register(descriptor, select.POLLOUT)
        self._waiting: deque[bytes] = deque()
        self._size = 0
        """The number of bytes in the queue and of those being written."""
        self._more = threading.Condition()
        threading.Thread(target=self._write, name="layerg-pin-outbox", daemon=True).start()

    def put(self, data: bytes) -> bool:
        """Write bytes now or soon. Returns False if the queue is too full; the bytes are dropped then."""
        with self._more:
            if not self._size:
                data = self._write_at_once(data)
            if self._size + len(data) > self._limit:
                return False
            if data:
                self._size += len(data)
                self._waiting.append(data)
                self._more.notify_all()
        return True

    def _write_at_once(self, data: bytes) -> bytes:
        """Write what fits into a pipe. Returns the rest, which is everything if that could block or fails.

        Waking the thread takes half a millisecond, as long as everything else that an edit needs.
        """
        if not self._is_pipe:
            return data
        written, unwritten = 0, memoryview(data)
        with suppress(OSError):  # the thread tries again and reports the error
            while written < len(data) and self._room.poll(0) == [(self._descriptor, select.POLLOUT)]:
                written += os.write(self._descriptor, unwritten[written : written + select.PIPE_BUF])
        return data[written:]

    def drain(self, seconds: float) -> None:
        """Wait until everything is written, at most `seconds`."""
        deadline = time.monotonic() + seconds
        with self._more:
            self._more.wait_for(lambda: not self._size, max(0.0, deadline - time.monotonic()))

    def _write(self) -> None:
        while True:
            with self._more:
                self._more.wait_for(lambda: self._waiting)
                data = b"".join(self._waiting)
                self._waiting.clear()
            unwritten = memoryview(data)
            try:
                while unwritten:
                    written = self._write_some(unwritten)
                    unwritten = unwritten[written:]
                    self._release(written)
            except OSError:  # a closed pipe, a full disk
                self._failed()
                self._release(len(unwritten))

    def _write_some(self, data: memoryview) -> int:
        try:
            return os.write(self._descriptor, data[:_CHUNK])
        except BlockingIOError:  # another process made the descriptor non-blocking
            select.select([], [self._descriptor], [], _POLL_SECONDS)
            return 0

    def _release(self, count: int) -> None:
        """Make room in the queue for as many bytes as were written or dropped."""
        with self._more:
            self._size -= count
            self._more.notify_all()


class Output:
    """Sends messages to the client as long as it reads them. A writer in the terms of pygls."""

    def __init__(self, descriptor: int) -> None:
        self._outbox = Outbox(descriptor, MAX_OUTPUT, self._end)
        self._lock = threading.Lock()
        """Guards the two attributes below."""
        self._has_ended = False
        self._gone: Callable[[], object] | None = None

    def write(self, data: bytes) -> None:
        """Send the bytes of a message, if the client still reads."""
        if not self._has_ended and not self._outbox.put(data):
            sys.stderr.write(f"layerg-pin: the client left {MAX_OUTPUT} bytes unread\n")
            self._end()

    def when_gone(self, call: Callable[[], object]) -> None:
        """Call a function, from any thread, when the client stops reading; at once if it already has."""
        with self._lock:
            self._gone = call
            has_ended = self._has_ended
        if has_ended:
            call()

    def close(self) -> None:
        """Wait a moment for the client to read the last messages."""
        if not self._has_ended:
            self._outbox.drain(_LAST_SECONDS)

    def _end(self) -> None:
        with self._lock:
            self._has_ended, gone = True, None if self._has_ended else self._gone
        if gone:
            gone()


class LogStream(io.TextIOBase):
    """A text stream that replaces sys.stderr. Writing to it never blocks and never fails."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._outbox = Outbox(descriptor, _MAX_LOG, lambda: None)
        self._dropped = 0

    def write(self, text: str) -> int:
        """Write a text, or drop it if the queue is full."""
        if self._dropped and self._outbox.put(b"layerg-pin: %d log entries were dropped\n" % self._dropped):
            self._dropped = 0
        if self._dropped or not self._outbox.put(escaped_lines(text).encode("utf-8", "backslashreplace")):
            self._dropped += 1
        return len(text)

    def writable(self) -> bool:
        """True."""
        return True

    def fileno(self) -> int:
        """The file descriptor, for faulthandler and similar modules."""
        return self._descriptor

    def drain(self, seconds: float) -> None:
        """Wait until everything is written, at most `seconds`."""
        self._outbox.drain(seconds)


def log_without_waiting() -> None:
    """Replace sys.stderr, so that logging, warnings and tracebacks never block."""
    import atexit

    stream = LogStream(sys.stderr.fileno())
    sys.stderr = stream
    atexit.register(stream.drain, _POLL_SECONDS)
