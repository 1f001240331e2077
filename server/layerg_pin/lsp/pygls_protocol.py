"""pygls' protocol, mended where it keeps what is done, and where it stumbles over what is late."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from cattrs.errors import BaseValidationError
from lsprotocol.types import ResponseError, ResponseErrorMessage
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.protocol import (
    JsonRPCNotification,
    JsonRPCRequestMessage,
    JsonRPCResponseMessage,
    LanguageServerProtocol,
)

from layerg_pin.core.text import printable
from layerg_pin.lsp.framing import Incoming
from layerg_pin.lsp.gate import Gate, Refusal, shown
from layerg_pin.lsp.json_messages import EARLY_REQUEST, Json

_LOG = logging.getLogger(__name__)


class Protocol(LanguageServerProtocol):
    """Forgets what has been handled: pygls 2.1 keeps a future of every notification for good, a kilobyte each.

    And keeps to itself what was said before pygls was loaded, see early.py.
    """

    answered: str | int | None = None
    """The number of the request that has its answer already."""

    # pygls keeps texts by a URI that it has unquoted, so that `%20` and ` ` are one; server.py keeps them as they came.
    lsp_text_document__did_open = lsp_text_document__did_change = lsp_text_document__did_close = None  # type: ignore[assignment]
    lsp_notebook_document__did_open = lsp_notebook_document__did_change = None  # type: ignore[assignment]
    lsp_notebook_document__did_close = None  # type: ignore[assignment]  # likewise, and notebooks are not used

    def __init__(self, server: Any, converter: Any) -> None:
        super().__init__(server, converter)
        self._gate = Gate()
        self.has_exited = False
        """Whether the client sent `exit`."""

    def receive(self, incoming: Incoming) -> None:
        """Handle a message, or answer why not. A client's mistake is one line in the log; the session goes on."""
        try:
            self._receive(incoming)
        except Exception as error:
            self._server._report_server_error(error, JsonRpcException)

    def _receive(self, incoming: Incoming) -> None:
        refusal, message = self._gate.refusal(incoming), incoming.message
        if refusal:
            self._refuse(refusal)
        elif message.get("method") == "exit":
            self.has_exited = True
        elif "method" in message and not self._is_known(message["method"]):
            if "id" in message:
                self._refuse(Refusal(f"method not found: {shown(message['method'])}", -32601, message["id"]))
            elif not message["method"].startswith("$/"):  # which may always be ignored
                self._refuse(Refusal(f"unknown notification: {shown(message['method'])}", is_answered=False))
        else:
            self._dispatch(message)

    def _is_known(self, method: str) -> bool:
        return method == "$/cancelRequest" or method in self.fm.builtin_features or method in self.fm.features

    def _dispatch(self, message: Json) -> None:
        method, number = message.get("method"), message.get("id")
        if method and "id" not in message and self.get_result_type(method):
            self._refuse(Refusal(f"{method} is a request, and needs an id"))
            return
        try:
            structured = self._converter.structure(message, self._type_of(message))
            if method and "id" in message and not hasattr(structured, "id"):
                raise TypeError("it is a notification, and has no id")
        except Exception as error:  # whatever the converter stumbles over, it is in the message
            if method == "initialize" and self.answered is None:  # else the client believes that it is initialized
                self._gate.initialization_failed()
            if method is None:
                self._fail(message["id"], error)
                return
            words = f"{shown(method)} has invalid parameters: {shown(_cause(error))}"
            self._refuse(Refusal(words, JsonRpcInvalidParams.CODE, number, "id" in message))
            return
        self.handle_message(structured)

    def _type_of(self, message: Json) -> Any:
        """The protocol's type of a message, or that of any request, notification or response."""
        method = message.get("method")
        if method is not None:
            general = JsonRPCRequestMessage if "id" in message else JsonRPCNotification
            return self.get_message_type(method) or general
        if "error" in message:
            return ResponseErrorMessage
        message.setdefault("result", None)  # JavaScript's undefined
        return self._result_types.pop(message["id"], None) or JsonRPCResponseMessage

    def _fail(self, number: str | int, error: Exception) -> None:
        """The client's answer cannot be read: who waits for it gets an error."""
        future = self._request_futures.pop(number, None)
        if future and not future.done():
            future.set_exception(JsonRpcInvalidParams(f"the client's answer cannot be read: {shown(_cause(error))}"))

    def _refuse(self, refusal: Refusal) -> None:
        _LOG.warning("the client's mistake: %s", refusal.words)
        if refusal.is_answered and refusal.number is None:  # pygls leaves out what is null
            error = {"code": refusal.code, "message": refusal.words}
            self._send_data({"jsonrpc": self.VERSION, "id": None, "error": error})
        elif refusal.is_answered:
            self._send_response(refusal.number, error=ResponseError(refusal.code, refusal.words))

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


def _cause(error: BaseException) -> str:
    """The innermost error of those that the converter wraps in each other."""
    while isinstance(error, BaseValidationError) and error.exceptions:
        error = error.exceptions[0]
    return str(error)
