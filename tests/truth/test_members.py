"""If the host's folder is in the plugin's go.work, check agrees with the real plugin.Open."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.truth.hosts import World, run_go
from tests.truth.members import MEMBERS, Member, link_to
from tests.truth.outcome import checked, copied, files, run_fix


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: f"workspace-{member.name}")
def test_check_agrees_with_a_host_of_the_same_tree(member: Member, world: World, tmp_path: Path) -> None:
    plugin, server = member.write(tmp_path / "tree", world)
    binary = member.build_server(world, server)
    before = member.opened(world, plugin, binary)
    verdict, by_binary = checked(plugin, server), checked(plugin, binary)
    expected = "unknown" if member.unclear else "fits" if before.loads else "refused"
    assert verdict.word == expected, f"{member.shows}: plugin.Open: {before.words}; check: {verdict}"
    if before.loads:  # a binary cannot show whether a folder on both sides has the same content
        assert not any(each["severity"] == "error" for each in by_binary.findings), by_binary.findings
    else:
        assert by_binary.word in ("refused", "unknown"), str(by_binary)
    findings = (
        *(verdict.findings if before.loads or member.unclear else ()),
        *(by_binary.findings if before.loads else ()),
    )
    for finding in findings:
        assert not any("out of the workspace" in title for title in finding["fixes"]), finding
    untouched = files(plugin)
    fixed = run_fix(plugin, server)
    work = (plugin.parent / "go.work").read_text()
    assert all(each in work for each in ("./plugin", "./server") if each in member.uses), "the host stays"
    if before.loads and not member.unclear:
        assert files(plugin) == untouched, f"fix changes what the host loads: {fixed}"
    if member.unclear:
        assert work.encode() == untouched["go.work"], "fix leaves go.work where it is not known what is right"
    after = member.opened(world, plugin, binary)
    assert after.loads == member.is_fixed, f"after fix: {after.words}; {fixed.words}"
    if after.loads and not member.unclear:
        assert checked(plugin, server).word == "fits"


def test_a_workspace_that_is_named_through_a_link_is_the_same(world: World, tmp_path: Path) -> None:
    member = MEMBERS[0]
    _, server = member.write(tmp_path / "tree", world)
    linked = link_to(tmp_path / "tree", tmp_path / "link")
    assert member.opened(world, linked / "plugin", member.build_server(world, server)).loads
    assert checked(linked / "plugin", server).word == "fits"


def test_a_vendored_workspace_is_the_host(world: World, tmp_path: Path) -> None:
    member = MEMBERS[0]
    plugin, server = member.write(tmp_path / "tree", world)
    run_go(world, plugin.parent, "work", "vendor")
    listing = plugin.parent / "vendor" / "modules.txt"
    assert listing.read_text().startswith("## workspace")
    assert member.opened(world, plugin, member.build_server(world, server)).loads
    assert checked(plugin, server).word == checked(plugin, listing).word == "fits"
    alone = copied(plugin, tmp_path / "alone")
    (alone.parent / "go.work").unlink()
    verdict = checked(alone, listing)
    assert (verdict.word, verdict.codes) == ("unknown", "version-mismatch"), "the host has text from a folder"
