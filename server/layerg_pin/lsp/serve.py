"""Run the language server on standard input and output: the command `layerg-pin lsp`."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import NoReturn

from layerg_pin.lsp.fast_start_result import NO_FAST_START, FastStartResult
from layerg_pin.lsp.protocol.inbox import Inbox
from layerg_pin.lsp.protocol.outbox import Output, log_without_waiting

FAST_START_VARIABLE = "LAYERG_PIN_FAST_START"
"""The environment variable that switches `fast_start` off if its value is `off`."""
_SIGNALS = ("SIGTERM", "SIGHUP")
"""Editors end a server with these signals. The server then ends the Go processes that it started."""


def run() -> int:
    """Serve until the client ends the session. Returns the exit code: 1 if it ended without a shutdown request."""
    for name in _SIGNALS:
        if hasattr(signal, name) and threading.current_thread() is threading.main_thread():
            signal.signal(getattr(signal, name), _exit)
    try:
        return _run()
    except KeyboardInterrupt:  # the server was started in a terminal
        return 1


def _run() -> int:
    log_without_waiting()
    if sys.stdin.isatty():
        sys.stderr.write("layerg-pin lsp is started by an editor; press Ctrl-C to stop it\n")
    inbox, output = Inbox(sys.stdin.fileno()), Output(sys.stdout.fileno())
    fast_start = _start_fast(inbox, output)
    _begin_log(fast_start.error)
    from layerg_pin.lsp.handlers import create_server  # imported here: loading pygls and the protocol's types is slow

    server = create_server(fast_start)
    try:
        server.serve(inbox, output)
    finally:
        server.close()
        output.close()
    return 0 if server.is_shut_down else 1


def _start_fast(inbox: Inbox, output: Output) -> FastStartResult:
    if os.environ.get(FAST_START_VARIABLE) == "off":
        return NO_FAST_START
    try:
        from layerg_pin.lsp.fast_start import begin
    except ModuleNotFoundError as error:
        if error.name != "layerg_pin.lsp.fast_start":
            raise
        return NO_FAST_START  # the folder was deleted
    return begin(inbox, output)


def _begin_log(error: Exception | None) -> None:
    """Write the log to standard error, with the error of the fast start."""
    import logging  # imported here: it would delay the fast start

    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("pygls").setLevel(logging.CRITICAL)  # pygls_protocol.py and server.py log the same errors
    if error:
        logging.getLogger(__name__).warning("the first messages were not answered early", exc_info=error)


def _exit(number: int, _: object) -> NoReturn:
    for name in _SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)  # a second signal must not interrupt the exit
    raise SystemExit(128 + number)
