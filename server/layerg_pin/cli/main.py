"""The entry point of the command line: parse the arguments and run the command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from layerg_pin import __version__
from layerg_pin.cli.output.display import error_text
from layerg_pin.core.text import printable
from layerg_pin.go.query_types import GoCancelled, GoError
from layerg_pin.system.terminal import print_error
from layerg_pin.system.text_files import FileError, discard_stdout

_NO_RESULT = 2
_INTERRUPTED = 128 + 2
_TERMINATED = 128 + 15
"""The exit codes of a shell for SIGINT and SIGTERM."""

_EXIT_CODES = {
    "check": ("no errors (with --strict: no warnings either)", "errors found for a plugin and host", "no verdict"),
    "fix": ("nothing left to fix", "something is left to fix, or `go build` would stop", "no verdict"),
    "upgrade": ("nothing left to do", "something is left to do", "not possible, nothing was written"),
    "explain": ("a message explained", "no message recognised", "the input cannot be read"),
    "predict": ("accepted", "rejected or the host crashes", "unknown"),
}
_CI_FORMATS = ("sarif", "github", "gitlab", "junit", "rdjson")
"""As in output/check_formats.py, which is not imported to print the help."""
_HOST_HELP = (
    "the host: a release such as nakama@3.22.0, or its source folder, binary, image (docker-archive:FILE, "
    "oci-archive:FILE, oci:DIR, FILE.tar or docker://NAME), vendor/modules.txt, go.mod, layerg-host.json or "
    "MODULE@VERSION (default: the host in layerg-pin.toml, else the image tag in the plugin's "
    "build files, else one that is found nearby)"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    options = build_parser().parse_args(arguments)
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
        case _:
            from layerg_pin.lsp.serve import run as serve

            return serve()
    return run(options)


class _Parser(argparse.ArgumentParser):
    """A parser whose error messages stay one line, because they quote the arguments."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


_AddParser = Callable[..., argparse.ArgumentParser]
"""`add_parser` of the commands, or of the verbs of a command."""


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    codes = "".join(f"\n  {name:8}{_exit_codes(name)}" for name in _EXIT_CODES)
    parser = _Parser(
        prog="layerg-pin",
        description="Keep a Go server plugin loadable by its host, a Nakama or Layerg server or any other Go program:\n"
        "find the differences that plugin.Open would refuse, and fix them.",
        epilog=f"Start in a plugin's folder with `layerg-pin check --host REF`.\n\nexit codes:{codes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", action="version", version=f"layerg-pin {__version__}", help="show the version and exit"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    _add_check(commands.add_parser)
    _add_fix(commands.add_parser)
    _add_upgrade(commands.add_parser)
    _add_explain(commands.add_parser)
    _add_host(commands.add_parser)
    _add_init(commands.add_parser)
    _add_inspect(commands.add_parser)
    _add_predict(commands.add_parser)
    _add_command(commands.add_parser, "lsp", "run the language server on standard input and output")
    return parser


def _add_check(add_parser: _AddParser) -> None:
    parser = _add_command(add_parser, "check", "compare plugins with their host and report the differences")
    _add_paths(parser)
    several = f"{_HOST_HELP}; repeat it for a table of several hosts"
    parser.add_argument("--host", metavar="REF", action="append", default=[], help=several)
    _add_offline(parser)
    parser.add_argument(
        "--format",
        choices=("text", "json", *_CI_FORMATS),
        help="the output format (default: text; github in GitHub Actions)",
    )
    parser.add_argument(
        "-o", metavar="FILE", default="", help="write the report to this file, and the text to standard output"
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 on warnings too")
    _add_build(parser)


def _add_fix(add_parser: _AddParser) -> None:
    parser = _add_command(add_parser, "fix", "edit go.mod and go.work so that plugins fit their host")
    _add_plugins(parser)
    _add_build(parser)
    afterwards = parser.add_mutually_exclusive_group()
    afterwards.add_argument("--diff", action="store_true", help="print the changes as a patch and write nothing")
    afterwards.add_argument("--tidy", action="store_true", help="run `go mod tidy` afterwards, and check again")
    afterwards.add_argument("--vendor", action="store_true", help="run `go mod tidy` and `go mod vendor` afterwards")


def _add_upgrade(add_parser: _AddParser) -> None:
    parser = _add_command(add_parser, "upgrade", "move plugins, and the image tags that they name, to another release")
    parser.add_argument(
        "release",
        metavar="RELEASE",
        help="the new release of the host, as nakama@3.40.0, or 3.40.0 of the plugin's host",
    )
    _add_folder(parser)
    parser.add_argument("--diff", action="store_true", help="print all changes as a patch and write nothing")
    formats = ("text", "json", "markdown")
    parser.add_argument("--format", choices=formats, default="text", help="the format of the report (default: text)")
    _add_build(parser)
    parser.add_argument("--offline", action="store_true", help="do not let Go use the network")


def _add_explain(add_parser: _AddParser) -> None:
    parser = _add_command(add_parser, "explain", "explain a check, or the error messages of a host or of Go")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "what", nargs="?", metavar="CODE | LOGFILE | -", help="a check's code, a log file, or - for standard input"
    )
    what.add_argument("--line", metavar="TEXT", help="one line of a log")
    parser.add_argument("--plugin", metavar="DIR", help="the plugin's folder (default: the working folder)")
    _add_host_options(parser)


def _add_host(add_parser: _AddParser) -> None:
    parser = _add_command(
        add_parser, "host", "show what is known about a host, write it to a file, compare hosts, or list releases"
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND", title="commands")
    show = _add_command(
        verbs.add_parser, "show", "show what is known about the host: modules, Go release, platform, build flags"
    )
    export = _add_command(
        verbs.add_parser,
        "export",
        "write a layerg-host.json for machines without the host, or rules that keep update bots from breaking versions",
    )
    export.add_argument(
        "--format",
        choices=("profile", "renovate", "dependabot"),
        default="profile",
        help="what is written: what is known about the host, or rules for a bot (default: profile)",
    )
    stdout = "the file, or - for standard output (default: layerg-host.json in DIR; rules: standard output)"
    export.add_argument("-o", metavar="FILE", default="", help=stdout)
    compared = _add_command(
        verbs.add_parser, "diff", "show what two hosts differ in: Go release, platform, build flags, modules"
    )
    compared.add_argument("before", metavar="A", help="a host, as in --host of `check`")
    compared.add_argument("after", metavar="B", help="another host")
    _add_format(compared)
    _add_offline(compared)
    listed = _add_command(verbs.add_parser, "list", "list the releases of hosts that are known, newest first")
    listed.add_argument("name", nargs="?", default="", metavar="NAME", help="a host, such as nakama (default: all)")
    for verb in (show, export):
        verb.add_argument("dir", nargs="?", default=".", metavar="DIR", help="the plugin's folder (default: .)")
        _add_host_options(verb)


def _add_init(add_parser: _AddParser) -> None:
    parser = _add_command(add_parser, "init", "write a layerg-pin.toml that names the host")
    parser.add_argument("dir", nargs="?", default=".", metavar="DIR", help="the plugin's folder (default: .)")
    parser.add_argument("--host", metavar="REF", default="", help=_HOST_HELP)


def _add_inspect(add_parser: _AddParser) -> None:
    parser = _add_command(add_parser, "inspect", "show what a host's binary or a plugin's .so is built from")
    parser.add_argument("file", metavar="FILE", help="a host's binary, an image that contains it, or a plugin's .so")
    _add_format(parser)


def _add_predict(add_parser: _AddParser) -> None:
    parser = _add_command(add_parser, "predict", "predict whether plugin.Open accepts a plugin")
    parser.add_argument("plugin", metavar="PLUGIN", help="a plugin's .so, or its folder, which is compiled")
    parser.add_argument(
        "--host",
        metavar="BINARY|RELEASE",
        required=True,
        help="the host's binary, an image that has it, or a release such as nakama@3.40.0, of which Go compiles the "
        "packages that the plugin shares",
    )
    _add_offline(parser)
    _add_format(parser)


def _add_command(add_parser: _AddParser, name: str, description: str) -> argparse.ArgumentParser:
    codes = f"exit codes: {_exit_codes(name)}" if name in _EXIT_CODES else None
    sentence = f"{description[0].upper()}{description[1:]}."
    form = argparse.RawDescriptionHelpFormatter
    return add_parser(name, help=description, description=sentence, epilog=codes, formatter_class=form)


def _exit_codes(name: str) -> str:
    return ", ".join(f"{code} {meaning}" for code, meaning in enumerate(_EXIT_CODES[name]))


def _add_plugins(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser)
    _add_host_options(parser)


def _add_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        nargs="*",
        default=["."],
        metavar="PATH",
        help="a plugin's folder, a folder that contains plugins, or a file, which means its plugin (default: .)",
    )


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "dir",
        nargs="?",
        default=".",
        metavar="DIR",
        help="a plugin's folder, or a folder that contains plugins (default: .)",
    )


def _add_host_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", metavar="REF", default="", help=_HOST_HELP)
    _add_offline(parser)


def _add_offline(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--offline", action="store_true", help="do not let Go use the network")


def _add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("text", "json"), default="text", help="the output format (default: text)")


def _add_build(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--build", action="store_true", help="also compile the plugin for the host, on a temporary copy"
    )
