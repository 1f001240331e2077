"""Find the plugins that share the files that name their host: they can only move to another release together."""

import os
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from layerg_pin.core.buildfiles.retagging import host_images
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.known.images import HostImages
from layerg_pin.core.known.known_hosts import PLUGIN_APIS
from layerg_pin.engine.plugin_discovery import plugins_below
from layerg_pin.engine.project_settings import read_project_file
from layerg_pin.source_tree.build_files import read_build_files
from layerg_pin.system.text_files import read_text_or_empty


class SharedBuild(NamedTuple):
    """A plugin and those that share files with it."""

    root: str
    """The absolute folder that contains the plugin and the files that name its host."""
    files: frozenset[str]
    """The absolute paths of the files that name the host of other plugins too."""
    others: tuple[str, ...]
    """The absolute folders of the other plugins."""


def shared_build(folder: str, host: HostImages, unsaved: Mapping[str, str]) -> SharedBuild:
    """The plugins that move together with the one in `folder`. `unsaved` are texts by absolute path."""
    own = frozenset(_naming_files(folder, host, unsaved))
    root = os.path.commonpath([folder, *map(os.path.dirname, own)])
    shared = {}
    for each in plugins_below(root) if own else ():
        if each != folder and _is_of(each, host, unsaved):
            shared[each] = own.intersection(_naming_files(each, host, unsaved))
    others = tuple(each for each, files in shared.items() if files)
    return SharedBuild(root, frozenset().union(*shared.values()), others)


def _naming_files(folder: str, host: HostImages, unsaved: Mapping[str, str]) -> Iterator[str]:
    """The build files with images of the host, and the project file that sets it."""
    for source in read_build_files(folder, unsaved):
        if any(True for _ in host_images(source, host)):
            yield source.path
    project = read_project_file(folder)
    if project and project.host:
        yield project.host_path


def _is_of(folder: str, host: HostImages, unsaved: Mapping[str, str]) -> bool:
    """Whether a plugin requires the plugin API of this host, or no plugin API at all."""
    path = os.path.join(folder, "go.mod")
    required = parse_gomod(unsaved[path] if path in unsaved else read_text_or_empty(path)).required
    return host.api in required or not any(api in required for api in PLUGIN_APIS)
