"""Processes that a test started, found by a mark in their environment, wherever they are in the process tree."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

MARK = "LAYERG_PIN_TEST_RUN"


def marked(mark: str) -> dict[int, str]:
    """The running processes that were started with this mark or hold it in their command line: id and command line."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal() or folder.name == str(os.getpid()):
            continue
        try:
            environment = (folder / "environ").read_bytes()
            command = (folder / "cmdline").read_bytes()
        except OSError:  # it ended, or is not ours
            continue
        if f"{MARK}={mark}".encode() in environment or mark.encode() in command:
            found[int(folder.name)] = command.replace(b"\0", b" ").decode("utf-8", "replace").strip()
    return found


def left_behind(mark: str, within: float = 5.0) -> dict[int, str]:
    """The marked processes that still run after a grace period; they are killed."""
    deadline = time.monotonic() + within
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.01)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return left
