"""From differences to the changes of go.mod and go.work that could end each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from layerg_pin.core.analysis.alignment import RequestedVersions
from layerg_pin.core.analysis.differences import MemberDifference, ModuleDifference
from layerg_pin.core.gomod.edits import Changes
from layerg_pin.core.gomod.replaces import LocatedReplace, effective_replace, is_same, replaces_of
from layerg_pin.core.gomod.versions import is_higher, version_key
from layerg_pin.core.model.host_manifest import HostManifest, HostPlace
from layerg_pin.core.model.modules import Graph, ModuleVersion, Replacement
from layerg_pin.core.model.snapshot import Snapshot

CandidateChanges = Mapping[ModuleVersion, tuple[Changes, ...]]
"""The host's versions that the plugin should have, each with all changes that could reach it, the best first. If Go
rejects one, the next is requested.
"""

_NOTHING = Changes()
_FEW = 2
"""Limit on the next higher versions of a split module that are candidates; the newest version is one too."""


def candidate_changes(
    snapshot: Snapshot, differences: Sequence[ModuleDifference], members: Sequence[MemberDifference], graph: Graph
) -> CandidateChanges:
    """The changes that could end the differences, by the host's version of the module."""
    kept = kept_members(snapshot)
    found = {
        pin: tuple(changes for changes in each if not kept.intersection(changes.members))
        for pin, each in _of_modules(snapshot, differences, graph).items()
    }
    for each in members:
        if each.host.version is not None and each.module not in kept:
            pin = ModuleVersion(each.host.path, each.host.version)
            leave = Changes(pins=(pin,), members=(each.module,))
            found[pin] = tuple(changes | leave for changes in found.get(pin, (_NOTHING,)))
    return found


def first_choices(candidates: Mapping[ModuleVersion, Sequence[Changes]]) -> RequestedVersions:
    """The best candidate for each version that has one."""
    return {pin: each[0] for pin, each in candidates.items() if each}


def kept_members(snapshot: Snapshot) -> frozenset[str]:
    """The modules that no fix takes out of the workspace: the host, and all if the host may be built in it."""
    if snapshot.host_place is HostPlace.UNCLEAR and snapshot.workspace:
        return frozenset(each.gomod.module.text for each in snapshot.workspace.members if each.gomod.module)
    return frozenset((snapshot.host_member,)) if snapshot.host_member else frozenset()


def _of_modules(
    snapshot: Snapshot, differences: Sequence[ModuleDifference], graph: Graph
) -> dict[ModuleVersion, tuple[Changes, ...]]:
    replaces = replaces_of(snapshot.gomod, snapshot.folder, snapshot.workspace)
    found: dict[ModuleVersion, tuple[Changes, ...]] = {}
    for each in differences:
        pin = each.pin
        if pin is None or not _is_related(each.host.path, each.plugin.path):
            continue  # if neither path is a prefix of the other, the host's file is wrong
        changes = _NOTHING if each.is_replaced else Changes(pins=(pin,))
        changes |= _replacing(each.host.replacement, effective_replace(replaces, pin), pin)
        choices = _split(snapshot, each, graph) if each.host.path != each.plugin.path else [_NOTHING]
        before = found.get(pin, (_NOTHING,))
        if both := [whole for known in before for choice in choices if (whole := known | changes | choice)]:
            found[pin] = tuple(both)
    return found


def _is_related(left: str, right: str) -> bool:
    return f"{left}/".startswith(f"{right}/") or f"{right}/".startswith(f"{left}/")


def _replacing(wanted: Replacement | None, current: LocatedReplace | None, module: ModuleVersion) -> Changes:
    """The changes that make the replace of a module, at the host's version, equal to the host's.

    A replace in go.work has to be removed there, and a member of the workspace that brings one has to leave.
    """
    if is_same(module, wanted, current.target if current else None):
        return _NOTHING
    is_wanted = wanted is not None and wanted != Replacement(module.path, module.version)
    changes = Changes(replaces=((module, wanted),)) if is_wanted and wanted else _NOTHING
    if current and current.member:
        return changes | Changes(members=(current.member,))
    if current and (current.in_workspace or not is_wanted):
        return changes | Changes(unreplaced=(module.path,))
    return changes


def _split(snapshot: Snapshot, difference: ModuleDifference, graph: Graph) -> list[Changes]:
    """The changes that take a package from the plugin's module if another module provides it on the host.

    Both paths are prefixes of the package's, so one is a prefix of the other. If the host has the longer one, the
    module was split since: the shorter one must go, or be so new that it lacks the package, at the host's version or
    another known one. If the host has the shorter one, the longer one must go.
    """
    plugin, host = difference.plugin, difference.host
    without = Changes(dropped=(plugin.path,))
    if plugin.path.startswith(f"{host.path}/"):
        return [without]
    manifest = snapshot.host
    known = manifest.modules.get(plugin.path) if isinstance(manifest, HostManifest) else None
    if known and known.version:
        return [Changes(pins=(ModuleVersion(plugin.path, known.version),)), without]
    required = {each.version for every in graph.values() for each in every.requires if each.path == plugin.path}
    listed = snapshot.build.versions.get(plugin.path, ()) if snapshot.build else ()
    higher = sorted((each for each in {*required, *listed} if is_higher(each, plugin.version)), key=version_key)
    some = dict.fromkeys((*higher[:_FEW], *higher[-1:]))
    return [without, *(Changes(pins=(ModuleVersion(plugin.path, version),)) for version in some)]
