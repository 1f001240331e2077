"""Answer initialize and publish the first diagnostics before pygls and the protocol's types are loaded.

Loading them takes several times as long as these answers. Nothing that is computed here is kept: the server gets all
messages from the first one on and handles them again, except that it does not repeat what `FastStartResult` lists.
At the first message that is not exactly as expected, this code stops and leaves the rest to the server.
"""

from __future__ import annotations

import gc
import json

from layerg_pin.lsp.fast_start_result import FastStartReport, FastStartResult
from layerg_pin.lsp.protocol.client import SECTION, client_of
from layerg_pin.lsp.protocol.diagnostics import PUBLISH_DIAGNOSTICS, PULL_DIAGNOSTICS, full_report
from layerg_pin.lsp.protocol.inbox import Inbox
from layerg_pin.lsp.protocol.json_values import Json, field
from layerg_pin.lsp.protocol.lifecycle import is_id, malformed
from layerg_pin.lsp.protocol.outbox import Output
from layerg_pin.lsp.protocol.server_capabilities import initialize_result
from layerg_pin.lsp.protocol.termination import watch_client

_INITIALIZE_SECONDS = 3600
"""How long to wait for initialize: some clients start a server long before they use it."""
_NEXT_SECONDS = 0.15
"""How long to wait for each further message before the server is loaded."""
_PYTHON_GC_THRESHOLDS = (700, 10, 10)
_SETTINGS_REQUEST_ID = "layerg-pin-early"
_SKIPPED = ("initialized", "workspace/didChangeConfiguration", "$/setTrace")
"""Notifications that some clients send before they open a file."""


def begin(inbox: Inbox, output: Output) -> FastStartResult:
    """Answer the first messages. Returns what was done, so that the server does not repeat it."""
    first = _FirstMessages(inbox, output)
    try:
        first.answer()
    except LookupError:  # a message in an unexpected form
        pass
    except Exception as error:  # this costs only time: the server handles all messages
        first.fast_start = first.fast_start._replace(error=error)
    _load_server()
    return first.fast_start


def _load_server() -> None:
    """Load the rest of the server, with more garbage collection: the protocol's types create many reference cycles.

    The server takes 3.7 MiB (8%) less memory afterwards. It takes another 1.7 MiB less without the source text of the
    methods that attrs generates for these types. The loaded objects live as long as the server, so later collections
    skip them: opening 200 plugins takes a fifth less time.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(*_PYTHON_GC_THRESHOLDS)
    import linecache
    import tomllib  # noqa: F401

    import layerg_pin.lsp.handlers  # noqa: F401
    from layerg_pin.system.watcher import load_watchdog

    load_watchdog()
    linecache.clearcache()
    gc.freeze()
    gc.set_threshold(*thresholds)


class _FirstMessages:
    def __init__(self, inbox: Inbox, output: Output) -> None:
        self._inbox, self._output = inbox, output
        self.fast_start = FastStartResult()
        self._pull: Json | None = None
        """The first request for diagnostics, if it came."""

    def answer(self) -> None:
        """Handle initialize, and the first go.mod if it is opened soon."""
        message = self._inbox.peek(_INITIALIZE_SECONDS)
        if not message or message.get("method") != "initialize" or not isinstance(message.get("params"), dict):
            return
        params, request_id = message["params"], message.get("id")
        capabilities = params.get("capabilities")
        if malformed(message) or not is_id(request_id) or not isinstance(capabilities, dict):
            return
        watch_client(params.get("processId"))
        self.fast_start = self.fast_start._replace(is_client_watched=True)
        self._send({"id": request_id, "result": initialize_result(capabilities, field(params, "clientInfo", "name"))})
        self.fast_start = self.fast_start._replace(answered_id=request_id)
        client = client_of(capabilities)
        from layerg_pin.lsp.fast_start.first_diagnostics import first_diagnostics  # loaded while the client reads

        changed_settings = []
        while (message := self._next()) and message.get("method") in _SKIPPED:
            changed_settings.append(field(message, "params", "settings"))
        if message and message.get("method") == "textDocument/didOpen":
            document = message["params"]["textDocument"]
            if client.configuration:
                published = first_diagnostics(document, params, [], client, self._request_settings)
            else:
                published = first_diagnostics(document, params, changed_settings, client, None)
            if published and client.pulls:
                self._answer_pull(published["uri"], published["diagnostics"])
            elif published:
                self._send({"method": PUBLISH_DIAGNOSTICS, "params": published})

    def _answer_pull(self, uri: str, items: list[Json]) -> None:
        """Answer the client's request for the diagnostics of the first file, which comes right after it."""
        request = self._pull or self._inbox.peek(_NEXT_SECONDS)
        if not request or request.get("method") != PULL_DIAGNOSTICS or malformed(request) or not is_id(request["id"]):
            return
        if field(request, "params", "textDocument", "uri") != uri:
            return
        report = full_report(items)
        self._send({"id": request["id"], "result": report})
        self.fast_start = self.fast_start._replace(report=FastStartReport(request["id"], report["resultId"]))

    def _request_settings(self, uri: str) -> object:
        """The client's settings for a document. Raises LookupError if another message comes first."""
        items = [{"scopeUri": uri, "section": SECTION}]
        self._send({"id": _SETTINGS_REQUEST_ID, "method": "workspace/configuration", "params": {"items": items}})
        self.fast_start = self.fast_start._replace(asked_id=_SETTINGS_REQUEST_ID)
        message = self._next()
        if not message or message.get("id") != _SETTINGS_REQUEST_ID:
            raise LookupError("the client did not send its settings in time")
        values = message.get("result")
        if not isinstance(values, list) or not values:
            raise LookupError("the client sent its settings in an unexpected form")
        self.fast_start = self.fast_start._replace(configured={uri: values[0]})
        return values[0]

    def _next(self) -> Json | None:
        """The next message other than the first request for diagnostics, which is kept."""
        message = self._inbox.peek(_NEXT_SECONDS)
        if self._pull is None and message and message.get("method") == PULL_DIAGNOSTICS:
            self._pull = message
            message = self._inbox.peek(_NEXT_SECONDS)
        return message

    def _send(self, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._output.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
