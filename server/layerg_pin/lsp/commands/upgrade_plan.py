"""Compute an upgrade in a thread, from the texts that the editor shows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import NamedTuple

from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.buildfiles.retagging import host_images
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.known.images import HostImages
from layerg_pin.core.known.known_hosts import PLUGIN_APIS
from layerg_pin.core.known.release_names import ReleaseName
from layerg_pin.engine.plugin_check import Checker
from layerg_pin.engine.plugin_discovery import find_plugins
from layerg_pin.engine.settings import Settings
from layerg_pin.engine.upgrade import Upgrade, UpgradeOptions, plan_upgrade
from layerg_pin.go.queries import find_go
from layerg_pin.go.query_types import Cancellation, GoError
from layerg_pin.source_tree.build_files import read_build_files
from layerg_pin.system.text_files import read_text_or_empty


class UpgradeRequest(NamedTuple):
    """The plugin in `folder` and the release that it is to be moved to."""

    folder: str
    builders: Sequence[BuildSource]
    target: ReleaseName
    settings: Settings
    unsaved: Mapping[str, str]
    """The texts of all open files, by absolute path."""


def plan(request: UpgradeRequest, cancellation: Cancellation) -> Upgrade:
    """The upgrade of the plugin, and of those that are built from the same files. Writes nothing.

    Vendor folders are not made again, because an edit of texts cannot replace them. Raises FileError, GoError and
    GoCancelled.
    """
    settings, target = request.settings, request.target
    go = find_go(settings.go_path, settings.go_timeout, network=True)
    if go is None:
        raise GoError(f"no {settings.go_path or 'go'} command was found: install Go, or put it on PATH")
    host = f"{target.host.name}@{target.number}"
    checker = Checker(settings._replace(host=host), network=True, cancellation=cancellation)
    folders = tuple(_built_together(request))
    root = os.path.commonpath(folders)
    with ExitStack() as scratch:
        options = UpgradeOptions(scratch, is_preview=True, vendors=False, unsaved=request.unsaved)
        return plan_upgrade(checker, go, root, folders, target, options)


def _built_together(request: UpgradeRequest) -> Iterator[str]:
    """The folders of the plugins whose build files outside of their folder are those of this plugin."""
    folder, host = request.folder, request.target.host
    yield folder
    inside = folder + os.sep
    shared = {
        source.path
        for source in request.builders
        if not source.path.startswith(inside) and any(True for _ in host_images(source, host))
    }
    if not shared:
        return
    root = os.path.commonpath([folder, *map(os.path.dirname, shared)])
    for other in find_plugins(root):
        if other != folder and _is_of(other, host, request.unsaved):
            paths = {source.path for source in read_build_files(other, request.unsaved)}
            if paths & shared:
                yield other


def _is_of(folder: str, host: HostImages, unsaved: Mapping[str, str]) -> bool:
    """Whether a plugin requires the API of a host, or none."""
    path = os.path.join(folder, "go.mod")
    required = parse_gomod(unsaved[path] if path in unsaved else read_text_or_empty(path)).required
    return host.api in required or not any(api in required for api in PLUGIN_APIS)
