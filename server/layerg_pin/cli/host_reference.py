"""Read the hosts that the arguments of `host` commands name."""

from __future__ import annotations

import os

from layerg_pin.cli.output.display import display_path
from layerg_pin.core.analysis.unreadable_input import broken
from layerg_pin.core.known.release_names import release_name, unknown_fact
from layerg_pin.core.known.releases import releases
from layerg_pin.core.model.host_manifest import HostManifest, HostNotFound, HostUnreadable
from layerg_pin.system.text_files import FileError


def downloadable(reference: str) -> str:
    """The reference; for a release that the catalogue does not have, its module, which Go can download."""
    name = release_name(reference)
    is_new = name and not name.number and name.module and not os.path.exists(reference)
    return name.module if name and is_new else reference


def readable_host(host: HostManifest | HostNotFound | HostUnreadable) -> HostManifest:
    """The host, if it was found and can be read. Raises FileError.

    For a release that the catalogue does not have, the message states that first, as those of other commands do.
    """
    if isinstance(host, HostManifest):
        return host
    reference = host.reference if isinstance(host, HostUnreadable) else ""
    name = release_name(reference)
    if name and name.module == reference and not name.number and releases(name.host.name):
        raise FileError(f"{unknown_fact(name)}, and {host.message}")
    raise FileError(host.message)


def checked_host(host: HostManifest | HostNotFound | HostUnreadable) -> HostManifest:
    """The host, if every line that states its modules can be read. Raises FileError."""
    host = readable_host(host)
    if host.problems:
        raise FileError(broken(host.source, host.problems).described(display_path(host.source.path)))
    return host
