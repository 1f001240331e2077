"""`layerg-pin host`: run a subcommand; `show` prints what is known about a host, `list` the known releases."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from layerg_pin.cli.exit_codes import OK
from layerg_pin.cli.host_reference import downloadable, readable_host
from layerg_pin.cli.output.display import display_path
from layerg_pin.cli.targets import make_checker, plugin_or_folder
from layerg_pin.core.analysis.host_summary import describe
from layerg_pin.core.analysis.release_summary import release_label
from layerg_pin.core.known.images import HOSTS
from layerg_pin.core.known.releases import releases
from layerg_pin.core.text import did_you_mean
from layerg_pin.system.progress_line import ProgressLine
from layerg_pin.system.terminal import Row, print_rows
from layerg_pin.system.text_files import FileError


def run(options: argparse.Namespace) -> int:
    """Run a subcommand of `host`; returns the exit code. Raises FileError."""
    match options.subcommand:
        case "list":
            print_rows(*_releases(options.name))
        case "diff":
            # imported here: each subcommand starts faster; the same below
            from layerg_pin.cli.host_diff import run as diff

            return diff(options)
        case "export":
            from layerg_pin.cli.host_export import run as export

            return export(options)
        case _:
            options.host = downloadable(options.host)
            folder = plugin_or_folder(options.dir, needs_host=not options.host)
            with ProgressLine() as progress:
                host = readable_host(make_checker(options, progress).host_of(folder))
            print_rows(*describe(host, display_path(host.source.path)))
    return OK


def _releases(name: str) -> Iterator[Row]:
    """The known releases of all hosts, or of one, newest first. Raises FileError for an unknown name."""
    known = [each for each in HOSTS if releases(each.name)]
    hosts = [each for each in known if not name or each.name == name.lower()]
    if not hosts:
        raise FileError(f"no releases of {name} are known{did_you_mean(name, [each.name for each in known])}")
    for host in hosts:
        for number, facts in reversed(list(releases(host.name).items())):
            yield f"{f'{host.name}@{number}':<16} {release_label(facts, host)}"
