"""`layerg-pin host show` and `host export`: what is known of a host, for people and for a team's repository."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from layerg_pin.checker import Checker
from layerg_pin.core.host_text import describe
from layerg_pin.core.manifest import HostManifest
from layerg_pin.files import FileError, create_text, read_text, write_text
from layerg_pin.profile import ProfileError, read_profile, write_profile
from layerg_pin.report import count, display_path, printable

PROFILE = "layerg-host.json"


def add_host(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], checker: Callable[[argparse.Namespace], Checker]
) -> None:
    """Add the commands to the parser; `checker` makes what reads hosts under the options."""
    host = commands.add_parser("host", help="show what is known of a host, or write it down")
    verbs = host.add_subparsers(dest="verb", required=True, metavar="VERB")
    show = verbs.add_parser("show", help="show what is known of the host")
    show.set_defaults(run=lambda options: _show(checker(options), options))
    export = verbs.add_parser("export", help=f"write a {PROFILE}, to be committed where the host is not at hand")
    export.set_defaults(run=lambda options: _export(checker(options), options))
    export.add_argument("-o", metavar="FILE", default="", help=f"the file, or - (default: {PROFILE} in DIR)")
    for command in (show, export):
        command.add_argument("dir", nargs="?", default=".", metavar="DIR", help="the plugin's folder")
        command.add_argument("--host", metavar="REF", default="", help="the host: a folder, file or module@version")
        command.add_argument("--offline", action="store_true", help="do not let Go use the network")


def _show(checker: Checker, options: argparse.Namespace) -> int:
    host = _host(checker, options)
    print("\n".join(printable(line) for line in describe(host, display_path(host.source.path))))
    return 0


def _export(checker: Checker, options: argparse.Namespace) -> int:
    host = _host(checker, options)
    text = write_profile(host)
    if options.o == "-":
        print(text, end="")
        return 0
    path = options.o or os.path.join(options.dir, PROFILE)
    if os.path.exists(path):
        before = read_text(path)
        try:
            read_profile("", path, before)
        except ProfileError:
            raise FileError(f"{display_path(path)} exists and is no profile of a host; nothing was written") from None
        write_text(path, before, text)
    else:
        create_text(path, text)
    print(f"wrote {display_path(path)}: {host.module or host.reference}, {count(host.required, 'module')}")
    print(f'name it in layerg-pin.toml: host = "{os.path.basename(path)}"')
    return 0


def _host(checker: Checker, options: argparse.Namespace) -> HostManifest:
    """The host that is named, or found for the plugin in DIR. Raises FileError."""
    host = checker.host_of(os.path.abspath(options.dir))
    if not isinstance(host, HostManifest):
        raise FileError(host.message)
    return host
