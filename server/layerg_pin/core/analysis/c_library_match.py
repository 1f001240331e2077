"""Compare the C library that a plugin is linked with and the host's."""

from collections.abc import Iterator
from typing import NamedTuple

from layerg_pin.core.analysis.expected_go import expected_go
from layerg_pin.core.analysis.plugin_builders import (
    Builder,
    at_image,
    at_origin,
    builders_of,
    facts_of_image,
    host_build,
    host_identity,
    official_servers,
    short_name,
)
from layerg_pin.core.buildfiles.build_file import BuildImage
from layerg_pin.core.buildfiles.c_libraries import (
    CLibrary,
    as_numbers,
    builder_c_library,
    debian_of,
    library_of_debian,
    needs_newer,
)
from layerg_pin.core.finding import Related
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.snapshot import Snapshot


class CLibraryMismatch(NamedTuple):
    """A builder whose C library does not fit."""

    builder: Builder
    message: str
    certain: bool
    """Whether the plugin certainly cannot be loaded; otherwise that depends on the functions that it calls."""
    tag: str
    """The tag of the same image that would fit; empty if none is known."""
    related: tuple[Related, ...]


class _Host(NamedTuple):
    name: str
    library: CLibrary
    related: tuple[Related, ...] = ()


def c_library_mismatches(snapshot: Snapshot) -> Iterator[CLibraryMismatch]:
    """The builders whose C library is a different one from the host's, or a newer version, each once."""
    host = _host(snapshot)
    if host is None:
        return
    go = expected_go(snapshot)
    release = go.tag if go and go.is_exact else ""
    seen = set()
    for builder in builders_of(snapshot):
        library = _of_builder(snapshot, builder.image)
        if library is None or (builder.source.path, builder.image) in seen:
            continue
        seen.add((builder.source.path, builder.image))
        name, tag = short_name(builder.image), _on_hosts_distribution(builder.image, host.library, release)
        remedy = f"use {builder.image.name.rpartition('/')[2]}:{tag}" if tag else "build on the host's distribution"
        if library.kind != host.library.kind:
            message = (
                f"{name} links {library}, but {host.name} runs on {host.library}: the plugin cannot be loaded; {remedy}"
            )
            yield CLibraryMismatch(builder=builder, message=message, certain=True, tag=tag, related=host.related)
        elif host.library.version and as_numbers(library.version) > as_numbers(host.library.version):
            certain = needs_newer(library.version, host.library.version)
            why = "the plugin cannot be loaded" if certain else "C code in the plugin may need the newer one"
            message = f"{name} links {library}, but {host.name} has only {host.library}: {why}; {remedy}"
            yield CLibraryMismatch(builder=builder, message=message, certain=certain, tag=tag, related=host.related)


def fitting_tag(snapshot: Snapshot, image: BuildImage, tag: str, release: str) -> str:
    """A tag of a golang image; if its C library does not fit, the tag of the Go release on the host's distribution."""
    host, library = _host(snapshot), builder_c_library(image.name, tag)
    if host is None or library is None or _fits(library, host.library):
        return tag
    name = _distribution(host.library)
    return f"{release}-{name}" if name else tag


def _fits(library: CLibrary, host: CLibrary) -> bool:
    """Whether a plugin that is linked with a C library can be loaded by a host with another."""
    newer = host.version and as_numbers(library.version) > as_numbers(host.version)
    return library.kind == host.kind and not newer


def _host(snapshot: Snapshot) -> _Host | None:
    """The host's C library: as its build states it, as published for its release, or of the server's image."""
    build = host_build(snapshot)
    identity = host_identity(snapshot)
    facts = identity.facts if identity else None
    library: CLibrary | None
    published = library_of_debian(facts.distribution) if facts else None
    if build and build.libc:
        library = CLibrary(build.libc, build.libc_version, debian_of(build.libc_version))
        if published and library.kind == published.kind and not library.version:
            library = published
        return _Host("the host", library, at_origin(build, "libc", "libc_version"))
    if published:
        return _Host("the host", published)
    servers = official_servers(snapshot)
    if isinstance(snapshot.host, HostManifest) and identity is None:
        return None  # a program other than the one in the images
    for server in servers:
        known = facts_of_image(server.image)
        library = library_of_debian(known.distribution) if known else _published_library(server.image)
        if library:
            return _Host(short_name(server.image), library, (at_image(server.source, server.image),))
    return None


def _published_library(image: BuildImage) -> CLibrary | None:
    """The C library of an official image by the table of known hosts, which applies to floating tags too."""
    known = image.known
    if known is None or not known.official or (image.tag is None and known.host.variants):
        return None
    kind = known.host.c_library_of(image.tag or "")
    return CLibrary(kind, "", "Alpine" if kind == "musl" else "")


def _of_builder(snapshot: Snapshot, image: BuildImage) -> CLibrary | None:
    facts = facts_of_image(image)
    if facts:
        return library_of_debian(facts.distribution)
    if image.known and any(
        each.image.known and each.image.known.host == image.known.host for each in official_servers(snapshot)
    ):
        return _published_library(image)  # without a server image, the host may be built for the builder's C library
    return builder_c_library(image.name, image.tag) if image.tag is not None and not image.known else None


def _on_hosts_distribution(image: BuildImage, library: CLibrary, release: str) -> str:
    """The tag of a golang image on the host's distribution, with the host's Go release if that is known exactly."""
    name = _distribution(library)
    return f"{release or image.go}-{name}" if image.go and name else ""


def _distribution(library: CLibrary) -> str:
    """The Debian release as named by tags of the golang image; empty if none is known."""
    return library.distribution if library_of_debian(library.distribution) else debian_of(library.version)
