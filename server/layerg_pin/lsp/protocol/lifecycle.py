"""Decide which messages are valid at each stage of a session, and how the others are refused.

Source: JSON-RPC 2.0, "Request object"; Language Server Protocol 3.17, "Lifecycle Messages".
"""

import json
from typing import Any, NamedTuple

from layerg_pin.lsp.protocol.framing import INVALID_REQUEST, Incoming

NOT_INITIALIZED = -32002
_MAX_QUOTED = 80


class Refusal(NamedTuple):
    """Why a message is not handled."""

    message: str
    code: int = INVALID_REQUEST
    request_id: str | int | None = None
    """The id of the refused request; None if it has no valid one."""
    is_answered: bool = True
    """Whether the client gets an error response. Notifications and responses get none."""


class Lifecycle:
    """The stages of one session. Assumes that every message that is not refused is handled."""

    def __init__(self) -> None:
        self._is_initialized = False
        self._has_failed = False
        """Whether an initialize request could not be handled."""
        self._is_confirmed = False
        """Whether the client sent the notification initialized."""
        self._is_shut_down = False

    def refusal(self, incoming: Incoming) -> Refusal | None:
        """Why a message is refused; None if it must be handled. Messages such as shutdown change the stage."""
        if incoming.fault:
            return Refusal(incoming.fault, incoming.code)
        return malformed(incoming.message) or self._out_of_order(incoming.message)

    def initialization_failed(self) -> None:
        """Return to the first stage, because initialize could not be handled. The client may repeat it."""
        self._is_initialized, self._has_failed = False, True

    def _out_of_order(self, message: dict[str, Any]) -> Refusal | None:
        method, request_id = message.get("method"), message.get("id")
        if method == "exit":
            return None
        if method == "initialize" and "id" not in message:
            return Refusal("initialize is a request, and needs an id")
        if self._is_shut_down and method is not None:  # the client may still answer requests
            return Refusal(f"{quoted(method)} came after shutdown", INVALID_REQUEST, request_id, is_request(message))
        if method == "initialize":
            if self._is_initialized:
                return Refusal("initialize came a second time", INVALID_REQUEST, request_id)
            self._is_initialized = True
        elif not self._is_initialized and not (self._has_failed and method == "shutdown"):
            return Refusal(f"{quoted(method)} came before initialize", NOT_INITIALIZED, request_id, is_request(message))
        elif method == "initialized":
            if self._is_confirmed:
                return Refusal("initialized came a second time", is_answered=False)
            self._is_confirmed = True
        elif method == "shutdown" and "id" in message:
            self._is_shut_down = True
        return None


def is_request(message: dict[str, Any]) -> bool:
    """Whether a message needs a response."""
    return "method" in message and "id" in message


def is_id(value: object) -> bool:
    """Whether a value is a valid id of a request: an integer or a string."""
    return isinstance(value, int | str) and not isinstance(value, bool)


def malformed(message: object) -> Refusal | None:
    """Why a JSON value is not a valid JSON-RPC 2.0 message; None if it is one."""
    if isinstance(message, list):
        return Refusal("batches of messages are not supported")
    if not isinstance(message, dict):
        return Refusal(f"a message is not a JSON object: {quoted(message)}")
    method, request_id = message.get("method"), message.get("id")
    has_id = is_id(request_id)
    is_response = "method" not in message and ("result" in message or "error" in message or has_id)
    if "id" in message and not has_id and not is_response:
        return Refusal(f"the id of a request is neither an integer nor a string: {quoted(request_id)}")
    known = request_id if has_id and not is_response else None
    if message.get("jsonrpc") != "2.0":
        return Refusal('a message has no "jsonrpc": "2.0"', request_id=known, is_answered=not is_response)
    if is_response:
        if has_id:
            return None
        error = message.get("error")
        text = error.get("message") if isinstance(error, dict) else None
        return Refusal(f"the client reports an error: {quoted(text or request_id)}", is_answered=False)
    if not isinstance(method, str):
        return Refusal(f"the method is not a string: {quoted(method)}", request_id=known)
    return None


def quoted(value: object) -> str:
    """A value from the client for the log: shortened, and without control characters."""
    if isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= _MAX_QUOTED:
        return value
    if isinstance(value, dict | list):
        return f"{type(value).__name__} of {len(value)}"
    try:
        text = json.dumps(value)
    except ValueError:  # an integer of thousands of digits
        text = "a large number"
    return text if len(text) <= _MAX_QUOTED else f"{text[:_MAX_QUOTED]}…"
