"""From a snapshot to what differs between plugin and host, package by package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from layerg_pin.core.cures import Alignment, align, fix_all
from layerg_pin.core.directives import Require
from layerg_pin.core.finding import Fix, Severities, Severity
from layerg_pin.core.ignores import ignored
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
    require: Require | None
    """The module's own require, else the one that brings it in; None where that is not known."""
    overruled: bool
    """Whether go.mod pins the module to the host's version, to no avail."""

    @property
    def code(self) -> str:
        """The check that tells of it."""
        return "pin-overruled" if self.overruled else "version-mismatch"

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
    severities: Severities
    ignored: frozenset[tuple[str, int]]
    """Codes that comments silence, each with the 0-based line of go.mod it is silenced at."""
    differences: tuple[Difference, ...]
    """Sorted by the plugin's module path; those that nobody wants to hear of are left out."""
    shared: int
    """How many packages are known, or thought, to be in both; 0 where Go has not answered."""
    shared_modules: frozenset[str]
    """The plugin's modules that provide those packages."""
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


def analyse(snapshot: Snapshot, severities: Severities | None = None) -> Analysis:
    """Compare the plugin's build with its host. What `severities` turns off, or a comment silences, is not mended."""
    severities = severities or {}
    quiet = ignored(snapshot.plugin.index, snapshot.gomod.syntax.comments)
    graph = snapshot.build.graph if snapshot.build else {}
    hidden = _hidden(snapshot.build) if snapshot.build else ()
    selection = build_list(replace(roots_of(snapshot.gomod), hidden=hidden), graph)
    differences: tuple[Difference, ...] = ()
    shared: list[str] = []
    agreeing: list[ModuleVersion] = []
    if isinstance(snapshot.host, HostManifest):
        host = snapshot.host
        found = [_placed(snapshot, selection, *each) for each in _differences(snapshot, host, selection)]
        differences = tuple(sorted(found, key=lambda difference: (difference.plugin, difference.host.path)))
        packages = snapshot.build.packages.items() if snapshot.build else ()
        on_host = [(module.path, _host_module(host, package, module.path)) for package, module in packages]
        shared = [path for path, module in on_host if module]
        unlike = {difference.host.path for difference in differences}
        agreeing = sorted(
            ModuleVersion(module.path, module.version)
            for module in {module for _, module in on_host if module and module.path not in unlike}
            if module.version
        )
        differences = tuple(each for each in differences if _is_wanted(each, snapshot, severities, quiet))
    pins = [difference.pin for difference in differences if difference.pin]
    alignment = align(selection, graph, pins, agreeing)
    together = fix_all(snapshot.gomod, alignment.together, alignment) if len(alignment.together) > 1 else None
    return Analysis(
        snapshot,
        selection,
        severities,
        quiet,
        differences,
        len(shared),
        frozenset(shared),
        tuple(agreeing),
        alignment,
        together,
    )


_Unlike = tuple[ModuleVersion, HostModule, tuple[str, ...], Certainty]


def _placed(
    snapshot: Snapshot,
    selection: BuildList,
    plugin: ModuleVersion,
    host: HostModule,
    packages: tuple[str, ...],
    certainty: Certainty,
) -> Difference:
    gomod = snapshot.gomod
    require = gomod.require(plugin.path)
    if require is None and (chain := selection.chain(plugin)):
        require = gomod.require(chain[0].path)
    same = host.path == plugin.path and host.version is not None
    overruled = same and gomod.pins(plugin.path, host.version or "")
    return Difference(plugin, host, packages, certainty, require, overruled)


def _is_wanted(
    difference: Difference, snapshot: Snapshot, severities: Severities, quiet: frozenset[tuple[str, int]]
) -> bool:
    token = difference.require.module if difference.require else snapshot.gomod.module
    line = snapshot.plugin.index.line_of(token.span.start) if token else 0
    return severities.get(difference.code, Severity.ERROR) is not None and (difference.code, line) not in quiet


def _hidden(build: PluginBuild) -> tuple[ModuleVersion, ...]:
    """The versions in Go's answer that are higher than what is known of the graph explains.

    Two kinds need no explanation: a short version stands for the highest that begins so, and a module that is imported
    but not required comes in at its latest version.
    """
    known = build_list(roots_of(build.gomod), build.graph).selected
    chosen = {require.module.text for require in build.gomod.requires if require.is_query}
    chosen |= {build.packages[package].path for package in build.imported if package in build.packages} - known.keys()
    return tuple(
        module
        for module in sorted(set(build.packages.values()))
        if module.path not in chosen and is_higher(module.version, known.get(module.path, ""))
    )


def _differences(snapshot: Snapshot, host: HostManifest, selection: BuildList) -> Iterator[_Unlike]:
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
            yield plugin, host_module, tuple(sorted(packages)), _certainty(host, host_module)
    if build.unresolved:
        known = frozenset(module.path for module in build.packages.values())
        yield from _by_module(host, selection, known)


def _by_module(host: HostManifest, selection: BuildList, known: frozenset[str]) -> Iterator[_Unlike]:
    """Modules of go.mod that differ, though it is not known whether a package of them is in both."""
    providers = frozenset(host.modules if host.packages is None else host.packages.values())
    for path in dict.fromkeys(require.path for require in selection.roots.requires):
        host_module = host.modules.get(path) if path in providers else None
        version = selection.selected.get(path)
        if path in known or version is None or host_module is None or host_module.version in (None, version):
            continue
        yield ModuleVersion(path, version), host_module, (), Certainty.POSSIBLE


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
