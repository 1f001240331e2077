"""Finding plugins and their hosts, asking Go about them, and putting it all into a snapshot."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.differences import is_explained
from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.gofile.go_file import parse_go_file
from layerg_pin.core.gomod.directives import is_directory
from layerg_pin.core.gomod.go_sum import without_sum
from layerg_pin.core.gomod.modules_txt import parse_modules_txt
from layerg_pin.core.gomod.parser import GoMod, parse_gomod, parse_gowork
from layerg_pin.core.gomod.replaces import replaces_of
from layerg_pin.core.model import (
    KNOWN_HOSTS,
    Attempt,
    HostManifest,
    HostNotFound,
    HostPlace,
    HostUnreadable,
    LocalGo,
    MainPackage,
    ModuleVersion,
    PluginBuild,
    Snapshot,
    Source,
    SourceFile,
    Trial,
    Vendored,
    Workspace,
)
from layerg_pin.core.text import LineIndex, merge_conflict
from layerg_pin.engine.buildable_versions import lowered, question_of, versions_of, with_buildable
from layerg_pin.engine.settings import ProjectFile, Settings, read_project_file
from layerg_pin.go.answer_cache import plugin_key, recall, remember
from layerg_pin.go.module_cache import lower_version, module_caches, module_graph
from layerg_pin.go.queries import file_above, list_plugin, work_file
from layerg_pin.go.query_types import Cancellation, Go, GoEnv, GoError, GoFailed, PluginSource
from layerg_pin.hosts.references import module_folder, resolve
from layerg_pin.source_tree.build_files import read_builders, read_builders_at_once
from layerg_pin.source_tree.go_work import host_place, leaves_workspace, read_workspace
from layerg_pin.source_tree.main_packages import (
    declares_init_module,
    has_init_module,
    main_packages,
    module_folders,
    opens_plugins,
    package_sources,
)
from layerg_pin.system.text_files import FileError, read_text

PLUGIN_APIS = ("github.com/u2u-labs/go-layerg-common", "github.com/heroiclabs/nakama-common")


_NO_PLUGIN = "this module is a server that opens plugins, not a plugin: check the folder of a plugin"


class Beside(NamedTuple):
    """What is read beside a plugin's go.mod."""

    workspace: Workspace | None = None
    vendored: Vendored | None = None
    builders: tuple[BuildSource, ...] = ()
    alone: bool = False
    """Whether the plugin's builds leave the go.work above its folder, so that `workspace` is None."""
    conflicted: tuple[Source, ...] = ()
    """The go.sum and the vendor/modules.txt, where they hold the markers of a merge conflict."""
    is_partial: bool = False
    """Whether the build files are still to be read, which takes too long for an event loop."""


_NOTHING = Beside()


def read_beside_at_once(
    folder: str, unsaved: Mapping[str, str], before: tuple[BuildSource, ...] = (), *, trusted: bool = True
) -> Beside:
    """What `read_beside` returns, in a few milliseconds.

    Where reading the build files may take longer, `before` takes their place, and `is_partial` is set.
    """
    if not trusted:
        return read_beside(folder, unsaved, trusted=False)
    builders = read_builders_at_once(folder)
    found = _beside_with(folder, unsaved, before if builders is None else builders)
    return found._replace(is_partial=builders is None)


def read_beside(folder: str, unsaved: Mapping[str, str], *, trusted: bool = True) -> Beside:
    """The go.work, the vendor folder and the files of its builds that count for the plugin in `folder`.

    Without trust only what lies in the folder, since the rest may lie outside the workspace.
    """
    if not trusted:
        return Beside(vendored=read_vendored(folder), conflicted=_conflicted(folder))
    return _beside_with(folder, unsaved, read_builders(folder))


def _beside_with(folder: str, unsaved: Mapping[str, str], builders: tuple[BuildSource, ...]) -> Beside:
    workspace = read_workspace(folder, unsaved)
    alone = workspace is not None and leaves_workspace(folder, workspace.path, builders)
    return Beside(None if alone else workspace, read_vendored(folder), builders, alone, _conflicted(folder))


def _conflicted(folder: str) -> tuple[Source, ...]:
    paths = [os.path.join(folder, "go.sum"), os.path.join(folder, "vendor", "modules.txt")]
    texts = {path: _text(path) for path in paths if os.path.isfile(path)}
    return tuple(Source(path, LineIndex(text)) for path, text in texts.items() if merge_conflict(text))


class HostReference(NamedTuple):
    """Where a host is: how it was named, and the absolute path."""

    text: str
    path: str


def is_plugin(folder: str, gomod: GoMod, project: ProjectFile | None) -> bool:
    """Whether the module in `folder` is a plugin: its project file, its requires or its sources say so.

    A sample plugin in a server's module does not make the server a plugin: sources that open plugins are a server's.
    """
    if says_plugin(gomod, project):
        return True
    return not is_host(gomod) and declares_init_module(folder) and not opens_plugins(folder)


def says_plugin(gomod: GoMod, project: ProjectFile | None) -> bool:
    """Whether go.mod or the project file says that it is a plugin's; its sources may still make it one."""
    return not is_host(gomod) and (project is not None or any(api in gomod.required for api in PLUGIN_APIS))


def in_module_cache(folder: str) -> bool:
    """Whether a folder lies where Go keeps the modules it has downloaded, which are nobody's to mend."""
    return any((folder + os.sep).startswith(cache + os.sep) for cache in module_caches())


def is_host(gomod: GoMod) -> bool:
    """Whether a go.mod is that of a known host, or of the API that its plugins use: never a plugin's."""
    return gomod.module is not None and gomod.module.text in (*KNOWN_HOSTS, *PLUGIN_APIS)


def find_plugins(folder: str) -> tuple[str, ...]:
    """The absolute folders of the plugins at or below `folder`; a folder with a go.mod of its own is named, so
    it is one.
    """
    if os.path.isfile(os.path.join(folder, "go.mod")):
        return (folder,)
    return tuple(
        parent
        for parent in module_folders(folder)
        if is_plugin(parent, parse_gomod(_text(os.path.join(parent, "go.mod"))), read_project_file(parent))
    )


def find_host(
    folder: str, gomod: GoMod, project: ProjectFile | None, settings: Settings, folders: Sequence[str] = ()
) -> HostReference | HostNotFound:
    """The host of the plugin in `folder`: as set, as its project file says, else as found.

    `folders` are the workspace's. What is found is a host that go.mod or go.work points at, or else one in a workspace
    folder or beside the plugin.
    """
    if settings.host:
        return _other_than(folder, HostReference(settings.host, resolve(settings.host, settings.base)))
    if project and project.no_host:
        problem = project.no_host.removeprefix(f"{folder}{os.sep}")
        return HostNotFound(f"the host of this plugin is not known until this is fixed: {problem}")
    if project and project.host:
        path = resolve(project.host, folder)
        if not settings.trusted and not _within(path, folders):
            return HostNotFound(
                f"this workspace is not trusted, and the host {project.host} is "
                "outside it: trust the workspace, or set layergPin.host"
            )
        return _other_than(folder, HostReference(project.host, path))
    if is_host(gomod):
        return HostNotFound(_NO_PLUGIN)
    pointed_at, beside = _found_hosts(folder, gomod, settings, folders)
    found = pointed_at or beside
    if len(found) == 1:
        return HostReference(os.path.relpath(found[0], folder), found[0])
    cure = "set it with `layerg-pin init --host REF`, --host or the setting layergPin.host"
    if found:
        names = ", ".join(os.path.relpath(path, folder) for path in found)
        return HostNotFound(f"more than one host could load this plugin ({names}): {cure}")
    if not any(api in gomod.required for api in PLUGIN_APIS) and settings.trusted and opens_plugins(folder):
        return HostNotFound(_NO_PLUGIN)
    return HostNotFound(f"the host of this plugin is not known: {cure}")


def _other_than(folder: str, host: HostReference) -> HostReference | HostNotFound:
    """The host, unless it is the plugin in `folder` itself."""
    if module_folder(host.path) != folder:
        return host
    return HostNotFound(f"the host {host.text} is this plugin itself: set the host to the server that opens it")


def host_candidates(
    folder: str, gomod: GoMod, settings: Settings, folders: Sequence[str] = ()
) -> tuple[HostReference, ...]:
    """The hosts that could load the plugin in `folder`, as they would be named from there."""
    found = dict.fromkeys(path for paths in _found_hosts(folder, gomod, settings, folders) for path in paths)
    return tuple(HostReference(os.path.relpath(path, folder).replace(os.sep, "/"), path) for path in found)


def ask_go(
    go: Go,
    env: GoEnv,
    folder: str,
    gomod: GoMod,
    packages: Sequence[str],
    host: HostManifest,
    cancellation: Cancellation,
    unsaved: Mapping[str, str] | None = None,
    workspace: Workspace | None = None,
    *,
    alone: bool = False,
) -> PluginBuild:
    """What Go says of the plugin in `folder` with this go.mod, which may be unsaved. Raises GoError.

    `unsaved` are texts of .go files by absolute path, which may be those on disk; the `workspace` may be unsaved too.
    `alone`: the plugin is built with GOWORK=off.
    """
    question = question_of(go, env, folder, gomod, workspace, host, cancellation)

    def ask(text: GoMod) -> PluginBuild:
        build = _asked(go, env, folder, text, packages, host, cancellation, unsaved, workspace, alone=alone)
        return with_buildable(question._replace(gomod=text), build) if question else build

    try:
        return ask(gomod)
    except GoFailed as error:
        if question:
            error.lowered = lowered(question, error, ask)
        raise


def _asked(
    go: Go,
    env: GoEnv,
    folder: str,
    gomod: GoMod,
    packages: Sequence[str],
    host: HostManifest,
    cancellation: Cancellation,
    unsaved: Mapping[str, str] | None = None,
    workspace: Workspace | None = None,
    *,
    alone: bool = False,
) -> PluginBuild:
    """What `ask_go` says, but for versions that the host's Go can build instead. Raises GoError."""
    if packages:
        _check_names(folder, packages, unsaved or {})
    elif not (packages := main_packages(folder)):
        raise GoError("no package main is in this module yet")
    edited = _text(os.path.join(folder, "go.mod")) != gomod.text
    overlay = {path: text for path, text in (unsaved or {}).items() if text != _text(path)}
    work = workspace.work.text if workspace and workspace.work.text != _text(workspace.path) else None
    on = host.build
    platform = (on.goos, on.goarch) if on and on.goos else None
    source = PluginSource(folder, gomod.text, edited, overlay, work, platform, alone)
    key = plugin_key(go, source, packages) if go.keeps else None
    known = recall(key)
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
        gomod,
        compiled,
        found.unresolved,
        graph,
        found.imports,
        versions,
        workspace=workspace,
        members=members,
        stops=found.stops,
        unsummed=_without_sum(folder, gomod, compiled.values()) if found.stops else (),
    )
    if key and not known and is_explained(build) and key == plugin_key(go, source, packages):
        remember(key, found)  # since nothing changed while Go ran
    return build


def _without_sum(folder: str, gomod: GoMod, modules: Iterable[ModuleVersion]) -> tuple[ModuleVersion, ...]:
    replaces = replaces_of(gomod, folder.replace(os.sep, "/"), None)
    return without_sum(_text(os.path.join(folder, "go.sum")), modules, replaces)


def _check_names(folder: str, packages: Sequence[str], unsaved: Iterable[str]) -> None:
    """Raises GoError for a package that is named by a folder which is not there, not even in the editor, or by one that
    Go would not take for a folder.
    """
    edited = {os.path.dirname(path) for path in unsaved}
    for name in packages:
        path = os.path.normpath(os.path.join(folder, name))
        is_there = path in edited or os.path.isdir(path)
        if name[:1] == "." and "..." not in name and not is_there:
            raise GoError(f"`packages` lists {name}, which does not exist")
        if name[:1] != "." and is_there:
            raise GoError(f"`packages` lists {name}, which Go takes for an import path: write ./{name}")


def _is_elsewhere(host: HostManifest, package: str, module: str) -> bool:
    """Whether a package comes from another module on the host, and from none of this path."""
    provider = host.packages.get(package) if host.packages is not None else None
    return provider not in (None, module) and module not in host.modules


def with_lower_versions(build: PluginBuild, analysis: Analysis, modcache: str) -> PluginBuild:
    """The build, with the lower versions of what asks for too much where no cure holds against it."""
    found = {}
    for pin in analysis.refused:
        asker = analysis.build_list.asker(pin.path)
        if asker and (lower := lower_version(modcache, asker[0], pin)):
            found[asker[0].path, pin] = lower
    return build.but(lower=found)


def read_vendored(folder: str) -> Vendored | None:
    """The plugin's own vendor/modules.txt, None where there is none that can be read."""
    path = os.path.join(folder, "vendor", "modules.txt")
    text = _text(path) if os.path.isfile(path) else ""
    if not text:
        return None
    parsed = parse_modules_txt(text)
    return Vendored(Source(path, LineIndex(parsed.text)), parsed)


def read_mains(folder: str, packages: Sequence[str], unsaved: Mapping[str, str]) -> tuple[MainPackage, ...]:
    """The main packages of the plugin in `folder`, with unsaved texts in the place of those on disk."""
    found = []
    for package in packages or main_packages(folder):
        files = [
            SourceFile(path, parse_go_file(unsaved.get(path, _text(path))))
            for path in package_sources(os.path.normpath(os.path.join(folder, package)))
        ]
        files = [each for each in files if each.file.package and each.file.package.text == "main"]
        files.sort(key=lambda each: not has_init_module(each.file.text))
        if files:
            found.append(MainPackage(package, tuple(files)))
    return tuple(found)


def keep_known(before: PluginBuild | None, now: PluginBuild) -> PluginBuild:
    """Go's answer, or the one before where the new one has lost packages, say because a version is not
    downloaded yet.
    """
    if before is None or not any(each.package in before.packages for each in now.unresolved):
        return now
    graph = {**before.graph, **now.graph}
    return before.but(unresolved=now.unresolved, graph=graph)


def take_snapshot(
    path: str,
    gomod: GoMod,
    host: HostManifest | HostNotFound | HostUnreadable,
    build: PluginBuild | None,
    trouble: str | None,
    mains: tuple[MainPackage, ...] = (),
    beside: Beside = _NOTHING,
    trials: Mapping[Attempt, Trial] | None = None,
    local: LocalGo | None = None,
    before: Snapshot | None = None,
    trouble_at: str | None = None,
) -> Snapshot:
    """A snapshot of the plugin whose go.mod stands at `path`; `before` is that of an earlier text."""
    index = LineIndex.after(before.plugin.index, gomod.text) if before else LineIndex(gomod.text)
    place = (HostPlace.OUTSIDE, "")
    if isinstance(host, HostManifest) and beside.workspace:
        place = host_place(host, module_folder(host.path), beside.workspace)
    return Snapshot(
        Source(path, index),
        gomod,
        host,
        build,
        trouble,
        mains,
        beside.workspace,
        beside.vendored,
        {} if trials is None else trials,
        local,
        beside.builders,
        *place,
        beside.conflicted,
        trouble_at=trouble_at,
    )


def _providers(host: HostManifest, compiled: Mapping[str, ModuleVersion]) -> Iterator[ModuleVersion]:
    """The host's modules that provide packages which another module provides here."""
    paths = {host.packages.get(package, "") for package in compiled} if host.packages is not None else set()
    yield from _pins(host, paths - {module.path for module in compiled.values()})


def _found_hosts(folder: str, gomod: GoMod, settings: Settings, folders: Sequence[str]) -> tuple[list[str], list[str]]:
    """The hosts that go.mod or go.work points at, and those in the workspace or beside the plugin."""
    pointed_at = _pointed_at(folder, gomod, folders if not settings.trusted else None)
    return pointed_at, _beside(folder, folders, siblings=settings.trusted)


def _pins(host: HostManifest, paths: Iterable[str]) -> tuple[ModuleVersion, ...]:
    modules = (host.modules.get(path) for path in sorted(paths))
    return tuple(ModuleVersion(module.path, module.version) for module in modules if module and module.version)


def _within(path: str, folders: Iterable[str]) -> bool:
    real = os.path.realpath(path)
    return any((real + os.sep).startswith(os.path.realpath(folder) + os.sep) for folder in folders)


def _pointed_at(folder: str, gomod: GoMod, only: Sequence[str] | None) -> list[str]:
    """Host folders that a replace of go.mod, or a use or replace of the workspace, names; `only` those in folders."""
    replaces = [(folder, replace) for replace in gomod.replaces]
    uses: list[str] = []
    work = work_file(folder) or file_above(folder, "go.work")
    if work and (only is None or _within(work, only)):
        parsed, base = parse_gowork(_text(work)), os.path.dirname(work)
        replaces += [(base, replace) for replace in parsed.replaces]
        uses = [os.path.abspath(os.path.join(base, use.text)) for use in parsed.uses]
    named = [
        os.path.abspath(os.path.join(base, replace.target.text))
        for base, replace in replaces
        if replace.module.text in KNOWN_HOSTS and is_directory(replace.target.text)
    ]
    return _hosts(path for path in (*named, *uses) if only is None or _within(path, only))


def _beside(folder: str, folders: Sequence[str], *, siblings: bool) -> list[str]:
    """Hosts among the workspace's folders, and among the folders beside the plugin's."""
    try:
        beside = sorted(entry.path for entry in os.scandir(os.path.dirname(folder)) if siblings and entry.is_dir())
    except OSError:
        beside = []
    return _hosts((*folders, *beside))


def _hosts(paths: Iterable[str]) -> list[str]:
    """Those of the folders that hold a known host, each once."""
    found = []
    for path in dict.fromkeys(os.path.abspath(path) for path in paths):
        gomod = os.path.join(path, "go.mod")
        module = parse_gomod(_text(gomod)).module if os.path.isfile(gomod) else None
        if module and module.text in KNOWN_HOSTS:
            found.append(path)
    return found


def _text(path: str) -> str:
    try:
        return read_text(path)
    except FileError:
        return ""
