"""Our selected versions equal those of `go list -m all`, for real go.mod files and for small generated ones."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from layerg_pin.core.analysis.build_list import BuildList, build_list, roots_of
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.go.module_cache import module_graph
from tests.core.conftest import RealGraph
from tests.core.go_reading import selected_by_go


@pytest.mark.parametrize("name", ["wide", "pruned", "overruled"])
def test_a_real_gomod_selects_what_go_selects(name: str, real_graphs: dict[str, RealGraph], modcache: Path) -> None:
    real = real_graphs[name]
    found = _select(real.text, Path("/"), modcache)
    assert found.missing == frozenset()
    assert len(real.selected) >= 50
    assert dict(found.selected) == real.selected


def test_the_overruled_requires_are_overruled(real_graphs: dict[str, RealGraph], modcache: Path) -> None:
    found = _select(real_graphs["overruled"].text, Path("/"), modcache)
    overruled = {each.path for each in found.roots.requires if found.selected[each.path] != each.version}
    assert overruled == {"google.golang.org/grpc", "google.golang.org/protobuf"}
    for path in overruled:
        chain = found.chain(ModuleVersion(path, found.selected[path]))
        assert chain[0] in found.roots.requires
        assert chain[-1] == found.requirer(path)[-1] == ModuleVersion(path, found.selected[path])


def test_a_real_gomod_with_a_hold_selects_what_go_selects(
    real_graphs: dict[str, RealGraph], modcache: Path, tmp_path: Path
) -> None:
    """An exclude of the version that overrules grpc, and a pin of a module that go.mod does not list."""
    selected = real_graphs["overruled"].selected["google.golang.org/grpc"]
    text = real_graphs["overruled"].text + f"\nexclude google.golang.org/grpc {selected}\n"
    (tmp_path / "go.mod").write_text(text)
    by_go = selected_by_go(tmp_path)
    assert by_go["google.golang.org/grpc"] != selected
    assert dict(_select(text, tmp_path, modcache).selected) == by_go


@dataclass(frozen=True)
class Kind:
    """Possible features of a generated module graph, besides random requires."""

    roots_excluded: bool = False
    roots_twice: bool = False
    main_required: bool = False


KINDS = {
    "plain": Kind(),
    "roots-excluded": Kind(roots_excluded=True),
    "roots-twice": Kind(roots_twice=True),
    "main-required": Kind(main_required=True),
}


@pytest.mark.parametrize("kind", KINDS)
def test_worlds_of_folders_select_what_go_selects(kind: str, tmp_path: Path) -> None:
    random = Random(f"worlds {kind}")
    folders = [tmp_path / str(number) for number in range(250)]
    texts = [_build_world(folder, KINDS[kind], random) for folder in folders]
    ours = [dict(_select(text, folder, tmp_path).selected) for text, folder in zip(texts, folders, strict=True)]
    with ThreadPoolExecutor(4) as pool:
        by_go = list(pool.map(lambda folder: selected_by_go(folder, GOPROXY="off"), folders))
    different = [
        f"{folder}: ours {our}, Go's {go}" for folder, our, go in zip(folders, ours, by_go, strict=True) if our != go
    ]
    assert different == []


def _select(text: str, folder: Path, modcache: Path) -> BuildList:
    gomod = parse_gomod(text)
    assert gomod.problems == ()
    return build_list(roots_of(gomod), module_graph(str(modcache), str(folder), gomod, ()))


def _build_world(folder: Path, kind: Kind, random: Random) -> str:
    """Write a main module and its dependencies, each version in its own folder; return the main module's go.mod."""
    names = random.sample("abcdef", random.randint(2, 6))
    modules = [(name, f"v1.{minor}.0") for name in names for minor in range(random.randint(1, 4))]
    highest = [("main", "v1.9.0")] if kind.main_required else []
    for name, version in (*modules, *highest):
        asked = [each for each in _one_of_each(modules, random, 0.35) if each[0] != name]
        asked += highest if highest and name != "main" and random.random() < 0.15 else []
        go = random.choice(["go 1.16\n", "go 1.17\n", ""])
        target = folder / f"{name}-{version}"
        target.mkdir(parents=True)
        (target / "go.mod").write_text(f"module example.com/{name}\n\n{go}{_lines('require', asked)}")
    roots = _one_of_each(modules, random, 0.6)
    if kind.roots_twice:
        roots += _one_of_each(modules, random, 0.3)
        random.shuffle(roots)
    excluded = [each for each in modules if random.random() < 0.15 and (kind.roots_excluded or each not in roots)]
    text = f"module example.com/main\n\ngo {random.choice(['1.16', '1.17', '1.20'])}\n\n"
    text += _lines("require", roots) + _lines("exclude", excluded)
    text += "".join(f"replace example.com/{name} {at} => ./{name}-{at}\n" for name, at in (*modules, *highest))
    (folder / "go.mod").write_text(text)
    return text


def _one_of_each(modules: Sequence[tuple[str, str]], random: Random, probability: float) -> list[tuple[str, str]]:
    """Some of the modules, each at one of its versions."""
    names = [name for name in dict(modules) if random.random() < probability]
    return [random.choice([each for each in modules if each[0] == name]) for name in names]


def _lines(directive: str, modules: Sequence[tuple[str, str]]) -> str:
    return "".join(f"{directive} example.com/{name} {version}\n" for name, version in modules)
