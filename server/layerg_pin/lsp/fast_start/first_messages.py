"""The first moments: initialize and the first go.mod are answered before the protocol's types are loaded.

Loading them takes longer than all that the first diagnostics need. Nothing that is found out here is kept: pygls gets
every message from the first one on and does it all again, except that initialize is answered, and settings are asked
for, once. Whatever is not just as expected ends this, and is left to pygls.
"""

from __future__ import annotations

import gc
import json
import logging
import signal
import sys
import threading
from typing import NoReturn

from layerg_pin.lsp.fast_start.inbox import Inbox
from layerg_pin.lsp.fast_start.initialize_result import hello
from layerg_pin.lsp.gate import is_id, malformed
from layerg_pin.lsp.json_messages import (
    CONFIGURATION,
    EARLY_REQUEST,
    PUBLISH,
    SECTION,
    Early,
    Json,
    client_of,
    said,
)
from layerg_pin.lsp.lifeline import watch_client
from layerg_pin.lsp.outbox import Output, log_without_waiting

_LOG = logging.getLogger(__name__)
_WHILE_LOADING = (700, 10, 10)
"""How often Python looks for cycles, of which the protocol's types leave many as they are loaded."""
_PATIENCE_SECONDS = 0.15
"""How long the next message is waited for, before what everything else needs is loaded."""
_SIGNALS = ("SIGTERM", "SIGHUP")
_SETTINGS = ("workspace/didChangeConfiguration", "$/setTrace")
"""What some clients say before they open a file."""


def run() -> int:
    """Serve an editor on standard input and output; returns the exit code."""
    for name in _SIGNALS:  # by which editors end a server: no run of Go is to be left behind
        if hasattr(signal, name) and threading.current_thread() is threading.main_thread():
            signal.signal(getattr(signal, name), _end)
    try:
        return _run()
    except KeyboardInterrupt:  # it was started in a terminal
        return 1


def _end(number: int, _: object) -> NoReturn:
    for name in _SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)  # one is enough
    raise SystemExit(128 + number)


def _run() -> int:
    log_without_waiting()
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    if sys.stdin.isatty():
        sys.stderr.write("layerg-pin lsp is started by an editor; press Ctrl-C to stop it\n")
    logging.getLogger("pygls").setLevel(logging.CRITICAL)  # protocol.py and server.py log the faults that it reports
    inbox, output = Inbox(sys.stdin.fileno()), Output(sys.stdout.fileno())
    early = answer_early(inbox, output)
    seldom = gc.get_threshold()
    gc.set_threshold(*_WHILE_LOADING)
    import linecache

    from layerg_pin.lsp.handlers import create_server, serve  # not before: this is what takes long

    server = create_server(early)
    linecache.clearcache()  # attrs keeps 2 MiB of source there: of the methods that it made for the protocol's types
    gc.set_threshold(*seldom)
    return serve(server, inbox, output)


def answer_early(inbox: Inbox, output: Output) -> Early:
    """Answer what comes first; returns what the client has been told and has told, which is not to be repeated."""
    first = _First(inbox, output)
    try:
        first.run()
    except LookupError as error:  # another client than those that are known
        _LOG.info("the first messages were not answered early: %r", error)
    except Exception:  # a fault here only costs time: pygls gets it all
        _LOG.warning("the first messages were not answered early", exc_info=True)
    return Early(first.answered, first.configured, first.is_watched)


class _First:
    def __init__(self, inbox: Inbox, output: Output) -> None:
        self._inbox, self._output = inbox, output
        self.answered: str | int | None = None
        self.is_watched = False
        self.configured: dict[str, object] = {}

    def run(self) -> None:
        """From initialize to the first diagnostics of a go.mod."""
        message = self._inbox.message(3600)  # a client may start servers long before it talks to them
        if not message or message.get("method") != "initialize" or not isinstance(message.get("params"), dict):
            return
        params, number = message["params"], message.get("id")
        capabilities = params.get("capabilities")
        if malformed(message) or not is_id(number) or not isinstance(capabilities, dict):
            return
        watch_client(params.get("processId"))
        self.is_watched = True
        self._send({"id": number, "result": hello(capabilities)})
        self.answered = number
        from layerg_pin.lsp.fast_start.first_diagnostics import show_first  # late: loaded while the client reads

        client = client_of(capabilities)
        changes = []
        while (message := self._next()) and message.get("method") in ("initialized", *_SETTINGS):
            changes.append(said(message, "params", "settings"))
        if message and message.get("method") == "textDocument/didOpen":
            opened = message["params"]["textDocument"]
            configure = self._configuration if client.configuration else None
            if shown := show_first(opened, params, [] if configure else changes, client, configure):
                self._send({"method": PUBLISH, "params": shown})

    def _configuration(self, uri: str) -> object:
        """The client's settings for a file. Raises LookupError where something else comes first."""
        items = [{"scopeUri": uri, "section": SECTION}]
        self._send({"id": EARLY_REQUEST, "method": CONFIGURATION, "params": {"items": items}})
        message = self._next()
        if not message or message.get("id") != EARLY_REQUEST:
            raise LookupError("the client did not send its settings in time")
        values = message.get("result")
        if not isinstance(values, list) or not values:
            raise LookupError("the client sent its settings in an unexpected form")
        self.configured[uri] = values[0]
        return values[0]

    def _next(self) -> Json | None:
        return self._inbox.message(_PATIENCE_SECONDS)

    def _send(self, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._output.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
