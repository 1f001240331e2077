"""A short version of `make soak`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from layerg_pin.lsp.handlers import create_server
from tests.soak import soak


@pytest.mark.skipif(sys.platform != "linux", reason="the numbers come from /proc")
def test_a_short_editing_session(tmp_path: Path) -> None:
    assert soak(tmp_path, seed=1, steps=500) == []


async def test_what_is_handled_is_forgotten() -> None:
    """pygls keeps a future for each notification that is handled by a task or a generator, as its own handlers are."""
    protocol = create_server().protocol
    handled = asyncio.Event()

    async def task(_: object) -> None:
        handled.set()

    def generator(_: object) -> Iterator[None]:
        return
        yield

    for number, handler in enumerate((task, generator, lambda _: None)):
        protocol._execute_handler(str(number), handler=handler, args=(None,), callback=lambda _: None)
    await handled.wait()
    for _ in range(5):
        await asyncio.sleep(0)  # pending callbacks
    assert protocol._request_futures == {}
