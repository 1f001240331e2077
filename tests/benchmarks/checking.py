"""`layerg-pin check` beside the interpreter's start and Go's own run, and on a tree of many plugins."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.projects import Project, made_up, nakama_plugin

_RUNS = 7
_SIZES = (25, 50, 100, 200)


_ENV = ("go", "env", "-json", "GOMODCACHE", "GOVERSION", "GOOS", "GOARCH", "CGO_ENABLED", "GOFLAGS", "GOEXPERIMENT")
_LIST = ("-deps", "-json=ImportPath,Module,Standard,Imports,Error", "--", ".")
_COMMAND = (str(Path(sys.executable).with_name("layerg-pin")), "check")


def check_rows(root: Path) -> Iterator[str]:
    """The table of the command line."""
    yield "| check | milliseconds |"
    yield "|---|---|"
    real = nakama_plugin(root)
    if real:
        yield from _alone(_Timed(real, root / "cache"))[1]
    project = made_up(root, 50)
    timed = _Timed(project, root / "cache")
    anew, rows = _alone(timed)
    yield from rows
    for size in _SIZES:
        tree = root / f"tree-{size}"
        for number in range(size):
            _another(project.folder, tree / f"plugin{number}", number)
        os.symlink(project.listing.parents[1], tree / "host")
        asked = timed.once((*_COMMAND, str(tree)), root, cache=False)
        again = timed.once((*_COMMAND, str(tree)), root)
        alone = size * anew
        per = f"{asked / size:.0f} each; as many single runs would take {alone:.0f}, ratio {asked / alone:.2f}"
        yield f"| tree of {size}: Go asked | {asked:.0f} ({per}) |"
        yield f"| tree of {size}: known | {again:.0f} |"


class _Timed:
    """Runs of commands beside a project, with a cache of their own; times in milliseconds."""

    def __init__(self, project: Project, cache: Path) -> None:
        built = subprocess.run(("go", "env", "GOCACHE"), capture_output=True, text=True, check=True).stdout.strip()
        self.project, self._cache = project, cache
        self._environment = {**project.environment, "GOCACHE": built, "XDG_CACHE_HOME": str(cache)}
        self._copies = cache.with_name("copies")

    def once(self, arguments: Sequence[str], folder: Path, *, cache: bool = True) -> float:
        """How long a run takes; without cached answers of Go if `cache` is false."""
        if not cache:
            shutil.rmtree(self._cache, ignore_errors=True)
        started = time.monotonic()
        subprocess.run(arguments, cwd=folder, env=self._environment, stdout=subprocess.PIPE, check=False)
        return (time.monotonic() - started) * 1000

    def go(self) -> float:
        """How long Go's own runs take, as check makes them: `go list` on copies of go.mod and go.sum."""
        self._copies.mkdir(exist_ok=True)
        for name in ("go.mod", "go.sum"):
            shutil.copyfile(self.project.folder / name, self._copies / name)
        listing = ("go", "list", "-e", "-buildvcs=false", "-mod=mod", f"-modfile={self._copies / 'go.mod'}", *_LIST)
        return self.once(_ENV, self.project.folder) + self.once(listing, self.project.folder)

    def median(self, arguments: Sequence[str], *, cache: bool = True) -> float:
        """The median of several runs in the project's folder, after one that does not count."""
        self.once(arguments, self.project.folder)
        return statistics.median(self.once(arguments, self.project.folder, cache=cache) for _ in range(_RUNS))


def _alone(timed: _Timed) -> tuple[float, list[str]]:
    """How long one plugin takes if Go must be asked, and the rows about it."""
    name = timed.project.name
    python = timed.median((sys.executable, "-c", "pass"))
    go = statistics.median([timed.go() for _ in range(_RUNS + 1)][1:])
    known, anew = timed.median(_COMMAND), timed.median(_COMMAND, cache=False)
    return anew, [
        f"| {name}: python -c pass | {python:.0f} |",
        f"| {name}: go env and go list, as check runs them | {go:.0f} |",
        f"| {name}: Go's answer known | {known:.0f} |",
        f"| {name}: Go asked | {anew:.0f} |",
        f"| {name}, beside interpreter: known | {known - python:.0f} |",
        f"| {name}, beside interpreter and Go: asked | {anew - python - go:.0f} |",
    ]


def _another(source: Path, target: Path, number: int) -> None:
    """A plugin like `source`, but with a text of its own, so that no answer about one serves for another."""
    shutil.copytree(source, target)
    (target / "layerg-pin.toml").write_text('host = "../host"\n')
    with open(target / "main.go", "a") as stream:
        stream.write(f"\nconst Number = {number}\n")
