"""Read fields of decoded JSON, and mark JSON as the result of a request."""

from typing import Any, NamedTuple

Json = dict[str, Any]


class Report(NamedTuple):
    """The result of a request as JSON, which is sent as it is: building the protocol's types takes long for many
    diagnostics.
    """

    json: Json


def field(value: object, *names: str) -> Any:
    """The value at a path of object keys; None where the path does not exist."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
