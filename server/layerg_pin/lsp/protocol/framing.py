"""Split a stream of bytes into messages of the base protocol: header fields, an empty line, a JSON body.

Source: Language Server Protocol 3.17, "Base Protocol". Field names are case-insensitive and may come in any order.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
MAX_BODY = 64 * 1024 * 1024
"""In bytes. Longer bodies are skipped."""
_MAX_DIGITS = 9
"""Of Content-Length. A longer number is an error of the stream: such a body could not be skipped in reasonable time."""
_MAX_LINE = 8192
"""The maximum length of a header line, in bytes."""
_MAX_FIELDS = 64
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CHARSET = re.compile(rb"charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_UTF_8 = (b"utf-8", b"utf8")


class Incoming(NamedTuple):
    """A received message: its JSON value, or why it could not be decoded."""

    message: Any = None
    fault: str | None = None
    code: int = PARSE_ERROR
    """The JSON-RPC error code of the fault."""
    is_last: bool = False
    """Whether no message can follow: the stream has ended, or the start of the next message is unknown."""
    size: int = 0
    """The size of the body, in bytes."""


class _BrokenStreamError(Exception):
    """The start of the next message is unknown."""


class Frames:
    """Collects received bytes and returns complete messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._fields: dict[bytes, bytes] = {}
        self._length: int | None = None
        """The length of the next body, once its header is complete."""
        self._skipped = 0
        """The number of bytes of a refused body that have not arrived yet."""

    def feed(self, chunk: bytes) -> Iterator[Incoming]:
        """The messages that a chunk completes. After a message with `is_last`, do not call it again."""
        self._buffer += chunk
        try:
            while (incoming := self._next()) is not None:
                yield incoming
        except _BrokenStreamError as error:
            yield Incoming(fault=str(error), code=INVALID_REQUEST, is_last=True)

    def _next(self) -> Incoming | None:
        if self._skipped:
            skipped = min(self._skipped, len(self._buffer))
            del self._buffer[:skipped]
            self._skipped -= skipped
        if self._length is None and not self._skipped and self._read_header():
            return self._begin_body()
        if self._length is None or len(self._buffer) < self._length:
            return None
        body = bytes(self._buffer[: self._length])
        del self._buffer[: self._length]
        self._length = None
        return _decoded(body)

    def _read_header(self) -> bool:
        """Read header lines. Returns whether the header is complete. Raises _BrokenStreamError."""
        if self._buffer.startswith((b"{", b"[")):
            raise _BrokenStreamError("a message came without a header (Content-Length: …)")
        while (end := self._buffer.find(b"\n", 0, _MAX_LINE)) >= 0:
            line = bytes(self._buffer[:end]).strip()
            del self._buffer[: end + 1]
            if line:
                self._take_field(line)
            elif self._fields:  # empty lines between messages are ignored
                return True
        if len(self._buffer) >= _MAX_LINE:
            raise _BrokenStreamError(f"a header line is longer than {_MAX_LINE} bytes")
        return False

    def _take_field(self, line: bytes) -> None:
        name, colon, value = line.partition(b":")
        name = name.strip().lower()
        if not colon or not _NAME.fullmatch(name):
            return  # lines that another program wrote are ignored
        if name in self._fields and name == b"content-length":
            _refuse("Content-Length is repeated", line)
        if len(self._fields) >= _MAX_FIELDS:
            raise _BrokenStreamError(f"a header has more than {_MAX_FIELDS} fields")
        self._fields[name] = value.strip()

    def _begin_body(self) -> Incoming | None:
        """Handle a complete header. Returns a message if one is complete, or is refused because of its header."""
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
            return Incoming(fault=f"the charset {_quoted(charset[1])} is not supported: send utf-8")
        if length > MAX_BODY:
            self._skipped = length
            return Incoming(fault=f"a message of {length} bytes is not read: the limit is {MAX_BODY} bytes")
        self._length = length
        return self._next()


def _refuse(fault: str, value: bytes) -> NoReturn:
    raise _BrokenStreamError(f"{fault}: {_quoted(value)}")


def _quoted(value: bytes) -> str:
    return ascii(value[:60].decode("utf-8", "replace"))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not valid JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def _decoded(body: bytes) -> Incoming:
    """Decode a body as JSON. If an object repeats a name, the last value is used, as in ECMAScript."""
    try:
        return Incoming(_DECODER.decode(body.decode("utf-8-sig")), size=len(body))
    except UnicodeDecodeError as error:
        fault = f"the body is not UTF-8: {error.reason} at byte {error.start}"
    except ValueError as error:
        fault = f"the body is not JSON: {str(error)[:200]}"
    except RecursionError:
        fault = "the body is nested too deeply"
    return Incoming(fault=fault, size=len(body))
