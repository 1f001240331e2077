"""The command: `layerg-pin`, and `python -m layerg_pin`."""

import gc
import sys
from typing import NoReturn

_COLLECT_AFTER = 50_000
"""So many new objects make Python look for cycles, of which a check makes none; to look takes as long as a check."""


def run() -> NoReturn:
    """Run a command as a process that ends with it."""
    gc.set_threshold(_COLLECT_AFTER)
    try:
        if sys.argv[1:] == ["lsp"]:  # which needs nothing of what the other commands are made of
            from layerg_pin.lsp.early import run as main
        else:
            from layerg_pin.cli import main
        code = main()
    except KeyboardInterrupt:  # while it was still being loaded
        code = 130
    gc.freeze()  # the process ends: nothing is to be looked for once more
    sys.exit(code)


if __name__ == "__main__":
    run()
