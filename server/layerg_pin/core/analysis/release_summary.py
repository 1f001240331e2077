"""Describe a release of the catalogue in words, for hovers, completions and lists."""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.buildfiles.c_libraries import DEBIAN
from layerg_pin.core.known.images import HostImages
from layerg_pin.core.known.releases import ReleaseFacts, release_contents, releases
from layerg_pin.core.text import count


def release_label(facts: ReleaseFacts, host: HostImages) -> str:
    """The facts that plugin authors look for first, such as `Go 1.22.4, nakama-common v1.32.0`."""
    return f"{_go(facts.go, facts)}, {host.api.rpartition('/')[2]} {facts.api}"


def release_sentences(host: HostImages, number: str) -> Iterator[str]:
    """What a release is built with and from, a sentence each."""
    facts, contents = releases(host.name)[number], release_contents(host.name, number)
    platforms = " and ".join(facts.platforms)
    system = f"Debian {facts.distribution} (glibc {DEBIAN[facts.distribution]})"
    yield f"Built with {_go(facts.go, facts)} on {system} for {platforms}."
    if facts.builder_go != facts.go:
        yield f"The plugin builder of this release has another Go: {_go(facts.builder_go, facts)}."
    if contents:
        modules, packages = count(len(contents.modules) - 1, "module"), count(len(contents.packages), "linked package")
        yield f"{host.api.rpartition('/')[2]} {facts.api}; {modules}, {packages}."


def _go(release: str, facts: ReleaseFacts) -> str:
    return f"Go {release} (unknown patch release)" if facts.floats else f"Go {release}"
