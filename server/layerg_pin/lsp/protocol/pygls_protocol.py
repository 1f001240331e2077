"""The protocol of pygls, with corrections. The only file that uses private names of pygls (2.1).

pygls has no public hooks for these:

- `_send_data`: send JSON that is not built from the protocol's types, and errors whose id is null.
- `_send_response`: leave out the response to initialize that `fast_start` sent already.
- `_request_futures`, `_result_types`, `_execute_handler`, `_handle_response`: forget handled notifications, of which
  pygls keeps a future each, about 1 KiB; and ignore late responses, which pygls reports as errors.
- `_run_generator`: cancel the request of a command whose task is cancelled, for which pygls raises an error.
- `_converter`, `_server`: validate messages before they are handled, and report errors as the server does.
- `_handle_request`, `_handle_notification`: distinguish messages faster. pygls uses isinstance on a typing.Protocol,
  which takes a quarter of the time of didOpen.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Generator, Iterable
from contextvars import copy_context
from typing import Any

from cattrs.errors import BaseValidationError
from lsprotocol import types
from lsprotocol.types import ResponseError, ResponseErrorMessage
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.protocol import (
    JsonRPCNotification,
    JsonRPCRequestMessage,
    JsonRPCResponseMessage,
    LanguageServerProtocol,
    lsp_method,
)

from layerg_pin.core.text import printable
from layerg_pin.lsp.fast_start_result import NO_FAST_START
from layerg_pin.lsp.protocol.framing import Incoming
from layerg_pin.lsp.protocol.json_values import Json, Report
from layerg_pin.lsp.protocol.lifecycle import Lifecycle, Refusal, is_id, quoted
from layerg_pin.lsp.protocol.server_capabilities import initialize_result

_LOG = logging.getLogger(__name__)


class Protocol(LanguageServerProtocol):
    """Validates messages, tolerates late and invalid ones, and omits what `fast_start` lists."""

    fast_start = NO_FAST_START

    # pygls keeps texts under unquoted URIs, so that `%20` and ` ` are the same; the session keeps the client's URIs.
    lsp_text_document__did_open = lsp_text_document__did_change = lsp_text_document__did_close = None  # type: ignore[assignment]
    lsp_notebook_document__did_open = lsp_notebook_document__did_change = None  # type: ignore[assignment]
    lsp_notebook_document__did_close = None  # type: ignore[assignment]  # likewise, and notebooks are not used

    def __init__(self, server: Any, converter: Any) -> None:
        super().__init__(server, converter)
        self._lifecycle = Lifecycle()
        self.has_exited = False
        """Whether the client sent exit."""
        self._cancelled: set[str | int] = set()
        """The requests that are cancelled by messages that are not handled yet."""

    def receive(self, incoming: Incoming) -> None:
        """Handle a message, or refuse it with an error. The session goes on after an invalid message."""
        try:
            self._receive(incoming)
        except Exception as error:
            self._server._report_server_error(error, JsonRpcException)

    def note_cancellations(self, batch: Iterable[Incoming]) -> None:
        """Note the requests that are cancelled by messages that have arrived but are not handled yet."""
        self._cancelled.update(number for each in batch if (number := _cancelled_request(each.message)) is not None)

    def _receive(self, incoming: Incoming) -> None:
        refusal, message = self._lifecycle.refusal(incoming), incoming.message
        if self._cancelled and (number := _cancelled_request(message)) is not None:
            self._cancelled.discard(number)
        if refusal:
            self._refuse(refusal)
        elif self._cancelled and _is_cancellable(message) and message["id"] in self._cancelled:
            error = ResponseError(types.LSPErrorCodes.RequestCancelled, "the request was cancelled")
            self._send_response(message["id"], error=error)
        elif message.get("method") == "exit":
            self.has_exited = True
        elif "method" in message and not self._is_known(message["method"]):
            if "id" in message:
                self._refuse(Refusal(f"method not found: {quoted(message['method'])}", -32601, message["id"]))
            elif not message["method"].startswith("$/"):  # notifications with this prefix may be ignored
                self._refuse(Refusal(f"unknown notification: {quoted(message['method'])}", is_answered=False))
        else:
            self._dispatch(message)

    def _is_known(self, method: str) -> bool:
        return method == "$/cancelRequest" or method in self.fm.builtin_features or method in self.fm.features

    def _dispatch(self, message: Json) -> None:
        method, number = message.get("method"), message.get("id")
        if method and "id" not in message and self.get_result_type(method):
            self._refuse(Refusal(f"{method} is a request, and needs an id"))
            return
        if method == types.WORKSPACE_EXECUTE_COMMAND and isinstance(message.get("params"), dict):
            arguments = message["params"].get("arguments")  # pygls checks their number only if there is a list
            message["params"]["arguments"] = [] if arguments is None else arguments
        try:
            structured = self._converter.structure(message, self._type_of(message))
            if method and "id" in message and not hasattr(structured, "id"):
                raise TypeError("it is a notification, and has no id")
        except Exception as error:  # the converter raises many types
            if method == "initialize" and self.fast_start.answered_id is None:
                self._lifecycle.initialization_failed()
            if method is None:
                self._fail(message["id"], error)
                return
            message_text = f"{quoted(method)} has invalid parameters: {quoted(_cause(error))}"
            self._refuse(Refusal(message_text, JsonRpcInvalidParams.CODE, number, "id" in message))
            return
        if method is None:
            self.handle_message(structured)
        elif "id" in message:
            copy_context().run(self._handle_request, message["id"], method, structured.params)
        else:
            copy_context().run(self._handle_notification, method, structured.params)

    def _type_of(self, message: Json) -> Any:
        """The type of a message, by its method or by the request that it answers."""
        method = message.get("method")
        if method is not None:
            general = JsonRPCRequestMessage if "id" in message else JsonRPCNotification
            return self.get_message_type(method) or general
        if "error" in message:
            return ResponseErrorMessage
        message.setdefault("result", None)  # JavaScript omits undefined values
        return self._result_types.pop(message["id"], None) or JsonRPCResponseMessage

    def _fail(self, number: str | int, error: Exception) -> None:
        """Raise an error in the code that waits for a response, because the response is not valid."""
        future = self._request_futures.pop(number, None)
        if future and not future.done():
            future.set_exception(JsonRpcInvalidParams(f"the client's answer cannot be read: {quoted(_cause(error))}"))

    def _refuse(self, refusal: Refusal) -> None:
        _LOG.warning("invalid message from the client: %s", refusal.message)
        if refusal.is_answered and refusal.request_id is None:  # pygls omits an id that is null
            error = {"code": refusal.code, "message": refusal.message}
            self._send_data({"jsonrpc": self.VERSION, "id": None, "error": error})
        elif refusal.is_answered:
            self._send_response(refusal.request_id, error=ResponseError(refusal.code, refusal.message))

    def _send_response(self, msg_id: Any, result: Any = None, error: Any = None) -> None:
        if error is not None:
            error.message = printable(error.message)
        if self.fast_start.report and msg_id == self.fast_start.report.request_id:
            known, self.fast_start = self.fast_start.report.result_id, self.fast_start._replace(report=None)
            is_same = isinstance(result, Report) and result.json["resultId"] == known
            if not is_same or "relatedDocuments" in result.json:
                self._server.workspace_diagnostic_refresh(None)
            return
        if isinstance(result, Report):
            self._send_data({"jsonrpc": self.VERSION, "id": msg_id, "result": result.json})
            return
        if self.fast_start.answered_id is None or msg_id != self.fast_start.answered_id:
            super()._send_response(msg_id, result, error)
            return
        self.fast_start = self.fast_start._replace(answered_id=None)
        if error is not None:  # the client has a successful response already
            self.notify_json("window/showMessage", {"type": 1, "message": f"layerg-pin: {error.message}"})

    def _handle_response(self, msg_id: Any, result: Any = None, error: Any = None) -> None:
        """Ignore responses to cancelled requests, and to that of `fast_start`."""
        future = self._request_futures.get(msg_id)
        if future and future.cancelled():
            del self._request_futures[msg_id]
        elif self.fast_start.asked_id is None or msg_id != self.fast_start.asked_id:
            super()._handle_response(msg_id, result, error)

    def cancel_other_requests(self) -> None:
        """Cancel all requests except the current one. pygls does so at shutdown, but fails for those that are removed
        as soon as they are cancelled.
        """
        for number, future in list(self._request_futures.items()):
            if number != self.msg_id:
                future.cancel()

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        """Answer initialize with the same result as `fast_start`."""
        yield from super().lsp_initialize(params)
        name = params.client_info.name if params.client_info else None
        result = initialize_result(self.as_json(params.capabilities), name)
        return self._converter.structure(result, types.InitializeResult)

    def notify_json(self, method: str, params: Json) -> None:
        """Send a notification whose parameters are JSON."""
        self._send_data({"jsonrpc": self.VERSION, "method": method, "params": params})

    def as_json(self, value: object) -> object:
        """The JSON of a value of the protocol's types."""
        return self._converter.unstructure(value)

    def _run_generator(self, future: Any, *, gen: Any, result_future: Any) -> None:
        """Continue a request such as workspace/executeCommand after the handler that it waits for."""
        if future is None or not future.cancelled():
            super()._run_generator(future, gen=gen, result_future=result_future)
            return
        gen.close()
        result_future.cancel()

    def _execute_handler(self, msg_id: Any, *args: Any, **kwargs: Any) -> None:
        super()._execute_handler(msg_id, *args, **kwargs)
        if future := self._request_futures.get(msg_id):  # kept while the task runs
            # Removed in the next turn of the loop, because pygls iterates over the futures at shutdown.
            soon = asyncio.get_running_loop().call_soon_threadsafe
            future.add_done_callback(lambda _: soon(self._request_futures.pop, msg_id, None))


def _cancelled_request(message: object) -> str | int | None:
    """The id of the request that a message cancels, if it cancels one."""
    if not isinstance(message, dict) or message.get("method") != types.CANCEL_REQUEST:
        return None
    params = message.get("params")
    number = params.get("id") if isinstance(params, dict) else None
    return number if is_id(number) else None


def _is_cancellable(message: Json) -> bool:
    """Whether a message is a request that changes nothing if it is not handled."""
    method = str(message.get("method"))
    others = (types.WORKSPACE_EXECUTE_COMMAND, types.WORKSPACE_DIAGNOSTIC)
    return "id" in message and (method.startswith("textDocument/") or method in others)


def _cause(error: BaseException) -> str:
    """The text of the innermost error, which the converter wraps in others."""
    while isinstance(error, BaseValidationError) and error.exceptions:
        error = error.exceptions[0]
    return str(error)
