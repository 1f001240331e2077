"""Minimal version selection: which versions a build selects, and who asks for them.

Source: https://go.dev/ref/mod#minimal-version-selection and #graph-pruning; cmd/go/internal/modload/buildlist.go.
Go itself has the last word: this serves where it has not been asked yet, and to say why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from layerg_pin.core.gomod.edits import Changes
from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.gomod.versions import is_higher, parse_go_release, prunes
from layerg_pin.core.model.modules import Graph, ModuleVersion
from layerg_pin.core.model.plugin_build import Workspace

SOMEBODY = ModuleVersion("another dependency", "")
"""Stands for whoever asks for what is hidden."""


class Roots(NamedTuple):
    """What the main module asks for: its requires in file order, and what rules over them."""

    module: str
    requires: tuple[ModuleVersion, ...]
    direct: frozenset[str]
    """Paths required without `// indirect`."""
    excluded: frozenset[ModuleVersion]
    pruned: bool
    hidden: tuple[ModuleVersion, ...] = ()
    """What somebody in the build asks for, as Go's answer shows, without its being known who."""
    members: Mapping[ModuleVersion, tuple[ModuleVersion, ...]] = MappingProxyType({})
    """The workspace's other modules, which have no version, and what they require."""

    def pinned(self, pins: Iterable[ModuleVersion]) -> Roots:
        """These roots with each pin in the place of its module's requires."""
        versions = {pin.path: pin for pin in pins}
        kept = [versions.get(require.path, require) for require in self.requires]
        return self._replace(requires=tuple(dict.fromkeys((*kept, *versions.values()))))

    def changed(self, changes: Changes) -> Roots:
        """These roots when go.mod says what it should; a workspace that is left is left by whole modules' paths."""
        kept = [require for require in self.requires if require.path not in changes.dropped]
        members = {module: each for module, each in self.members.items() if module.path not in changes.members}
        roots = self._replace(requires=tuple(kept), members=members).pinned(changes.pins)
        return roots._replace(excluded=self.excluded.union(changes.excludes))

    @property
    def unversioned(self) -> frozenset[str]:
        """The workspace's other modules, which are built from their folders whatever version anybody asks for."""
        return frozenset(member.path for member in self.members)


class BuildList:
    """The selected version of every module in the graph that was read, and the requirements in it.

    What follows from one is found out once: most edits change nothing of it, see analysis.py.
    """

    def __init__(
        self,
        roots: Roots,
        selected: Mapping[str, str],
        edges: Mapping[ModuleVersion, tuple[ModuleVersion, ...]],
        missing: frozenset[ModuleVersion],
    ) -> None:
        self.roots = roots
        self.selected = selected
        self.edges = edges
        self.missing = missing
        """Modules that count but whose go.mod is not known."""

    def asker(self, path: str) -> tuple[ModuleVersion, ...]:
        """Who, the main module aside, asks for the highest version of a module, and that version; empty if nobody."""
        return self._askers.get(path, ())

    @cached_property
    def _askers(self) -> Mapping[str, tuple[ModuleVersion, ...]]:
        best: dict[str, tuple[ModuleVersion, ...]] = {}
        for module, requires in self.edges.items():
            for require in requires:
                known = best.get(require.path)
                if known is None or is_higher(require.version, known[-1].version):
                    best[require.path] = (module, require)
        return best

    def chain(self, target: ModuleVersion) -> tuple[ModuleVersion, ...]:
        """A shortest way from a require of the main module to `target`, both ends included; empty if there is none.

        Direct requires come before indirect ones, and earlier lines before later ones. What only another member of the
        workspace asks for begins with that member.
        """
        for came_from in self._ways:
            if target in came_from:
                way = [target]
                while (before := came_from[way[-1]]) is not None:
                    way.append(before)
                return tuple(reversed(way))
        return ()

    @cached_property
    def _ways(self) -> tuple[Mapping[ModuleVersion, ModuleVersion | None], ...]:
        """Each module that is reached, and from which one first: starting from direct requires, then from others, then
        from the workspace's members.
        """
        direct = [require for require in self.roots.requires if require.path in self.roots.direct]
        indirect = [require for require in self.roots.requires if require.path not in self.roots.direct]
        return self._reached(direct), self._reached(indirect), self._reached([*self.roots.members])

    def _reached(self, starts: Sequence[ModuleVersion]) -> Mapping[ModuleVersion, ModuleVersion | None]:
        came_from: dict[ModuleVersion, ModuleVersion | None] = dict.fromkeys(starts)
        queue = list(came_from)
        for module in queue:
            for require in self.edges.get(module, ()):
                if require not in came_from:
                    came_from[require] = module
                    queue.append(require)
        return came_from


def roots_of(gomod: GoMod, workspace: Workspace | None = None) -> Roots:
    """What a main module's go.mod asks for, and the workspace around it."""
    members = {
        ModuleVersion(member.gomod.module.text, ""): _requires(member.gomod)
        for member in (workspace.members if workspace else ())
        if member.gomod.module
    }
    excludes = (
        *gomod.excludes,
        *(each for member in (workspace.members if workspace else ()) for each in member.gomod.excludes),
    )
    return Roots(
        gomod.module.text if gomod.module else "",
        _requires(gomod),
        frozenset(require.module.text for require in gomod.requires if not require.indirect),
        frozenset(ModuleVersion(exclude.module.text, exclude.version.text) for exclude in excludes),
        prunes(gomod.go.text if gomod.go else None),
        members=members,
    )


def compatible_with_1_16(gomod: GoMod) -> bool:
    """Whether `go mod tidy` also asks what go 1.16 would select, from the whole graph "
    "(https://go.dev/ref/mod#go-mod-tidy)."""
    release = parse_go_release(gomod.go.text) if gomod.go else None
    return release is not None and release.release[:2] == (1, 17)


def _requires(gomod: GoMod) -> tuple[ModuleVersion, ...]:
    return tuple(ModuleVersion(require.module.text, require.version.text) for require in gomod.requires)


def build_list(roots: Roots, graph: Graph) -> BuildList:
    """Select versions. Where a require is overruled, Go writes the selected version into go.mod and looks again."""
    unversioned, counting = roots.unversioned, roots.requires
    if roots.excluded or unversioned:
        counting = tuple(each for each in counting if each not in roots.excluded and each.path not in unversioned)
    if roots.pruned and len(highest := _highest(counting)) < len(counting):
        counting = tuple(ModuleVersion(path, version) for path, version in highest.items())
    edges: dict[ModuleVersion, tuple[ModuleVersion, ...]] = {}
    missing: set[ModuleVersion] = set()
    while True:
        selected = _read(counting, roots, graph, edges, missing)
        if not roots.pruned or roots.members or dict(counting).items() <= selected.items():
            return BuildList(roots, selected, edges, frozenset(missing))
        counting = tuple(ModuleVersion(require.path, selected[require.path]) for require in counting)


def _read(
    requires: Iterable[ModuleVersion],
    roots: Roots,
    graph: Graph,
    edges: dict[ModuleVersion, tuple[ModuleVersion, ...]],
    missing: set[ModuleVersion],
) -> dict[str, str]:
    """One reading of the graph: the versions selected in it. What it saw is added to `edges` and `missing`.

    Below a module that does not prune, or under a main module that does not, all counts.
    """
    unversioned, excluded = roots.unversioned, roots.excluded
    hidden = tuple(each for each in roots.hidden if each not in excluded)
    if hidden:
        edges[SOMEBODY] = hidden
    for member, asked in roots.members.items():
        edges[member] = tuple(each for each in asked if each not in excluded and each.path not in unversioned)
    starts = dict.fromkeys((*requires, *(each for member in roots.members for each in edges[member])))
    selected = _highest((*starts, *hidden))
    pending = [(require, not roots.pruned) for require in starts]
    seen = set(pending)
    for module, whole in pending:
        known = graph.get(module)
        if known is None:
            missing.add(module)
            continue
        requires = known.requires
        if excluded:
            requires = tuple(require for require in requires if require not in excluded)
        edges[module] = requires
        goes_on = whole or not known.pruned
        for require in requires:
            path, version = require
            if path in unversioned:
                continue
            if path != roots.module and (path not in selected or is_higher(version, selected[path])):
                selected[path] = version
            if goes_on and (require, True) not in seen:
                seen.add((require, True))
                pending.append((require, True))
    return selected


def _highest(requires: Sequence[ModuleVersion]) -> dict[str, str]:
    highest = dict(requires)
    if len(highest) == len(requires):  # each is asked for once
        return highest
    highest = {}
    for path, version in requires:
        if path not in highest or is_higher(version, highest[path]):
            highest[path] = version
    return highest
