"""Our parser reads the same as Go in a go.mod, and reports problems for exactly the files that Go refuses."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from layerg_pin.core.gomod.parser import parse_gomod
from tests.core.conftest import RealGraph
from tests.core.go_reading import GoResult, damaged, read_with_go, run_go, values_of
from tests.core.gomod.odd_gomods import HEAD, ODD_GOMODS

MOST = 4000
"""Limit on the different files of a module cache; of more files an evenly spaced part is read."""

RECOVERED = frozenset(("block-in-a-block", "unclosed-block-then-block", "deep-blocks"))
"""Files for which we report the unclosed block, and Go a later line inside it."""

ONLY_ON_WINDOWS = frozenset(("replace-with-backslash", "replace-with-drive-backslash"))
"""Files that Go accepts on Windows only. Plugins are built for Linux, so we report a problem everywhere."""


@pytest.fixture(scope="module")
def go_results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, GoResult]:
    """Go's result for each odd go.mod."""
    folder = tmp_path_factory.mktemp("odd")
    files = [_write(folder / name, odd) for name, odd in ODD_GOMODS.items()]
    return dict(zip(ODD_GOMODS, _read_with_go(files), strict=True))


@pytest.mark.parametrize("name", ODD_GOMODS)
def test_an_odd_gomod_reads_as_go_reads_it(name: str, go_results: dict[str, GoResult]) -> None:
    odd, judgement = ODD_GOMODS[name], go_results[name]
    content = odd if isinstance(odd, bytes) else odd.encode()
    if sys.platform == "win32" and name in ONLY_ON_WINDOWS:
        judgement = GoResult(None, "Go on Linux refuses it", frozenset())
    assert _disagreement(content, judgement) is None
    if judgement.values is None and name not in RECOVERED:
        text = content.decode("utf-8", "surrogateescape")
        lines = {text.count("\n", 0, problem.span.start) + 1 for problem in parse_gomod(text).problems}
        assert lines >= judgement.lines


@pytest.mark.usefixtures("real_graphs")
def test_every_gomod_in_the_module_cache_reads_as_go_reads_it(modcache: Path) -> None:
    files = _unlike(modcache.glob("cache/download/**/@v/*.mod"))
    assert len(files) >= 300, "the module graphs were downloaded, so there are hundreds"
    assert _disagreements(files) == []


def test_damaged_gomods_read_as_go_reads_them(
    real_graphs: dict[str, RealGraph], modcache: Path, tmp_path: Path
) -> None:
    random = Random("damaged gomods")
    modules = sorted(real_graphs["wide"].selected.items())
    files = [modcache / "cache" / "download" / path / "@v" / f"{version}.mod" for path, version in modules]
    texts = [text for file in files if file.is_file() and "retract" not in (text := file.read_text("utf-8"))]
    assert len(texts) >= 50
    damage = [_write(tmp_path / str(number), damaged(random.choice(texts), random)) for number in range(600)]
    assert _disagreements(damage) == []


@pytest.mark.parametrize(
    "line",
    [
        "retract v1.0.0",
        "retract [v1.0.0, v1.1.0]",
        "retract v2.0.0+incompatible",
        "retract v2.0.0",
        "retract [v1.0.0, v2.0.0]",
        "retract latest",
        "retract [a, b]",
        "retract ]",
    ],
)
def test_a_retract_is_a_problem_where_a_build_refuses_it(line: str, tmp_path: Path) -> None:
    """`go mod edit` does not check retracted versions; every other command does."""
    text = f"{HEAD}{line}\n"
    (tmp_path / "go.mod").write_text(text)
    build = run_go(tmp_path, "list", "-m", "-mod=mod", GOPROXY="off")
    assert bool(parse_gomod(text).problems) == (build.returncode != 0), build.stderr


def test_a_retract_without_a_module_is_a_problem(tmp_path: Path) -> None:
    text = "go 1.21\nretract v1.0.0\n"
    (tmp_path / "go.mod").write_text(text)
    assert run_go(tmp_path, "list", "-m", "-mod=mod", GOPROXY="off").returncode != 0
    assert parse_gomod(text).problems


def _unlike(files: Iterable[Path]) -> list[Path]:
    """One file of each content, at most MOST, in an order that does not depend on names."""
    by_content = {hashlib.sha256(file.read_bytes()).hexdigest(): file for file in files}
    return [file for _, file in sorted(by_content.items())][:MOST]


def _write(folder: Path, content: str | bytes) -> Path:
    folder.mkdir()
    (folder / "go.mod").write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / "go.mod"


def _read_with_go(files: Sequence[Path]) -> list[GoResult]:
    """Go's result for each file; several files are passed at a time."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(read_with_go, files))


def _disagreements(files: Sequence[Path]) -> list[str]:
    """The differences between Go's and our reading of each file."""
    found = ((file, _disagreement(file.read_bytes(), go)) for file, go in zip(files, _read_with_go(files), strict=True))
    return [f"{file}: {what}\n{file.read_text('utf-8', 'replace')}" for file, what in found if what]


def _disagreement(content: bytes, go: GoResult) -> str | None:
    """The difference between Go's and our reading of a file; None if there is none."""
    ours = parse_gomod(content.decode("utf-8", "surrogateescape"))
    if go.values is None:
        return None if ours.problems else f"Go refuses what we accept: {go.words}"
    if ours.problems:
        return f"we refuse what Go accepts: {ours.problems}"
    read = values_of(ours)
    different = {key: (read[key], value) for key, value in go.values.items() if read[key] != value}
    return f"ours, Go's: {different}" if different else None
