"""The modules that plugin and host link from different versions or replacements."""

from collections.abc import Iterator
from typing import NamedTuple

from layerg_pin.core.analysis.analysis_cache import AnalysisCache
from layerg_pin.core.analysis.build_list import BuildList
from layerg_pin.core.analysis.selected_versions import CurrentVersions
from layerg_pin.core.analysis.shared_packages import host_module, shared_packages
from layerg_pin.core.finding import Certainty
from layerg_pin.core.gomod.directives import Require
from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.gomod.replaces import Replaces, effective_replace, is_same, replaces_of
from layerg_pin.core.model.host_manifest import HostManifest, HostModule, HostPlace
from layerg_pin.core.model.modules import ModuleVersion, Replacement
from layerg_pin.core.model.snapshot import Snapshot
from layerg_pin.core.text import Span


class ModuleDifference(NamedTuple):
    """Packages linked into both sides from different modules; without packages, modules known to differ.

    It does not depend on its place in go.mod, see `span_of`.
    """

    plugin: ModuleVersion
    """The module that provides the packages in the plugin, at the version its build selects."""
    host: HostModule
    packages: tuple[str, ...]
    certainty: Certainty
    overruled: bool
    """Whether go.mod pins the module to the host's version, but another module requires a higher one."""
    replacement: Replacement | None = None
    """The plugin's replacement of the module."""
    in_workspace: bool = False
    """Whether that replacement is in go.work."""

    @property
    def is_replaced(self) -> bool:
        """Whether the versions agree, and only their replacements differ."""
        return (self.plugin.path, self.plugin.version) == (self.host.path, self.host.version)

    @property
    def code(self) -> str:
        """The code of the check that reports it."""
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


def differences_of(
    snapshot: Snapshot, host: HostManifest, selection: BuildList, cache: AnalysisCache
) -> tuple[ModuleDifference, ...]:
    """The differences, sorted by the plugin's module path; none if one workspace builds both sides.

    If the host may be built in the same workspace, all differences are only possible.
    """
    if snapshot.host_place is HostPlace.INSIDE:
        return ()
    replaces = replaces_of(snapshot.gomod, snapshot.folder, snapshot.workspace)
    different = _differences(snapshot, host, selection, replaces, cache)
    found = [_difference(snapshot.gomod, replaces, each) for each in different]
    if snapshot.host_place is HostPlace.UNCLEAR:
        found = [each._replace(certainty=Certainty.POSSIBLE) for each in found]
    return tuple(sorted(found, key=lambda difference: (difference.plugin, difference.host.path)))


def require_of(gomod: GoMod, selection: BuildList, module: ModuleVersion) -> Require | None:
    """The require of a module that is built, else the one that brings it in; None if that is unknown."""
    require = gomod.require(module.path)
    if require is None and (chain := selection.chain(module)):
        require = gomod.require(chain[0].path)
    return require


def span_of(snapshot: Snapshot, selection: BuildList, difference: ModuleDifference) -> Span | None:
    """The span of a difference in go.mod; None if no line there belongs to it."""
    if difference.is_replaced and difference.replacement and not difference.in_workspace:
        replacing = effective_replace(
            replaces_of(snapshot.gomod, snapshot.folder, snapshot.workspace), difference.plugin
        )
        return replacing.replace.target.span if replacing else None
    require = require_of(snapshot.gomod, selection, difference.plugin)
    return require.version.span if require else None


def member_differences(snapshot: Snapshot, host: HostManifest) -> tuple[MemberDifference, ...]:
    """The modules that the plugin compiles from folders of its workspace and that the host links too, except the host's
    own module; none if the host is built in the same workspace.
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
    """A module without a version on the host was built from a folder too, possibly with the same content."""
    return Certainty.POSSIBLE if module.version is None else _certainty(host, module)


class _DifferentModules(NamedTuple):
    """The modules that provide the same packages in the plugin and on the host."""

    plugin: ModuleVersion
    host: HostModule
    packages: tuple[str, ...]
    certainty: Certainty


def _difference(gomod: GoMod, replaces: Replaces, modules: _DifferentModules) -> ModuleDifference:
    plugin, host = modules.plugin, modules.host
    same = host.path == plugin.path and host.version is not None
    own = effective_replace(replaces, plugin)
    return ModuleDifference(
        plugin=plugin,
        host=host,
        packages=modules.packages,
        certainty=modules.certainty,
        overruled=same and gomod.requires_exactly(plugin.path, host.version or ""),
        replacement=own.target if own else None,
        in_workspace=own.in_workspace if own else False,
    )


def _differences(
    snapshot: Snapshot, host: HostManifest, selection: BuildList, replaces: Replaces, cache: AnalysisCache
) -> Iterator[_DifferentModules]:
    build = snapshot.build
    if build is None:
        yield from _by_module(host, selection, frozenset())
        return
    versions = CurrentVersions(build, snapshot, selection, cache)
    shared: dict[tuple[ModuleVersion, HostModule], list[str]] = {}
    for (module, provider), both in cache.result(shared_packages, build, host).items():
        shared.setdefault((versions.provider_of(module, provider.path), provider), []).extend(both)
    for (plugin, provider), packages in shared.items():
        own = effective_replace(replaces, plugin)
        differ = (plugin.path, plugin.version) != (provider.path, provider.version)
        if differ or not is_same(plugin, provider.replacement, own.target if own else None):
            certainty = _certainty(host, provider)
            folder = own.target if own and own.target.version is None else None
            if provider.path == host.module and folder and _keeps_folders(snapshot, host):
                if folder.path == host.path:
                    continue
                certainty = Certainty.POSSIBLE
            yield _DifferentModules(plugin, provider, tuple(sorted(packages)), certainty)
    if build.unresolved:
        known = frozenset(module.path for module in build.packages.values())
        yield from _by_module(host, selection, known)


def _keeps_folders(snapshot: Snapshot, host: HostManifest) -> bool:
    """Whether the host is certainly built without -trimpath, and the plugin not known to be built with it.

    The file names in packages are then absolute. They are the same in the host's own module and in a plugin that
    replaces it by the host's folder: measured, such a plugin is accepted.
    """
    commands = [command.trimpath for source in snapshot.builders for command in source.file.commands]
    local = snapshot.local.flags.split() if snapshot.local and not commands else []
    without = host.build is not None and host.build.trimpath is False
    return without and True not in commands and "-trimpath" not in local


def _by_module(host: HostManifest, selection: BuildList, known: frozenset[str]) -> Iterator[_DifferentModules]:
    """Modules of go.mod that differ, though it is unknown whether both sides link a package of them."""
    providers = frozenset(host.modules if host.packages is None else host.packages.values())
    for path in dict.fromkeys(require.path for require in selection.roots.requires):
        module = host.modules.get(path) if path in providers else None
        version = selection.selected.get(path)
        if path in known or version is None or module is None or module.version in (None, version):
            continue
        yield _DifferentModules(ModuleVersion(path, version), module, (), Certainty.POSSIBLE)


def _certainty(host: HostManifest, module: HostModule) -> Certainty:
    if host.packages is None or (module.version is None and not host.linked):
        return Certainty.POSSIBLE
    return Certainty.CERTAIN if host.linked else Certainty.LIKELY
