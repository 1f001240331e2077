"""layerg-pin compared with gopls and with a pygls server that checks nothing: `make bench`.

Every figure is the median of several runs in one session on the same files. The servers run alternately. Compare the
ratios, because the figures depend on the machine. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.checking import check_rows
from tests.benchmarks.measures import FIGURES, Contender, Figures, interact, start
from tests.benchmarks.opening import opening_rows
from tests.benchmarks.projects import Project, projects

LAYERG_PIN, EMPTY, GOPLS, DEFAULT = "layerg-pin", "empty pygls", "gopls, delay 0", "gopls"
_STARTS = 5


def contenders(gopls: str, published: int) -> tuple[Contender, ...]:
    """The servers; the empty one publishes `published` diagnostics, as many as layerg-pin does."""
    command = str(Path(sys.executable).with_name("layerg-pin"))
    empty = (sys.executable, str(Path(__file__).with_name("empty_server.py")), str(published))
    found = [Contender(LAYERG_PIN, (command, "lsp"), {}), Contender(EMPTY, empty, {})]
    if gopls:
        found += [Contender(GOPLS, (gopls,), {"diagnosticsDelay": "0s"}), Contender(DEFAULT, (gopls,), {})]
    return tuple(found)


def measure(project: Project, gopls: str) -> dict[str, Figures]:
    """The figures of each server on a project."""
    counted = start(contenders(gopls, 0)[0], project)[1]
    servers = contenders(gopls, counted)
    starts: dict[str, list[Figures]] = {server.name: [] for server in servers}
    for _ in range(_STARTS):
        for server in servers:
            starts[server.name].append(start(server, project)[0])
    found = {}
    for server in servers:
        runs = starts[server.name]
        figures = {name: statistics.median(each[name] for each in runs) for name in runs[0]}
        found[server.name] = {**figures, **interact(server, project)}
    return found


def rows(project: str, found: dict[str, Figures]) -> list[str]:
    """The project's part of the table."""
    lines = []
    for name in FIGURES:
        values = {server: figures.get(name) for server, figures in found.items()}
        own = values[LAYERG_PIN]
        cells = [_shown(values.get(server)) for server in (LAYERG_PIN, EMPTY, GOPLS, DEFAULT)]
        cells += [_ratio(own, values.get(server)) for server in (EMPTY, GOPLS)]
        lines.append(f"| {project} | {name} | {' | '.join(cells)} |")
    return lines


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def _ratio(own: float | None, other: float | None) -> str:
    return "-" if own is None or not other else f"{own / other:.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gopls", default="", help="a gopls to hold beside; without it those columns stay empty")
    parser.add_argument("--only", default="", help="measure only what has this in its name; or `check`, `opening`")
    options = parser.parse_args(arguments)
    go = subprocess.run(("go", "env", "GOVERSION"), capture_output=True, text=True, check=True).stdout.strip()
    gopls = os.path.abspath(options.gopls) if options.gopls else ""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {go}"
    print(f"{datetime.date.today().isoformat()}, {machine}; milliseconds (median) and MiB\n")
    with tempfile.TemporaryDirectory(prefix="layerg-pin-bench-") as name:
        if options.only not in ("check", "opening"):
            print(f"| on | | {LAYERG_PIN} | {EMPTY} | {GOPLS} | {DEFAULT} | ÷ empty | ÷ gopls, delay 0 |")
            print("|---|---|---|---|---|---|---|---|")
            for project in projects(Path(name)):
                if options.only in project.name:
                    print("\n".join(rows(project.name, measure(project, gopls))), flush=True)
        if options.only in ("", "check"):
            print("\n" + "\n".join(check_rows(Path(name, "check"))))
        if options.only in ("", "opening"):
            print("\n" + "\n".join(opening_rows(Path(name, "opening"))))


if __name__ == "__main__":
    main()
