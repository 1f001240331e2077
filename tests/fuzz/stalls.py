"""A server that records how long its event loop runs without a pause, and how long callbacks wait."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NamedTuple

_BEAT_SECONDS = 0.01
_SERVER = """
import asyncio, atexit, json, sys, threading, time
from asyncio.events import Handle
from pathlib import Path

steps, gaps, started, run = [], [], set(), Handle._run

def beat(loop, due):
    gaps.append(time.monotonic() - due)
    loop.call_later({beat}, beat, loop, time.monotonic() + {beat})

def timed(self):
    if self._loop not in started:
        started.add(self._loop)
        beat(self._loop, time.monotonic())
    wall, cpu = time.perf_counter(), time.thread_time()
    try:
        run(self)
    finally:
        steps.append((time.thread_time() - cpu, time.perf_counter() - wall, repr(self)[:300]))
        if len(steps) > 1000:
            steps[:] = sorted(steps)[-50:]

def write():
    steps.sort()
    Path({path!r}).write_text(json.dumps([steps[-50:], sorted(gaps)[-20:], len(gaps)]))

Handle._run = timed
atexit.register(write)
sys.argv[1:] = ["lsp"]
from layerg_pin.__main__ import run as serve
serve()
"""


class Step(NamedTuple):
    """One step of the event loop: processor time of its thread, and elapsed time, in seconds."""

    cpu: float
    wall: float
    callback: str


class Stalls(NamedTuple):
    """The longest steps in ascending order, and the delay of scheduled callbacks, in seconds."""

    steps: list[Step]
    late: list[float]


def measured_server(path: Path) -> tuple[str, ...]:
    """The command of a server that writes its stalls to this file when it ends."""
    return (sys.executable, "-c", _SERVER.format(path=str(path), beat=_BEAT_SECONDS))


def read_stalls(path: Path) -> Stalls:
    """The output of `measured_server`."""
    steps, late, _ = json.loads(path.read_text())
    return Stalls([Step(*each) for each in steps], late)
