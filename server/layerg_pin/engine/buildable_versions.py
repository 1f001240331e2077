"""Find versions of dependencies that the host's Go can build, if it refuses the selected ones."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from layerg_pin.core.analysis.build_list import BuildList, build_list, roots_of
from layerg_pin.core.gomod.edits import Changes, gomod_edits
from layerg_pin.core.gomod.go_lines import HostGo, host_go, too_new_in
from layerg_pin.core.gomod.parser import GoMod, parse_gomod
from layerg_pin.core.gomod.replaces import effective_replace, replaces_of
from layerg_pin.core.gomod.versions import is_higher, version_key
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.modules import ModuleVersion, Requirements
from layerg_pin.core.model.plugin_build import PluginBuild, Workspace
from layerg_pin.core.text import apply_edits
from layerg_pin.go.downloads import fetch_gomods, list_versions
from layerg_pin.go.module_cache import is_buildable, known_versions, module_graph
from layerg_pin.go.query_types import Cancellation, Go, GoEnv, GoFailed

_MAX_FETCHED = 16
"""Limit on the lower versions of a module that are read if it requires one that the host's Go cannot build."""
_MAX_STEPS = 8
"""Limit on the modules of go.mod that are lowered because of one that they require, and on the runs of Go for that."""
_TOO_NEW = re.compile(r"(\S+)@(v\S+) requires go >= \S+ \(running go")


class BuildableQuery(NamedTuple):
    """A plugin, and the Go that must be able to build it."""

    go: Go
    env: GoEnv
    folder: str
    gomod: GoMod
    workspace: Workspace | None
    limit: HostGo
    cancellation: Cancellation


def buildable_query(
    go: Go,
    env: GoEnv,
    folder: str,
    gomod: GoMod,
    workspace: Workspace | None,
    host: HostManifest,
    cancellation: Cancellation,
) -> BuildableQuery | None:
    """The query for versions that the host's Go can build; None if the host's Go is unknown."""
    limit = host_go(host)
    if limit is None or not limit.is_known:
        return None
    return BuildableQuery(
        go=go, env=env, folder=folder, gomod=gomod, workspace=workspace, limit=limit, cancellation=cancellation
    )


def with_buildable(query: BuildableQuery, build: PluginBuild) -> PluginBuild:
    """The build with requirements that replace modules which the host's Go refuses to build."""
    if not query.limit.refuses(build.newest_go_known):
        return build
    reader = _GraphReader(query, dict(build.graph))
    selection = build_list(roots_of(build.gomod, build.workspace), build.graph)
    refused = [module for module, _ in too_new_in(build, build.gomod, selection, query.limit)]
    found = {module: requires for module in refused if (requires := reader.requires(module))}
    return build._replace(buildable=found, graph=reader.graph) if found else build


def lowered(query: BuildableQuery, error: GoFailed, ask: Callable[[GoMod], PluginBuild]) -> PluginBuild | None:
    """Go's answer after the modules that both it and the host's Go refuse are lowered.

    `error` is Go's error for the plugin as it is, and `ask` asks Go about another go.mod. None if the error has another
    cause, or if no lower version is known.
    """
    gomod, lower, reader = query.gomod, dict[ModuleVersion, tuple[ModuleVersion, ...]](), None
    for _ in range(_MAX_STEPS):
        match = _TOO_NEW.search(error.text)
        if match is None:
            return None
        module = ModuleVersion(*match.groups())
        reader = _GraphReader(query._replace(gomod=gomod), dict(reader.graph) if reader else {})
        requires = reader.requires(module)
        if not requires or module not in reader.graph or not query.limit.refuses(reader.graph[module].go):
            return None
        lower[module] = requires
        gomod = parse_gomod(apply_edits(gomod.text, gomod_edits(gomod, Changes(requires))))
        try:
            build = ask(gomod)
        except GoFailed as refusal:
            error = refusal
            continue
        return build._replace(buildable={**lower, **build.buildable}, graph={**reader.graph, **build.graph})
    return None


class _GraphReader:
    """Reads the module graph with other requires, and adds what it reads to `graph`."""

    def __init__(self, query: BuildableQuery, graph: dict[ModuleVersion, Requirements]) -> None:
        self.query = query
        self.graph = graph
        self.roots = roots_of(query.gomod, query.workspace)
        self.replaces = replaces_of(query.gomod, query.folder.replace("\\", "/"), query.workspace)

    def read(self, pins: tuple[ModuleVersion, ...]) -> BuildList:
        """The build list with `pins` required."""
        query = self.query
        self.graph |= module_graph(query.env.modcache, query.folder, query.gomod, pins, query.workspace)
        return build_list(self.roots.pinned(pins), self.graph)

    def requires(self, module: ModuleVersion) -> tuple[ModuleVersion, ...]:
        """The requirements that select a module at its highest version that the host's Go can build.

        If other modules require a higher version, the modules of go.mod that bring these in come first, each at its
        highest version that no longer does. Empty if no such versions are known, and for a module that is replaced or
        not selected.
        """
        selected = self.read(()).selected.get(module.path, module.version)
        if effective_replace(self.replaces, module) or selected != module.version:
            return ()
        pin = next(self._lower(module), None)
        starts: tuple[ModuleVersion, ...] = ()
        while pin and len(starts) < _MAX_STEPS:
            selection = self.read((*starts, pin))
            start = self._requires_more(selection, module)
            if start is None:
                needs_pin = self.query.gomod.require(module.path) or not starts
                now = pin._replace(version=selection.selected.get(pin.path, pin.version))
                return (*starts, now) if needs_pin or self._is_refused(self.read(starts), module) else starts
            others = starts, pin
            lower = next((each for each in self._lower(start) if self._ends(start, each, module, *others)), None)
            if lower is None:
                return ()
            starts = (*(each for each in starts if each.path != lower.path), lower)
        return ()

    def _is_refused(self, selection: BuildList, module: ModuleVersion) -> bool:
        """Whether a module is selected at a version that the host's Go refuses, or that is unknown."""
        version = selection.selected.get(module.path)
        known = self.graph.get(module._replace(version=version)) if version else None
        return version is not None and (known is None or self.query.limit.refuses(known.go))

    def _requires_more(self, selection: BuildList, module: ModuleVersion) -> ModuleVersion | None:
        """The module of go.mod that brings in a version which the host's Go refuses; None if there is none."""
        if not self._is_refused(selection, module):
            return None
        requirer = selection.requirer(module.path)
        chain = selection.chain(requirer[0]) if requirer else ()
        return chain[0] if chain and chain[0].path != module.path else None

    def _ends(
        self,
        start: ModuleVersion,
        lower: ModuleVersion,
        module: ModuleVersion,
        starts: tuple[ModuleVersion, ...],
        pin: ModuleVersion,
    ) -> bool:
        """Whether a lower version of `start` no longer brings in a version that the host's Go refuses."""
        kept = tuple(each for each in starts if each.path != start.path)
        again = self._requires_more(self.read((*kept, lower, pin)), module)
        return again is None or again.path != start.path

    def _lower(self, module: ModuleVersion) -> Iterator[ModuleVersion]:
        """The lower versions of a module that the host's Go can build, the highest release first.

        Versions whose go.mod is not in the module cache, and cannot be fetched, are omitted.
        """
        query = self.query
        versions = versions_of(query.go, query.env, module.path, query.cancellation)
        below = sorted({each for each in versions if is_higher(module.version, each)}, key=version_key, reverse=True)
        releases = [each for each in below if "-" not in each]
        first = self._first(module, releases) if query.go.network else len(releases)
        for number, version in enumerate((*releases, *(each for each in below if "-" in each))):
            if number == first + 1:
                more = releases[number : number + _MAX_FETCHED]
                fetch_gomods(query.go, [module._replace(version=each) for each in more], query.cancellation)
            lower = module._replace(version=version)
            if is_buildable(query.env.modcache, lower, query.limit):
                yield lower

    def _first(self, module: ModuleVersion, versions: list[str]) -> int:
        """The index of the highest version that the host's Go can build; fetches the go.mod files that it needs.

        `versions` are sorted, the highest first. Their `go` lines usually only rise from version to version.
        """
        low, high = 0, len(versions)
        while low < high:
            middle = (low + high) // 2
            lower = module._replace(version=versions[middle])
            fetch_gomods(self.query.go, [lower], self.query.cancellation)
            if is_buildable(self.query.env.modcache, lower, self.query.limit):
                high = middle
            else:
                low = middle + 1
        return low


def versions_of(go: Go, env: GoEnv, path: str, cancellation: Cancellation) -> tuple[str, ...]:
    """The versions of a module in the module cache and, if the network may be used, all published versions."""
    known = known_versions(env.modcache, path)
    if not go.network:
        return known
    try:
        return (*known, *list_versions(go, path, cancellation))
    except GoFailed:  # an older Go fails if it cannot build the latest version, but it has fetched the list by then
        return known_versions(env.modcache, path)
