"""The first check of a go.mod, with everything that is known before Go runs."""

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from layerg_pin.core.analysis.analyse import Analysis, analyse
from layerg_pin.core.analysis.analysis_cache import AnalysisCache
from layerg_pin.core.checks import run_checks
from layerg_pin.core.finding import Finding
from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.model.host_manifest import HostManifest, HostNotFound, HostUnreadable
from layerg_pin.engine.plugin_discovery import HostReference
from layerg_pin.engine.plugin_snapshot import PluginFiles, take_snapshot
from layerg_pin.engine.project_settings import ProjectFile, effective
from layerg_pin.engine.settings import Settings
from layerg_pin.hosts.references import Hosts


class FirstPass(NamedTuple):
    """The result of `first_pass`."""

    host: HostReference | HostNotFound
    files: PluginFiles
    analysis: Analysis
    findings: tuple[Finding, ...]
    hashes: Mapping[str, int | None] = MappingProxyType({})
    """Digests of the files that it depends on, by path, if they were taken; see `watched_first_pass`."""


def first_pass(
    path: str, gomod: GoMod, settings: Settings, hosts: Hosts, files: PluginFiles, host: HostReference | HostNotFound
) -> FirstPass:
    """Check the go.mod at an absolute path without Go."""
    snapshot = take_snapshot(path, gomod, read_host(hosts, host), None, None, files=files)
    analysis = analyse(snapshot, settings.severity, AnalysisCache())
    return FirstPass(host, files, analysis, run_checks(analysis))


def read_host(hosts: Hosts, host: HostReference | HostNotFound) -> HostManifest | HostNotFound | HostUnreadable:
    """The manifest of a host, or why there is none."""
    return hosts.read(*host) if isinstance(host, HostReference) else host


def settings_for(own: Settings, path: str, project: ProjectFile | None, folders: tuple[str, ...]) -> Settings:
    """The effective settings for the go.mod at a path: the client's settings `own`, then those of the project file.

    Relative host references in `own` are relative to the workspace folder that contains the go.mod.
    """
    containing = [folder for folder in folders if (path + os.sep).startswith(folder + os.sep)]
    return effective(own.at(max(containing, key=len, default=os.path.dirname(path))), project)
