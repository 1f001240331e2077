"""The loop in which Go tries fixes, with a Go that answers from a table."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.analysis_cache import AnalysisCache
from layerg_pin.core.analysis.fixes import together_fix
from layerg_pin.core.checks import run_checks
from layerg_pin.core.finding import Fix
from layerg_pin.core.gomod.parser import GoMod, parse_gomod
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.model.plugin_build import PluginBuild, Unresolved, Workspace
from layerg_pin.engine.trials import AskGo, fixes_in_gomod, most_trials, run_trial, try_fixes
from layerg_pin.go.query_types import GoCancelled, GoError, GoFailed
from tests.cases.harness import analyse_case

CASE = """Two modules differ.
-- plugin/go.mod --
module example.com/plugin

go 1.23

require (
	example.com/a v1.2.0
	example.com/b v1.2.0
)
-- host/go.mod --
module example.com/host

go 1.23

require (
	example.com/a v1.1.0
	example.com/b v1.1.0
)
-- host/vendor/modules.txt --
# example.com/a v1.1.0
## explicit; go 1.17
example.com/a
# example.com/b v1.1.0
## explicit; go 1.17
example.com/b
-- packages --
example.com/a example.com/a v1.2.0
example.com/b example.com/b v1.2.0
-- requirements --
example.com/a v1.1.0 1.17:
example.com/a v1.2.0 1.17:
example.com/b v1.1.0 1.17:
example.com/b v1.2.0 1.17:
"""


@pytest.fixture
def analysis(tmp_path: Path) -> Analysis:
    found = analyse_case(CASE, tmp_path)
    assert {each.plugin.path for each in found.differences} == {"example.com/a", "example.com/b"}
    return found


class FakeGo:
    """Selects what go.mod requires; packages in `lost` cannot be loaded at the host's versions."""

    def __init__(self, lost: Iterable[str] = ()) -> None:
        self.asked: list[str] = []
        self.lost = tuple(lost)

    def __call__(self, gomod: GoMod, workspace: Workspace | None) -> PluginBuild:
        self.asked.append(gomod.text)
        modules = {path: ModuleVersion(path, requires[0].version.text) for path, requires in gomod.required.items()}
        lost = tuple(
            Unresolved(path, "no such package") for path in self.lost if gomod.requires_exactly(path, "v1.1.0")
        )
        return PluginBuild(gomod, modules, lost, {})


def everything(analysis: Analysis) -> Iterable[Fix | None]:
    return (together_fix(analysis.snapshot, analysis.alignment),)


def in_gomod(analysis: Analysis) -> Iterable[Fix | None]:
    return fixes_in_gomod(analysis, run_checks(analysis))


def test_the_fix_of_everything_is_tried_once(analysis: Analysis) -> None:
    go = FakeGo()
    tried = try_fixes(analysis, everything, go, "", AnalysisCache())
    assert [text.count("v1.1.0") for text in go.asked] == [2]
    assert len(tried.snapshot.trials) == 1
    assert not tried.refused
    assert try_fixes(tried, everything, go, "", AnalysisCache()) is tried, "nothing is left to try"
    assert len(go.asked) == 1


def test_all_fixes_in_gomod_are_tried_that_of_everything_first(analysis: Analysis) -> None:
    go = FakeGo()
    tried = try_fixes(analysis, in_gomod, go, "", AnalysisCache())
    assert [text.count("v1.1.0") for text in go.asked] == [2, 1, 1]
    assert len(tried.snapshot.trials) == 3


def test_a_rejected_fix_is_followed_by_the_next(analysis: Analysis) -> None:
    """The second round tries the fix of what is left."""
    go = FakeGo(lost=("example.com/b",))
    tried = try_fixes(analysis, in_gomod, go, "", AnalysisCache())
    reason = "example.com/b would no longer build: no such package"
    assert tried.refused == {ModuleVersion("example.com/b", "v1.1.0"): reason}
    assert tried.alignment.fulfilled == (ModuleVersion("example.com/a", "v1.1.0"),)
    assert [text.count("v1.1.0") for text in go.asked] == [2, 1, 1], "a alone has been tried"


def test_the_number_of_trials_is_limited(analysis: Analysis) -> None:
    go = FakeGo()
    tried = try_fixes(analysis, in_gomod, go, "", AnalysisCache(), limit=2)
    assert len(go.asked) == len(tried.snapshot.trials) == 2
    try_fixes(tried, in_gomod, go, "", AnalysisCache(), limit=2)
    assert len(go.asked) == 2


def test_a_large_gomod_has_fewer_trials() -> None:
    assert most_trials(parse_gomod("module m\n")) == 24
    assert most_trials(parse_gomod("module m\n" + ("// " + "x" * 300 + "\n") * 1_000)) == 6


def test_without_an_answer_of_go_nothing_is_tried(analysis: Analysis) -> None:
    go, before = FakeGo(), analysis._replace(snapshot=analysis.snapshot._replace(build=None))
    assert try_fixes(before, everything, go, "", AnalysisCache()) is before
    assert not go.asked


@pytest.mark.parametrize(
    ("error", "is_unknown"), [(GoFailed("go.mod: bad"), False), (GoError("no go command was found"), True)]
)
def test_an_error_of_go_is_the_result(analysis: Analysis, error: GoError, is_unknown: bool) -> None:
    def fail(gomod: GoMod, workspace: Workspace | None) -> PluginBuild:
        raise error

    (result,) = try_fixes(analysis, everything, fail, "", AnalysisCache()).snapshot.trials.values()
    assert (result.selected, result.go_failure, result.is_unknown) == (None, str(error), is_unknown)


def test_a_cancelled_trial_has_no_result(analysis: Analysis) -> None:
    def cancel(gomod: GoMod, workspace: Workspace | None) -> PluginBuild:
        raise GoCancelled

    ask: AskGo = cancel
    with pytest.raises(GoCancelled):
        try_fixes(analysis, everything, ask, "", AnalysisCache())


def test_the_workspace_stays_without_edits_of_go_work(analysis: Analysis) -> None:
    go = FakeGo()
    tried = try_fixes(analysis, everything, go, "", AnalysisCache())
    (edited,) = tried.snapshot.trials
    assert edited.texts()[1] is None
    assert run_trial(tried.snapshot, edited, go) == tried.snapshot.trials[edited]
