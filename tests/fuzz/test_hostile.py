"""Hostile texts take linear time and little memory in every parser, and raise nothing.

`LAYERG_PIN_FUZZ_SECONDS` and `LAYERG_PIN_FUZZ_SEED` set the number of generated texts and the seed.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random

import pytest

from layerg_pin.core.buildfiles.budget import split
from layerg_pin.core.buildfiles.compose_variables import parse_env
from layerg_pin.core.buildfiles.host_runs import files_run_by
from layerg_pin.core.buildfiles.workspace_builds import host_builds
from layerg_pin.core.explain.explanation import explain
from layerg_pin.core.explain.incidents import Log, incident_rows, incidents, message_rows
from layerg_pin.core.gofile.go_syntax import parse_go_file
from layerg_pin.core.gomod.go_sum import modules_with_sum, modules_without_sum
from layerg_pin.core.gomod.modules_txt import parse_modules_txt
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.gomod.replaces import Replaces
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.settings.project_file import ProjectTextError, host_edit
from layerg_pin.core.text import merge_conflict
from layerg_pin.engine.project_settings import read_project_file
from layerg_pin.go.process import reason_of
from layerg_pin.source_tree.main_packages import declares_entry, main_packages, opens_plugins, reaches_plugin
from tests.fuzz.hostile import FOUND, FRAGMENTS, Shape, shapes
from tests.fuzz.test_fuzz import TEXTS
from tests.fuzz.timing import seconds

SECONDS = float(os.environ.get("LAYERG_PIN_FUZZ_SECONDS", "0.8"))
SEED = int(os.environ.get("LAYERG_PIN_FUZZ_SEED", "19"))
_SIZE = 16_000
"""Characters of the smaller text; the larger one has four times as many."""
_LARGE = 256 * 1024
"""Characters of the texts whose memory is measured."""
_MEMORY = 64 << 20
_SLACK = 0.05
"""Margin in seconds for other programs."""


def _sums(text: str) -> None:
    list(modules_with_sum(text))
    modules_without_sum(text, [ModuleVersion("a.org/a", "v1.0.0")], Replaces())
    merge_conflict(text)


def _log(text: str) -> None:
    seen = Log(200).read(text.splitlines(keepends=True))
    for each in incidents(seen, seen, partial(explain, analysis=None)):
        list(incident_rows(each, str))
        for sighting in each.sightings:
            list(message_rows(each, sighting))


def _go_file(folder: Path, text: str) -> None:
    parse_go_file(text)
    (folder / "a.go").write_text(text, encoding="utf-8", errors="surrogateescape")
    main_packages(str(folder))
    declares_entry(str(folder))
    opens_plugins(str(folder))


def _imported(folder: Path, text: str) -> None:
    (folder / "a.go").write_text(text)
    reaches_plugin(str(folder), "a.org/a", ".")


def _toml(folder: Path, text: str) -> None:
    (folder / "layerg-pin.toml").write_text(text, encoding="utf-8", errors="surrogateescape")
    read_project_file(str(folder))
    with suppress(ProjectTextError):
        host_edit(text, "../host")


def readers(folder: Path) -> dict[str, Callable[[str], object]]:
    """All parsers of foreign input; `folder` is for those that read files."""
    taken = {kind: TEXTS[kind][0] for kind in FRAGMENTS if kind in TEXTS}
    return taken | {
        ".env": parse_env,
        "host builds": host_builds,
        "words": split,
        "go.mod": parse_gomod,
        "modules.txt": parse_modules_txt,
        "go.sum": _sums,
        "Go file": partial(_go_file, folder),
        "layerg-pin.toml": partial(_toml, folder),
        "log": _log,
        "runs of make": lambda text: list(files_run_by(text, ["Makefile", "a/Makefile", "x.sh"])),
        "imports": partial(_imported, folder),
        "Go's words": reason_of,
    }


def must_be_linear(take: Callable[[str], object], name: str, shape: Shape) -> None:
    """Four times the text takes less than eight times as long, which excludes quadratic time."""
    small, large = shape(_SIZE), shape(4 * _SIZE)
    ratio = max(1.0, len(large) / max(1, len(small)))
    try:
        times = (seconds(take, small), seconds(take, large))
        for _ in range(3):
            if times[1] <= 2 * ratio * times[0] + _SLACK:
                return
            times = (max(times[0], seconds(take, small)), min(times[1], seconds(take, large)))
    except Exception as error:
        raise AssertionError(f"{name}: {error!r}: keep it in hostile.py") from error
    raise AssertionError(f"{name}: {times} for {len(small)} and {len(large)} characters: keep it in hostile.py")


def peak(take: Callable[[str], object], text: str) -> int:
    """The peak memory of a call in bytes, above the previous use (Linux: proc(5), clear_refs)."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    take(text)
    return _status("VmHWM") - before


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


@pytest.mark.parametrize("kind", FRAGMENTS)
def test_generated_texts(kind: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    take = readers(tmp_path)[kind]
    end, count = time.monotonic() + SECONDS, 0
    for name, shape in shapes(kind, Random(f"{SEED} {kind}")):
        must_be_linear(take, f"{kind}: {name}", shape)
        count += 1
        if time.monotonic() > end:
            break
    record_property("hostile", f"{kind}: {count}")
    assert count


@pytest.mark.parametrize(("kind", "name", "shape"), FOUND, ids=lambda each: each if isinstance(each, str) else "")
def test_texts_that_were_found(kind: str, name: str, shape: Shape, tmp_path: Path) -> None:
    must_be_linear(readers(tmp_path)[kind], f"{kind}: {name}", shape)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows the peak of a call")
@pytest.mark.parametrize(("kind", "name", "shape"), FOUND, ids=lambda each: each if isinstance(each, str) else "")
def test_memory(kind: str, name: str, shape: Shape, tmp_path: Path) -> None:
    text = shape(_LARGE)[:_LARGE]
    taken = peak(readers(tmp_path)[kind], text)
    assert taken <= _MEMORY, f"{kind}: {name}: {taken >> 20} MiB"
