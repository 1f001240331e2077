"""Minimal version selection on hand-written graphs: `a1: b1 c2` means that module a at v1.1.0 requires b v1.1.0."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from layerg_pin.core.analysis.build_list import BuildList, Roots, build_list, roots_of
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.model.modules import ModuleVersion, Requirements
from layerg_pin.go.module_cache import module_graph

Graph = dict[ModuleVersion, Requirements]


def test_roots_are_what_the_gomod_requires() -> None:
    gomod = parse_gomod(
        "module example.com/m\n\ngo 1.21\n\nrequire example.com/b v1.1\nrequire (\n\texample.com/a v1.0.0 // indirect\n"
        ")\nexclude example.com/a v1.2.0\n"
    )
    b, a = ModuleVersion("example.com/b", "v1.1.0"), ModuleVersion("example.com/a", "v1.0.0")
    excluded = frozenset((ModuleVersion("example.com/a", "v1.2.0"),))
    assert roots_of(gomod) == Roots(
        module="example.com/m", requires=(b, a), direct=frozenset(("example.com/b",)), excluded=excluded, pruned=True
    )


@pytest.mark.parametrize(("go", "pruned"), [("go 1.16\n", False), ("go 1.17\n", True), ("", False)])
def test_roots_prune_from_go_1_17(go: str, pruned: bool) -> None:
    assert roots_of(parse_gomod(f"module example.com/m\n{go}")).pruned == pruned


def test_an_empty_gomod_has_an_empty_build_list() -> None:
    found = build_list(roots_of(parse_gomod("")), {})
    assert (dict(found.selected), dict(found.edges), found.missing) == ({}, {}, frozenset())
    assert found.requirer("a") == ()


def test_the_highest_version_that_is_asked_for_is_selected() -> None:
    assert _selected("a1 b1", "a1: c2\nb1: c3 d1\nc2:\nc3:\nd1:") == "a1 b1 c3 d1"


def test_no_higher_version_than_required_is_selected() -> None:
    assert _selected("a1", "a1: b1\na2: b2\nb1:\nb2:") == "a1 b1"


def test_what_a_dependency_that_prunes_does_not_list_does_not_count() -> None:
    graph = "a1: b1\nb1: c1\nc1:"
    assert _selected("a1", graph) == "a1 b1"
    assert _selected("a1", graph, pruned=False) == "a1 b1 c1"


def test_all_requires_below_a_dependency_that_does_not_prune_count() -> None:
    assert _selected("a1", "a1 old: b1\nb1: c1\nc1: d1\nd1:") == "a1 b1 c1 d1"
    assert _selected("a1", "a1: b1\nb1 old: c1\nc1:") == "a1 b1"


def test_a_module_is_read_again_where_it_counts_in_full() -> None:
    """b is a root, which is pruned, and is required by a, which is not."""
    assert _selected("b1 a1", "a1 old: b1\nb1: c1\nc1: d1\nd1:") == "a1 b1 c1 d1"
    assert _selected("a1 b1", "a1 old: b1\nb1: c1\nc1: d1\nd1:") == "a1 b1 c1 d1"


def test_a_root_that_is_overruled_counts_as_what_it_is_raised_to() -> None:
    """Go writes the selected version into go.mod, and its requirements count as well."""
    assert _selected("a1 b1", "a1: b2\nb1:\nb2: c5\nc5:") == "a1 b2 c5"


def test_roots_are_raised_again_and_again() -> None:
    assert _selected("a1 b1 c1 d1", "a1: b2\nb1:\nb2: c2\nc1:\nc2: d2\nd1:\nd2: e9\ne9:") == "a1 b2 c2 d2 e9"


def test_what_the_overruled_version_requires_still_counts_for_other_roots() -> None:
    """Both roots are raised at once, so that b1, which raised c, is not read again."""
    assert _selected("a1 b1 c1", "a1: b2\nb1: c3\nb2:\nc1:\nc3:") == "a1 b2 c3"


def test_a_main_module_that_does_not_prune_reads_overruled_versions_too() -> None:
    assert _selected("a1 b1", "a1: b2\nb1: c5\nb2: c4\nc4:\nc5:", pruned=False) == "a1 b2 c5"


def test_cycles_end() -> None:
    graph = "a1: b1\nb1: a2\na2: b2\nb2: a1"
    assert _selected("a1", graph, pruned=False) == "a2 b2"
    assert _selected("a1", graph) == "a1 b1"
    assert _selected("a1 b1", graph) == "a2 b2"
    assert _selected("a1", "a1 old: a1 b1\nb1 old: b1 a1") == "a1 b1"


def test_an_excluded_version_is_passed_over() -> None:
    graph = "a1: c2\nb1: c1\nc1:\nc2: d1\nd1:"
    assert _selected("a1 b1", graph, exclude="c2") == "a1 b1 c1"
    assert _selected("a1", graph, exclude="c2") == "a1"
    assert _selected("a1 b1", graph, exclude="c2", pruned=False) == "a1 b1 c1"
    assert _selected("a1 b1", graph, exclude="c3") == "a1 b1 c2"


def test_an_excluded_require_of_the_main_module_is_ignored() -> None:
    """Go: dropping requirement on excluded version."""
    assert _selected("a1 b1", "a1: b2\nb1:\nb2: c1\nc1:", exclude="b1") == "a1 b2"
    assert _selected("b1", "b1: c1\nc1:", exclude="b1") == ""


def test_a_dependency_cannot_require_another_version_of_the_main_module() -> None:
    assert _selected("a1", "a1: main3 b1\nb1:\nmain3:", pruned=False) == "a1 b1"


def test_the_requires_of_an_earlier_version_of_the_main_module_count() -> None:
    """Go reads its go.mod like any other: the main module's own requires may have been lowered since."""
    assert _selected("a1", "a1 old: main3\nmain3: b4\nb4:") == "a1 b4"


def test_a_module_required_twice_counts_with_its_highest_version() -> None:
    assert _selected("a1 a2", "a1:\na2: b1\nb1:") == "a2 b1"
    assert _selected("a2 a1", "a1: b5\na2: b1\nb1:\nb5:") == "a2 b1"
    assert _selected("a2 a1 b1", "a1: b5\na2: b1\nb1:\nb5:") == "a2 b1"


def test_a_missing_gomod_is_named_and_the_rest_selected() -> None:
    found = _found("a1 b1", "a1: c2\nc2:")
    assert _written(found) == "a1 b1 c2"
    assert found.missing == {_version("b1")}
    assert _found("a1", "a1 old: b1").missing == {_version("b1")}
    assert _found("a1", "a1: b1").missing == frozenset()


def test_a_missing_gomod_of_an_overruled_root_is_named() -> None:
    """Its requirements count until it has been read."""
    assert _found("a1 b1", "a1: b2\nb2:").missing == {_version("b1")}


def test_the_requirer_is_the_module_that_requires_the_highest_version() -> None:
    found = _found("a1 b1 d1", "a1: c2\nb1: c3\nd1: c3\nc2:\nc3:")
    assert found.requirer("c") == (_version("b1"), _version("c3"))
    assert found.requirer("a") == ()
    assert found.requirer("nowhere") == ()


def test_the_requirer_is_named_although_the_main_module_requires_a_higher_version() -> None:
    assert _found("a1 c9", "a1: c2\nc9:").requirer("c") == (_version("a1"), _version("c2"))


def test_a_chain_leads_from_a_require_to_the_target_by_the_shortest_way() -> None:
    graph = "a1 old: b1\nb1 old: d3\nc1: d3\nd3:"
    assert _chain("a1 c1", graph, "d3") == "c1 d3"
    assert _chain("a1", graph, "d3") == "a1 b1 d3"
    assert _chain("a1", graph, "a1") == "a1"
    assert _chain("a1", graph, "d4") == ""


def test_a_chain_prefers_direct_requires_even_where_they_are_further() -> None:
    graph = "a1 old: b1\nb1: d3\nc1: d3\nd3:"
    assert _chain("c1 a1", graph, "d3", direct="a") == "a1 b1 d3"
    assert _chain("c1 a1", graph, "d3", direct="") == "c1 d3"


def test_a_chain_prefers_earlier_requires() -> None:
    graph = "a1: d3\nb1: d3\nd3:"
    assert _chain("b1 a1", graph, "d3") == "b1 d3"
    assert _chain("a1 b1", graph, "d3") == "a1 d3"


def test_a_chain_goes_round_no_cycle() -> None:
    assert _chain("a1", "a1 old: b1\nb1: a1 c1\nc1: b1", "c1") == "a1 b1 c1"


def test_a_chain_starts_at_the_required_version() -> None:
    """Although b is raised, go.mod still has b1, and that is the line to report."""
    assert _chain("a1 b1", "a1: b2\nb1: c3\nb2:\nc3:", "b2") == "a1 b2"


def test_a_chain_leads_through_a_require_that_was_raised() -> None:
    assert _chain("a1 b1", "a1: b2\nb1:\nb2: c5\nc5:", "c5") == "a1 b2 c5"


def test_a_chain_reaches_modules_that_only_the_overruled_version_requires() -> None:
    """c3 is selected because go.mod had b1; the chain must show that."""
    assert _chain("a1 b1 c1", "a1: b2\nb1: c3\nb2:\nc1:\nc3:", "c3") == "b1 c3"


def test_pins_take_the_place_of_requires() -> None:
    roots = _roots("a1 b1 a2 c1")
    pinned = roots.pinned((_version("a5"), _version("d1")))
    assert " ".join(_short(each) for each in pinned.requires) == "a5 b1 c1 d1"
    assert roots.pinned(()) == roots


def test_a_graph_is_read_from_folders_and_the_module_cache(tmp_path: Path) -> None:
    cached = tmp_path / "cache" / "download" / "example.com" / "!upper" / "@v"
    cached.mkdir(parents=True)
    (cached / "v1.0.0-!r!c.mod").write_text("module example.com/Upper\n\ngo 1.17\n\nrequire example.com/gone v1.0.0\n")
    for name, text in {"a": "module example.com/a\n\nrequire example.com/Upper v1.0.0-RC\n", "b": "module b\n"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "go.mod").write_text(text)
    main = parse_gomod(
        "module example.com/m\n\ngo 1.17\n\nrequire example.com/a v1.0.0\n\nreplace example.com/a v1.0.0 => ./a\n"
        "replace example.com/a => ./b\n"
    )
    graph = module_graph(str(tmp_path), str(tmp_path), main, ())
    assert graph == {
        ModuleVersion("example.com/a", "v1.0.0"): Requirements(
            (ModuleVersion("example.com/Upper", "v1.0.0-RC"),), False
        ),
        ModuleVersion("example.com/Upper", "v1.0.0-RC"): Requirements(
            (ModuleVersion("example.com/gone", "v1.0.0"),), True, "1.17"
        ),
    }
    assert build_list(roots_of(main), graph).missing == {ModuleVersion("example.com/gone", "v1.0.0")}


def _version(short: str) -> ModuleVersion:
    match = re.fullmatch(r"([a-z]+)(\d+)", short)
    assert match, short
    return ModuleVersion(match[1], f"v1.{match[2]}.0")


def _short(module: ModuleVersion) -> str:
    return module.path + module.version.removeprefix("v1.").removesuffix(".0")


def _graph(text: str) -> Graph:
    graph = {}
    for line in text.splitlines():
        module, _, requires = line.partition(":")
        name, *old = module.split()
        graph[_version(name)] = Requirements(tuple(map(_version, requires.split())), not old)
    return graph


def _roots(requires: str, *, exclude: str = "", pruned: bool = True, direct: str | None = None) -> Roots:
    asked = tuple(map(_version, requires.split()))
    names = {module.path for module in asked} if direct is None else set(direct.split())
    return Roots(
        module="main",
        requires=asked,
        direct=frozenset(names),
        excluded=frozenset(map(_version, exclude.split())),
        pruned=pruned,
    )


def _found(requires: str, graph: str, *, exclude: str = "", pruned: bool = True) -> BuildList:
    return build_list(_roots(requires, exclude=exclude, pruned=pruned), _graph(graph))


def _written(found: BuildList) -> str:
    return " ".join(_short(ModuleVersion(path, version)) for path, version in sorted(found.selected.items()))


def _selected(requires: str, graph: str, *, exclude: str = "", pruned: bool = True) -> str:
    return _written(_found(requires, graph, exclude=exclude, pruned=pruned))


def _chain(requires: str, graph: str, target: str, *, direct: str | None = None) -> str:
    found = build_list(_roots(requires, direct=direct), _graph(graph))
    return " ".join(map(_short, found.chain(_version(target))))
