"""Analyses of one plugin share a cache: results are computed again only if their inputs changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from layerg_pin.core.analysis import alignment, analyse, blank_imports, differences
from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.analysis_cache import AnalysisCache
from layerg_pin.core.checks import run_checks
from layerg_pin.core.finding import Finding
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.model.modules import Source
from layerg_pin.core.text import LineIndex
from tests.cases.harness import analyse_case
from tests.conftest import ROOT

CASE = ROOT / "tests" / "cases" / "version-mismatch" / "one-of-three-cannot-be-pinned.txt"
BLANK = ROOT / "tests" / "cases" / "blank-import"
EXPENSIVE = {
    "build_list": (analyse,),
    "shared_packages": (analyse, differences),
    "unattributed_versions": (analyse,),
}


@pytest.fixture
def first(tmp_path: Path) -> Analysis:
    return analyse_case(CASE.read_text(), tmp_path)


@pytest.fixture
def calls(first: Analysis, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The number of calls of each expensive function since the first analysis."""
    counted: Counter[str] = Counter()

    def counting(function: Callable[..., Any], name: str) -> Callable[..., Any]:
        @wraps(function)
        def call(*arguments: Any, **named: Any) -> Any:
            counted[name] += 1
            return function(*arguments, **named)

        return call

    for name, modules in EXPENSIVE.items():
        function = counting(getattr(analyse, name), name)
        for module in modules:
            monkeypatch.setattr(module, name, function)
    for name in ("differences_of", "candidate_changes"):
        monkeypatch.setattr(analyse, name, counting(getattr(analyse, name), name))
    monkeypatch.setattr(alignment.Aligner, "_align", counting(alignment.Aligner._align, "align"))
    return counted


def analysed(first: Analysis, text: str, cache: AnalysisCache, before: Analysis | None = None) -> Analysis:
    """The analysis of another text of the same plugin."""
    source = Source(first.snapshot.plugin.path, LineIndex(text))
    snapshot = first.snapshot._replace(plugin=source, gomod=parse_gomod(text))
    return analyse.analyse(snapshot, first.severities, cache, before)


def test_an_edit_of_a_comment_computes_nothing(first: Analysis, calls: Counter[str]) -> None:
    text = first.snapshot.gomod.text
    assert first.differences
    second = analysed(first, f"{text}// typed\n", first.cache, first)
    assert second.snapshot.gomod.text != text
    assert not calls
    for name in second._fields:
        if name != "snapshot":
            assert getattr(second, name) is getattr(first, name), name


def test_the_same_text_in_another_snapshot_computes_no_versions(first: Analysis, calls: Counter[str]) -> None:
    """Trials are new objects after each answer of Go, though they may not concern this text."""
    text, cache = first.snapshot.gomod.text, AnalysisCache()
    before = analysed(first, text, cache)
    assert calls == dict.fromkeys((*EXPENSIVE, "differences_of", "candidate_changes", "align"), 1)
    calls.clear()
    again = analysed(first, text, cache)
    assert calls == {"differences_of": 1, "candidate_changes": 1}
    assert again.build_list is before.build_list
    assert again.alignment is before.alignment


def test_an_edit_of_a_version_keeps_what_follows_from_gos_answer(first: Analysis, calls: Counter[str]) -> None:
    text, cache = first.snapshot.gomod.text, AnalysisCache()
    before = analysed(first, text, cache)
    calls.clear()
    edited = analysed(first, f"{text}\nrequire example.com/new v1.0.0\n", cache, before)
    assert edited.build_list.selected["example.com/new"] == "v1.0.0"
    assert (calls["build_list"], calls["align"]) == (1, 1)
    assert (calls["shared_packages"], calls["unattributed_versions"]) == (0, 0)


def test_another_answer_of_go_computes_all(first: Analysis, calls: Counter[str]) -> None:
    text, cache = first.snapshot.gomod.text, AnalysisCache()
    before = analysed(first, text, cache)
    calls.clear()
    build = first.snapshot.build
    assert build
    now = build._replace(packages=dict(list(build.packages.items())[:-1]))
    after = analyse.analyse(before.snapshot._replace(build=now), first.severities, cache, before)
    assert (calls["shared_packages"], calls["unattributed_versions"]) == (1, 1)
    assert after.shared == before.shared - 1


def test_a_plugin_does_not_use_the_cache_of_another(first: Analysis, calls: Counter[str]) -> None:
    analysed(first, first.snapshot.gomod.text, AnalysisCache())
    analysed(first, first.snapshot.gomod.text, AnalysisCache())
    assert calls["build_list"] == calls["shared_packages"] == 2


def test_findings_at_blank_imports_are_found_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit of go.mod leaves the .go files alone."""
    case = next(path for path in sorted(BLANK.glob("*.txt")) if "blank-import: " in path.read_text())
    first = analyse_case(case.read_text(), tmp_path)
    findings = run_checks(first)

    def fail(*_: object) -> tuple[Finding, ...]:
        raise AssertionError("the blank imports were searched again")

    monkeypatch.setattr(blank_imports, "blank_imports", fail)
    second = analysed(first, f"{first.snapshot.gomod.text}// typed\n", first.cache, first)
    assert [each.without_fixes() for each in run_checks(second)] == [each.without_fixes() for each in findings]
    with pytest.raises(AssertionError, match="searched again"):
        run_checks(analysed(first, first.snapshot.gomod.text, AnalysisCache()))


def test_only_the_latest_result_is_kept() -> None:
    computed = []

    def compute(number: int) -> int:
        computed.append(number)
        return number + 1

    cache = AnalysisCache()
    assert [cache.result(compute, number) for number in (1, 1, 2, 2, 1)] == [2, 2, 3, 3, 2]
    assert computed == [1, 2, 1]


def test_inputs_that_are_equal_but_other_objects_are_compared_once() -> None:
    class Answer:
        def __init__(self) -> None:
            self.compared = 0

        def __eq__(self, other: object) -> bool:
            self.compared += 1
            return isinstance(other, Answer)

        __hash__ = None  # type: ignore[assignment]  # not needed here

    def compute(answer: Answer) -> int:
        return id(answer)

    cache, first, second = AnalysisCache(), Answer(), Answer()
    assert {cache.result(compute, answer) for answer in (first, second, second, second)} == {id(first)}
    assert first.compared + second.compared == 1
