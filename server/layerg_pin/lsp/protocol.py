"""pygls' protocol, mended where it keeps what is done."""

from __future__ import annotations

import asyncio
from typing import Any

from pygls.protocol import LanguageServerProtocol


class Protocol(LanguageServerProtocol):
    """Forgets what has been handled: pygls 2.1 keeps a future of every notification for good, a kilobyte each."""

    def _execute_handler(self, msg_id: Any, *args: Any, **kwargs: Any) -> None:
        super()._execute_handler(msg_id, *args, **kwargs)
        if future := self._request_futures.get(msg_id):  # a task that still runs needs the reference
            # Soon, and not at once: at shutdown pygls cancels them one after another.
            soon = asyncio.get_running_loop().call_soon_threadsafe
            future.add_done_callback(lambda _: soon(self._request_futures.pop, msg_id, None))
