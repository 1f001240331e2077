"""What differs between a plugin's build and its host, package by package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

from layerg_pin.core.analysis.alignment import Ways
from layerg_pin.core.analysis.build_list import BuildList, build_list, roots_of
from layerg_pin.core.finding import Certainty
from layerg_pin.core.gomod.directives import Require
from layerg_pin.core.gomod.edits import Changes
from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.gomod.replaces import Replaces, Replacing, is_same, replaces_of, ruling
from layerg_pin.core.gomod.versions import is_higher, version_key
from layerg_pin.core.model.host_manifest import HostManifest, HostModule, HostPlace
from layerg_pin.core.model.modules import Graph, ModuleVersion, Replacement
from layerg_pin.core.model.plugin_build import PluginBuild, Workspace
from layerg_pin.core.model.snapshot import Snapshot, Trial
from layerg_pin.core.text import Span

_NOTHING = Changes()
_FEW = 2
"""So many of the next versions of a module that was split are tried, and the newest."""


class Difference(NamedTuple):
    """Packages linked into both sides from unlike modules; without packages, modules known to be unlike.

    It holds wherever go.mod says what it follows from, see `place_of`.
    """

    plugin: ModuleVersion
    """The module that provides the packages in the plugin, at the version its build selects."""
    host: HostModule
    packages: tuple[str, ...]
    certainty: Certainty
    overruled: bool
    """Whether go.mod pins the module to the host's version, to no avail."""
    replacement: Replacement | None = None
    """What the plugin replaces the module by."""
    in_workspace: bool = False
    """Whether go.work says so."""

    @property
    def is_replaced(self) -> bool:
        """Whether the versions agree, and only what replaces them differs."""
        return (self.plugin.path, self.plugin.version) == (self.host.path, self.host.version)

    @property
    def code(self) -> str:
        """The check that tells of it."""
        if self.is_replaced:
            return "replace-mismatch"
        return "pin-overruled" if self.overruled else "version-mismatch"

    @property
    def pin(self) -> ModuleVersion | None:
        """The host's version of the module that provides the packages there; None for the host's own module."""
        return None if self.host.version is None else ModuleVersion(self.host.path, self.host.version)


class MemberDifference(NamedTuple):
    """Packages linked into both sides that the plugin takes from a folder of its workspace."""

    module: str
    host: HostModule
    packages: tuple[str, ...]
    certainty: Certainty


def differences_of(snapshot: Snapshot, host: HostManifest, selection: BuildList) -> tuple[Difference, ...]:
    """What differs, sorted by the plugin's module path; nothing where one workspace builds both sides.

    Where the host may be built in the same workspace, all of it is only possible.
    """
    if snapshot.host_place is HostPlace.INSIDE:
        return ()
    replaces = replaces_of(snapshot.gomod, snapshot.folder, snapshot.workspace)
    found = [_difference(snapshot.gomod, replaces, *each) for each in _differences(snapshot, host, selection, replaces)]
    if snapshot.host_place is HostPlace.UNCLEAR:
        found = [each._replace(certainty=Certainty.POSSIBLE) for each in found]
    return tuple(sorted(found, key=lambda difference: (difference.plugin, difference.host.path)))


def require_of(gomod: GoMod, selection: BuildList, module: ModuleVersion) -> Require | None:
    """The require of a module that is built, else the one that brings it in; None where that is not known."""
    require = gomod.require(module.path)
    if require is None and (chain := selection.chain(module)):
        require = gomod.require(chain[0].path)
    return require


def place_of(snapshot: Snapshot, selection: BuildList, difference: Difference) -> Span | None:
    """Where a difference stands in go.mod; None where no line there is to be named."""
    if difference.is_replaced and difference.replacement and not difference.in_workspace:
        replacing = ruling(replaces_of(snapshot.gomod, snapshot.folder, snapshot.workspace), difference.plugin)
        return replacing.replace.target.span if replacing else None
    require = require_of(snapshot.gomod, selection, difference.plugin)
    return require.version.span if require else None


def member_differences(snapshot: Snapshot, host: HostManifest) -> tuple[MemberDifference, ...]:
    """The modules that the plugin compiles from folders of its workspace and that the host links too, the host's own
    module aside; none where the host is built in the same workspace.
    """
    if snapshot.host_place is HostPlace.INSIDE:
        return ()
    unclear = snapshot.host_place is HostPlace.UNCLEAR
    shared: dict[tuple[str, HostModule], list[str]] = {}
    used = (
        {each.gomod.module.text for each in snapshot.workspace.members if each.gomod.module}
        if snapshot.workspace
        else ()
    )
    for package, member in snapshot.build.members.items() if snapshot.build else ():
        module = host_module(host, package, member)
        if module and member != host.module and member in used:
            shared.setdefault((member, module), []).append(package)
    return tuple(
        MemberDifference(
            member, module, tuple(sorted(packages)), Certainty.POSSIBLE if unclear else _member_certainty(host, module)
        )
        for (member, module), packages in sorted(shared.items(), key=lambda each: each[0][0])
    )


def _member_certainty(host: HostManifest, module: HostModule) -> Certainty:
    """A member that the host has without a version was built from a folder too, which may hold the same."""
    return Certainty.POSSIBLE if module.version is None else _certainty(host, module)


def ways_of(snapshot: Snapshot, differences: Sequence[Difference], graph: Graph) -> Ways:
    """What the differences call for, by the host's module."""
    replaces = replaces_of(snapshot.gomod, snapshot.folder, snapshot.workspace)
    found: dict[ModuleVersion, tuple[Changes, ...]] = {}
    for each in differences:
        pin = each.pin
        if pin is None or not _is_related(each.host.path, each.plugin.path):
            continue  # where neither path begins the other, the host's file is wrong
        changes = _NOTHING if each.is_replaced else Changes(pins=(pin,))
        changes |= _replacing(each.host.replacement, ruling(replaces, pin), pin)
        ways = _split(snapshot, each, graph) if each.host.path != each.plugin.path else [_NOTHING]
        before = found.get(pin, (_NOTHING,))
        if both := [whole for known in before for way in ways if (whole := known | changes | way)]:
            found[pin] = tuple(both)
    return found


def _is_related(left: str, right: str) -> bool:
    return f"{left}/".startswith(f"{right}/") or f"{right}/".startswith(f"{left}/")


def host_module(host: HostManifest, package: str, plugin_module: str) -> HostModule | None:
    """The module that provides a package on the host; None where the host has nothing of it."""
    if host.packages is None or (plugin_module == host.module and not host.linked):
        return host.modules.get(plugin_module)
    provider = host.packages.get(package)
    return host.modules.get(provider) if provider is not None else None


Shared = Mapping[tuple[ModuleVersion, HostModule], Sequence[str]]
_SHARED: WeakKeyDictionary[PluginBuild, tuple[HostManifest, Shared]] = WeakKeyDictionary()
_HIDDEN: WeakKeyDictionary[PluginBuild, tuple[ModuleVersion, ...]] = WeakKeyDictionary()
_SELECTED: WeakKeyDictionary[PluginBuild, tuple[tuple[ModuleVersion, ...], Mapping[str, str]]] = WeakKeyDictionary()
"""What was found of builds, as long as these are held."""


def shared_of(build: PluginBuild, host: HostManifest) -> Shared:
    """The packages that both sides have, by the modules that provide them here and there; found once for both."""
    known = _SHARED.get(build)
    if known is None or known[0] is not host:
        found: dict[tuple[ModuleVersion, HostModule], list[str]] = {}
        for package, module in build.packages.items():
            provider = host_module(host, package, module.path)
            if provider is not None:
                found.setdefault((module, provider), []).append(package)
        known = _SHARED[build] = host, found
    return known[1]


def hidden_in(build: PluginBuild) -> tuple[ModuleVersion, ...]:
    """The versions in Go's answer that are higher than what is known of the graph explains.

    Two kinds need no explanation: a short version stands for the highest that begins so, and a module that is imported
    but not required comes in at its latest version.
    """
    if build not in _HIDDEN:
        _HIDDEN[build] = _hidden_in(build)
    return _HIDDEN[build]


def _hidden_in(build: PluginBuild) -> tuple[ModuleVersion, ...]:
    known = build_list(roots_of(build.gomod, build.workspace), build.graph).selected
    chosen = {require.module.text for require in build.gomod.requires if require.is_query}
    chosen |= {build.packages[package].path for package in build.imported if package in build.packages} - known.keys()
    return tuple(
        module
        for module in sorted(set(build.packages.values()))
        if module.path not in chosen and is_higher(module.version, known.get(module.path, ""))
    )


def _selected_in(build: PluginBuild, hidden: tuple[ModuleVersion, ...]) -> Mapping[str, str]:
    """The versions that are selected for the text that Go was asked about, with what is hidden there."""
    known = _SELECTED.get(build)
    if known is None or known[0] != hidden:
        roots = roots_of(build.gomod, build.workspace)._replace(hidden=hidden)
        known = _SELECTED[build] = hidden, build_list(roots, build.graph).selected
    return known[1]


def trial_of(build: PluginBuild) -> Trial:
    """What is kept of a build that was only tried."""
    selected = {module.path: module.version for module in build.packages.values()}
    return Trial(selected, build.unresolved, hidden_in(build))


def is_explained(build: PluginBuild) -> bool:
    """Whether Go's answer follows from go.mod files alone, so that it will be the same whenever Go is asked again.

    What a short version stands for, and at which version a module comes in that nobody requires, can change.
    """
    known = build_list(roots_of(build.gomod, build.workspace), build.graph).selected
    is_exact = not any(require.is_query for require in build.gomod.requires)
    return is_exact and all(known.get(module.path) == module.version for module in set(build.packages.values()))


def _replacing(wanted: Replacement | None, mine: Replacing | None, module: ModuleVersion) -> Changes:
    """What makes the replace of a module at the host's version like the host's.

    A replace in go.work has to go from there, and so has a member of the workspace that brings one.
    """
    if is_same(module, wanted, mine.target if mine else None):
        return _NOTHING
    is_wanted = wanted is not None and wanted != Replacement(module.path, module.version)
    changes = Changes(replaces=((module, wanted),)) if is_wanted and wanted else _NOTHING
    if mine and mine.member:
        return changes | Changes(members=(mine.member,))
    return changes | Changes(unreplaced=(module.path,)) if mine and (mine.in_workspace or not is_wanted) else changes


def _split(snapshot: Snapshot, difference: Difference, graph: Graph) -> list[Changes]:
    """The ways to take a package from the plugin's module where another one provides it on the host.

    Both paths begin the package's, so one begins the other. Where the host has the longer one, the module was split
    since: the shorter one must go, or be so new that it lacks the package, at the host's version or another that is
    known. Where the host has the shorter one, the longer one must go.
    """
    plugin, host = difference.plugin, difference.host
    without = Changes(dropped=(plugin.path,))
    if plugin.path.startswith(f"{host.path}/"):
        return [without]
    manifest = snapshot.host
    known = manifest.modules.get(plugin.path) if isinstance(manifest, HostManifest) else None
    if known and known.version:
        return [Changes(pins=(ModuleVersion(plugin.path, known.version),)), without]
    asked = {each.version for every in graph.values() for each in every.requires if each.path == plugin.path}
    listed = snapshot.build.versions.get(plugin.path, ()) if snapshot.build else ()
    higher = sorted((each for each in {*asked, *listed} if is_higher(each, plugin.version)), key=version_key)
    some = dict.fromkeys((*higher[:_FEW], *higher[-1:]))
    return [without, *(Changes(pins=(ModuleVersion(plugin.path, version),)) for version in some)]


def _difference(
    gomod: GoMod,
    replaces: Replaces,
    plugin: ModuleVersion,
    host: HostModule,
    packages: tuple[str, ...],
    certainty: Certainty,
) -> Difference:
    same = host.path == plugin.path and host.version is not None
    overruled = same and gomod.pins(plugin.path, host.version or "")
    mine = ruling(replaces, plugin)
    replacement, in_workspace = (mine.target, mine.in_workspace) if mine else (None, False)
    return Difference(plugin, host, packages, certainty, overruled, replacement, in_workspace)


_Unlike = tuple[ModuleVersion, HostModule, tuple[str, ...], Certainty]


def _differences(snapshot: Snapshot, host: HostManifest, selection: BuildList, replaces: Replaces) -> Iterator[_Unlike]:
    build = snapshot.build
    if build is None:
        yield from _by_module(host, selection, frozenset())
        return
    versions = _Versions(build, snapshot, selection)
    shared: dict[tuple[ModuleVersion, HostModule], list[str]] = {}
    for (module, provider), both in shared_of(build, host).items():
        shared.setdefault((versions.now(module, provider.path), provider), []).extend(both)
    for (plugin, provider), packages in shared.items():
        mine = ruling(replaces, plugin)
        unlike = (plugin.path, plugin.version) != (provider.path, provider.version)
        if unlike or not is_same(plugin, provider.replacement, mine.target if mine else None):
            local = mine.target if mine and mine.target.version is None else None
            if provider.path == host.module and local and _keeps_folders(snapshot, host):
                if local.path != host.path:
                    yield plugin, provider, tuple(sorted(packages)), Certainty.POSSIBLE
                continue
            yield plugin, provider, tuple(sorted(packages)), _certainty(host, provider)
    if build.unresolved:
        known = frozenset(module.path for module in build.packages.values())
        yield from _by_module(host, selection, known)


def _keeps_folders(snapshot: Snapshot, host: HostManifest) -> bool:
    """Whether neither side is known to be built with -trimpath, and the host certainly is not.

    The file names in packages are then those of folders, which are the same for the host's own module and a plugin
    that replaces it by the host's folder: measured, such a plugin is accepted.
    """
    commands = [command.trimpath for source in snapshot.builders for command in source.file.commands]
    local = snapshot.local.flags.split() if snapshot.local and not commands else []
    without = host.build is not None and host.build.trimpath is False
    return without and True not in commands and "-trimpath" not in local


def _by_module(host: HostManifest, selection: BuildList, known: frozenset[str]) -> Iterator[_Unlike]:
    """Modules of go.mod that differ, though it is not known whether a package of them is in both."""
    providers = frozenset(host.modules if host.packages is None else host.packages.values())
    for path in dict.fromkeys(require.path for require in selection.roots.requires):
        module = host.modules.get(path) if path in providers else None
        version = selection.selected.get(path)
        if path in known or version is None or module is None or module.version in (None, version):
            continue
        yield ModuleVersion(path, version), module, (), Certainty.POSSIBLE


def _certainty(host: HostManifest, module: HostModule) -> Certainty:
    if host.packages is None or (module.version is None and not host.linked):
        return Certainty.POSSIBLE
    return Certainty.CERTAIN if host.linked else Certainty.LIKELY


def _texts_of(workspace: Workspace) -> tuple[str, ...]:
    return workspace.work.text, *(member.gomod.text for member in workspace.members)


class _Versions:
    """The versions selected for the current text: Go's last answer, moved by what the edits since then change."""

    def __init__(self, build: PluginBuild, snapshot: Snapshot, selection: BuildList) -> None:
        works = [_texts_of(each) if each else None for each in (build.workspace, snapshot.workspace)]
        self.same = works[0] == works[1] and build.gomod.asks_as(snapshot.gomod)
        self.before = selection.selected if self.same else _selected_in(build, selection.roots.hidden)
        self.after = selection.selected
        self.queries = frozenset(
            require.module.text
            for require in build.gomod.requires
            if require.is_query and snapshot.gomod.pins(require.module.text, require.version.text)
        )
        """Modules whose short version, of which only Go knew the meaning, has been written in full since."""

    def now(self, module: ModuleVersion, provider: str) -> ModuleVersion:
        """The module that provides packages now; `provider` is the one that does on the host."""
        came = provider not in self.before or module.path not in self.after
        if provider != module.path and not self.same and came and provider in self.after:
            return ModuleVersion(provider, self.after[provider])
        version = self.after.get(module.path)
        if self.same or version is None:
            return module
        if version == self.before.get(module.path) and module.path not in self.queries:
            return module
        return ModuleVersion(module.path, version)
