"""Compute an upgrade in a thread, from the texts that the editor shows."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import NamedTuple

from layerg_pin.core.known.release_names import ReleaseName
from layerg_pin.engine.plugin_check import Checker
from layerg_pin.engine.settings import Settings
from layerg_pin.engine.shared_builds import shared_build
from layerg_pin.engine.upgrade import Upgrade, UpgradeOptions, plan_upgrade
from layerg_pin.go.queries import find_go
from layerg_pin.go.query_types import Cancellation, GoError


class UpgradeRequest(NamedTuple):
    """The plugin in `folder` and the release that it is to be moved to."""

    folder: str
    target: ReleaseName
    settings: Settings
    unsaved: Mapping[str, str]
    """The texts of all open files, by absolute path."""


def plan(request: UpgradeRequest, cancellation: Cancellation) -> Upgrade:
    """The upgrade of the plugin, and of those that are built from the same files. Writes nothing.

    Vendor folders are not regenerated, because an edit of texts cannot replace them. Raises FileError, GoError and
    GoCancelled.
    """
    settings, target = request.settings, request.target
    go = find_go(settings.go_path, settings.go_timeout, network=True)
    if go is None:
        raise GoError(f"no {settings.go_path or 'go'} command was found: install Go, or put it on PATH")
    host = f"{target.host.name}@{target.number}"
    checker = Checker(settings._replace(host=host), network=True, cancellation=cancellation)
    shared = shared_build(request.folder, target.host, request.unsaved)
    folders = (request.folder, *shared.others)
    with ExitStack() as scratch:
        options = UpgradeOptions(scratch, is_preview=True, vendors=False, unsaved=request.unsaved)
        return plan_upgrade(checker, go, shared.root, folders, target, options)
