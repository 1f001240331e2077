"""Parse the JSON output of the go command."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from layerg_pin.go.query_types import (
    GoError,
)


def json_objects(output: bytes) -> Iterator[dict[str, Any]]:
    """The JSON objects that Go prints one after another. Raises GoError for anything else."""
    text = output.decode("utf-8", "replace")
    decoder = json.JSONDecoder()
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            raise GoError("go printed something other than JSON") from None
        if not isinstance(value, dict):
            raise GoError("go printed something other than JSON objects")
        yield value


def object_at(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object at a key of Go's output. Raises GoError for a value of another type."""
    found = value.get(key) or {}
    if not isinstance(found, dict):
        raise GoError("go printed JSON in an unexpected form")
    return found
