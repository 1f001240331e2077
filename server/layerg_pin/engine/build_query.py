"""Ask Go about a plugin's build: the packages that it compiles and the versions that it selects."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.selected_versions import is_explained
from layerg_pin.core.gomod.go_sum import modules_without_sum
from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.gomod.replaces import replaces_of
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.model.plugin_build import PluginBuild, Workspace
from layerg_pin.engine.buildable_versions import buildable_query, lowered, versions_of, with_buildable
from layerg_pin.engine.plugin_snapshot import read_mains
from layerg_pin.go.answer_cache import load_packages, plugin_key, store_packages
from layerg_pin.go.module_cache import lower_version, module_graph
from layerg_pin.go.queries import list_plugin
from layerg_pin.go.query_types import Cancellation, Go, GoEnv, GoError, GoFailed, PluginSource
from layerg_pin.source_tree.main_packages import (
    main_packages,
)
from layerg_pin.system.text_files import read_text_or_empty


class BuildQuery(NamedTuple):
    """A plugin, and the `go` command that is asked about its build."""

    go: Go
    env: GoEnv
    folder: str
    """The absolute folder of the plugin's go.mod."""
    packages: Sequence[str]
    """The main packages to build; empty: those that are found."""
    host: HostManifest
    cancellation: Cancellation
    unsaved: Mapping[str, str] = MappingProxyType({})
    """The texts of .go files by absolute path. They may equal those on disk."""
    workspace: Workspace | None = None
    """The workspace around the plugin, whose text may be unsaved too."""
    outside_workspace: bool = False
    """Whether the plugin is built with GOWORK=off."""


def ask_go(query: BuildQuery, gomod: GoMod) -> PluginBuild:
    """Ask Go about a plugin with this go.mod, which may be unsaved. Raises GoError."""
    go, env, folder, workspace = query.go, query.env, query.folder, query.workspace
    buildable = buildable_query(go, env, folder, gomod, workspace, query.host, query.cancellation)

    def ask(text: GoMod) -> PluginBuild:
        build = _answer(query, text)
        return with_buildable(buildable._replace(gomod=text), build) if buildable else build

    try:
        return ask(gomod)
    except GoFailed as error:
        if buildable:
            error.lowered = lowered(buildable, error, ask)
        raise


def _answer(query: BuildQuery, gomod: GoMod) -> PluginBuild:
    """Go's answer without the versions that the host's Go can build instead. Raises GoError."""
    go, env, folder, packages, host, cancellation, unsaved, workspace, outside_workspace = query
    if packages:
        _check_names(folder, packages, unsaved)
    elif not (packages := main_packages(folder)):
        raise GoError("this module has no `package main` yet")
    edited = read_text_or_empty(os.path.join(folder, "go.mod")) != gomod.text
    overlay = {path: text for path, text in unsaved.items() if text != read_text_or_empty(path)}
    work = workspace.work.text if workspace and workspace.work.text != read_text_or_empty(workspace.path) else None
    on = host.build
    platform = (on.goos, on.goarch) if on and on.goos else None
    source = PluginSource(
        folder=folder,
        gomod=gomod.text,
        edited=edited,
        overlay=overlay,
        work=work,
        platform=platform,
        outside_workspace=outside_workspace,
    )
    key = plugin_key(go, source, packages) if go.caches else None
    known = load_packages(key)
    found = known or list_plugin(go, source, packages, cancellation)
    own = gomod.module.text if gomod.module else ""
    compiled = {package: module for package, module in found.packages.items() if module.version}
    members = {package: module.path for package, module in found.packages.items() if not module.version}
    members = {package: path for package, path in members.items() if path not in ("", own)}
    pins = _pins(host, {*gomod.required, *(module.path for module in compiled.values()), *members.values()})
    graph = module_graph(env.modcache, folder, gomod, (*pins, *_providers(host, compiled)), workspace)
    split = {module.path for package, module in compiled.items() if _is_elsewhere(host, package, module.path)}
    versions = {path: versions_of(go, env, path, cancellation) for path in sorted(split)}
    build = PluginBuild(
        gomod=gomod,
        packages=compiled,
        unresolved=found.unresolved,
        graph=graph,
        imports=found.imports,
        versions=versions,
        workspace=workspace,
        members=members,
        build_error=found.build_error,
        missing_sums=_without_sum(folder, gomod, compiled.values()) if found.build_error else (),
    )
    if key and not known and is_explained(build) and key == plugin_key(go, source, packages):
        store_packages(key, found)  # since nothing changed while Go ran
    return build


def _without_sum(folder: str, gomod: GoMod, modules: Iterable[ModuleVersion]) -> tuple[ModuleVersion, ...]:
    replaces = replaces_of(gomod, folder.replace(os.sep, "/"), None)
    return modules_without_sum(read_text_or_empty(os.path.join(folder, "go.sum")), modules, replaces)


def _check_names(folder: str, packages: Sequence[str], unsaved: Mapping[str, str]) -> None:
    """Raise GoError if a package is a folder that exists neither on disk nor in the editor, or a folder whose name Go
    would take for an import path, or if no package is a package main.
    """
    edited = {os.path.dirname(path) for path in unsaved}
    is_known = all(map(os.path.isfile, unsaved))
    for name in packages:
        path = os.path.normpath(os.path.join(folder, name))
        is_there = path in edited or os.path.isdir(path)
        if name[:1] == "." and "..." not in name and not is_there:
            raise GoError(f"`packages` lists {name}, which does not exist")
        if name[:1] != "." and is_there:
            raise GoError(f"`packages` lists {name}, which Go takes for an import path: write ./{name}")
    is_known = is_known and all(name[:1] == "." for name in packages)
    if is_known and not read_mains(folder, packages, unsaved).selected:
        names = " and ".join(packages)
        raise GoError(
            f"`packages` lists {names}, where no package main is: list the folder of the plugin's package main"
        )


def _is_elsewhere(host: HostManifest, package: str, module: str) -> bool:
    """Whether a package comes from another module on the host, which has no module of this path."""
    provider = host.packages.get(package) if host.packages is not None else None
    return provider not in (None, module) and module not in host.modules


def with_lower_versions(build: PluginBuild, analysis: Analysis, modcache: str) -> PluginBuild:
    """The build with lower versions of the modules whose requirements no fix can overrule."""
    found = {}
    for pin in analysis.refused:
        requirer = analysis.build_list.requirer(pin.path)
        if requirer and (lower := lower_version(modcache, requirer[0], pin)):
            found[requirer[0].path, pin] = lower
    return build._replace(lower=found)


def keep_known(before: PluginBuild | None, now: PluginBuild) -> PluginBuild:
    """Go's answer, or the one before if the new one lost packages, for example of a version not yet downloaded."""
    if before is None or not any(each.package in before.packages for each in now.unresolved):
        return now
    graph = {**before.graph, **now.graph}
    return before._replace(unresolved=now.unresolved, graph=graph)


def _providers(host: HostManifest, compiled: Mapping[str, ModuleVersion]) -> Iterator[ModuleVersion]:
    """The host's modules that provide packages which another module provides in the plugin."""
    paths = {host.packages.get(package, "") for package in compiled} if host.packages is not None else set()
    yield from _pins(host, paths - {module.path for module in compiled.values()})


def _pins(host: HostManifest, paths: Iterable[str]) -> tuple[ModuleVersion, ...]:
    modules = (host.modules.get(path) for path in sorted(paths))
    return tuple(ModuleVersion(module.path, module.version) for module in modules if module and module.version)
