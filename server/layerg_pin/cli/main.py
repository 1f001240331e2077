"""The entry point of the command line: parse the arguments and run the command."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from layerg_pin.cli.command_line import build_parser as build_parser
from layerg_pin.cli.command_line import parse
from layerg_pin.cli.output.display import error_text
from layerg_pin.go.query_types import GoCancelled, GoError
from layerg_pin.system.shared_options import shared_options
from layerg_pin.system.terminal import print_detail, print_error
from layerg_pin.system.text_files import FileError, discard_stdout

_NO_RESULT = 2
_INTERRUPTED = 128 + 2
_TERMINATED = 128 + 15
"""The exit codes of a shell for SIGINT and SIGTERM."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    options = parse(sys.argv[1:] if arguments is None else list(arguments))
    with shared_options(vars(options)):
        begin = time.monotonic()
        code = _exit_code(options)
        print_detail(f"exit code {code} after {time.monotonic() - begin:.2f} s")
        return code


def _exit_code(options: argparse.Namespace) -> int:
    """Run the command, and report the errors that end it."""
    try:
        code = _run(options)
        if not sys.stdout.closed:  # the language server closes it
            sys.stdout.flush()
        return code
    except GoCancelled:
        return _TERMINATED
    except (FileError, GoError) as error:
        print_error(error_text(error))
        return _NO_RESULT
    except KeyboardInterrupt:
        return _INTERRUPTED
    except OSError as error:  # standard output is closed, or its disk is full
        discard_stdout()
        if not isinstance(error, BrokenPipeError):
            print_error(f"cannot write the report: {error.strerror}")
        return _NO_RESULT


def _run(options: argparse.Namespace) -> int:
    """Run the command. Only its own module is imported, so that the commands start faster."""
    match options.command:
        case "check":
            from layerg_pin.cli.check_command import run
        case "fix":
            from layerg_pin.cli.fix_command import run
        case "upgrade":
            from layerg_pin.cli.upgrade_command import run
        case "explain":
            from layerg_pin.cli.explain_command import run
        case "host":
            from layerg_pin.cli.host_command import run
        case "init":
            from layerg_pin.cli.init_command import run
        case "inspect":
            from layerg_pin.cli.inspect_command import run
        case "predict":
            from layerg_pin.cli.predict_command import run
        case "cache":
            from layerg_pin.cli.cache_command import run
        case "completion":
            from layerg_pin.cli.completion_command import run
        case _:
            from layerg_pin.lsp.serve import run as serve

            return serve()
    return run(options)
