"""The commands and options of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from layerg_pin import __version__
from layerg_pin.cli.suggesting_parser import SuggestingParser

_AddParser = Callable[..., SuggestingParser]
"""`add_parser` of the commands, or of the subcommands of a command."""
_NO_READ = "a host cannot be read, or a file cannot be read or written"
_EXIT_CODES = {
    "check": {
        0: "no errors (with --strict: no warnings either)",
        1: "errors (with --strict, errors or warnings) in at least one plugin, for at least one host",
        2: "no verdict",
        130: "ended by Ctrl-C, which also ends --watch",
    },
    "fix": {0: "nothing left to fix", 1: "something is left to fix, or `go build` would stop", 2: "no verdict"},
    "upgrade": {0: "nothing left to do", 1: "something is left to do", 2: "not possible, nothing was written"},
    "explain": {0: "a message explained", 1: "no message recognised", 2: "the input cannot be read"},
    "host": {0: "done", 2: _NO_READ},
    "init": {0: "the file names the host", 2: "no host was found, or the file names another one"},
    "inspect": {0: "shown", 2: "the file cannot be read"},
    "predict": {0: "accepted", 1: "rejected or the host crashes", 2: "unknown"},
    "cache": {0: "done", 2: "the place of the cache folder is not known, or the folder cannot be removed"},
}
USAGE_ERROR = 2
"""The exit code for wrong arguments; a line on standard error names them."""
_CI_FORMATS = ("sarif", "github", "gitlab", "junit", "rdjson")
"""As in output/check_formats.py, which is not imported to print the help."""
_HOST_HELP = (
    "the host: a release such as nakama@3.22.0, or its source folder, binary, image (docker-archive:FILE, "
    "oci-archive:FILE, oci:DIR, FILE.tar or docker://NAME), vendor/modules.txt, go.mod, layerg-host.json or "
    "MODULE@VERSION (default: the host that layerg-pin.toml, layerg-host.json, a replace, go.work or an image tag in "
    "the plugin's build files names, else the source folder of a known host in the workspace or beside the plugin)"
)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of a command. Ends the process for --help, and with USAGE_ERROR for arguments that are wrong."""
    if arguments[:1] == ["help"] and not any(word.startswith("-") for word in arguments):
        arguments = [*arguments[1:], "--help"]
    named = arguments[0] if arguments and arguments[0] in _COMMANDS else None
    options = argparse.Namespace()
    _, extra = build_parser(named).parse_known_args(arguments, options)
    if extra:
        options.parser.reject(extra, _hint(options, extra[0].partition("=")[0]))
    return options


def _hint(options: argparse.Namespace, word: str) -> str:
    """What an argument that a command does not take is for; empty if that is not known."""
    if not word.startswith("-"):
        from layerg_pin.cli.near_misses import two_words  # imported here: most arguments are right

        return two_words(options, word)
    every = build_parser()
    if owners := [] if every.has_option(word) else list(every.owners(word)):
        return f" (it is an option of {', '.join(owners)})"
    command = word.removeprefix("--")
    return f" (did you mean `layerg-pin {command}`?)" if command in _COMMANDS else ""


def build_parser(only: str | None = None) -> SuggestingParser:
    """The parser of all commands; with `only`, the options of the other commands are missing, which takes less time."""
    codes = "".join(f"\n  {name:8}{exit_codes(name)}" for name in _EXIT_CODES)
    parser = SuggestingParser(
        prog="layerg-pin",
        description="Keep a Go server plugin loadable by its host, a Nakama or Layerg server or any other Go program:\n"
        "find the differences that plugin.Open would refuse, and fix them.",
        epilog="Start in a plugin's folder with `layerg-pin check`; add `--host REF` if no build file names the host."
        f"\n\nexit codes:{codes}\n\n"
        f"Wrong arguments end every command with {USAGE_ERROR}, and a line that says what is wrong.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(parser=parser)
    parser.add_argument(
        "--version", action="version", version=f"layerg-pin {__version__}", help="show the version and exit"
    )
    _add_shared(parser)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    for name, (description, add_options) in _COMMANDS.items():
        command = _add_command(commands.add_parser, name, description)
        if only in (None, name):
            add_options(command)
            if name not in _WITHOUT_SHARED:
                _add_shared(command)
    return parser


def exit_codes(name: str) -> str:
    """The exit codes of a command and their meanings, on one line."""
    return ", ".join(f"{code} {meaning}" for code, meaning in _EXIT_CODES[name].items())


def _add_check(parser: SuggestingParser) -> None:
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
        "-o",
        metavar="FILE",
        default="",
        help="write the report in the format of --format to this file, and the report as text to standard output",
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 on warnings too")
    parser.add_argument("--exit-zero", action="store_true", help="exit with 0 even if errors were found")
    parser.add_argument("--watch", action="store_true", help="check again after each change, until Ctrl-C")
    _add_build(parser)


def _add_fix(parser: SuggestingParser) -> None:
    _add_plugins(parser)
    _add_build(parser)
    afterwards = parser.add_mutually_exclusive_group()
    afterwards.add_argument("--diff", action="store_true", help="print the changes as a patch and write nothing")
    afterwards.add_argument("--tidy", action="store_true", help="run `go mod tidy` afterwards, and check again")
    afterwards.add_argument("--vendor", action="store_true", help="run `go mod tidy` and `go mod vendor` afterwards")


def _add_upgrade(parser: SuggestingParser) -> None:
    parser.add_argument(
        "release",
        metavar="RELEASE",
        help="the new release of the host, such as nakama@3.40.0; 3.40.0 alone is one of the host whose API the plugin "
        "imports",
    )
    _add_folder(parser)
    parser.add_argument("--diff", action="store_true", help="print all changes as a patch and write nothing")
    formats = ("text", "json", "markdown")
    parser.add_argument("--format", choices=formats, default="text", help="the format of the report (default: text)")
    _add_build(parser)
    parser.add_argument("--offline", action="store_true", help="do not let Go use the network")


def _add_explain(parser: SuggestingParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "what",
        nargs="?",
        metavar="CODE | LOGFILE | -",
        help="a check's code, a log file, an error line in quotes, or - for standard input",
    )
    what.add_argument("--line", metavar="TEXT", help="one line of a log")
    parser.add_argument("--plugin", metavar="DIR", help="the plugin's folder (default: the working folder)")
    _add_host_options(parser)


def _add_host(parser: SuggestingParser) -> None:
    subcommands = parser.add_subparsers(dest="subcommand", required=True, metavar="COMMAND", title="commands")
    show = _add_subcommand(
        "host",
        subcommands.add_parser,
        "show",
        "show what is known about the host: modules, Go release, platform, build flags",
    )
    export = _add_subcommand(
        "host",
        subcommands.add_parser,
        "export",
        "write a layerg-host.json for machines without the host, or rules that keep update bots from changing "
        "the host's versions",
    )
    export.add_argument(
        "--format",
        choices=("profile", "renovate", "dependabot"),
        default="profile",
        help="what to write: a profile of the host, or rules for an update bot (default: profile)",
    )
    stdout = "the file, or - for standard output (default: layerg-host.json in DIR; rules: standard output)"
    export.add_argument("-o", metavar="FILE", default="", help=stdout)
    compared = _add_subcommand(
        "host",
        subcommands.add_parser,
        "diff",
        "show the differences between two hosts: Go release, platform, build flags, modules",
    )
    compared.add_argument("before", metavar="A", help="a host, as in --host of `check`")
    compared.add_argument("after", metavar="B", help="another host")
    _add_format(compared)
    _add_offline(compared)
    listed = _add_subcommand("host", subcommands.add_parser, "list", "list the known releases of hosts, newest first")
    listed.add_argument("name", nargs="?", default="", metavar="NAME", help="a host, such as nakama (default: all)")
    for subcommand in (show, export):
        subcommand.add_argument("dir", nargs="?", default=".", metavar="DIR", help="the plugin's folder (default: .)")
        _add_host_options(subcommand)


def _add_init(parser: SuggestingParser) -> None:
    _add_folder(parser)
    parser.add_argument("--host", metavar="REF", default="", help=_HOST_HELP)


def _add_inspect(parser: SuggestingParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a host's binary, an image that contains it, or a plugin's .so")
    _add_format(parser)


def _add_predict(parser: SuggestingParser) -> None:
    parser.add_argument("plugin", metavar="PLUGIN", help="a plugin's .so, or its folder, which is compiled")
    parser.add_argument(
        "--host",
        metavar="BINARY|RELEASE",
        required=True,
        help="the host's binary, an image that contains it, or a release such as nakama@3.40.0; for a release, Go "
        "compiles the packages that the plugin shares with it",
    )
    _add_offline(parser)
    _add_format(parser)


def _add_cache(parser: SuggestingParser) -> None:
    subcommands = parser.add_subparsers(dest="subcommand", required=True, metavar="COMMAND", title="commands")
    for name, description in (
        ("dir", "print the path of the cache folder"),
        ("clean", "remove the cached answers of Go, and the cached servers of images"),
    ):
        _add_subcommand("cache", subcommands.add_parser, name, description)


def _add_completion(parser: SuggestingParser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "fish", "powershell"), help="the shell")


def _add_help(parser: SuggestingParser) -> None:
    parser.add_argument("words", nargs="*", metavar="COMMAND", help="a command, such as `check` or `host show`")


def _add_nothing(parser: SuggestingParser) -> None:
    """Add no options: the language server has none."""


_COMMANDS: dict[str, tuple[str, Callable[[SuggestingParser], None]]] = {
    "check": ("compare plugins with their host and report the differences", _add_check),
    "fix": ("edit go.mod and go.work so that plugins fit their host", _add_fix),
    "upgrade": ("move plugins, and the image tags in their build files, to another release", _add_upgrade),
    "explain": ("explain a check, or the error messages of a host or of a build", _add_explain),
    "host": ("show what is known about a host, write it to a file, compare hosts, or list releases", _add_host),
    "init": ("write a layerg-pin.toml that names the host", _add_init),
    "inspect": ("show what a host's binary or a plugin's .so is built from", _add_inspect),
    "predict": ("predict whether plugin.Open accepts a plugin", _add_predict),
    "cache": ("print the path of the cache folder, or remove what is cached", _add_cache),
    "completion": ("print a script that completes commands and options in a shell", _add_completion),
    "help": ("show the help of a command", _add_help),
    "lsp": ("run the language server on standard input and output", _add_nothing),
}
"""The description of each command, and the function that adds its options."""
_WITHOUT_SHARED = frozenset(("completion", "help", "lsp"))
"""The commands that print no report, and therefore do not have the shared options."""


def _add_subcommand(command: str, add_parser: _AddParser, name: str, description: str) -> SuggestingParser:
    parser = _add_command(add_parser, name, description, command)
    _add_shared(parser)
    return parser


def _add_command(add_parser: _AddParser, name: str, description: str, command: str = "") -> SuggestingParser:
    """Add a command, or a subcommand of `command`, whose exit codes it has."""
    key = command or name
    codes = f"exit codes: {exit_codes(key)}" if key in _EXIT_CODES else None
    sentence = f"{description[0].upper()}{description[1:]}."
    form = argparse.RawDescriptionHelpFormatter
    parser = add_parser(name, help=description, description=sentence, epilog=codes, formatter_class=form)
    parser.set_defaults(parser=parser)
    return parser


def _add_shared(parser: argparse.ArgumentParser) -> None:
    """Add the options of all commands that print a report. They may also precede the command, so none of the parsers
    sets a default.
    """
    shared = parser.add_argument_group("common options")
    shared.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default=argparse.SUPPRESS,
        help="use colours (default: auto: on a terminal; NO_COLOR and FORCE_COLOR override that)",
    )
    switch: dict[str, Any] = {"action": "store_true", "default": argparse.SUPPRESS}
    amount = shared.add_mutually_exclusive_group()
    amount.add_argument("-q", "--quiet", **switch, help="print only results, such as findings, and errors")
    amount.add_argument(
        "-v",
        "--verbose",
        **switch,
        help="print to standard error which files are read, the Go commands, and their times",
    )
    shared.add_argument("--no-cache", **switch, help="neither read nor write cached answers of Go")


def _add_plugins(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser)
    _add_host_options(parser)


def _add_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        nargs="*",
        default=["."],
        metavar="PATH",
        help="a plugin's folder, a folder that contains plugins, or a file of a plugin (default: .)",
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
