"""A first look at a go.mod: everything that is known of it before Go is asked."""

from __future__ import annotations

import os
from typing import NamedTuple

from layerg_pin.core.analysis.analyse import Analysis, analyse
from layerg_pin.core.analysis.analysis_cache import AnalysisCache
from layerg_pin.core.checks import run_checks
from layerg_pin.core.finding import Finding
from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.model.host_manifest import HostManifest, HostNotFound, HostUnreadable
from layerg_pin.engine.plugin_discovery import HostReference, find_host
from layerg_pin.engine.plugin_snapshot import PluginFiles, take_snapshot
from layerg_pin.engine.project_settings import ProjectFile, effective
from layerg_pin.engine.settings import Settings
from layerg_pin.hosts.references import Hosts


class Look(NamedTuple):
    """What was found."""

    host: HostReference | HostNotFound
    beside: PluginFiles
    analysis: Analysis
    findings: tuple[Finding, ...]


def look(
    path: str,
    gomod: GoMod,
    project: ProjectFile | None,
    settings: Settings,
    folders: tuple[str, ...],
    hosts: Hosts,
    beside: PluginFiles,
    host: HostReference | HostNotFound | None = None,
) -> Look:
    """Compare the go.mod at an absolute path with its host, which is searched for where `host` is None."""
    folder = os.path.dirname(path)
    host = host or find_host(folder, gomod, project, settings, folders)
    snapshot = take_snapshot(path, gomod, read_host(hosts, host), None, None, files=beside)
    analysis = analyse(snapshot, settings.severity, AnalysisCache())
    return Look(host, beside, analysis, run_checks(analysis))


def read_host(hosts: Hosts, host: HostReference | HostNotFound) -> HostManifest | HostNotFound | HostUnreadable:
    """What is known of a host that was named or found."""
    return hosts.read(host.text, host.path) if isinstance(host, HostReference) else host


def settings_for(own: Settings, path: str, project: ProjectFile | None, folders: tuple[str, ...]) -> Settings:
    """The settings that count for the go.mod at a path: the client's `own`, relative to the folder of the workspace
    that holds it, under those of its project file.
    """
    around = [folder for folder in folders if (path + os.sep).startswith(folder + os.sep)]
    return effective(own.at(max(around, key=len, default=os.path.dirname(path))), project)
