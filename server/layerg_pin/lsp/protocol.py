"""pygls' protocol, mended where it keeps what is done."""

from __future__ import annotations

import asyncio
from typing import Any

from pygls.protocol import LanguageServerProtocol

from layerg_pin.lsp.wire import Json


class Protocol(LanguageServerProtocol):
    """Forgets what has been handled: pygls 2.1 keeps a future of every notification for good, a kilobyte each."""

    def tell(self, method: str, params: Json) -> None:
        """Send a notification that is JSON already: types of the protocol would have to be taken apart again."""
        self._send_data({"jsonrpc": self.VERSION, "method": method, "params": params})

    def as_json(self, value: object) -> object:
        """What a value of the protocol's types came from."""
        return self._converter.unstructure(value)

    def _execute_handler(self, msg_id: Any, *args: Any, **kwargs: Any) -> None:
        super()._execute_handler(msg_id, *args, **kwargs)
        if future := self._request_futures.get(msg_id):  # a task that still runs needs the reference
            # Soon, and not at once: at shutdown pygls cancels them one after another.
            soon = asyncio.get_running_loop().call_soon_threadsafe
            future.add_done_callback(lambda _: soon(self._request_futures.pop, msg_id, None))
