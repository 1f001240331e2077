"""`layerg-pin host diff`: show the differences between two hosts, without a plugin."""

from __future__ import annotations

import argparse

from layerg_pin.cli.exit_codes import OK
from layerg_pin.cli.host_reference import checked_host, downloadable
from layerg_pin.cli.output.host_difference_report import difference_json, difference_rows
from layerg_pin.cli.targets import make_checkers
from layerg_pin.core.analysis.host_difference import host_difference
from layerg_pin.system.progress_line import ProgressLine
from layerg_pin.system.terminal import print_json, print_rows


def run(options: argparse.Namespace) -> int:
    """Compare two hosts; returns the exit code. Raises FileError if one of them cannot be read."""
    references = (options.before, options.after)
    with ProgressLine() as progress:
        checkers = make_checkers(
            map(downloadable, references), progress, offline=options.offline, option="this argument"
        )
        before, after = (
            checked_host(checker.named_host())._replace(reference=reference)
            for checker, reference in zip(checkers, references, strict=True)
        )
    found = host_difference(before, after)
    if options.format == "json":
        print_json(difference_json(before, after, found))
    else:
        print_rows(*difference_rows(before, after, found))
    return OK
