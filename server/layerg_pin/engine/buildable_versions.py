"""Which versions of dependencies the host's Go can build, where it refuses the ones that are selected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from layerg_pin.core.analysis.build_list import BuildList, build_list, roots_of
from layerg_pin.core.gomod.edits import Changes, gomod_edits
from layerg_pin.core.gomod.go_lines import HostGo, host_go, too_new_in
from layerg_pin.core.gomod.parser import GoMod, parse_gomod
from layerg_pin.core.gomod.replaces import replaces_of, ruling
from layerg_pin.core.gomod.versions import is_higher, version_key
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.modules import ModuleVersion, Requirements
from layerg_pin.core.model.plugin_build import PluginBuild, Workspace
from layerg_pin.core.text import apply_edits
from layerg_pin.go.module_cache import builds, known_versions, module_graph
from layerg_pin.go.queries import fetch_gomods, list_versions
from layerg_pin.go.query_types import Cancellation, Go, GoEnv, GoFailed

_MAX_FETCHED = 16
"""So many lower versions of a module are read that asks for one which the host's Go cannot build."""
_MAX_STEPS = 8
"""So many modules of go.mod are lowered for the sake of one that they ask for, and so many times Go is asked again."""
_TOO_NEW = re.compile(r"(\S+)@(v\S+) requires go >= \S+ \(running go")


class Question(NamedTuple):
    """A plugin that Go is asked about, and the Go that must be able to build it."""

    go: Go
    env: GoEnv
    folder: str
    gomod: GoMod
    workspace: Workspace | None
    limit: HostGo
    cancellation: Cancellation


def question_of(
    go: Go,
    env: GoEnv,
    folder: str,
    gomod: GoMod,
    workspace: Workspace | None,
    host: HostManifest,
    cancellation: Cancellation,
) -> Question | None:
    """The question of what the host's Go can build; None where the host's Go is not known."""
    limit = host_go(host)
    known = limit is not None and limit.is_known
    return (
        Question(
            go=go, env=env, folder=folder, gomod=gomod, workspace=workspace, limit=limit, cancellation=cancellation
        )
        if known and limit
        else None
    )


def with_buildable(question: Question, build: PluginBuild) -> PluginBuild:
    """The build with what to require instead of modules that the host's Go refuses to build."""
    if not question.limit.refuses(build.newest_go_known):
        return build
    reader = _Reader(question, dict(build.graph))
    selection = build_list(roots_of(build.gomod, build.workspace), build.graph)
    refused = [module for module, _ in too_new_in(build, build.gomod, selection, question.limit)]
    found = {module: requires for module in refused if (requires := reader.requires(module))}
    return build._replace(buildable=found, graph=reader.graph) if found else build


def lowered(question: Question, error: GoFailed, ask: Callable[[GoMod], PluginBuild]) -> PluginBuild | None:
    """What Go says of the plugin once the modules that both it and the host's Go refuse are lowered.

    `error` is why Go refused the plugin as it is, and `ask` asks it about another go.mod. None where something else is
    wrong, or no lower version is known.
    """
    gomod, lower, reader = question.gomod, dict[ModuleVersion, tuple[ModuleVersion, ...]](), None
    for _ in range(_MAX_STEPS):
        match = _TOO_NEW.search(error.text)
        if match is None:
            return None
        module = ModuleVersion(*match.groups())
        reader = _Reader(question._replace(gomod=gomod), dict(reader.graph) if reader else {})
        requires = reader.requires(module)
        if not requires or module not in reader.graph or not question.limit.refuses(reader.graph[module].go):
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


class _Reader:
    """Readings of the module graph with other requires; what they read is added to `graph`."""

    def __init__(self, question: Question, graph: dict[ModuleVersion, Requirements]) -> None:
        self.question = question
        self.graph = graph
        self.roots = roots_of(question.gomod, question.workspace)
        self.replaces = replaces_of(question.gomod, question.folder.replace("\\", "/"), question.workspace)

    def read(self, pins: tuple[ModuleVersion, ...]) -> BuildList:
        """The versions that are selected with `pins` required."""
        question = self.question
        self.graph |= module_graph(question.env.modcache, question.folder, question.gomod, pins, question.workspace)
        return build_list(self.roots.pinned(pins), self.graph)

    def requires(self, module: ModuleVersion) -> tuple[ModuleVersion, ...]:
        """What to require so that a module comes at its highest version that the host's Go can build.

        Where other modules ask for more, those of go.mod that bring them in come first, each at its highest version
        with which that ends. Empty where no such versions are known, and for a module that is replaced or
        not selected.
        """
        selected = self.read(()).selected.get(module.path, module.version)
        if ruling(self.replaces, module) or selected != module.version:
            return ()
        pin = next(self._lower(module), None)
        starts: tuple[ModuleVersion, ...] = ()
        while pin and len(starts) < _MAX_STEPS:
            selection = self.read((*starts, pin))
            start = self._asks_for_more(selection, module)
            if start is None:
                needs_pin = self.question.gomod.require(module.path) or not starts
                now = pin._replace(version=selection.selected.get(pin.path, pin.version))
                return (*starts, now) if needs_pin or self._is_refused(self.read(starts), module) else starts
            others = starts, pin
            lower = next((each for each in self._lower(start) if self._ends(start, each, module, *others)), None)
            if lower is None:
                return ()
            starts = (*(each for each in starts if each.path != lower.path), lower)
        return ()

    def _is_refused(self, selection: BuildList, module: ModuleVersion) -> bool:
        """Whether a module is selected at a version that the host's Go refuses, or that is not known."""
        version = selection.selected.get(module.path)
        known = self.graph.get(module._replace(version=version)) if version else None
        return version is not None and (known is None or self.question.limit.refuses(known.go))

    def _asks_for_more(self, selection: BuildList, module: ModuleVersion) -> ModuleVersion | None:
        """What go.mod requires and brings in a version of a module that the host's Go refuses; None where none is."""
        if not self._is_refused(selection, module):
            return None
        asker = selection.requirer(module.path)
        chain = selection.chain(asker[0]) if asker else ()
        return chain[0] if chain and chain[0].path != module.path else None

    def _ends(
        self,
        start: ModuleVersion,
        lower: ModuleVersion,
        module: ModuleVersion,
        starts: tuple[ModuleVersion, ...],
        pin: ModuleVersion,
    ) -> bool:
        """Whether a lower version of `start` no longer brings in what the host's Go refuses."""
        kept = tuple(each for each in starts if each.path != start.path)
        again = self._asks_for_more(self.read((*kept, lower, pin)), module)
        return again is None or again.path != start.path

    def _lower(self, module: ModuleVersion) -> Iterator[ModuleVersion]:
        """The lower versions of a module that the host's Go can build, the highest release first.

        Only versions count whose go.mod is in the module cache, or can be fetched.
        """
        question = self.question
        versions = versions_of(question.go, question.env, module.path, question.cancellation)
        below = sorted({each for each in versions if is_higher(module.version, each)}, key=version_key, reverse=True)
        releases = [each for each in below if "-" not in each]
        first = self._first(module, releases) if question.go.network else len(releases)
        for number, version in enumerate((*releases, *(each for each in below if "-" in each))):
            if number == first + 1:
                more = releases[number : number + _MAX_FETCHED]
                fetch_gomods(question.go, [module._replace(version=each) for each in more], question.cancellation)
            lower = module._replace(version=version)
            if builds(question.env.modcache, lower, question.limit):
                yield lower

    def _first(self, module: ModuleVersion, versions: list[str]) -> int:
        """The index of the highest version that the host's Go can build, with the go.mod files fetched that show it.

        `versions` are sorted, the highest first. As a rule their `go` lines only rise from version to version.
        """
        low, high = 0, len(versions)
        while low < high:
            middle = (low + high) // 2
            lower = module._replace(version=versions[middle])
            fetch_gomods(self.question.go, [lower], self.question.cancellation)
            if builds(self.question.env.modcache, lower, self.question.limit):
                high = middle
            else:
                low = middle + 1
        return low


def versions_of(go: Go, env: GoEnv, path: str, cancellation: Cancellation) -> tuple[str, ...]:
    """The versions of a module that the module cache knows, and where the network is allowed all that there are."""
    known = known_versions(env.modcache, path)
    if not go.network:
        return known
    try:
        return (*known, *list_versions(go, path, cancellation))
    except GoFailed:  # as an older Go does that cannot build the latest version; it has fetched the list by then
        return known_versions(env.modcache, path)
