"""From a snapshot to what differs between plugin and host, and what would mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from layerg_pin.core.cures import Alignment, align
from layerg_pin.core.differences import (
    Difference,
    MemberDifference,
    differences_of,
    hidden_in,
    host_module,
    member_differences,
    wishes_of,
)
from layerg_pin.core.finding import Fix, Severities, Severity
from layerg_pin.core.fixes import single_fix, together_fix, tried
from layerg_pin.core.gomod_edits import Changes
from layerg_pin.core.ignores import ignored
from layerg_pin.core.manifest import Certainty, Graph, HostManifest, ModuleVersion, Snapshot
from layerg_pin.core.mvs import BuildList, build_list, compatible_with_1_16, roots_of

__all__ = ["Analysis", "Difference", "MemberDifference", "analyse"]


@dataclass(frozen=True, slots=True)
class Analysis:
    """A snapshot and what follows from it, worked out once for all checks."""

    snapshot: Snapshot
    build_list: BuildList
    """Of the current text, with what is known of the module graph."""
    severities: Severities
    ignored: frozenset[tuple[str, int]]
    """Codes that comments silence, each with the 0-based line of go.mod it is silenced at."""
    differences: tuple[Difference, ...]
    """Sorted by the plugin's module path; those that nobody wants to hear of are left out."""
    members: tuple[MemberDifference, ...]
    shared: int
    """How many packages are known, or thought, to be in both; 0 where Go has not answered."""
    shared_modules: frozenset[str]
    """The plugin's modules that provide those packages."""
    agreeing: tuple[ModuleVersion, ...]
    """The host's versions of the modules that are shared and do not differ."""
    alignment: Alignment
    refused: Mapping[ModuleVersion, str]
    """The host's modules whose cure Go has tried in vain, and why."""
    align_fix: Fix | None
    """All that can be mended, at once; None where there is at most one thing."""

    @property
    def safe_fix(self) -> Fix | None:
        """What is right and not merely possible, at once: what may be set without being looked at."""
        sure = [
            each
            for each in self.differences
            if each.certainty is not Certainty.POSSIBLE and each.pin not in self.alignment.untried
        ]
        graph = self.snapshot.build.graph if self.snapshot.build else {}
        alignment = _align(self.snapshot, self.build_list, graph, sure, self.agreeing)
        fix = together_fix(self.snapshot, alignment)
        said = tried(self.snapshot, fix, alignment.together)
        return None if said and said.wrong else fix


def analyse(snapshot: Snapshot, severities: Severities | None = None) -> Analysis:
    """Compare the plugin's build with its host. What `severities` turns off, or a comment silences, is not mended."""
    severities = severities or {}
    quiet = ignored(snapshot.plugin.index, snapshot.gomod.syntax.comments)
    graph = snapshot.build.graph if snapshot.build else {}
    builds = (snapshot.build, *(trial.build for trial in snapshot.trials.values()))
    hidden = {module for build in builds if build for module in hidden_in(build)}
    roots = replace(roots_of(snapshot.gomod, snapshot.workspace), hidden=tuple(sorted(hidden)))
    selection = build_list(roots, graph)
    differences: tuple[Difference, ...] = ()
    members: tuple[MemberDifference, ...] = ()
    shared: list[str] = []
    agreeing: list[ModuleVersion] = []
    if isinstance(snapshot.host, HostManifest):
        host = snapshot.host
        differences = differences_of(snapshot, host, selection)
        members = member_differences(snapshot, host)
        packages = snapshot.build.packages.items() if snapshot.build else ()
        on_host = [(module.path, host_module(host, package, module.path)) for package, module in packages]
        shared = [path for path, module in on_host if module]
        unlike = {difference.host.path for difference in differences}
        agreeing = sorted(
            ModuleVersion(module.path, module.version)
            for module in {module for _, module in on_host if module and module.path not in unlike}
            if module.version
        )
        differences = tuple(each for each in differences if _is_wanted(each, snapshot, severities, quiet))
    alignment = _align(snapshot, selection, graph, differences, agreeing, members)
    alignment, refused = _as_tried(snapshot, alignment)
    return Analysis(
        snapshot,
        selection,
        severities,
        quiet,
        differences,
        members,
        len(shared),
        frozenset(shared),
        tuple(agreeing),
        alignment,
        refused,
        together_fix(snapshot, alignment) if len(alignment.fulfilled) > 1 else None,
    )


def _align(
    snapshot: Snapshot,
    selection: BuildList,
    graph: Graph,
    differences: Sequence[Difference],
    agreeing: Sequence[ModuleVersion],
    members: Sequence[MemberDifference] = (),
) -> Alignment:
    wishes = wishes_of(snapshot, differences, graph)
    for each in members:
        if each.host.version is not None:
            pin = ModuleVersion(each.host.path, each.host.version)
            wishes = {**wishes, pin: wishes.get(pin, Changes()) + Changes(pins=(pin,), members=(each.module,))}
    return align(selection, graph, wishes, agreeing, whole=compatible_with_1_16(snapshot.gomod))


def _as_tried(snapshot: Snapshot, alignment: Alignment) -> tuple[Alignment, Mapping[ModuleVersion, str]]:
    """The alignment without what Go has tried in vain, and why it was."""
    if not snapshot.trials:
        return alignment, {}
    refused = {}
    for pin, changes in alignment.single.items():
        said = tried(snapshot, single_fix(snapshot, alignment, pin), changes)
        if said and said.wrong:
            refused[pin] = said.wrong
    single = {pin: changes for pin, changes in alignment.single.items() if pin not in refused}
    said = tried(snapshot, together_fix(snapshot, alignment), alignment.together)
    if said and said.wrong:
        alignment = replace(alignment, together=Changes(), fulfilled=())
    return replace(alignment, single=single), refused


def _is_wanted(
    difference: Difference, snapshot: Snapshot, severities: Severities, quiet: frozenset[tuple[str, int]]
) -> bool:
    place = difference.place or (snapshot.gomod.module.span if snapshot.gomod.module else None)
    line = snapshot.plugin.index.line_of(place.start) if place else 0
    return severities.get(difference.code, Severity.ERROR) is not None and (difference.code, line) not in quiet
