"""What a session asks of the client."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple

from layerg_pin.core.finding import Finding
from layerg_pin.go.query_types import Cancellation
from layerg_pin.lsp.session.documents import Document
from layerg_pin.lsp.session.open_plugin import Plugin


class Editor(NamedTuple):
    """The client as the session sees it: functions that the server implements."""

    publish: Callable[[Plugin], None]
    """Publish a plugin's findings in all files."""
    publish_document: Callable[[Document, tuple[Finding, ...]], None]
    """Publish the findings that an open document has by itself."""
    withdraw: Callable[[str], None]
    """Remove the findings that were published for the plugin, or the document, with this URI."""
    log: Callable[[str], None]
    warn: Callable[[str, str | None], None]
    """Show a message to the user, with the path of the file in which to correct the problem, if any."""
    watch: Callable[[Mapping[str, int | None], frozenset[str]], None]
    """Start watching the first files, given with the hashes of their known content, and stop watching the second ones.

    Changes are reported as Cause.ON_DISK.
    """
    progress: Callable[[str, Cancellation], AbstractAsyncContextManager[None]]
    """Show progress with this title while the context is open. The user may cancel the work."""
    refresh: Callable[[], None]
    """Have the client request inlay hints and code lenses again."""
    trace: Callable[[str, Callable[[], str]], None]
    """Send a trace message (`$/logTrace`), with details for verbose traces."""
    configuration: Callable[[str], Awaitable[object]] | None = None
    """Request the client's settings for a URI; None if the client does not support it."""
