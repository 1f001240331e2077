"""Split a byte stream into messages of the base protocol: header fields, an empty line, a JSON body.

Source: Language Server Protocol 3.17, "Base Protocol". Field names are case-insensitive and may come in any order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
MAX_BODY = 64 * 1024 * 1024
"""In bytes. A longer body is skipped without being kept."""
_MAX_DIGITS = 9
"""A longer Content-Length is a fault of the stream, not a large message: it would be skipped for ever."""
_MAX_LINE = 8192
"""Of a header, in bytes."""
_MAX_FIELDS = 64
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CHARSET = re.compile(rb"charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_UTF_8 = (b"utf-8", b"utf8")


class Incoming(NamedTuple):
    """A message as it came: its JSON value, or the fault that it has instead."""

    message: Any = None
    fault: str | None = None
    code: int = PARSE_ERROR
    """The JSON-RPC error code of the fault."""
    is_last: bool = False
    """Whether nothing can be read after it: the stream has ended, or cannot be split any more."""
    size: int = 0
    """Of the body, in bytes."""


class _BrokenStreamError(Exception):
    """The next message cannot be found."""


class Frames:
    """Takes the bytes as they come, and gives the messages that are complete."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._fields: dict[bytes, bytes] = {}
        self._length: int | None = None
        """Of the body that comes next, once its header is complete."""
        self._skipped = 0
        """So many bytes of a refused body are still to come."""

    def feed(self, chunk: bytes) -> Iterator[Incoming]:
        """The messages that this chunk completes. After one with `is_last`, feed no more."""
        self._held += chunk
        try:
            while (incoming := self._next()) is not None:
                yield incoming
        except _BrokenStreamError as error:
            yield Incoming(fault=str(error), code=INVALID_REQUEST, is_last=True)

    def _next(self) -> Incoming | None:
        if self._skipped:
            skipped = min(self._skipped, len(self._held))
            del self._held[:skipped]
            self._skipped -= skipped
        if self._length is None and not self._skipped and self._read_header():
            return self._begin_body()
        if self._length is None or len(self._held) < self._length:
            return None
        body = bytes(self._held[: self._length])
        del self._held[: self._length]
        self._length = None
        return _decoded(body)

    def _read_header(self) -> bool:
        """Read header lines; whether the header is complete. Raises _BrokenStreamError."""
        if self._held.startswith((b"{", b"[")):
            raise _BrokenStreamError("a message came without a header (Content-Length: …)")
        while (end := self._held.find(b"\n", 0, _MAX_LINE)) >= 0:
            line = bytes(self._held[:end]).strip()
            del self._held[: end + 1]
            if line:
                self._take_field(line)
            elif self._fields:  # empty lines between messages do no harm
                return True
        if len(self._held) >= _MAX_LINE:
            raise _BrokenStreamError(f"a header line is longer than {_MAX_LINE} bytes")
        return False

    def _take_field(self, line: bytes) -> None:
        name, colon, value = line.partition(b":")
        name = name.strip().lower()
        if not colon or not _NAME.fullmatch(name):
            return  # a line that some other program wrote does no harm
        if name in self._fields and name == b"content-length":
            _refuse("Content-Length is repeated", line)
        if len(self._fields) >= _MAX_FIELDS:
            raise _BrokenStreamError(f"a header has more than {_MAX_FIELDS} fields")
        self._fields[name] = value.strip()

    def _begin_body(self) -> Incoming | None:
        """Take up a complete header; a message that is refused before its body is read, if it is."""
        fields, self._fields = self._fields, {}
        text = fields.get(b"content-length")
        if text is None:
            raise _BrokenStreamError("a header has no Content-Length")
        if not text.isdigit() or len(text.lstrip(b"0")) > _MAX_DIGITS:
            _refuse("Content-Length is not a number of bytes", text)
        length = int(text)
        charset = _CHARSET.search(fields.get(b"content-type", b""))
        if charset and charset[1].lower() not in _UTF_8:
            self._skipped = length
            return Incoming(fault=f"the charset {_shown(charset[1])} is not supported: send utf-8")
        if length > MAX_BODY:
            self._skipped = length
            return Incoming(fault=f"a message of {length} bytes is not read: the limit is {MAX_BODY} bytes")
        self._length = length
        return self._next()


def _refuse(fault: str, value: bytes) -> NoReturn:
    raise _BrokenStreamError(f"{fault}: {_shown(value)}")


def _shown(value: bytes) -> str:
    return ascii(value[:60].decode("utf-8", "replace"))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not valid JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def _decoded(body: bytes) -> Incoming:
    """The JSON value of a body. Of names that an object repeats the last one counts, as in ECMAScript."""
    try:
        return Incoming(_DECODER.decode(body.decode("utf-8-sig")), size=len(body))
    except UnicodeDecodeError as error:
        fault = f"the body is not UTF-8: {error.reason} at byte {error.start}"
    except ValueError as error:
        fault = f"the body is not JSON: {str(error)[:200]}"
    except RecursionError:
        fault = "the body is nested too deeply"
    return Incoming(fault=fault, size=len(body))
