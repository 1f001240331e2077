"""From a snapshot to what differs between plugin and host, and what would mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from layerg_pin.core.analysis.alignment import Alignment, Ways, Wishes, align
from layerg_pin.core.analysis.build_list import BuildList, build_list, compatible_with_1_16, roots_of
from layerg_pin.core.analysis.differences import (
    Difference,
    MemberDifference,
    Shared,
    differences_of,
    hidden_in,
    member_differences,
    place_of,
    require_of,
    shared_of,
    ways_of,
)
from layerg_pin.core.analysis.fixes import single_fix, together_fix, tried
from layerg_pin.core.finding import Certainty, Fix, Severities, Severity
from layerg_pin.core.gomod.directives import Require
from layerg_pin.core.gomod.edits import Changes
from layerg_pin.core.ignore_comments import ignored
from layerg_pin.core.model.host_manifest import HostManifest, HostPlace
from layerg_pin.core.model.modules import Graph, ModuleVersion
from layerg_pin.core.model.snapshot import Snapshot
from layerg_pin.core.text import Span

__all__ = ["Analysis", "Difference", "MemberDifference", "analyse"]

_UNKNOWN: Graph = MappingProxyType({})
"""Nothing is known of any dependency's go.mod."""


class _Facts(NamedTuple):
    """What is worked out of a snapshot for all checks."""

    snapshot: Snapshot
    build_list: BuildList
    """Of the current text, with what is known of the module graph."""
    severities: Severities
    ignored: frozenset[tuple[str, int]]
    """Codes that comments silence, each with the 0-based line of go.mod it is silenced at."""
    differences: tuple[Difference, ...]
    """Sorted by the plugin's module path; those that nobody wants to hear of are left out."""
    everything: tuple[Difference, ...]
    """All differences, those included that nobody wants to hear of."""
    members: tuple[MemberDifference, ...]
    shared: int
    """How many packages are known, or thought, to be in both; 0 where Go has not answered."""
    shared_modules: frozenset[str]
    """The plugin's modules that provide those packages."""
    agreeing: tuple[ModuleVersion, ...]
    """The host's versions of the modules that are shared and do not differ."""
    alignment: Alignment
    aligned: frozenset[ModuleVersion]
    """The modules of the host that the fix of all makes agree."""
    refused: Mapping[ModuleVersion, str]
    """The host's modules whose cure Go has tried in vain, and why."""


class Analysis(_Facts):
    """A snapshot and what follows from it."""

    @cached_property
    def align_fix(self) -> Fix | None:
        """All that can be mended, at once; None where there is at most one thing."""
        return together_fix(self.snapshot, self.alignment) if len(self.alignment.fulfilled) > 1 else None

    def require_of(self, difference: Difference) -> Require | None:
        """The require of a module that differs, else the one that brings it in; None where that is not known."""
        return require_of(self.snapshot.gomod, self.build_list, difference.plugin)

    def place_of(self, difference: Difference) -> Span | None:
        """Where a difference stands in go.mod; None where no line there is to be named."""
        return place_of(self.snapshot, self.build_list, difference)

    @property
    def safe_fix(self) -> Fix | None:
        """What is right and not merely possible, at once: what may be set without being looked at."""
        sure = [
            each
            for each in self.differences
            if each.certainty is not Certainty.POSSIBLE and each.pin not in self.alignment.untried
        ]
        graph = _graph(self.snapshot)
        ways = _ways(self.snapshot, sure, (), graph)
        alignment, _ = _as_tried(self.snapshot, self.build_list, graph, ways, self.agreeing)
        return together_fix(self.snapshot, alignment)


def analyse(snapshot: Snapshot, severities: Severities | None = None, before: Analysis | None = None) -> Analysis:
    """Compare the plugin's build with its host. What `severities` turns off, or a comment silences, is not mended.

    `before` is that of an earlier text: where the same is required, as in most steps of typing, the same differs and
    would mend it, if Go has not said more since.
    """
    severities = severities or {}
    quiet = ignored(snapshot.plugin.index, snapshot.gomod.syntax.comments)
    asks_alike = before is not None and _asks_alike(before.snapshot, snapshot)
    if before and asks_alike and _knows_alike(before.snapshot, snapshot):
        silent = quiet or before.ignored  # which of the differences they silence is a question of lines
        if not silent and before.severities == severities:
            return before._replace(snapshot=snapshot)
    graph = _graph(snapshot)
    lost = len(snapshot.build.unresolved) if snapshot.build else 0
    tries = [trial for trial in snapshot.trials.values() if trial.selected is not None]
    sound = [trial for trial in tries if len(trial.unresolved) <= lost]  # else Go looked for what it missed
    hidden = {module for trial in sound for module in trial.hidden}
    hidden |= set(hidden_in(snapshot.build)) if snapshot.build else set()
    asked = before.build_list.roots if before and asks_alike else roots_of(snapshot.gomod, snapshot.workspace)
    roots = asked._replace(hidden=tuple(sorted(hidden)))
    same = before and before.build_list.roots == roots and _graph(before.snapshot) is graph
    selection = before.build_list if before and same else build_list(roots, graph)
    differences: tuple[Difference, ...] = ()
    everything: tuple[Difference, ...] = ()
    members: tuple[MemberDifference, ...] = ()
    shared: Shared = {}
    agreeing: list[ModuleVersion] = []
    if isinstance(snapshot.host, HostManifest):
        host = snapshot.host
        everything = differences_of(snapshot, host, selection)
        members = member_differences(snapshot, host)
        shared = shared_of(snapshot.build, host) if snapshot.build else {}
        unlike = {difference.host.path for difference in everything}
        agreeing = sorted(
            ModuleVersion(module.path, module.version)
            for module in {module for _, module in shared}
            if module.version and module.path not in unlike
        )
        differences = tuple(each for each in everything if _is_wanted(each, snapshot, selection, severities, quiet))
    ways = _ways(snapshot, differences, members, graph)
    alignment, refused = _as_tried(snapshot, selection, graph, ways, agreeing)
    return Analysis(
        snapshot,
        selection,
        severities,
        quiet,
        differences,
        everything,
        members,
        sum(map(len, shared.values())) + _from_members(snapshot),
        frozenset(module.path for module, _ in shared),
        tuple(agreeing),
        alignment,
        frozenset(alignment.fulfilled),
        refused,
    )


def _asks_alike(one: Snapshot, other: Snapshot) -> bool:
    """Whether two texts ask for the same versions."""
    return one.workspace == other.workspace and one.gomod.asks_as(other.gomod)


def _knows_alike(one: Snapshot, other: Snapshot) -> bool:
    """Whether two texts are of the same plugin, and are held against the same."""
    same = one.host is other.host and one.build is other.build and one.trials is other.trials
    same = same and (one.host_place, one.host_member) == (other.host_place, other.host_member)
    return same and (one.plugin.path, one.local) == (other.plugin.path, other.local)


def _graph(snapshot: Snapshot) -> Graph:
    return snapshot.build.graph if snapshot.build else _UNKNOWN


def _ways(
    snapshot: Snapshot, differences: Sequence[Difference], members: Sequence[MemberDifference], graph: Graph
) -> Ways:
    kept = _kept(snapshot)
    ways = {
        pin: tuple(way for way in each if not kept.intersection(way.members))
        for pin, each in ways_of(snapshot, differences, graph).items()
    }
    for each in members:
        if each.host.version is not None and each.module not in kept:
            pin = ModuleVersion(each.host.path, each.host.version)
            leave = Changes(pins=(pin,), members=(each.module,))
            ways[pin] = tuple(way | leave for way in ways.get(pin, (Changes(),)))
    return ways


def _from_members(snapshot: Snapshot) -> int:
    """How many packages both sides take from members of the workspace that builds both."""
    host, build = snapshot.host, snapshot.build
    if snapshot.host_place is not HostPlace.INSIDE or not isinstance(host, HostManifest) or build is None:
        return 0
    return sum(package in (host.packages or ()) for package in build.members)


def _kept(snapshot: Snapshot) -> frozenset[str]:
    """The modules that no fix takes out of the workspace: the host, and all where the host may be built in it."""
    if snapshot.host_place is HostPlace.UNCLEAR and snapshot.workspace:
        return frozenset(each.gomod.module.text for each in snapshot.workspace.members if each.gomod.module)
    return frozenset((snapshot.host_member,)) if snapshot.host_member else frozenset()


def _as_tried(
    snapshot: Snapshot, selection: BuildList, graph: Graph, ways: Ways, agreeing: Sequence[ModuleVersion]
) -> tuple[Alignment, Mapping[ModuleVersion, str]]:
    """What fulfils the wishes, after what Go has tried: the next way where it refused one, and why none is left."""
    refused: dict[ModuleVersion, str] = {}
    left = {pin: list(each) for pin, each in ways.items()}
    kept = _kept(snapshot)
    is_tried = any(attempt.gomod == snapshot.gomod.text for attempt in snapshot.trials)
    while True:
        wishes = {pin: each[0] for pin, each in left.items() if each}
        whole = compatible_with_1_16(snapshot.gomod)
        alignment = align(selection, graph, wishes, agreeing, whole=whole, kept=kept)
        if not is_tried:
            return alignment, {}
        wrong = _wrong(snapshot, alignment, wishes)
        for pin, reason in wrong.items():
            refused[pin] = reason
            left[pin] = left[pin][1:]
        if not wrong:
            still = {pin: reason for pin, reason in refused.items() if not left[pin]}
            said = tried(snapshot, together_fix(snapshot, alignment), alignment.together)
            if said and said.wrong:
                alignment = alignment._replace(together=Changes(), fulfilled=())
            return alignment, still


def _wrong(snapshot: Snapshot, alignment: Alignment, wishes: Wishes) -> dict[ModuleVersion, str]:
    """The wishes that Go refused, as far as it is known which: each alone, else in what was tried together."""
    found = {}
    for pin, changes in alignment.single.items():
        said = tried(snapshot, single_fix(snapshot, alignment, pin), changes)
        if said and said.wrong:
            found[pin] = said.wrong
    said = tried(snapshot, together_fix(snapshot, alignment), alignment.together)
    if not found and said and said.wrong:
        found = {pin: said.wrong for pin in wishes if said.module in (pin.path, *wishes[pin].dropped)}
    return found


def _is_wanted(
    difference: Difference,
    snapshot: Snapshot,
    selection: BuildList,
    severities: Severities,
    quiet: frozenset[tuple[str, int]],
) -> bool:
    if severities.get(difference.code, Severity.ERROR) is None:
        return False
    if not quiet:
        return True
    module = snapshot.gomod.module
    place = place_of(snapshot, selection, difference) or (module.span if module else None)
    line = snapshot.plugin.index.line_of(place.start) if place else 0
    return (difference.code, line) not in quiet
