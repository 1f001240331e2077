"""A first look at a go.mod: everything that is known of it before Go is asked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from layerg_pin.core.analysis.analyse import Analysis, analyse
from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.model import HostManifest, HostNotFound, HostUnreadable
from layerg_pin.engine.plugin_discovery import HostReference, find_host
from layerg_pin.engine.plugin_snapshot import Beside, read_beside_at_once, take_snapshot
from layerg_pin.engine.settings import ProjectFile, Settings, effective
from layerg_pin.hosts.references import Hosts


class Look(NamedTuple):
    """What was found."""

    host: HostReference | HostNotFound
    beside: Beside
    analysis: Analysis


def look(
    path: str,
    gomod: GoMod,
    project: ProjectFile | None,
    settings: Settings,
    folders: tuple[str, ...],
    hosts: Hosts,
    works: Mapping[str, str],
    host: HostReference | HostNotFound | None = None,
) -> Look:
    """Hold a go.mod against its host; `path` is absolute, and `works` has the texts of open go.work files by path.
    The `host` is looked for where it is None.
    """
    folder = os.path.dirname(path)
    host = host or find_host(folder, gomod, project, settings, folders)
    beside = read_beside_at_once(folder, works, trusted=settings.trusted)
    snapshot = take_snapshot(path, gomod, read_host(hosts, host), None, None, beside=beside)
    return Look(host, beside, analyse(snapshot, settings.severity))


def read_host(hosts: Hosts, host: HostReference | HostNotFound) -> HostManifest | HostNotFound | HostUnreadable:
    """What is known of a host that was named or found."""
    return hosts.read(host.text, host.path) if isinstance(host, HostReference) else host


def settings_for(own: Settings, path: str, project: ProjectFile | None, folders: tuple[str, ...]) -> Settings:
    """The settings that count for the go.mod at a path: the client's `own`, relative to the folder of the workspace
    that holds it, under those of its project file.
    """
    around = [folder for folder in folders if (path + os.sep).startswith(folder + os.sep)]
    return effective(own.at(max(around, key=len, default=os.path.dirname(path))), project)
