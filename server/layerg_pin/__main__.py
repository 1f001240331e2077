"""The command: `layerg-pin`, and `python -m layerg_pin`."""

import gc
import os
import sys
from io import TextIOWrapper
from typing import NoReturn

from layerg_pin.system.terminal import EscapingStream

_COLLECT_AFTER = 50_000
"""So many new objects make Python look for cycles, of which a check makes none; to look takes as long as a check."""


def run() -> NoReturn:
    """Run a command as a process that ends with it."""
    gc.set_threshold(_COLLECT_AFTER)
    _open_streams()
    try:
        if sys.argv[1:] == ["lsp"]:  # which needs nothing of what the other commands are made of
            from layerg_pin.lsp.fast_start.first_messages import run as main
        else:
            from layerg_pin.cli.main import main
        code = main()
    except KeyboardInterrupt:  # while it was still being loaded
        code = 130
    gc.freeze()  # the process ends: nothing is to be looked for once more
    sys.exit(code)


def _open_streams() -> None:
    """Take up what this was started with. Where a stream is closed, no file is to have its number; what an encoding
    cannot hold is escaped, and on standard error all that could steer a terminal.
    """
    if sys.stdin is None:
        sys.stdin = open(os.devnull)  # noqa: SIM115  # for as long as this runs
    if sys.stderr is None:
        sys.stderr = EscapingStream(open(os.devnull, "wb"), "utf-8")  # noqa: SIM115  # likewise
    if sys.stdout is None:
        sys.stderr.write("layerg-pin: standard output is closed\n")
        sys.exit(2)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if not isinstance(sys.stderr, EscapingStream):
        sys.stderr = EscapingStream(sys.stderr.buffer, sys.stderr.encoding, "backslashreplace", line_buffering=True)


if __name__ == "__main__":
    run()
