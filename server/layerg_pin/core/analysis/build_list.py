"""Minimal version selection: which versions a build selects, and which modules require them.

Source: https://go.dev/ref/mod#minimal-version-selection and #graph-pruning; cmd/go/internal/modload/buildlist.go.
Go itself has the last word: this answers before Go has been asked, and explains why a version is selected.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from layerg_pin.core.gomod.edits import Changes
from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.gomod.versions import is_higher, parse_go_release, prunes
from layerg_pin.core.model.modules import Graph, ModuleVersion
from layerg_pin.core.model.plugin_build import Workspace

_MAX_ROUNDS = 50
"""Limit on the rounds of version selection. A go.mod that Go wrote needs two; a crafted one could need a round for each
require, which takes quadratic time.
"""
UNKNOWN_REQUIRER = ModuleVersion("another dependency", "")
"""The source of unattributed requirements: some module outside the known graph requires these versions."""


class Roots(NamedTuple):
    """The requirements of the main module, in file order, and what overrides them."""

    module: str
    requires: tuple[ModuleVersion, ...]
    direct: frozenset[str]
    """Paths required without `// indirect`."""
    excluded: frozenset[ModuleVersion]
    pruned: bool
    unattributed: tuple[ModuleVersion, ...] = ()
    """Versions that some unknown module of the build requires, as Go's answer shows."""
    members: Mapping[ModuleVersion, tuple[ModuleVersion, ...]] = MappingProxyType({})
    """The workspace's other modules, which have no version, with their requirements."""

    def pinned(self, pins: Iterable[ModuleVersion]) -> "Roots":
        """These roots with each pin instead of the requires of its module."""
        versions = {pin.path: pin for pin in pins}
        kept = [versions.get(require.path, require) for require in self.requires]
        return self._replace(requires=tuple(dict.fromkeys((*kept, *versions.values()))))

    def changed(self, changes: Changes) -> "Roots":
        """These roots after changes of go.mod, and without the members that leave the workspace."""
        kept = [require for require in self.requires if require.path not in changes.dropped]
        members = {module: each for module, each in self.members.items() if module.path not in changes.members}
        roots = self._replace(requires=tuple(kept), members=members).pinned(changes.pins)
        return roots._replace(excluded=self.excluded.union(changes.excludes))

    @property
    def unversioned(self) -> frozenset[str]:
        """The workspace's other modules, which are built from their folders whatever version is required."""
        return frozenset(member.path for member in self.members)


class BuildList:
    """The selected version of every module in the graph that was read, and the requirements in it.

    Derived values are cached, because most edits do not change the build list, see `AnalysisCache`.
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
        """Modules whose requirements count, but whose go.mod is unknown."""

    def requirer(self, path: str) -> tuple[ModuleVersion, ...]:
        """The module, other than the main one, that requires the highest version of a module, and that version; empty
        if none requires it.
        """
        return self._requirers.get(path, ())

    @cached_property
    def _requirers(self) -> Mapping[str, tuple[ModuleVersion, ...]]:
        best: dict[str, tuple[ModuleVersion, ...]] = {}
        for module, requires in self.edges.items():
            for require in requires:
                known = best.get(require.path)
                if known is None or is_higher(require.version, known[-1].version):
                    best[require.path] = (module, require)
        return best

    def chain(self, target: ModuleVersion) -> tuple[ModuleVersion, ...]:
        """A shortest chain from a require of the main module to `target`, with both ends; empty if there is none.

        Direct requires come before indirect ones, and earlier lines before later ones. If only another member of the
        workspace requires the target, the chain starts at that member.
        """
        for came_from in self._parents:
            if target in came_from:
                chain = [target]
                while (before := came_from[chain[-1]]) is not None:
                    chain.append(before)
                return tuple(reversed(chain))
        return ()

    @cached_property
    def _parents(self) -> tuple[Mapping[ModuleVersion, ModuleVersion | None], ...]:
        """Each reachable module with the module that it is first reached from: starting from direct requires, from
        indirect ones, and from the workspace's members.
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
    """The requirements of a main module's go.mod, and of the workspace around it."""
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
        module=gomod.module.text if gomod.module else "",
        requires=_requires(gomod),
        direct=frozenset(require.module.text for require in gomod.requires if not require.indirect),
        excluded=frozenset(ModuleVersion(exclude.module.text, exclude.version.text) for exclude in excludes),
        pruned=prunes(gomod.go.text if gomod.go else None),
        members=members,
    )


def compatible_with_1_16(gomod: GoMod) -> bool:
    """Whether `go mod tidy` also checks what go 1.16 would select, from the whole graph.

    Source: https://go.dev/ref/mod#go-mod-tidy.
    """
    release = parse_go_release(gomod.go.text) if gomod.go else None
    return release is not None and release.release[:2] == (1, 17)


def _requires(gomod: GoMod) -> tuple[ModuleVersion, ...]:
    return tuple(ModuleVersion(require.module.text, require.version.text) for require in gomod.requires)


def build_list(roots: Roots, graph: Graph) -> BuildList:
    """Select versions. If a require is overruled, Go writes the selected version into go.mod and selects again."""
    unversioned, counting = roots.unversioned, roots.requires
    if roots.excluded or unversioned:
        counting = tuple(each for each in counting if each not in roots.excluded and each.path not in unversioned)
    if roots.pruned and len(highest := _highest(counting)) < len(counting):
        counting = tuple(ModuleVersion(path, version) for path, version in highest.items())
    edges: dict[ModuleVersion, tuple[ModuleVersion, ...]] = {}
    missing: set[ModuleVersion] = set()
    selected: dict[str, str] = {}
    for _ in range(_MAX_ROUNDS):
        selected = _select(counting, roots, graph, edges, missing)
        if not roots.pruned or roots.members or dict(counting).items() <= selected.items():
            break
        counting = tuple(ModuleVersion(require.path, selected[require.path]) for require in counting)
    else:
        missing.update(counting)  # the versions are not final, so none of them is certain
    return BuildList(roots, selected, edges, frozenset(missing))


def _select(
    requires: Iterable[ModuleVersion],
    roots: Roots,
    graph: Graph,
    edges: dict[ModuleVersion, tuple[ModuleVersion, ...]],
    missing: set[ModuleVersion],
) -> dict[str, str]:
    """The versions that one pass over the graph selects; the requirements that it meets are added to `edges` and
    `missing`.

    Below a module that does not prune, or below a main module that does not, all requirements count.
    """
    unversioned, excluded = roots.unversioned, roots.excluded
    unattributed = tuple(each for each in roots.unattributed if each not in excluded)
    if unattributed:
        edges[UNKNOWN_REQUIRER] = unattributed
    for member, required in roots.members.items():
        edges[member] = tuple(each for each in required if each not in excluded and each.path not in unversioned)
    starts = dict.fromkeys((*requires, *(each for member in roots.members for each in edges[member])))
    selected = _highest((*starts, *unattributed))
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
    if len(highest) == len(requires):  # each is required once
        return highest
    highest = {}
    for path, version in requires:
        if path not in highest or is_higher(version, highest[path]):
            highest[path] = version
    return highest
