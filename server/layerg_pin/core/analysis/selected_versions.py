"""The versions that the plugin's build selects: Go's last answer, updated by the edits since then."""

from __future__ import annotations

from collections.abc import Mapping

from layerg_pin.core.analysis.analysis_cache import AnalysisCache
from layerg_pin.core.analysis.build_list import BuildList, build_list, roots_of
from layerg_pin.core.gomod.versions import is_higher
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.model.plugin_build import PluginBuild, Workspace
from layerg_pin.core.model.snapshot import Snapshot


def unattributed_versions(build: PluginBuild) -> tuple[ModuleVersion, ...]:
    """The versions in Go's answer that are higher than the known part of the graph explains.

    Two kinds need no explanation: a version query such as `v1` selects the highest version that matches it, and a
    module that is imported but not required comes in at its latest version.
    """
    known = build_list(roots_of(build.gomod, build.workspace), build.graph).selected
    chosen = {require.module.text for require in build.gomod.requires if require.is_query}
    chosen |= {build.packages[package].path for package in build.imported if package in build.packages} - known.keys()
    return tuple(
        module
        for module in build.compiled
        if module.path not in chosen and is_higher(module.version, known.get(module.path, ""))
    )


def is_explained(build: PluginBuild) -> bool:
    """Whether Go's answer follows from go.mod files alone, so that Go will give the same answer again.

    The result of a version query, and the version of a module that no go.mod requires, can change.
    """
    known = build_list(roots_of(build.gomod, build.workspace), build.graph).selected
    is_exact = not any(require.is_query for require in build.gomod.requires)
    return is_exact and all(known.get(module.path) == module.version for module in build.compiled)


def _selected_at_answer(build: PluginBuild, unattributed: tuple[ModuleVersion, ...]) -> Mapping[str, str]:
    """The versions that are selected for the text that Go was asked about, with unattributed requirements."""
    roots = roots_of(build.gomod, build.workspace)._replace(unattributed=unattributed)
    return build_list(roots, build.graph).selected


class CurrentVersions:
    """The versions that are selected for the current text."""

    def __init__(self, build: PluginBuild, snapshot: Snapshot, selection: BuildList, cache: AnalysisCache) -> None:
        works = [_texts_of(each) if each else None for each in (build.workspace, snapshot.workspace)]
        self.same = works[0] == works[1] and build.gomod.has_same_requirements(snapshot.gomod)
        """Whether the current text requires the same as the one that Go was asked about."""
        self.after = selection.selected
        self.before = self.after
        if not self.same:
            self.before = cache.result(_selected_at_answer, build, selection.roots.unattributed)
        self.queries = frozenset(
            require.module.text
            for require in build.gomod.requires
            if require.is_query and snapshot.gomod.requires_exactly(require.module.text, require.version.text)
        )
        """Modules whose version query, which only Go could resolve, has been replaced by a version since."""

    def provider_of(self, module: ModuleVersion, host_path: str) -> ModuleVersion:
        """The module that now provides packages of `module`; on the host, the module `host_path` does."""
        came = host_path not in self.before or module.path not in self.after
        if host_path != module.path and not self.same and came and host_path in self.after:
            return ModuleVersion(host_path, self.after[host_path])
        version = self.after.get(module.path)
        if self.same or version is None:
            return module
        if version == self.before.get(module.path) and module.path not in self.queries:
            return module
        return ModuleVersion(module.path, version)


def _texts_of(workspace: Workspace) -> tuple[str, ...]:
    return workspace.work.text, *(member.gomod.text for member in workspace.members)
