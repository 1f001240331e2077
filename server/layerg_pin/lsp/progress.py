"""Work-done progress: shown where the client can show it, once the work has lasted a while, and cancellable there."""

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
_PATIENCE_SECONDS = 1.0


@asynccontextmanager
async def progress(server: LanguageServer, title: str, cancellation: Cancellation) -> AsyncIterator[None]:
    """Show `title` from a second on until the context ends; cancelling there cancels the run."""
    shown = asyncio.get_running_loop().create_task(_show(server, title, cancellation))
    try:
        yield
    finally:
        shown.cancel()
        await asyncio.wait((shown,))
        if not shown.cancelled() and (error := shown.exception()):  # as a rule the client's refusal
            _LOG.info("no progress is shown: %s", error)


async def _show(server: LanguageServer, title: str, cancellation: Cancellation) -> None:
    await asyncio.sleep(_PATIENCE_SECONDS)
    token, done = str(uuid.uuid4()), server.work_done_progress
    await done.create_async(token)
    done.tokens[token].add_done_callback(lambda future: cancellation.cancel() if future.cancelled() else None)
    done.begin(token, types.WorkDoneProgressBegin(title=printable(f"layerg-pin: {title}"), cancellable=True))
    try:
        await asyncio.Event().wait()
    finally:
        done.end(token, types.WorkDoneProgressEnd())
        del done.tokens[token]
