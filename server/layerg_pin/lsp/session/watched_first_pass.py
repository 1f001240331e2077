"""The first check of a go.mod, with hashes of the files that it reads, so that changes meanwhile are noticed."""

from __future__ import annotations

import os
from collections.abc import Callable

from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.model.host_manifest import HostNotFound
from layerg_pin.engine.plugin_discovery import HostReference, find_host
from layerg_pin.engine.plugin_snapshot import PluginFiles
from layerg_pin.engine.project_settings import ProjectFile
from layerg_pin.engine.settings import Settings
from layerg_pin.hosts.references import Hosts
from layerg_pin.lsp.session.first_pass import FirstPass, first_pass
from layerg_pin.lsp.session.watched_files import WatchedFiles, paths_around
from layerg_pin.system.text_files import hashes_of

FirstCheck = Callable[[str, GoMod, PluginFiles, HostReference | HostNotFound | None], FirstPass]
"""Checks the go.mod at an absolute path. Searches for the host if the last argument is None."""


def watched_first_pass(
    project: ProjectFile | None, settings: Settings, folders: tuple[str, ...], hosts: Hosts, known: WatchedFiles
) -> FirstCheck:
    """The function that does the first check and takes hashes, except of the `known` files, which already have one."""

    def check(path: str, gomod: GoMod, files: PluginFiles, host: HostReference | HostNotFound | None) -> FirstPass:
        folder = os.path.dirname(path)
        host = host or find_host(folder, gomod, project, settings, folders, files.builders)
        around = paths_around(folder, host, files, trusted=settings.trusted)
        hashes = hashes_of(each for each in around if each not in known)  # before the host is read
        return first_pass(path, gomod, settings, hosts, files, host)._replace(hashes=hashes)

    return check
