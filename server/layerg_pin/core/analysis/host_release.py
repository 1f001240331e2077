"""The release of a known host that a manifest describes: by its version, or by its API module and Go release."""

from typing import TYPE_CHECKING, NamedTuple

from layerg_pin.core.gomod.versions import parse_go_release
from layerg_pin.core.known.images import HOSTS, HostImages, Release, release_of

if TYPE_CHECKING:
    from layerg_pin.core.known.releases import ReleaseFacts
    from layerg_pin.core.model.host_manifest import HostManifest, HostModule


class HostIdentity(NamedTuple):
    """A known host, with the release that a manifest describes."""

    host: HostImages
    release: Release | None
    """By its own version; None if that is unknown, or is not a release's."""
    api: "HostModule | None"
    """The module that its plugins import, at the version that it is built with."""
    manifest: "HostManifest"

    @property
    def facts(self) -> "ReleaseFacts | None":
        """The facts about its release, if the version names a known one."""
        if self.release is None:
            return None
        from layerg_pin.core.known.releases import release_facts  # imported here: the table is large

        return release_facts(self.host, self.release)

    def facts_of(self, release: Release | None) -> "ReleaseFacts | None":
        """The facts about another release of the same host."""
        from layerg_pin.core.known.releases import release_facts  # imported here: the table is large

        return release_facts(self.host, release)

    def only_release(self) -> str:
        """Its release: by its version, or the only known one with its API and, if needed, its Go.

        Empty if that is not certain.
        """
        if self.release:
            return str(self.release)
        if self.api is None:
            return ""
        from layerg_pin.core.known.releases import releases  # imported here: the table is large

        fits = {name: facts for name, facts in releases(self.host.name).items() if facts.api == self.api.version}
        if len(fits) > 1:
            fits = {name: facts for name, facts in fits.items() if not self.first_difference(facts)}
        return next(iter(fits)) if len(fits) == 1 else ""

    def first_difference(self, facts: "ReleaseFacts") -> str:
        """The first fact that differs from a release: `nakama-common v1.47.0` or `Go 1.26.8`; empty if none does."""
        if self.api and self.api.version and self.api.version != facts.api:
            return f"{_last(self.api.path)} {self.api.version}"
        build = self.manifest.build
        mine = build.release.removeprefix("go") if build else ""
        left, right = parse_go_release(mine) if mine else None, parse_go_release(facts.go)
        if left and right and left != right and (not facts.floats or left.release[:2] != right.release[:2]):
            return f"Go {mine}"
        line = parse_go_release(self.manifest.go) if self.manifest.go and not mine else None
        if line and right and not facts.floats and line > right:
            return f"the line go {self.manifest.go} in its go.mod"
        return ""


def identify(manifest: "HostManifest") -> HostIdentity | None:
    """The known host that a manifest describes; None for other hosts, including forks with a name of their own."""
    for host in HOSTS:
        api = manifest.modules.get(host.api)
        if manifest.module in host.modules or (manifest.module is None and api):
            version = manifest.version or _named_version(manifest)
            release = release_of(version) if version else None
            exact = release is not None and release.exact and not release.suffix
            return HostIdentity(host, release if exact else None, api, manifest)
    return None


def _named_version(manifest: "HostManifest") -> str:
    """The version in a reference of the form `module@version`."""
    return manifest.reference.rpartition("@")[2] if manifest.kind == "module@version" else ""


def _last(path: str) -> str:
    return path.rpartition("/")[2]
