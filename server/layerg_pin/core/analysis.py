"""From a snapshot to what differs between plugin and host, package by package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from layerg_pin.core.cures import Alignment, align, fix_all
from layerg_pin.core.finding import Fix
from layerg_pin.core.manifest import (
    Certainty,
    HostManifest,
    HostModule,
    ModuleVersion,
    PluginBuild,
    Snapshot,
)
from layerg_pin.core.mvs import BuildList, build_list, roots_of
from layerg_pin.core.versions import is_higher


@dataclass(frozen=True, slots=True)
class Difference:
    """Packages linked into both sides from unlike module versions; without packages, modules known to be unlike."""

    plugin: ModuleVersion
    """The module that provides the packages in the plugin, at the version its build selects."""
    host: HostModule
    packages: tuple[str, ...]
    certainty: Certainty

    @property
    def pin(self) -> ModuleVersion | None:
        """The host's version for the same module; None where the packages come from another module there."""
        if self.host.version is None or self.host.path != self.plugin.path:
            return None
        return ModuleVersion(self.host.path, self.host.version)


@dataclass(frozen=True, slots=True)
class Analysis:
    """A snapshot and what follows from it, worked out once for all checks."""

    snapshot: Snapshot
    build_list: BuildList
    """Of the current text, with what is known of the module graph."""
    differences: tuple[Difference, ...]
    """Sorted by the plugin's module path."""
    shared: int
    """How many packages are known, or thought, to be in both; 0 where Go has not answered."""
    agreeing: tuple[ModuleVersion, ...]
    """The host's versions of the modules that are shared and do not differ."""
    alignment: Alignment
    align_fix: Fix | None
    """All pins that hold together, at once; None where there is at most one."""

    @property
    def safe_fix(self) -> Fix | None:
        """The pins that are right and not merely possible, at once: what may be set without being looked at."""
        sure = [each.pin for each in self.differences if each.pin and each.certainty is not Certainty.POSSIBLE]
        graph = self.snapshot.build.graph if self.snapshot.build else {}
        pins = [pin for pin in sure if pin not in self.alignment.untried]
        alignment = align(self.build_list, graph, pins, self.agreeing)
        return fix_all(self.snapshot.gomod, alignment.together, alignment)


def analyse(snapshot: Snapshot) -> Analysis:
    """Compare the plugin's build with its host."""
    graph = snapshot.build.graph if snapshot.build else {}
    hidden = _hidden(snapshot.build) if snapshot.build else ()
    selection = build_list(replace(roots_of(snapshot.gomod), hidden=hidden), graph)
    differences: tuple[Difference, ...] = ()
    shared = 0
    agreeing: list[ModuleVersion] = []
    if isinstance(snapshot.host, HostManifest):
        host = snapshot.host
        found = _differences(snapshot, host, selection)
        differences = tuple(sorted(found, key=lambda difference: (difference.plugin, difference.host.path)))
        packages = snapshot.build.packages.items() if snapshot.build else ()
        on_host = [_host_module(host, package, module.path) for package, module in packages]
        shared = sum(module is not None for module in on_host)
        unlike = {difference.host.path for difference in differences}
        agreeing = sorted(
            ModuleVersion(module.path, module.version)
            for module in {module for module in on_host if module and module.path not in unlike}
            if module.version
        )
    pins = [difference.pin for difference in differences if difference.pin]
    alignment = align(selection, graph, pins, agreeing)
    together = fix_all(snapshot.gomod, alignment.together, alignment) if len(alignment.together) > 1 else None
    return Analysis(snapshot, selection, differences, shared, tuple(agreeing), alignment, together)


def _hidden(build: PluginBuild) -> tuple[ModuleVersion, ...]:
    """The versions in Go's answer that are higher than what is known of the graph explains."""
    known = build_list(roots_of(build.gomod), build.graph).selected
    queries = frozenset(require.module.text for require in build.gomod.requires if require.is_query)
    return tuple(
        module
        for module in sorted(set(build.packages.values()))
        if module.path not in queries and is_higher(module.version, known.get(module.path, ""))
    )


def _differences(snapshot: Snapshot, host: HostManifest, selection: BuildList) -> Iterator[Difference]:
    build = snapshot.build
    if build is None:
        yield from _by_module(host, selection, frozenset())
        return
    versions = _Versions(build, snapshot, selection)
    shared: dict[tuple[ModuleVersion, HostModule], list[str]] = {}
    for package, module in build.packages.items():
        host_module = _host_module(host, package, module.path)
        if host_module is not None:
            shared.setdefault((versions.now(module), host_module), []).append(package)
    for (plugin, host_module), packages in shared.items():
        if (plugin.path, plugin.version) != (host_module.path, host_module.version):
            yield Difference(plugin, host_module, tuple(sorted(packages)), _certainty(host, host_module))
    if build.unresolved:
        known = frozenset(module.path for module in build.packages.values())
        yield from _by_module(host, selection, known)


def _by_module(host: HostManifest, selection: BuildList, known: frozenset[str]) -> Iterator[Difference]:
    """Modules of go.mod that differ, though it is not known whether a package of them is in both."""
    providers = frozenset(host.modules if host.packages is None else host.packages.values())
    for path in dict.fromkeys(require.path for require in selection.roots.requires):
        host_module = host.modules.get(path) if path in providers else None
        version = selection.selected.get(path)
        if path in known or version is None or host_module is None or host_module.version in (None, version):
            continue
        yield Difference(ModuleVersion(path, version), host_module, (), Certainty.POSSIBLE)


def _host_module(host: HostManifest, package: str, plugin_module: str) -> HostModule | None:
    if host.packages is None or (plugin_module == host.module and not host.linked):
        return host.modules.get(plugin_module)
    provider = host.packages.get(package)
    return host.modules.get(provider) if provider is not None else None


def _certainty(host: HostManifest, module: HostModule) -> Certainty:
    if host.packages is None or (module.version is None and not host.linked):
        return Certainty.POSSIBLE
    return Certainty.CERTAIN if host.linked else Certainty.LIKELY


class _Versions:
    """The versions selected for the current text: Go's last answer, moved by what the edits since then change."""

    def __init__(self, build: PluginBuild, snapshot: Snapshot, selection: BuildList) -> None:
        self.same = build.gomod.text == snapshot.gomod.text
        before = replace(roots_of(build.gomod), hidden=selection.roots.hidden)
        self.before = selection.selected if self.same else build_list(before, build.graph).selected
        self.after = selection.selected
        self.queries = frozenset(
            require.module.text
            for require in build.gomod.requires
            if require.is_query and snapshot.gomod.pins(require.module.text, require.version.text)
        )
        """Modules whose short version, of which only Go knew the meaning, has been written in full since."""

    def now(self, module: ModuleVersion) -> ModuleVersion:
        version = self.after.get(module.path)
        if self.same or version is None:
            return module
        if version == self.before.get(module.path) and module.path not in self.queries:
            return module
        return ModuleVersion(module.path, version)
