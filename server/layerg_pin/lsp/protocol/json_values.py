"""Read fields of decoded JSON."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def field(value: object, *names: str) -> Any:
    """The value at a path of object keys; None where the path does not exist."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
