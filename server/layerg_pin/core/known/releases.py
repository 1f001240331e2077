"""The release catalogue: a table of the Go release, API version and Debian release of each known host release.

Sources: `build/Dockerfile`, `build/Dockerfile.dsym`, `build/pluginbuilder/Dockerfile` and `vendor/modules.txt` of each
release's tag. The server and debug images of a release agree in all of these. Releases on one line are built from the
same modules by the same Go. The module is imported only when a release is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from layerg_pin.core.known.images import HOSTS, HostImages, Release, release_of

_TABLES = {
    # releases, Go of the server, API module, Debian release, Go of the plugin builder if different
    # A Go release that ends in `.x` floats: the image's tag names only the minor release.
    "nakama": """
2.15.0 1.15.5 1.10.0 buster
3.0.0 1.15.6 1.11.0 buster
3.1.0 1.15.7 1.12.0 buster
3.1.1 1.15.8 1.12.1 buster
3.1.2 1.16 1.12.1 buster
3.2.0 1.16.3 1.13.0 buster
3.2.1 1.16.3 1.13.1 buster
3.3.0 1.16.3 1.14.0 buster
3.4.0 1.16.5 1.15.0 buster
3.5.0 1.16.7 1.16.0 buster
3.6.0 1.17 1.17.0 buster
3.7.0 1.17.1 1.18.0 buster
3.8.0 1.17.2 1.19.0 buster
3.9.0 1.17.2 1.20.0 buster
3.10.0 1.17.5 1.21.0 buster
3.11.0 1.18 1.22.0 buster
3.12.0 1.18.2 1.23.0 buster
3.13.0=3.13.1 1.19 1.24.0 buster
3.14.0 1.19.2 1.25.0 buster
3.15.0 1.19.4 1.26.0 buster
3.16.0 1.20.3 1.27.0 bullseye
3.17.0 1.20.6 1.28.0 bullseye
3.17.1 1.20.6 1.28.1 bullseye
3.18.0 1.21.3 1.29.0 bullseye
3.19.0 1.21.4 1.30.0 bookworm
3.20.0 1.21.5 1.30.1 bookworm
3.20.1 1.21.6 1.30.1 bookworm
3.21.0=3.21.1 1.21.6 1.31.0 bookworm
3.22.0 1.22.4 1.32.0 bookworm
3.23.0 1.22.5 1.33.0 bookworm
3.24.0 1.23.2 1.34.0 bookworm
3.24.1=3.24.2 1.23.2 1.34.0 bookworm
3.25.0 1.23.3 1.35.0 bookworm
3.26.0 1.23.5 1.36.0 bookworm
3.27.0 1.24.3 1.37.0 bookworm
3.27.1 1.24.3 1.37.0 bookworm
3.28.0 1.24.5 1.38.0 bookworm
3.29.0 1.24.5 1.39.0 bookworm
3.30.0 1.24.5 1.40.0 bookworm
3.31.0 1.25.0 1.41.0 bookworm
3.32.0 1.25.0 1.42.0 bookworm
3.32.1 1.25.0 1.42.1 bookworm
3.33.0=3.33.1 1.25.0 1.42.2 bookworm
3.34.0 1.25.0 1.43.0 bookworm
3.34.1 1.25.0 1.43.1 bookworm
3.35.0=3.35.1 1.25.0 1.44.0 bookworm
3.36.0 1.25.5 1.44.1 bookworm
3.37.0=3.37.1 1.25.5 1.44.2 bookworm
3.38.0 1.26.1 1.45.0 bookworm 1.25.5
3.39.0 1.26.3 1.46.0 bookworm
3.40.0 1.26.5 1.47.0 bookworm
""",
    "layerg": """
0.1.1 1.23.x 0.1.1-0.20250428124626-d06d9de99399 bookworm
""",
}


class ReleaseFacts(NamedTuple):
    """The facts about a release."""

    releases: tuple[str, ...]
    """All releases with the same facts."""
    go: str
    """The Go release of the server: `1.22.4`, or `1.23` if it floats."""
    builder_go: str
    """The Go release of the plugin builder."""
    floats: bool
    """Whether only the minor Go releases are known."""
    api: str
    """The version of the module that plugins import, such as `v1.32.0`."""
    distribution: str
    """The Debian release of builder and server, such as `bookworm`."""


@cache
def releases(host: str) -> Mapping[str, ReleaseFacts]:
    """What is known of each release of a host, by the release's number without `v`."""
    found: dict[str, ReleaseFacts] = {}
    for line in _TABLES.get(host, "").split("\n"):
        if not line:
            continue
        names, go, api, distribution, *builder = line.split()
        floats = go.endswith(".x")
        go = go.removesuffix(".x")
        facts = ReleaseFacts(
            releases=tuple(names.split("=")),
            go=go,
            builder_go=builder[0] if builder else go,
            floats=floats,
            api=f"v{api}",
            distribution=distribution,
        )
        found |= dict.fromkeys(facts.releases, facts)
    return found


def release_facts(host: HostImages, release: Release | None) -> ReleaseFacts | None:
    """What is known of a release; None where it floats, or is not in the table."""
    return releases(host.name).get(str(release)) if release and release.exact else None


def module_release_facts(module: str | None, version: str | None) -> ReleaseFacts | None:
    """The facts about the release with the host's own module path and version."""
    host = next((each for each in HOSTS if module in each.modules), None)
    return release_facts(host, release_of(version)) if host and version else None
