"""The Go release that the plugin has to be built with: the host's, as stated by the best known source."""

import re
from typing import TYPE_CHECKING, NamedTuple

from layerg_pin.core.analysis.plugin_builders import (
    at_image,
    at_origin,
    facts_of_image,
    host_build,
    host_identity,
    official_servers,
    short_name,
)
from layerg_pin.core.finding import Related
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.snapshot import Snapshot

if TYPE_CHECKING:
    from layerg_pin.core.known.releases import ReleaseFacts


class ExpectedGo(NamedTuple):
    """The known facts about the Go release that the host is built with."""

    text: str
    """The release, such as `go1.23.4`, the minor, such as `go1.23`, or a lower bound by the host's `go` line."""
    why: str
    """The statement in messages."""
    related: tuple[Related, ...] = ()
    is_exact: bool = True
    is_bound: bool = False

    @property
    def tag(self) -> str:
        """The release in the form of image tags; Go's own name of `1.19.0` is `go1.19`."""
        plain = self.text.removeprefix("go")
        return f"{plain}.0" if self.is_exact and re.fullmatch(r"1\.\d+", plain, re.ASCII) else plain


def expected_go(snapshot: Snapshot) -> ExpectedGo | None:
    """The host's Go: as its build states it, as published for its release, or by its go.mod, in this order.

    Without a host, the Go of the server's image, if all named images agree.
    """
    build, host = host_build(snapshot), snapshot.host
    if build and build.release:
        return ExpectedGo(build.release, f"the host is built with {build.release}", related=at_origin(build, "release"))
    if build and build.minor:
        minor = f"go{build.minor.removeprefix('go')}"
        related = at_origin(build, "minor", "release")
        return ExpectedGo(minor, f"the host is built with an unknown patch release of {minor}", related, is_exact=False)
    identity = host_identity(snapshot)
    facts = identity.facts if identity else None
    if identity and facts:
        return _published(facts, f"{identity.host.title} {identity.release}")
    if isinstance(host, HostManifest) and not host.go and not identity:
        return None  # a program other than the one in the images
    if isinstance(host, HostManifest) and host.go:
        line = host.go_origin
        related = (Related(line.path, line.line, f"host: go {host.go}"),) if line and line.line is not None else ()
        go = f"go{host.go.removeprefix('go')}"
        why = f"the host's go.mod says go {host.go}, which an older Go cannot build"
        return ExpectedGo(go, why, related, is_exact=False, is_bound=True)
    servers = [(each, facts_of_image(each.image)) for each in official_servers(snapshot)]
    known = [(each, facts) for each, facts in servers if facts]
    if not known or len(known) != len(servers) or len({facts.go for _, facts in known}) > 1:
        return None
    server, facts = known[0]
    found = _published(facts, short_name(server.image))
    return found._replace(related=(at_image(server.source, server.image),))


def _published(facts: "ReleaseFacts", name: str) -> ExpectedGo:
    why = f"{name} is built with {'an unknown patch release of ' if facts.floats else ''}go{facts.go}"
    return ExpectedGo(f"go{facts.go}", why, is_exact=not facts.floats)
