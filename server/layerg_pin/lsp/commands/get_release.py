"""The command that downloads, through the Go module proxy, a release that the catalogue does not have."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from layerg_pin.core.known.release_names import release_name
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.engine.host_reader import HostReader
from layerg_pin.engine.settings import Settings
from layerg_pin.go.queries import find_go
from layerg_pin.go.query_types import Cancellation, GoError
from layerg_pin.hosts.profile import write_profile
from layerg_pin.hosts.references import PROFILE_FILE
from layerg_pin.lsp.session.open_plugin import Plugin
from layerg_pin.system.text_files import FileError, create_text

if TYPE_CHECKING:
    from layerg_pin.lsp.server import Server


async def get_release(server: Server, plugin: Plugin, reference: str) -> None:
    """Download a release as a module, and write what is known of it to layerg-host.json beside go.mod.

    Raises GoError and FileError.
    """
    name = release_name(reference)
    if name is None or not name.module:
        raise FileError(f"{reference} is not a release of a known host")
    if not plugin.settings.trusted:
        raise FileError("this workspace is not trusted, so Go is not run in it: trust the workspace first")
    folder = plugin.document.folder
    path = os.path.join(folder, PROFILE_FILE)
    if os.path.exists(path):
        raise FileError(f"{path} exists already: remove it first")
    title = f"getting {name.host.title} {name.release} through the Go module proxy"
    settings = plugin.settings._replace(host=name.module, base=folder)
    host = await server.session.go.run(title, _read, settings, folder)
    create_text(path, write_profile(host))
    server.log(f"wrote {path}: {host.module} {host.version}, {host.required} modules")
    server.session.reload(plugin)


def _read(settings: Settings, folder: str, cancellation: Cancellation) -> HostManifest:
    """The host of the settings, with network. Raises GoError."""
    go = find_go(settings.go_path, settings.go_timeout)
    if go is None:
        raise GoError("no go command was found: install Go, or set layergPin.goPath")
    host = HostReader(settings, go._replace(caches=True), cancellation, network=True).read_for(folder)
    if not isinstance(host, HostManifest):
        raise GoError(host.message)
    if not host.linked:
        raise GoError(f"the packages that {settings.host} links cannot be listed: {host.advice}")
    return host
