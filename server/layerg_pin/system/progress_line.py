"""Show the current step of a long command and its time on a terminal."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType

from layerg_pin.system.shared_options import shows_progress
from layerg_pin.system.terminal import print_note, rewrite_error_line

_INTERVAL = 1.0
"""In seconds."""
_DELAY = 0.4
"""In seconds: shorter work shows no line."""
_WIDTH = 76


class ProgressLine:
    """A line on standard error with the current step, which disappears at the end of each `with` block.

    Only a terminal gets such a line, and only if a step takes a while. Steps outside of a block are ignored.
    """

    def __init__(self) -> None:
        self._shown = False
        self._text = ""
        self._since = 0.0
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._ticker: threading.Thread | None = None

    def __enter__(self) -> ProgressLine:
        self._shown = shows_progress(sys.stderr)
        self._ended = threading.Event()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._shown = False
        self._ended.set()
        if self._ticker:
            self._ticker.join()
            self._ticker = None
            self._write("")

    def announce(self, text: str) -> None:
        """Print a line that stays."""
        print_note(text)
        sys.stderr.flush()

    def step(self, text: str) -> None:
        """Start a step."""
        with self._lock:
            self._text, self._since = text, time.monotonic()
        if self._shown and self._ticker is None:
            self._ticker = threading.Thread(target=self._tick, name="layerg-pin-progress", daemon=True)
            self._ticker.start()

    def _tick(self) -> None:
        self._ended.wait(_DELAY)
        while not self._ended.is_set():
            with self._lock:
                text, seconds = self._text, time.monotonic() - self._since
            self._write(f"{text[:_WIDTH]}… {seconds:.0f} s")
            self._ended.wait(_INTERVAL)

    def _write(self, text: str) -> None:
        try:
            rewrite_error_line(text)
        except (OSError, ValueError):  # the terminal is gone
            self._ended.set()
