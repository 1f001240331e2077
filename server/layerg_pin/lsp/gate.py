"""Which messages are handled at which time of a session, and the error that answers the others.

Source: JSON-RPC 2.0, "Request object"; Language Server Protocol 3.17, "Lifecycle Messages".
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from layerg_pin.lsp.framing import INVALID_REQUEST, Incoming

NOT_INITIALIZED = -32002
_MAX_SHOWN = 80


class Refusal(NamedTuple):
    """Why a message is not handled."""

    words: str
    code: int = INVALID_REQUEST
    number: str | int | None = None
    """The id of the request; None also where it has no valid one."""
    is_answered: bool = True
    """Whether the client gets an error; a notification and a response get none."""


class Gate:
    """Lets the messages of one session through. It trusts that what passes is handled."""

    def __init__(self) -> None:
        self._is_initialized = False
        self._has_failed = False
        """Whether an `initialize` could not be handled."""
        self._is_confirmed = False
        """Whether the notification `initialized` came."""
        self._is_shut_down = False

    def refusal(self, incoming: Incoming) -> Refusal | None:
        """Why a message is refused; None for one that is to be handled, which may open or close the session."""
        if incoming.fault:
            return Refusal(incoming.fault, incoming.code)
        return malformed(incoming.message) or self._out_of_order(incoming.message)

    def initialization_failed(self) -> None:
        """`initialize` passed, but could not be handled: the client may send another, or say goodbye."""
        self._is_initialized, self._has_failed = False, True

    def _out_of_order(self, message: dict[str, Any]) -> Refusal | None:
        method, number = message.get("method"), message.get("id")
        if method == "exit":
            return None
        if method == "initialize" and "id" not in message:
            return Refusal("initialize is a request, and needs an id")
        if self._is_shut_down:
            return Refusal(f"{shown(method)} came after shutdown", INVALID_REQUEST, number, is_request(message))
        if method == "initialize":
            if self._is_initialized:
                return Refusal("initialize came a second time", INVALID_REQUEST, number)
            self._is_initialized = True
        elif not self._is_initialized and not (self._has_failed and method == "shutdown"):
            return Refusal(f"{shown(method)} came before initialize", NOT_INITIALIZED, number, is_request(message))
        elif method == "initialized":
            if self._is_confirmed:
                return Refusal("initialized came a second time", is_answered=False)
            self._is_confirmed = True
        elif method == "shutdown" and "id" in message:
            self._is_shut_down = True
        return None


def is_request(message: dict[str, Any]) -> bool:
    """Whether a message wants an answer."""
    return "method" in message and "id" in message


def is_id(value: object) -> bool:
    """Whether a value can be a request's id: an integer or a string."""
    return isinstance(value, int | str) and not isinstance(value, bool)


def malformed(message: object) -> Refusal | None:
    """Why a JSON value is not a JSON-RPC 2.0 message; None if it is one."""
    if isinstance(message, list):
        return Refusal("batches of messages are not supported")
    if not isinstance(message, dict):
        return Refusal(f"a message is not a JSON object: {shown(message)}")
    method, number = message.get("method"), message.get("id")
    has_number = is_id(number)
    is_response = "method" not in message and ("result" in message or "error" in message or has_number)
    if "id" in message and not has_number and not is_response:
        return Refusal(f"the id of a request is neither an integer nor a string: {shown(number)}")
    known = number if has_number and not is_response else None
    if message.get("jsonrpc") != "2.0":
        return Refusal('a message has no "jsonrpc": "2.0"', number=known, is_answered=not is_response)
    if is_response:
        if has_number:
            return None
        said = message.get("error")
        words = said.get("message") if isinstance(said, dict) else None
        return Refusal(f"the client reports an error: {shown(words or number)}", is_answered=False)
    if not isinstance(method, str):
        return Refusal(f"the method is not a string: {shown(method)}", number=known)
    return None


def shown(value: object) -> str:
    """A value of the client's for the log: short and without what controls a terminal."""
    if isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= _MAX_SHOWN:
        return value
    if isinstance(value, dict | list):
        return f"{type(value).__name__} of {len(value)}"
    try:
        text = json.dumps(value)
    except ValueError:  # an integer of thousands of digits
        text = "a large number"
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
