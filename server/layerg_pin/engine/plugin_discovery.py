"""Find plugins and their hosts."""

import os
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import islice
from typing import NamedTuple

from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.buildfiles.platforms import plugin_architecture
from layerg_pin.core.gomod.directives import is_directory
from layerg_pin.core.gomod.parser import GoMod, parse_gomod, parse_gowork
from layerg_pin.core.known.known_hosts import PLUGIN_APIS, PUBLICATIONS
from layerg_pin.core.known.release_names import ReleaseName, other_ways, release_of_api, release_path
from layerg_pin.core.known.releases import releases
from layerg_pin.core.model.host_manifest import HostNotFound
from layerg_pin.core.model.modules import Origin
from layerg_pin.core.paths import relative_path
from layerg_pin.engine.project_settings import PROJECT_FILE, ProjectFile, read_project_file
from layerg_pin.engine.settings import Settings
from layerg_pin.engine.tagged_release import tagged_release
from layerg_pin.go.module_cache import path_in_cache
from layerg_pin.go.module_files import file_above, module_path, work_file
from layerg_pin.hosts.image_references import image_reference
from layerg_pin.hosts.references import PROFILE_FILE, host_module_folder, named_release, resolve
from layerg_pin.source_tree.build_files import repository_root
from layerg_pin.source_tree.main_packages import (
    has_plugin_package,
    module_folders,
    opens_plugins,
    walk,
)
from layerg_pin.system.text_files import read_text_or_empty

_MAX_SEARCHED = 1000
"""Limit on the folders that are searched for a host: entries beside a plugin, and modules of a go.work."""
_MAX_WORKSPACE_FOLDERS = 20_000
_MAX_WORKSPACE_PLUGINS = 200
"""Limits on the folders that are searched for plugins in a workspace, and on the plugins that are found."""
_NO_PLUGIN = "this module is a server that opens plugins, not a plugin: check the folder of a plugin"


class HostReference(NamedTuple):
    """A reference to a host, with its absolute path."""

    text: str
    path: str
    named_at: Origin | None = None
    """The line of a build file whose image tag names it, if it is a release that was found by such a tag."""
    architecture: str = ""
    """The architecture of the plugin, if it is known and the host is an image, which may exist for several."""
    named_by: str = ""
    """The option, setting or file in which the user names it; empty if it was found otherwise."""


def is_plugin(folder: str, gomod: GoMod, project: ProjectFile | None) -> bool:
    """Whether the module in `folder` is a plugin by its project file, its requires or its sources.

    A sample plugin in a server's module does not make the server a plugin: sources that open plugins are a server's.
    """
    if is_declared_plugin(gomod, project):
        return True
    return not is_host(gomod) and has_plugin_package(folder) and not opens_plugins(folder)


def is_declared_plugin(gomod: GoMod, project: ProjectFile | None) -> bool:
    """Whether the module is a plugin by its go.mod or project file; otherwise its sources may still make it one."""
    is_marked = project is not None and project.is_beside
    return not is_host(gomod) and (is_marked or any(api in gomod.required for api in PLUGIN_APIS))


def in_module_cache(folder: str) -> bool:
    """Whether a folder is in Go's module cache, whose files must not be edited."""
    return path_in_cache(os.path.join(folder, "go.mod")) is not None


def is_host(gomod: GoMod) -> bool:
    """Whether a go.mod is that of a known host, or of the API that its plugins use: never a plugin's."""
    return gomod.module is not None and gomod.module.text in (*PUBLICATIONS, *PLUGIN_APIS)


def find_plugins(folder: str) -> tuple[str, ...]:
    """The absolute folders of the plugins at or below `folder`. If it has a go.mod, it is taken for the only plugin,
    because the user named it.
    """
    return (folder,) if os.path.isfile(os.path.join(folder, "go.mod")) else plugins_below(folder)


def plugins_of_files(paths: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For each file, given by its absolute path, the absolute folders of the plugins that it belongs to.

    That is the plugin whose module contains the file. A file of a kind other than Go's, such as a Dockerfile, that is
    in no plugin belongs to the plugins below its folder, else to those of its repository.
    """
    is_plugin_folder, below = cache(_is_plugin_folder), cache(plugins_below)

    def plugins(path: str) -> tuple[str, ...]:
        folder, name = os.path.split(path)
        gomod = file_above(folder, "go.mod")
        if gomod and is_plugin_folder(os.path.dirname(gomod)):
            return (os.path.dirname(gomod),)
        if name.endswith(".go") or name in ("go.mod", "go.sum"):
            return ()
        return below(folder) or below(repository_root(folder))

    return {path: plugins(path) for path in paths}


def plugin_around(folder: str) -> str | None:
    """The folder of the plugin whose module contains `folder`; None if there is none."""
    gomod = file_above(folder, "go.mod")
    return os.path.dirname(gomod) if gomod and _is_plugin_folder(os.path.dirname(gomod)) else None


def find_workspace_plugins(folders: Iterable[str], within: Sequence[str] | None = None) -> tuple[tuple[str, ...], bool]:
    """The absolute folders of the plugins at or below a workspace's folders, and whether the search was complete.

    Opening a folder does not name it as a plugin. The module cache is not searched. `within` is that of
    `read_project_file`.
    """
    found: dict[str, None] = {}
    budget = _MAX_WORKSPACE_FOLDERS
    for folder in folders:
        for parent, _, files in islice(walk(folder), budget):
            budget -= 1
            if "go.mod" not in files or parent in found or in_module_cache(parent):
                continue
            if _is_plugin_folder(parent, within, skips_excluded=True):
                found[parent] = None
                if len(found) >= _MAX_WORKSPACE_PLUGINS:
                    return tuple(found), False
    return tuple(found), budget > 0


def plugins_below(folder: str) -> tuple[str, ...]:
    """The plugins in the tree of `folder` that no project file excludes."""
    return tuple(each for each in module_folders(folder) if _is_plugin_folder(each, skips_excluded=True))


def excluded_plugins(folder: str) -> dict[str, str]:
    """The plugins in the tree of `folder` that a project file excludes, with the path of that file."""
    projects = ((each, read_project_file(each)) for each in module_folders(folder))
    excluded = {each: project.excluded_by for each, project in projects if project and project.excluded_by}
    return {each: path for each, path in excluded.items() if _is_plugin_folder(each)}


def _is_plugin_folder(folder: str, within: Sequence[str] | None = None, *, skips_excluded: bool = False) -> bool:
    """Whether the go.mod in a folder is a plugin's and, with `skips_excluded`, not that of an excluded plugin."""
    project = read_project_file(folder, within)
    if skips_excluded and project and project.excluded_by:
        return False
    return is_plugin(folder, parse_gomod(read_text_or_empty(os.path.join(folder, "go.mod"))), project)


def find_host(
    folder: str,
    gomod: GoMod,
    project: ProjectFile | None,
    settings: Settings,
    folders: Sequence[str] = (),
    builders: Sequence[BuildSource] = (),
) -> HostReference | HostNotFound:
    """The host of the plugin in `folder`: from the settings, else from its project file, else by search.

    `folders` are the workspace's, and `builders` the plugin's build files. The search takes the first of: the profile
    beside go.mod; a host that go.mod or go.work points at; the release that an image tag names; a host in a workspace
    folder or in a sibling folder of the plugin; the newest release that a floating image tag can mean.
    """
    if settings.host:
        return _other_than(folder, _named_host(settings.host, settings.base, settings.host_option, builders))
    if project and project.no_host:
        problem = project.no_host.removeprefix(f"{folder}{os.sep}")
        return HostNotFound(f"the host of this plugin is not known until this is fixed: {problem}")
    if project and project.host:
        host = _named_host(project.host, project.base, f"`host` in {PROJECT_FILE}", builders)
        is_file = named_release(host.text, host.path) is None
        if is_file and not settings.trusted and not _within(host.path, folders):
            return HostNotFound(
                f"this workspace is not trusted, and the host {project.host} is "
                "outside it: trust the workspace, or set layergPin.host"
            )
        return _other_than(folder, host)
    if is_host(gomod):
        return HostNotFound(_NO_PLUGIN)
    if os.path.isfile(profile := os.path.join(folder, PROFILE_FILE)):
        return HostReference(PROFILE_FILE, profile)
    found = _pointed_at(folder, gomod, folders if not settings.trusted else None)
    tagged = tagged_release(folder, builders)
    if tagged and tagged[0].release.exact and tagged[0].number and not found:
        return _release_reference(*tagged)
    found = found or _beside(folder, folders, siblings=settings.trusted)
    if len(found) == 1:
        return HostReference(relative_path(found[0], folder), found[0])
    remedy = "set it with `layerg-pin init --host REF`, --host or the setting layergPin.host"
    if found:
        names = ", ".join(relative_path(path, folder) for path in found)
        return HostNotFound(f"more than one host could load this plugin ({names}): {remedy}")
    if tagged:
        return _release_reference(*tagged) if releases(tagged[0].host.name) else _named_release(*tagged)
    if not any(api in gomod.required for api in PLUGIN_APIS) and settings.trusted and opens_plugins(folder):
        return HostNotFound(_NO_PLUGIN)
    from layerg_pin.core.analysis.unknown_images import misspelt_image, unknown_images  # few plugins need it

    if misspelt := misspelt_image(builders, folder):
        return HostNotFound(f"the host of this plugin is not known: {misspelt}")
    why = "".join(f": {each}" for each in islice(unknown_images(builders, folder), 1))
    if name := proposed_release(gomod):
        return HostNotFound(
            f"the host of this plugin is not known{why}; its plugin API is that of {name.host.title} {name.number}: "
            f"if that loads the plugin, run `layerg-pin init --host {name}`",
            str(name),
        )
    return HostNotFound(f"the host of this plugin is not known{why}: {remedy}")


def _named_host(reference: str, base: str, named_by: str, builders: Sequence[BuildSource]) -> HostReference:
    """The host that the user names in `named_by`, relative to the folder `base`."""
    architecture = plugin_architecture(builders) if image_reference(reference) else ""
    return HostReference(reference, resolve(reference, base), architecture=architecture, named_by=named_by)


def _release_reference(name: ReleaseName, origin: Origin) -> HostReference:
    return HostReference(str(name), release_path(name), origin)


def _named_release(name: ReleaseName, origin: Origin) -> HostNotFound:
    """The result if a tag names a release of a host whose releases are not in the catalogue."""
    label = f"{name.host.title} {name.release}".rstrip()
    message = f"the host is {label} by {origin}, and this layerg-pin has no facts about it: {other_ways(name)}"
    return HostNotFound(message, name.module)


def proposed_release(gomod: GoMod) -> ReleaseName | None:
    """The only release whose plugin API has the version that go.mod requires; None if there is not exactly one."""
    required = ((api, require) for api in PLUGIN_APIS for require in gomod.required.get(api, ())[:1])
    found = (release_of_api(api, require.version.text) for api, require in required)
    return next((each for each in found if each), None)


def _other_than(folder: str, host: HostReference) -> HostReference | HostNotFound:
    """The host, unless it is the plugin in `folder` itself."""
    if host_module_folder(host.path) != folder:
        return host
    return HostNotFound(f"the host {host.text} is this plugin itself: set the host to the server that opens it")


def host_candidates(
    folder: str, gomod: GoMod, settings: Settings, folders: Sequence[str] = ()
) -> tuple[HostReference, ...]:
    """The hosts that could load the plugin in `folder`, with paths relative to it."""
    pointed_at = _pointed_at(folder, gomod, folders if not settings.trusted else None)
    found = dict.fromkeys((*pointed_at, *_beside(folder, folders, siblings=settings.trusted)))
    return tuple(HostReference(relative_path(path, folder), path) for path in found)


def _within(path: str, folders: Iterable[str]) -> bool:
    real = os.path.realpath(path)
    return any((real + os.sep).startswith(os.path.realpath(folder) + os.sep) for folder in folders)


def _pointed_at(folder: str, gomod: GoMod, only: Sequence[str] | None) -> list[str]:
    """Host folders that a replace of go.mod, or a use or replace of the workspace, names; only those in `only`, if
    given.
    """
    replaces = [(folder, replace) for replace in gomod.replaces]
    uses: list[str] = []
    work = work_file(folder) or file_above(folder, "go.work")
    if work and (only is None or _within(work, only)):
        parsed, base = parse_gowork(read_text_or_empty(work)), os.path.dirname(work)
        replaces += [(base, replace) for replace in parsed.replaces]
        uses = [os.path.abspath(os.path.join(base, use.text)) for use in parsed.uses[:_MAX_SEARCHED]]
    named = [
        os.path.abspath(os.path.join(base, replace.target.text))
        for base, replace in replaces
        if replace.module.text in PUBLICATIONS and is_directory(replace.target.text)
    ]
    return _hosts(path for path in (*named, *uses) if only is None or _within(path, only))


def _beside(folder: str, folders: Sequence[str], *, siblings: bool) -> list[str]:
    """Hosts among the workspace's folders, and among the folders beside the plugin's."""
    beside: list[str] = []
    if siblings:
        try:
            with os.scandir(os.path.dirname(folder)) as entries:
                beside = sorted(entry.path for entry in islice(entries, _MAX_SEARCHED) if entry.is_dir())
        except OSError:
            beside = []
    return _hosts((*folders, *beside))


def _hosts(paths: Iterable[str]) -> list[str]:
    """The folders with a known host, each once."""
    found = []
    for path in dict.fromkeys(os.path.abspath(path) for path in paths):
        gomod = os.path.join(path, "go.mod")
        if os.path.isfile(gomod) and module_path(gomod) in PUBLICATIONS:
            found.append(path)
    return found
