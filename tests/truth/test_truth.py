"""The truth is Go's: `check` agrees with the real host, and the host loads what `fix` repairs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.truth.hosts import Opened, World, run_go
from tests.truth.outcome import FixResult, Verdict, checked, copied, files, opened, prepare, refused_by_go, run_fix
from tests.truth.table import PROPERTY
from tests.truth.variant import LOADS, Variant
from tests.truth.variants import VARIANTS


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_check_agrees_with_the_host_and_fix_with_both(
    variant: Variant, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    for name, value in variant.env.items():
        monkeypatch.setenv(name, value)
    plugin = prepare(variant, world, tmp_path / "it")
    untouched = copied(plugin, tmp_path / "untouched")
    before = opened(variant, world, plugin, tmp_path / "build")
    folder, modules_txt = checked(plugin, world.host), checked(plugin, world.modules_txt)
    assert files(plugin) == files(untouched), "check writes nothing"
    wrong = disagreements(variant, before, folder, modules_txt)
    fixed = run_fix(plugin, world.host)
    wrong += objections(variant, before, fixed, world, plugin)
    by_list = copied(untouched, tmp_path / "by-list")
    listed = run_fix(by_list, world.modules_txt)
    if files(by_list) != files(plugin) and not variant.only_modules_txt:
        wrong.append(f"fix against modules.txt changes other lines ({listed}) than against the folder ({fixed})")
    if fixed.changed or variant.vendored:
        wrong += tidying(variant, world, plugin, untouched)
    after = opened(variant, world, plugin, tmp_path / "build")
    if after.loads != (variant.end == LOADS):
        wrong.append(f"after fix: plugin.Open says `{after.words}`, expected `{variant.end or 'loads'}`: {fixed.words}")
    if after.loads and (again := checked(plugin, world.host)).word != "fits" and not variant.content_unknown:
        wrong.append(f"after fix the host loads it, and check says {again}")
    row = (variant.name, before.words, str(folder), str(modules_txt), str(fixed), after.words)
    request.node.user_properties.append((PROPERTY, row))
    assert not wrong, "\n".join((variant.shows, *wrong))


def disagreements(variant: Variant, before: Opened, folder: Verdict, modules_txt: Verdict) -> list[str]:
    """The cases in which check and host disagree, which must be exactly the known exceptions."""
    wrong = []
    for name, verdict, exception in (
        ("folder", folder, variant.content_unknown),
        ("modules.txt", modules_txt, variant.content_unknown or variant.only_modules_txt),
    ):
        expected = "refused" if exception else "fits" if before.loads else "refused"
        if verdict.word != expected and not (verdict.word == "unknown" and before.words.startswith("no build")):
            wrong.append(f"check against the {name} says {verdict}, plugin.Open: {before.words}; expected {expected}")
        if exception and verdict.is_certain:
            wrong.append(f"check against the {name} is certain of what is not so: {verdict}")
        named = before.package if before.package.startswith("example.com/") else ""
        if named and verdict.word == "refused" and not verdict.names(named):
            wrong.append(f"check against the {name} does not speak of {named}: {verdict}")
    if (variant.content_unknown or variant.only_modules_txt) and not before.loads:
        wrong.append(f"no exception at all: plugin.Open says {before.words}")
    return wrong


def objections(variant: Variant, before: Opened, fixed: FixResult, world: World, plugin: Path) -> list[str]:
    """Problems of the files that fix leaves."""
    wrong = []
    if refusal := refused_by_go(world, plugin):
        wrong.append(f"fix leaves what Go refuses: {refusal}")
    if before.loads and fixed.changed and not variant.content_unknown:
        wrong.append(f"fix changes what the host loads: {fixed}")
    again = run_fix(plugin, world.host)
    if again.changed:
        wrong.append(f"fix is not idempotent: {fixed}, then {again}")
    is_stale = variant.vendored and (fixed.changed or variant.stale)  # without --vendor it cannot be built
    if (fixed.code == 0) != (variant.end == LOADS and not is_stale) and not variant.end_unseen:
        wrong.append(f"fix exits with {fixed.code}, expected the end `{variant.end or 'loads'}`: {fixed.words}")
    return wrong


def tidying(variant: Variant, world: World, plugin: Path, untouched: Path) -> list[str]:
    """`go mod tidy` by hand and `fix --tidy`: both keep the pins and give the same result."""
    try:
        run_go(world, plugin, "mod", "tidy")
        if variant.vendored:
            run_go(world, plugin, "mod", "vendor")
    except AssertionError as error:
        return [str(error)]
    wrong = []
    again = run_fix(plugin, world.host)
    if again.changed:
        wrong.append(f"`go mod tidy` undoes what fix did, which does it again: {again}")
    at_once = run_fix(untouched, world.host, "--tidy")
    ours, theirs = files(plugin), files(untouched)
    if ours != theirs:
        names = [name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)]
        wrong.append(f"fix --tidy leaves something else than fix and `go mod tidy` in {names}: {at_once}")
    return wrong
