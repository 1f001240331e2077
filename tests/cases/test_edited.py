"""An analysis that reuses the results before an edit equals the analysis of the edited text alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from layerg_pin.core.analysis.analyse import Analysis, analyse
from layerg_pin.core.checks import run_checks
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.model.snapshot import MainPackages
from layerg_pin.engine.plugin_snapshot import PluginFiles, take_snapshot
from tests.cases.harness import analyse_case
from tests.cases.test_cases import CASES

STEPS = 25
NOT_COMPARED = ("snapshot", "cache", "build_list", "aligner")
"""Fields of an Analysis that are compared in another form, or that are not results."""


def _inserted(line: str) -> Callable[[list[str], int, Random], None]:
    return lambda lines, at, _: lines.insert(at, line)


def _other_version(lines: list[str], at: int, random: Random) -> None:
    lines[at] = "".join(random.choice("0129") if each in "0123456789" else each for each in lines[at])


def _short_version(lines: list[str], at: int, _: Random) -> None:
    head, dot, patch = lines[at].rpartition(".")
    lines[at] = head + patch.lstrip("0123456789") if dot else lines[at]


def _indirect(lines: list[str], at: int, _: Random) -> None:
    bare, comment, _rest = lines[at].partition(" // indirect")
    lines[at] = f"{bare}\n" if comment else lines[at].replace("\n", " // indirect\n")


EDITS: tuple[Callable[[list[str], int, Random], object], ...] = (
    _inserted("// a comment\n"),
    _inserted("\n"),
    _inserted("requires nothing\n"),
    _inserted(")\n"),
    _inserted("// layerg-pin:ignore version-mismatch for now\n"),
    _inserted("require example.com/nobody/has v1.0.0\n"),
    lambda lines, at, _: lines.pop(at),
    lambda lines, at, _: lines.append(lines.pop(at)),
    _other_version,
    _short_version,
    _indirect,
)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_reused_results_change_nothing(path: Path, tmp_path: Path) -> None:
    first = analyse_case(path.read_bytes().decode(), tmp_path)
    random, original = Random(path.stem), first.snapshot.gomod.text
    text, edited = original, first
    for step in range(STEPS):
        if random.random() < 0.2:
            text = original
        else:
            lines = text.splitlines(keepends=True) or ["\n"]
            random.choice(EDITS)(lines, random.randrange(len(lines)), random)
            text = "".join(lines)
        edited = _analysed(first, text, edited)
        assert _said(edited) == _said(_analysed(first, text, None)), f"step {step}:\n{text}"


def _analysed(first: Analysis, text: str, before: Analysis | None) -> Analysis:
    known = first.snapshot
    files = PluginFiles(known.workspace, known.vendored, known.builders)
    snapshot = take_snapshot(
        known.plugin.path,
        parse_gomod(text, before.snapshot.gomod if before else None),
        known.host,
        known.build,
        known.go_failure,
        mains=MainPackages(known.mains, known.other_mains),
        files=files,
        trials=known.trials,
        local=known.local,
        before=before.snapshot if before else None,
    )
    return analyse(snapshot, first.severities, before.cache if before else None, before)


def _said(analysis: Analysis) -> tuple[object, ...]:
    index = analysis.snapshot.plugin.index
    findings = run_checks(analysis)
    return (
        [
            (each.without_fixes(), tuple(each.fixes), index.position(min(each.span.start, len(index.text)), "utf-16"))
            for each in findings
        ],
        *(
            getattr(analysis, name)
            for name in analysis._fields
            if name not in ("snapshot", "cache", "build_list", "aligner")
        ),
        analysis.snapshot.gomod,
        analysis.build_list.selected,
        analysis.align_fix,
        analysis.safe_fix,
    )
