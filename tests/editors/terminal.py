"""A terminal of 100 columns and 40 lines, for editors that need one."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyte

_LINES, _COLUMNS = 40, 100


class _Screen(pyte.Screen):
    """A screen that leaves alone what pyte takes for colours: Vim's `CSI > 4 ; 2 m`."""

    def select_graphic_rendition(self, *attributes: int, private: bool = False) -> None:
        if not private:
            super().select_graphic_rendition(*attributes)


class Terminal:
    """A program in a terminal of its own; `close` ends it, whatever it does."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], folder: Path, patience: float) -> None:
        self._patience = patience
        self._screen = _Screen(_COLUMNS, _LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._terminal, program_side = pty.openpty()
        size = {"LINES": str(_LINES), "COLUMNS": str(_COLUMNS), "TERM": "xterm-256color"}
        self._program = subprocess.Popen(
            # The terminal must be the controlling one, and have its size before the program reads it.
            ["setsid", "--ctty", "sh", "-c", 'stty rows "$LINES" cols "$COLUMNS"; exec "$@"', "sh", *command],
            env={**env, **size},
            cwd=folder,
            stdin=program_side,
            stdout=program_side,
            stderr=program_side,
        )
        os.close(program_side)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def wait(self, pattern: str) -> None:
        """Wait until the screen shows what a regular expression finds."""
        self._until(lambda: re.search(pattern, self.text) is not None, f"the screen should show {pattern!r}")

    def wait_gone(self, pattern: str) -> None:
        """Wait until the screen no longer shows it."""
        self._until(lambda: re.search(pattern, self.text) is None, f"the screen should not show {pattern!r}")

    def keys(self, keys: str) -> None:
        """Type keys."""
        os.write(self._terminal, keys.encode())

    def wait_ended(self) -> None:
        """Wait until the program has ended by itself."""
        self._until(lambda: self._program.poll() is not None, "the program should end")

    def close(self) -> None:
        """End the program, if it has not ended."""
        with suppress(ProcessLookupError):
            self._program.kill()
        self._program.wait()
        os.close(self._terminal)

    def _until(self, seen: Any, failure: str) -> None:
        deadline = time.monotonic() + self._patience
        while not seen():
            if time.monotonic() > deadline:
                raise AssertionError(f"{failure} within {self._patience} s:\n{self.text}")
            if select.select([self._terminal], [], [], 0.05)[0]:
                with suppress(OSError):  # the program has ended
                    self._stream.feed(os.read(self._terminal, 65536))
