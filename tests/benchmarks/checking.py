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

from tests.benchmarks.projects import made_up

_RUNS = 7
_SIZES = (25, 50, 100, 200)


def check_rows(root: Path) -> Iterator[str]:
    """The table of the command line."""
    project = made_up(root, 50)
    built = subprocess.run(("go", "env", "GOCACHE"), capture_output=True, text=True, check=True).stdout.strip()
    environment = {**project.environment, "GOCACHE": built, "XDG_CACHE_HOME": str(root / "cache")}
    command = (str(Path(sys.executable).with_name("layerg-pin")), "check")

    def once(arguments: Sequence[str], folder: Path, *, cache: bool = True) -> float:
        if not cache:
            shutil.rmtree(root / "cache", ignore_errors=True)
        started = time.monotonic()
        subprocess.run(arguments, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=False)
        return (time.monotonic() - started) * 1000

    def median(arguments: Sequence[str], *, cache: bool = True) -> float:
        once(arguments, project.folder)
        return statistics.median(once(arguments, project.folder, cache=cache) for _ in range(_RUNS))

    yield "| check | milliseconds |"
    yield "|---|---|"
    python = median((sys.executable, "-c", "pass"))
    go = median(("go", "list", "-buildvcs=false", "-mod=mod", "-deps", "."))
    known, anew = median(command), median(command, cache=False)
    yield f"| python -c pass | {python:.0f} |"
    yield f"| go list -deps | {go:.0f} |"
    yield f"| check, Go's answer known | {known:.0f} |"
    yield f"| check, Go asked | {anew:.0f} |"
    yield f"| beside interpreter: known | {known - python:.0f} |"
    yield f"| beside interpreter and Go: asked | {anew - python - go:.0f} |"
    for size in _SIZES:
        tree = root / f"tree-{size}"
        for number in range(size):
            _another(project.folder, tree / f"plugin{number}", number)
        os.symlink(project.listing.parents[1], tree / "host")
        asked = once((*command, str(tree)), root, cache=False)
        again = once((*command, str(tree)), root)
        per = f"{asked / size:.0f} each; single runs {size * anew:.0f}, ratio {asked / (size * anew):.2f}"
        yield f"| tree of {size}: Go asked | {asked:.0f} ({per}) |"
        yield f"| tree of {size}: known | {again:.0f} |"


def _another(source: Path, target: Path, number: int) -> None:
    """A plugin like `source`, but with a text of its own, so that no answer about one serves for another."""
    shutil.copytree(source, target)
    (target / "layerg-pin.toml").write_text('host = "../host"\n')
    with open(target / "main.go", "a") as stream:
        stream.write(f"\nconst Number = {number}\n")
