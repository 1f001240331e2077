"""Find, download and read the hosts of plugins, for one run of the command line; each host is read once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence

from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.gomod.parser import GoMod, parse_gomod
from layerg_pin.core.model.host_manifest import HostManifest, HostNotFound, HostUnreadable
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.engine.plugin_discovery import HostReference, find_host
from layerg_pin.engine.project_settings import ProjectFile, read_project_file
from layerg_pin.engine.settings import Settings
from layerg_pin.go.downloads import download, fetch_gomod
from layerg_pin.go.module_cache import cached_folder
from layerg_pin.go.query_types import Cancellation, Go, GoCancelled, GoError, GoInterrupted
from layerg_pin.hosts.image_references import image_reference
from layerg_pin.hosts.linked_packages import ensure_linked
from layerg_pin.hosts.references import Hosts, host_module_folder, locate_main_package, module_reference, resolve
from layerg_pin.source_tree.build_files import read_build_files
from layerg_pin.system.text_files import FileError, read_text

_DOWNLOAD_TIMEOUT = 600.0
"""In seconds: Go may take this long to download a host, with its dependencies, that the user named."""


class HostReader:
    """Reads hosts under one set of settings, from any thread."""

    def __init__(
        self,
        settings: Settings,
        go: Go | None,
        cancellation: Cancellation,
        report: Callable[[str], None] | None = None,
        *,
        network: bool,
    ) -> None:
        """`report` shows the progress of work that the user waits for."""
        self.settings = settings
        self._go = go
        """Without network."""
        self._network = network
        self._cancellation = cancellation
        self._report = report
        self._hosts = Hosts()
        self._fetched: set[str] = set()
        """The references to images that were fetched in this run."""
        self._lock = threading.Lock()

    def folder(self, plugin: str) -> str | None:
        """The folder of the host that is named, or found, for the plugin in the folder `plugin`; None if unknown."""
        try:
            gomod = parse_gomod(read_text(os.path.join(plugin, "go.mod")))
        except FileError:
            return None
        builders = () if self.settings.host else read_build_files(plugin)  # used only to search for a host
        found = find_host(plugin, gomod, read_project_file(plugin), self.settings, builders=builders)
        return locate_main_package(host_module_folder(found.path))[0] if isinstance(found, HostReference) else None

    def read_for(self, folder: str) -> HostManifest | HostNotFound | HostUnreadable:
        """The host that is named or, if `folder` is a plugin's, the one that is found for it."""
        path = os.path.join(folder, "go.mod")
        gomod = parse_gomod(read_text(path) if os.path.isfile(path) else "")
        return self.read(folder, gomod, read_project_file(folder), read_build_files(folder))

    def read(
        self, folder: str, gomod: GoMod, project: ProjectFile | None, builders: Sequence[BuildSource]
    ) -> HostManifest | HostNotFound | HostUnreadable:
        """The host of the plugin in `folder` with this go.mod and these build files. Raises GoCancelled."""
        reference = find_host(folder, gomod, project, self.settings, builders=builders)
        return self._read_reference(reference) if isinstance(reference, HostReference) else reference

    def read_named(self) -> HostManifest | HostUnreadable:
        """The host that the settings name, without a plugin. Raises GoCancelled."""
        text = self.settings.host
        path = resolve(text, self.settings.base)
        return self._read_reference(HostReference(text, path, named_by=self.settings.host_option))

    def _read_reference(self, reference: HostReference) -> HostManifest | HostUnreadable:
        """The host of a reference; a module is downloaded if the network may be used. Raises GoCancelled."""
        if image_reference(reference.text):
            return self._read_image(reference)
        module, obstacle = module_reference(reference.text), ""
        if module and cached_folder(reference.path) and self._go and self._network:
            timeout = max(self._go.timeout, _DOWNLOAD_TIMEOUT)
            online = self._go._replace(network=True, timeout=timeout)
            try:
                if self._report:
                    self._report(f"downloading {reference.text}")
                obstacle = _download(online, module, reference.path, self._cancellation)
            except GoCancelled:
                raise
            except GoError as error:
                return HostUnreadable(reference.text, f"the host {reference.text} cannot be downloaded: {error}")
            return self._linked(reference, online, obstacle)
        return self._linked(reference, self._go, obstacle)

    def _read_image(self, host: HostReference) -> HostManifest | HostUnreadable:
        """The host in an image. One in a registry is fetched if it is named on the command line."""
        with self._lock:
            if self.settings.host and self._network and host.text not in self._fetched:
                from layerg_pin.hosts.image_fetching import fetch_image  # imported here: few hosts are images

                try:
                    fetch_image(host.text, host.path, host.architecture, self._cancellation, self._report)
                except FileError as error:
                    return HostUnreadable(host.text, str(error))
                self._fetched.add(host.text)
            return self._hosts.read(*host)

    def _linked(self, reference: HostReference, go: Go | None, obstacle: str) -> HostManifest | HostUnreadable:
        """A host with its linked packages, if Go can list them. `obstacle`: why not all of it was downloaded."""
        with self._lock:
            host = self._hosts.read(*reference)
            if isinstance(host, HostManifest) and obstacle:
                return host._replace(advice=f"it cannot be downloaded: {obstacle}")
            if isinstance(host, HostManifest) and go:
                try:
                    linked = ensure_linked(host, go, self._cancellation)
                except GoInterrupted as error:
                    return host._replace(advice=f"Go cannot list its packages: {error}")
                self._hosts.keep(host, linked)
                return linked
            return host


def _download(go: Go, module: ModuleVersion, path: str, cancellation: Cancellation) -> str:
    """Download a host, or at least its go.mod at `path`, into the module cache; returns why not all of it.

    Raises GoError if not even its go.mod can be downloaded.
    """
    if os.path.isdir(cached_folder(path)):
        return ""
    try:
        download(go, (module,), cancellation)
    except GoCancelled:
        raise
    except GoError as error:
        if not os.path.exists(path):
            fetch_gomod(go, module, cancellation)
        return str(error).partition("; ")[0]
    return ""
