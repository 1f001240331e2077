"""The releases of a plugin's host that the plugin can be moved to."""

from typing import NamedTuple

from layerg_pin.core.analysis.host_release import identify
from layerg_pin.core.known.images import HostImages, release_of
from layerg_pin.core.known.release_names import ReleaseName
from layerg_pin.core.known.releases import releases
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.snapshot import Snapshot

_MOVABLE = ("release", "module@version", "profile")
"""The kinds of hosts that `layerg-pin upgrade` moves to another release."""


class HostRelease(NamedTuple):
    """A release of a known host; `number` is its name in the catalogue."""

    host: HostImages
    number: str

    @property
    def title(self) -> str:
        """The release in words, such as `Nakama 3.22.0`."""
        return f"{self.host.title} {self.number}"

    @property
    def name(self) -> ReleaseName | None:
        """The name of the release; None if its number cannot be read."""
        release = release_of(self.number)
        return ReleaseName(self.host, release) if release else None


def movable_release(snapshot: Snapshot) -> HostRelease | None:
    """The release of the plugin's host, if the plugin can be moved to another one."""
    host = snapshot.host
    return host_release(host) if isinstance(host, HostManifest) and host.kind in _MOVABLE else None


def host_release(host: object) -> HostRelease | None:
    """The catalogue's release with this host's version; None if there is none, or if `host` is not a manifest."""
    identity = identify(host) if isinstance(host, HostManifest) else None
    number = str(identity.release) if identity and identity.release else ""
    return HostRelease(identity.host, number) if identity and number in releases(identity.host.name) else None


def newest_release(host: HostImages) -> HostRelease | None:
    """The newest release of a host; None for a host without a catalogue."""
    number = next(reversed(list(releases(host.name))), "")
    return HostRelease(host, number) if number else None


def newest_patch(present: HostRelease) -> HostRelease | None:
    """The newest release of the same minor, if it is newer than the present one."""
    mine = release_of(present.number)
    found, is_newer = None, False
    for number in releases(present.host.name) if mine else ():
        other = release_of(number)
        if is_newer and mine and other and other.numbers[:2] == mine.numbers[:2] and not other.suffix:
            found = HostRelease(present.host, number)
        is_newer = is_newer or number == present.number
    return found
