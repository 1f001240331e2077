"""The overview of modules and of the plugin, for case files."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerg_pin.core.analysis.overview import ModuleStatus, Overview, fit_words, hint, host_words
from layerg_pin.core.checks import run_checks
from tests.cases.harness import analyse_case
from tests.conftest import ROOT

CASE = """\
One module of each kind.
-- plugin/go.mod --
module example.com/plugin

go 1.23

require (
	example.com/alike v1.0.0
	example.com/asks v1.0.0
	example.com/free v1.0.0
	example.com/lower v1.0.0
	example.com/raised v1.0.0
	example.com/split v1.0.0
	example.com/silenced v1.0.0 // layerg-pin:ignore version-mismatch known
	example.com/unused v1.0.0
)

require example.com/below v1.0.0 // indirect
-- host/vendor/modules.txt --
# example.com/alike v1.0.0
## explicit
example.com/alike
example.com/alike/tests
# example.com/lower v1.1.0
## explicit
example.com/lower
example.com/lower/more
# example.com/raised v1.0.0
## explicit
example.com/raised
# example.com/silenced v1.1.0
## explicit
example.com/silenced
# example.com/split/part v1.2.0
## explicit
example.com/split/part
# example.com/unused v1.1.0
## explicit
example.com/unused
# example.com/below v1.0.0
## explicit
example.com/below
-- packages --
example.com/alike example.com/alike v1.0.0
example.com/asks example.com/asks v1.0.0
example.com/free example.com/free v1.0.0
example.com/lower example.com/lower v1.0.0
example.com/lower/more example.com/lower v1.0.0
example.com/raised example.com/raised v1.3.0
example.com/split example.com/split v1.0.0
example.com/split/part example.com/split v1.0.0
example.com/silenced example.com/silenced v1.0.0
example.com/below example.com/below v1.0.0
-- requirements --
example.com/asks v1.0.0 1.21: example.com/raised v1.3.0, example.com/below v1.0.0
example.com/alike v1.0.0 1.21:
example.com/free v1.0.0 1.21:
example.com/lower v1.0.0 1.21:
example.com/raised v1.0.0 1.21:
example.com/raised v1.3.0 1.21:
example.com/split v1.0.0 1.21:
example.com/silenced v1.0.0 1.21:
example.com/unused v1.0.0 1.21:
example.com/below v1.0.0 1.21:
"""


@pytest.fixture
def overview(tmp_path: Path) -> Overview:
    return Overview(analyse_case(CASE, tmp_path))


@pytest.mark.parametrize(
    ("name", "standing", "label", "verdict", "asked"),
    [
        ("alike", "agrees", "✓", "the versions agree: 1 package is linked into both", "required at go.mod:6"),
        (
            "free",
            "not on host",
            None,
            "the host does not have this module, so any version fits",
            "required at go.mod:8",
        ),
        (
            "lower",
            "refused",
            "host v1.1.0",
            "the host refuses the plugin: 2 packages are linked into both from different versions",
            "required at go.mod:9",
        ),
        (
            "raised",
            "refused",
            "selected v1.3.0, host v1.0.0",
            "the host refuses the plugin: 1 package is linked into both from different versions",
            "raised from v1.0.0 at go.mod:10 by example.com/asks v1.0.0 at go.mod:7",
        ),
        (
            "split",
            "refused",
            "host example.com/split/part v1.2.0",
            "the host refuses the plugin: 1 package is linked into both from different versions",
            "required at go.mod:11",
        ),
        (
            "silenced",
            "refused",
            "host v1.1.0",
            "the host refuses the plugin: 1 package is linked into both from different versions",
            "required at go.mod:12",
        ),
        (
            "unused",
            "unshared",
            "host v1.1.0, not shared",
            "the versions may differ: no package of it is linked into both",
            "required at go.mod:13",
        ),
        (
            "below",
            "agrees",
            "✓",
            "the versions agree: 1 package is linked into both",
            "required at go.mod:16 and by example.com/asks v1.0.0 at go.mod:7",
        ),
    ],
)
def test_a_module(overview: Overview, name: str, standing: str, label: str | None, verdict: str, asked: str) -> None:
    view = overview.module(f"example.com/{name}")
    require = overview.analysis.snapshot.gomod.require(view.path)
    assert require
    assert view.status is ModuleStatus(standing)
    assert hint(view, require, agreeing=True) == label
    assert hint(view, require, agreeing=False) == (None if label == "✓" else label)
    assert view.verdict == verdict
    assert overview.requirement(view.path) == asked


def test_what_is_shared(overview: Overview) -> None:
    assert overview.shared_words("example.com/lower") == "linked into both: example.com/lower, example.com/lower/more"
    assert overview.shared_words("example.com/unused") == (
        "linked into both: none, because the plugin compiles no package of it"
    )
    assert overview.shared_words("example.com/free") == ""
    assert overview.module("example.com/nowhere").version is None


def test_a_require_that_only_pins(overview: Overview, tmp_path: Path) -> None:
    assert not any(overview.only_pins(f"example.com/{name}") for name in ("alike", "below", "free", "unused"))
    pinned = CASE.replace("example.com/unused v1.0.0\n)", "example.com/unused v1.1.0\n)")
    pinned = pinned.replace("example.com/unused v1.0.0 1.21:", "example.com/unused v1.1.0 1.21:")
    assert Overview(analyse_case(pinned, tmp_path)).only_pins("example.com/unused")
    assert not Overview(analyse_case(pinned.partition("-- packages")[0], tmp_path)).only_pins("example.com/unused")


def test_the_module_that_provides_a_package(overview: Overview) -> None:
    assert overview.provider("example.com/split/part") == "example.com/split"
    assert overview.provider("example.com/alike/not/known") == "example.com/alike"
    assert overview.provider("example.com/alike2") is None
    assert overview.provider("fmt") is None


def test_the_whole_in_words(overview: Overview, tmp_path: Path) -> None:
    analysis = overview.analysis
    assert host_words(analysis.snapshot.host) == "host, modules.txt"
    assert fit_words(analysis, run_checks(analysis)) == "3 modules do not fit"
    fitting = CASE.replace("lower v1.0.0", "lower v1.1.0").replace("raised v1.3.0", "raised v1.0.0")
    fitting = fitting.replace("split v1.0.0", "split/part v1.2.0")
    analysis = analyse_case(fitting, tmp_path)
    assert fit_words(analysis, run_checks(analysis)) == "no problems, 1 finding silenced"
    analysis = analyse_case(fitting.replace("silenced v1.1.0", "silenced v1.0.0"), tmp_path)
    assert fit_words(analysis, run_checks(analysis)) == "everything fits"
    unasked = analyse_case(fitting.partition("-- packages")[0], tmp_path)
    assert fit_words(unasked, ()) == "no known differences"


def test_without_an_answer_of_go(tmp_path: Path) -> None:
    overview = Overview(analyse_case(CASE.partition("-- packages")[0], tmp_path))
    view = overview.module("example.com/lower")
    assert view.status is ModuleStatus.POSSIBLE
    assert view.verdict == "the host may refuse the plugin: it is not known which packages the plugin compiles"
    assert overview.shared_words(view.path).startswith("linked into both: not known, because Go has not listed")
    assert overview.module("example.com/alike").verdict == "the versions agree"


def test_without_a_host(tmp_path: Path) -> None:
    overview = Overview(analyse_case(CASE.replace("host/vendor/modules.txt", "other"), tmp_path))
    view = overview.module("example.com/lower")
    assert (view.status, view.version, view.host) == (ModuleStatus.UNKNOWN, "v1.0.0", None)
    assert host_words(overview.analysis.snapshot.host) == "host ../host cannot be read"
    assert overview.shared_words(view.path) == ""


def test_a_module_that_the_host_replaces(tmp_path: Path) -> None:
    replaced = CASE.replace("# example.com/alike v1.0.0", "# example.com/alike v1.0.0 => example.com/fork v1.0.1")
    overview = Overview(analyse_case(replaced, tmp_path))
    view = overview.module("example.com/alike")
    require = overview.analysis.snapshot.gomod.require(view.path)
    assert require
    assert view.status is ModuleStatus.REFUSED
    assert "both replacements have the same source" in view.verdict
    assert hint(view, require, agreeing=False) == "host => example.com/fork v1.0.1"


def test_a_module_of_the_workspace(tmp_path: Path) -> None:
    text = (ROOT / "tests" / "cases" / "workspace-module" / "shared.txt").read_text()
    overview = Overview(analyse_case(text, tmp_path))
    (member,) = overview.analysis.members
    view = overview.module(member.module)
    assert view.status is ModuleStatus.REFUSED
    assert view.verdict.endswith("from a folder of the workspace")
    assert view.shared == member.packages
