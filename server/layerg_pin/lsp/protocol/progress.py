"""Work-done progress: shown for work that takes longer than a second, and cancellable by the user."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from layerg_pin.core.text import printable
from layerg_pin.go.query_types import Cancellation

_LOG = logging.getLogger(__name__)
_DELAY_SECONDS = 1.0


@asynccontextmanager
async def progress(server: LanguageServer, title: str, cancellation: Cancellation) -> AsyncIterator[None]:
    """Show progress with a title until the context ends. If the user cancels it, `cancellation` is cancelled."""
    task = asyncio.get_running_loop().create_task(_show(server, title, cancellation))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))
        if not task.cancelled() and (error := task.exception()):  # usually the client refused to create it
            _LOG.info("no progress is shown: %s", error)


async def _show(server: LanguageServer, title: str, cancellation: Cancellation) -> None:
    await asyncio.sleep(_DELAY_SECONDS)
    token, done = str(uuid.uuid4()), server.work_done_progress
    await done.create_async(token)
    done.tokens[token].add_done_callback(lambda future: cancellation.cancel() if future.cancelled() else None)
    done.begin(token, types.WorkDoneProgressBegin(title=printable(f"layerg-pin: {title}"), cancellable=True))
    try:
        await asyncio.Event().wait()
    finally:
        done.end(token, types.WorkDoneProgressEnd())
        del done.tokens[token]
