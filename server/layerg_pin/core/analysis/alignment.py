"""Find the changes of go.mod and go.work that make a plugin's build agree with its host: pins, holds, replaces, and
leaving a workspace.

Each difference requests the host's version of a module. Version selection decides whether a change reaches it: where
another module requires a higher version, every higher version that is required is excluded too. Go has the last word:
its answers about fixes are in `Snapshot.trials`, and overrule what is computed here.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from layerg_pin.core.analysis.build_list import BuildList, build_list
from layerg_pin.core.gomod.edits import Changes, merge_changes
from layerg_pin.core.gomod.versions import is_higher
from layerg_pin.core.model.modules import Graph, ModuleVersion

_FEW = 50
"""Limit on the requested versions: with more, none is tried alone, because each takes a selection over the graph."""
_MAX_EXCLUDES = 500

RequestedVersions = Mapping[ModuleVersion, Changes]
"""The host's versions that the plugin should have, each with the changes of go.mod and go.work that request it."""


class Alignment(NamedTuple):
    """The changes that reach the requested versions, and the versions that no change reaches."""

    single: RequestedVersions
    """The changes that reach one version alone."""
    together: Changes
    """The changes that reach all versions that can be reached."""
    fulfilled: tuple[ModuleVersion, ...]
    """The modules of the host that agree after that; some may need a pin only because of the others."""
    blocked: Mapping[ModuleVersion, tuple[ModuleVersion, ...]]
    """The versions that no change reaches: the known part of the chain to the module that requires more."""
    untried: frozenset[ModuleVersion]
    """Modules whose go.mod is not in the module cache, so that their requirements are unknown."""


class Aligner:
    """Aligns the build list that was selected from a module graph; each answer is computed once."""

    def __init__(self, selection: BuildList, graph: Graph) -> None:
        self.selection = selection
        self.graph = graph
        self._answers: dict[tuple[object, ...], Alignment] = {}

    def align(
        self,
        requested: RequestedVersions,
        agreeing: Sequence[ModuleVersion],
        *,
        whole: bool,
        kept: frozenset[str] = frozenset(),
    ) -> Alignment:
        """Find the changes that reach the requested versions.

        `agreeing` are the host's versions of shared modules that need no pin now. If other pins change such a module,
        for example because a lower version of a dependency requires a lower version of it, it is pinned too. `whole`:
        whether the versions must be right in the whole graph too, as for `go mod tidy` in a module of go 1.17. `kept`
        are the workspace's members that stay in it.
        """
        key = (tuple(requested.items()), tuple(agreeing), whole, kept)
        if key not in self._answers:
            self._answers[key] = self._align(requested, agreeing, _Selector(self, whole=whole, kept=kept))
        return self._answers[key]

    def _align(
        self, requested: RequestedVersions, agreeing: Sequence[ModuleVersion], selector: "_Selector"
    ) -> Alignment:
        excluded = self.selection.roots.excluded
        possible = {pin: changes for pin, changes in requested.items() if pin not in excluded}
        blocked: dict[ModuleVersion, tuple[ModuleVersion, ...]] = {pin: () for pin in requested if pin not in possible}
        wanted = dict(possible)
        together = _together(selector, self.selection, wanted, agreeing, blocked)
        held = {each.path for each in together.excludes}
        single = {}
        for pin, changes in possible.items():
            if pin in blocked:
                continue
            exactly = len(possible) <= _FEW
            if selector.is_highest_known(changes) or (exactly and not selector.raised(changes)):
                single[pin] = changes
            elif exactly and (pin.path in held or together.members or changes.dropped):
                found = selector.held(changes)
                if found is not None:
                    single[pin] = found
            elif not exactly and _requires_no_more(self.selection, pin):
                single[pin] = changes
        untried = frozenset(pin for pin in (*requested, *together.pins) if pin not in self.graph)
        return Alignment(single=single, together=together, fulfilled=tuple(wanted), blocked=blocked, untried=untried)

    @cached_property
    def highest_required(self) -> Mapping[str, str]:
        """The highest version of each module that any known go.mod requires."""
        highest: dict[str, str] = {}
        known = (each for requirements in self.graph.values() for each in requirements.requires)
        for require in {*self.selection.roots.unattributed, *known}:
            if is_higher(require.version, highest.get(require.path, "")):
                highest[require.path] = require.version
        return highest


def _together(
    selector: "_Selector",
    selection: BuildList,
    wanted: dict[ModuleVersion, Changes],
    agreeing: Sequence[ModuleVersion],
    blocked: dict[ModuleVersion, tuple[ModuleVersion, ...]],
) -> Changes:
    """The changes that reach all wanted versions. Versions that no change reaches move from `wanted` to `blocked`."""
    more = Changes()
    while wanted:
        changes = merge_changes((more, *wanted.values()))
        changed = selector.select(changes)
        moved = [
            module
            for module in agreeing
            if changed.selected.get(module.path, module.version) != module.version
            and selection.selected.get(module.path) == module.version
            and module not in wanted
            and module not in blocked
        ]
        if moved:
            wanted |= {module: Changes((module,)) for module in moved}
            continue
        raised = selector.raised(changes)
        if not raised:
            return selector.without_redundant_excludes(changes)
        remedy = selector.remedy(changes, raised)
        if remedy:
            more |= remedy
            continue
        for each in raised:
            for pin in [pin for pin, request in wanted.items() if each.path in (*request.modules, *request.dropped)]:
                blocked[pin] = changed.chain(each)
                del wanted[pin]
    return Changes()


class _Selector:
    """Selects versions as they would be after changes; keeps the last selection, which is usually requested again."""

    def __init__(self, aligner: Aligner, *, whole: bool, kept: frozenset[str]) -> None:
        self.aligner = aligner
        self.roots = aligner.selection.roots
        self.graph = aligner.graph
        self.whole = whole
        self.kept = kept
        self._last: tuple[Changes, BuildList] | None = None

    def select(self, changes: Changes) -> BuildList:
        if self._last is None or self._last[0] != changes:
            self._last = changes, build_list(self.roots.changed(changes), self.graph)
        return self._last[1]

    def selections(self, changes: Changes) -> tuple[BuildList, ...]:
        """The selection from the pruned graph and, if it is needed, that from the whole graph."""
        first = self.select(changes)
        if not self.whole:
            return (first,)
        return first, build_list(self.roots.changed(changes)._replace(pruned=False), self.graph)

    def is_highest_known(self, changes: Changes) -> bool:
        """Whether pins alone suffice because no known go.mod, reached or not, requires a higher version."""
        if self.roots.members or changes != Changes(pins=changes.pins):
            return False
        required = self.aligner.highest_required
        return not any(is_higher(required.get(pin.path, ""), pin.version) for pin in changes.pins)

    def raised(self, changes: Changes) -> list[ModuleVersion]:
        """The versions that are selected instead of a pin, or although their module is dropped."""
        found: dict[ModuleVersion, None] = {}
        for selection in self.selections(changes):
            wanted = {pin.path: pin.version for pin in changes.pins} | dict.fromkeys(changes.dropped)
            for path, version in wanted.items():
                selected = selection.selected.get(path)
                if selected != version:
                    found[ModuleVersion(path, selected or "")] = None
        return list(found)

    def remedy(self, changes: Changes, raised: Iterable[ModuleVersion]) -> Changes:
        """The changes that keep versions from being selected: exclude them, or leave the workspace that requires them.

        Empty if there is no such change.
        """
        selection = self.select(changes)
        excludes, members = [], []
        for each in raised:
            requirer = selection.requirer(each.path)
            if requirer and requirer[0] in self.roots.members:
                if requirer[0].path in self.kept:
                    return Changes()
                members.append(requirer[0].path)
            elif each.version and each not in changes.excludes and len(changes.excludes) < _MAX_EXCLUDES:
                excludes.append(each)
        return Changes(members=tuple(members)) if members else Changes(excludes=tuple(excludes))

    def held(self, changes: Changes) -> Changes | None:
        """The changes with the excludes that they need to take effect; None if no excludes suffice."""
        while raised := self.raised(changes):
            remedy = self.remedy(changes, raised)
            if not remedy:
                return None
            changes |= remedy
        return self.without_redundant_excludes(changes)

    def without_redundant_excludes(self, changes: Changes) -> Changes:
        """The changes without excludes of versions that no module requires any more."""
        if not changes.excludes:
            return changes
        required = {
            require
            for selection in self.selections(changes)
            for module in selection.edges
            if module in self.graph
            for require in self.graph[module].requires
        }
        required |= {*self.roots.unattributed, *self.roots.changed(changes).requires}
        return changes._replace(excludes=tuple(each for each in changes.excludes if each in required))


def _requires_no_more(selection: BuildList, pin: ModuleVersion) -> bool:
    """Whether no module of the current selection requires a higher version than a pin's."""
    requirer = selection.requirer(pin.path)
    return not requirer or not is_higher(requirer[-1].version, pin.version)
