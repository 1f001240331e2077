"""From a snapshot to the differences between plugin and host, and the changes that fix them."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from layerg_pin.core.analysis.alignment import Aligner, Alignment, RequestedVersions
from layerg_pin.core.analysis.analysis_cache import AnalysisCache
from layerg_pin.core.analysis.build_list import BuildList, build_list, compatible_with_1_16, roots_of
from layerg_pin.core.analysis.differences import (
    MemberDifference,
    ModuleDifference,
    differences_of,
    member_differences,
    require_of,
    span_of,
)
from layerg_pin.core.analysis.fixes import single_fix, together_fix
from layerg_pin.core.analysis.requested_versions import (
    CandidateChanges,
    candidate_changes,
    first_choices,
    kept_members,
)
from layerg_pin.core.analysis.selected_versions import unattributed_versions
from layerg_pin.core.analysis.shared_packages import SharedPackages, shared_packages
from layerg_pin.core.analysis.trial_results import trial_verdict
from layerg_pin.core.finding import Certainty, Fix, Severities, Severity
from layerg_pin.core.gomod.directives import Require
from layerg_pin.core.gomod.edits import Changes
from layerg_pin.core.ignore_comments import suppressed_lines
from layerg_pin.core.model.host_manifest import HostManifest, HostPlace
from layerg_pin.core.model.modules import Graph, ModuleVersion
from layerg_pin.core.model.snapshot import Snapshot
from layerg_pin.core.text import Span

_EMPTY_GRAPH: Graph = MappingProxyType({})
"""The graph before Go has answered."""


class _AnalysisFields(NamedTuple):
    """The fields of an Analysis; apart from it because a NamedTuple cannot cache properties."""

    snapshot: Snapshot
    cache: AnalysisCache
    """The plugin's; later analyses share it."""
    build_list: BuildList
    """Of the current text, from the known part of the module graph."""
    aligner: Aligner
    """Of that build list."""
    severities: Severities
    suppressed: frozenset[tuple[str, int]]
    """Codes that comments suppress, each with its 0-based line of go.mod."""
    differences: tuple[ModuleDifference, ...]
    """Sorted by the plugin's module path; without suppressed ones."""
    all_differences: tuple[ModuleDifference, ...]
    """All differences, including suppressed ones."""
    members: tuple[MemberDifference, ...]
    shared: int
    """The number of packages that are, or may be, linked into both; 0 before Go has answered."""
    shared_modules: frozenset[str]
    """The plugin's modules that provide those packages."""
    agreeing: tuple[ModuleVersion, ...]
    """The host's versions of the modules that are shared and do not differ."""
    alignment: Alignment
    aligned: frozenset[ModuleVersion]
    """The modules of the host that agree after the fix for all modules."""
    refused: Mapping[ModuleVersion, str]
    """The host's versions that, by Go's verdict, no change reaches, and why."""


class Analysis(_AnalysisFields):
    """A snapshot and what follows from it."""

    @cached_property
    def align_fix(self) -> Fix | None:
        """The fix for all modules that can be fixed; None if that is at most one module."""
        return self._whole_fix if len(self.alignment.fulfilled) > 1 else None

    def require_of(self, difference: ModuleDifference) -> Require | None:
        """The require of a module that differs, else the one that brings it in; None if that is unknown."""
        return require_of(self.snapshot.gomod, self.build_list, difference.plugin)

    def span_of(self, difference: ModuleDifference) -> Span | None:
        """The span of a difference in go.mod; None if no line there belongs to it."""
        return span_of(self.snapshot, self.build_list, difference)

    @property
    def safe_fix(self) -> Fix | None:
        """The fix for all modules whose difference is not merely possible, which may be applied without review."""
        certain = [
            each
            for each in self.differences
            if each.certainty is not Certainty.POSSIBLE and each.pin not in self.alignment.untried
        ]
        if len(certain) == len(self.differences) and not self.members:
            return self._whole_fix
        candidates = candidate_changes(self.snapshot, certain, (), self.aligner.graph)
        alignment, _ = _align(self.snapshot, self.aligner, candidates, self.agreeing)
        return together_fix(self.snapshot, alignment)

    @cached_property
    def _whole_fix(self) -> Fix | None:
        return together_fix(self.snapshot, self.alignment)


def analyse(
    snapshot: Snapshot,
    severities: Severities | None = None,
    cache: AnalysisCache | None = None,
    before: Analysis | None = None,
) -> Analysis:
    """Compare the plugin's build with its host. Differences that `severities` or a comment turns off are not fixed.

    `cache` is the plugin's, and `before` the analysis of an earlier text. If an edit changes neither the requirements
    nor anything else that differences depend on, as in most steps of typing, the results before it are reused.
    """
    severities, cache = severities or {}, cache or AnalysisCache()
    return _reused(snapshot, severities, before) or _computed(snapshot, severities, cache, before)


def _reused(snapshot: Snapshot, severities: Severities, before: Analysis | None) -> Analysis | None:
    """The analysis before with a new snapshot; None if its results may differ."""
    if before is None or before.severities != severities or before.suppressed:
        return None
    if not (_requires_same(before.snapshot, snapshot) and _has_same_inputs(before.snapshot, snapshot)):
        return None
    if _suppressed(snapshot):
        return None  # comments suppress differences by line
    return before._replace(snapshot=snapshot)


def _requires_same(one: Snapshot, other: Snapshot) -> bool:
    """Whether two texts require the same versions."""
    return one.workspace == other.workspace and one.gomod.has_same_requirements(other.gomod)


def _has_same_inputs(one: Snapshot, other: Snapshot) -> bool:
    """Whether two texts are of the same plugin, and are compared with the same answers and host."""
    same = one.host is other.host and one.build is other.build and one.trials is other.trials
    same = same and (one.host_place, one.host_member) == (other.host_place, other.host_member)
    return same and (one.plugin.path, one.local) == (other.plugin.path, other.local)


def _suppressed(snapshot: Snapshot) -> frozenset[tuple[str, int]]:
    return suppressed_lines(snapshot.plugin.index, snapshot.gomod.syntax.comments)


def _computed(snapshot: Snapshot, severities: Severities, cache: AnalysisCache, before: Analysis | None) -> Analysis:
    suppressed = _suppressed(snapshot)
    aligner = _aligner(snapshot, cache, before)
    selection = aligner.selection
    differences: tuple[ModuleDifference, ...] = ()
    all_differences: tuple[ModuleDifference, ...] = ()
    members: tuple[MemberDifference, ...] = ()
    shared: SharedPackages = {}
    agreeing: list[ModuleVersion] = []
    if isinstance(snapshot.host, HostManifest):
        host = snapshot.host
        all_differences = differences_of(snapshot, host, selection, cache)
        members = member_differences(snapshot, host)
        shared = cache.result(shared_packages, snapshot.build, host) if snapshot.build else {}
        differing = {difference.host.path for difference in all_differences}
        agreeing = sorted(
            ModuleVersion(module.path, module.version)
            for module in {module for _, module in shared}
            if module.version and module.path not in differing
        )
        differences = tuple(
            each for each in all_differences if _is_reported(each, snapshot, selection, severities, suppressed)
        )
    candidates = candidate_changes(snapshot, differences, members, aligner.graph)
    alignment, refused = _align(snapshot, aligner, candidates, agreeing)
    return Analysis(
        snapshot=snapshot,
        cache=cache,
        build_list=selection,
        aligner=aligner,
        severities=severities,
        suppressed=suppressed,
        differences=differences,
        all_differences=all_differences,
        members=members,
        shared=sum(map(len, shared.values())) + _from_members(snapshot),
        shared_modules=frozenset(module.path for module, _ in shared),
        agreeing=tuple(agreeing),
        alignment=alignment,
        aligned=frozenset(alignment.fulfilled),
        refused=refused,
    )


def _aligner(snapshot: Snapshot, cache: AnalysisCache, before: Analysis | None) -> Aligner:
    """The aligner of the snapshot's build list, which includes the requirements that only Go's answers show."""
    build = snapshot.build
    lost = len(build.unresolved) if build else 0
    tried = [result for result in snapshot.trials.values() if result.selected is not None]
    sound = [result for result in tried if len(result.unresolved) <= lost]  # otherwise Go searched for lost packages
    unattributed = {module for result in sound for module in result.unattributed}
    unattributed |= set(cache.result(unattributed_versions, build)) if build else set()
    if before and _requires_same(before.snapshot, snapshot):
        roots = before.build_list.roots
    else:
        roots = roots_of(snapshot.gomod, snapshot.workspace)
    roots = roots._replace(unattributed=tuple(sorted(unattributed)))
    graph = build.graph if build else _EMPTY_GRAPH
    return cache.result(Aligner, cache.result(build_list, roots, graph), graph)


def _from_members(snapshot: Snapshot) -> int:
    """The number of packages that both sides take from members of the workspace that builds both."""
    host, build = snapshot.host, snapshot.build
    if snapshot.host_place is not HostPlace.INSIDE or not isinstance(host, HostManifest) or build is None:
        return 0
    return sum(package in (host.packages or ()) for package in build.members)


def _align(
    snapshot: Snapshot, aligner: Aligner, candidates: CandidateChanges, agreeing: Sequence[ModuleVersion]
) -> tuple[Alignment, Mapping[ModuleVersion, str]]:
    """Align with the best candidates that Go has not rejected; and the versions without such a candidate, with Go's
    reason.
    """
    rejected: dict[ModuleVersion, str] = {}
    left = {pin: list(each) for pin, each in candidates.items()}
    kept = kept_members(snapshot)
    is_tried = any(each.gomod == snapshot.gomod.text for each in snapshot.trials)
    while True:
        requested = first_choices(left)
        whole = compatible_with_1_16(snapshot.gomod)
        alignment = aligner.align(requested, agreeing, whole=whole, kept=kept)
        if not is_tried:
            return alignment, {}
        reasons = _rejections(snapshot, alignment, requested)
        for pin, reason in reasons.items():
            rejected[pin] = reason
            left[pin] = left[pin][1:]
        if not reasons:
            refused = {pin: reason for pin, reason in rejected.items() if not left[pin]}
            verdict = trial_verdict(snapshot, together_fix(snapshot, alignment), alignment.together)
            if verdict and verdict.reason:
                alignment = alignment._replace(together=Changes(), fulfilled=())
            return alignment, refused


def _rejections(snapshot: Snapshot, alignment: Alignment, requested: RequestedVersions) -> dict[ModuleVersion, str]:
    """The requested versions whose changes Go rejected, with the reason: each alone, else in the trial of all."""
    found = {}
    for pin, changes in alignment.single.items():
        verdict = trial_verdict(snapshot, single_fix(snapshot, alignment, pin), changes)
        if verdict and verdict.reason:
            found[pin] = verdict.reason
    verdict = trial_verdict(snapshot, together_fix(snapshot, alignment), alignment.together)
    if not found and verdict and verdict.reason:
        found = {pin: verdict.reason for pin in requested if verdict.module in (pin.path, *requested[pin].dropped)}
    return found


def _is_reported(
    difference: ModuleDifference,
    snapshot: Snapshot,
    selection: BuildList,
    severities: Severities,
    suppressed: frozenset[tuple[str, int]],
) -> bool:
    if severities.get(difference.code, Severity.ERROR) is None:
        return False
    if not suppressed:
        return True
    module = snapshot.gomod.module
    span = span_of(snapshot, selection, difference) or (module.span if module else None)
    line = snapshot.plugin.index.line_of(span.start) if span else 0
    return (difference.code, line) not in suppressed
