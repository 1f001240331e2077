"""The work that `fast_start` did already for a client, so that the server does not repeat it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class FastStartReport(NamedTuple):
    """The answer to a request for diagnostics."""

    request_id: str | int
    result_id: str


class FastStartResult(NamedTuple):
    """What `fast_start` has done for a client. The default values are those of a server that started without it."""

    answered_id: str | int | None = None
    """The id of the initialize request, if it was answered."""
    asked_id: str | None = None
    """The id of the request for settings, if one was sent. The client may still answer it."""
    configured: Mapping[str, object] = MappingProxyType({})
    """The client's settings by document URI, as far as they are known."""
    report: FastStartReport | None = None
    """The answer to the first request for diagnostics, if it was answered."""
    is_client_watched: bool = False
    """Whether a thread already waits for the end of the client's process."""
    error: Exception | None = None
    """Why the first messages were not answered, if that is an internal error."""


NO_FAST_START = FastStartResult()
