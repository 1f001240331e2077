"""The first check of a go.mod, with digests of the files that it reads, so that changes meanwhile are noticed."""

from __future__ import annotations

import os

from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.model.host_manifest import HostNotFound
from layerg_pin.engine.plugin_discovery import HostReference, find_host
from layerg_pin.engine.plugin_snapshot import PluginFiles
from layerg_pin.engine.project_settings import ProjectFile
from layerg_pin.engine.settings import Settings
from layerg_pin.hosts.references import Hosts
from layerg_pin.lsp.session.first_pass import FirstPass, first_pass
from layerg_pin.lsp.session.watched_files import WatchedFiles, paths_around
from layerg_pin.system.text_files import digests_of


def watched_first_pass(
    path: str,
    gomod: GoMod,
    project: ProjectFile | None,
    settings: Settings,
    folders: tuple[str, ...],
    hosts: Hosts,
    known: WatchedFiles,
    files: PluginFiles,
    host: HostReference | HostNotFound | None = None,
) -> FirstPass:
    """Return the same as `first_pass`, with digests of the files that are not `known`: those are watched."""
    folder = os.path.dirname(path)
    host = host or find_host(folder, gomod, project, settings, folders, files.builders)
    around = paths_around(folder, host, files, trusted=settings.trusted)
    digests = digests_of(each for each in around if each not in known)  # before the host is read
    return first_pass(path, gomod, project, settings, folders, hosts, files, host)._replace(digests=digests)
