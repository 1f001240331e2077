"""pygls' protocol, mended where it keeps what is done, and where it stumbles over what is late."""

from __future__ import annotations

import asyncio
from typing import Any

from pygls.exceptions import JsonRpcException, JsonRpcInvalidRequest
from pygls.protocol import LanguageServerProtocol

from layerg_pin.core.text import printable
from layerg_pin.lsp.wire import EARLY_REQUEST, Json


class Protocol(LanguageServerProtocol):
    """Forgets what has been handled: pygls 2.1 keeps a future of every notification for good, a kilobyte each.

    And keeps to itself what was said before pygls was loaded, see early.py.
    """

    answered: str | int | None = None
    """The number of the request that has its answer already."""

    def structure_message(self, data: Json) -> Any:
        """A message that cannot be read is a fault of the client's, and pygls tells it so; but a request must also
        have its answer.
        """
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "method" in data and isinstance(number := data.get("id"), int | str):
                self._send_response(number, error=error.to_response_error())
            raise

    def handle_message(self, message: Any) -> None:
        """After shutdown pygls answers no request."""
        number = getattr(message, "id", None)
        if self._shutdown and number is not None and hasattr(message, "method"):
            self._send_response(number, error=JsonRpcInvalidRequest("the server was shut down").to_response_error())
        else:
            super().handle_message(message)

    def _send_response(self, msg_id: Any, result: Any = None, error: Any = None) -> None:
        if error is not None:
            error.message = printable(error.message)
        if self.answered is None or msg_id != self.answered:
            super()._send_response(msg_id, result, error)
            return
        self.answered = None
        if error is not None:  # the client believes that all is well
            self.tell("window/showMessage", {"type": 1, "message": f"layerg-pin: {error.message}"})

    def _handle_response(self, msg_id: Any, result: Any = None, error: Any = None) -> None:
        """What the client answers when nobody waits for it any more is dropped; pygls 2.1 calls that a fault."""
        future = self._request_futures.get(msg_id)
        if future and future.cancelled():
            del self._request_futures[msg_id]
        elif msg_id != EARLY_REQUEST:
            super()._handle_response(msg_id, result, error)

    def cancel_others(self) -> None:
        """Cancel all requests but the one that is handled. At shutdown pygls does so too, and stumbles over those that
        are forgotten as soon as they are cancelled.
        """
        for number, future in list(self._request_futures.items()):
            if number != self.msg_id:
                future.cancel()

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
