"""The builds of a plugin: the images, commands and the local Go that build it, for the checks that compare them with
the host's.

Most authors build in a container that files around the plugin name. If no file does, this machine builds the plugin.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from layerg_pin.core.analysis.host_release import HostIdentity, identify
from layerg_pin.core.buildfiles.build_file import Assignment, BuildCommand, BuildImage, BuildSource, Delegate, ImageKind
from layerg_pin.core.finding import FileEdits, Fix, Related
from layerg_pin.core.known.images import Flavour, is_go_image
from layerg_pin.core.model.host_manifest import HostBuild, HostManifest
from layerg_pin.core.model.modules import Origin
from layerg_pin.core.model.plugin_build import LocalGo
from layerg_pin.core.model.snapshot import Snapshot
from layerg_pin.core.text import Span, TextEdit

if TYPE_CHECKING:
    from layerg_pin.core.known.releases import ReleaseFacts

_MOD = r"(?:^|\s)-mod=mod(?:\s|\Z)"
"""Rarely used, so compiled on first use."""


class BuildLocation(NamedTuple):
    """A place in a file that defines a plugin's build."""

    source: BuildSource
    span: Span


class Builder(NamedTuple):
    """An image that a plugin is built in, and one of the builds in it, if any is known."""

    source: BuildSource
    image: BuildImage
    command: BuildCommand | None
    delegate: Delegate | None = None
    """The command that runs another file there, if that builds the plugin."""

    @property
    def environment(self) -> Mapping[str, Assignment]:
        """The known environment variables of the build."""
        runs = self.command or self.delegate
        return runs.environment if runs else {}


class Server(NamedTuple):
    """The image of a known host that a build file names."""

    source: BuildSource
    image: BuildImage


def host_build(snapshot: Snapshot) -> HostBuild | None:
    """The host's build, if known."""
    return snapshot.host.build if isinstance(snapshot.host, HostManifest) else None


def host_identity(snapshot: Snapshot) -> HostIdentity | None:
    """The known host that the plugin is compared with."""
    return identify(snapshot.host) if isinstance(snapshot.host, HostManifest) else None


def commands_of(snapshot: Snapshot) -> Iterator[tuple[BuildSource, BuildCommand]]:
    """The commands in build files that build plugins."""
    for source in snapshot.builders:
        for command in source.file.commands:
            yield source, command


def images_of(snapshot: Snapshot, kind: ImageKind) -> Iterator[tuple[BuildSource, BuildImage]]:
    """The images of a kind that plugins are built in; for servers, all that build files name."""
    for source in snapshot.builders:
        for image in source.file.images if kind is ImageKind.SERVER else source.file.builders:
            if image.kind is kind:
                yield source, image


def builders_of(snapshot: Snapshot) -> Iterator[Builder]:
    """The images of all kinds that plugins are built in, once for each build in them."""
    for source in snapshot.builders:
        used = set()
        for command in source.file.commands:
            if command.image:
                used.add(command.image)
                yield Builder(source, command.image, command)
        for delegate in source.file.delegates:
            used.add(delegate.image)
            yield Builder(source, delegate.image, None, delegate)
        for image in source.file.builders:
            if image not in used:
                yield Builder(source, image, None)


def servers_of(snapshot: Snapshot) -> list[Server]:
    """The images of servers that the build files name."""
    return [each for source in snapshot.builders for each in _servers_in(source)]


def _servers_in(source: BuildSource) -> list[Server]:
    return [Server(source, image) for image in source.file.images if image.kind is ImageKind.SERVER]


def official_servers(snapshot: Snapshot, source: BuildSource | None = None) -> list[Server]:
    """The images of servers that are certainly the host's own, in all files or in `source`."""
    servers = servers_of(snapshot) if source is None else _servers_in(source)
    return [each for each in servers if each.image.known and each.image.known.official]


def in_images_of_host(snapshot: Snapshot) -> bool:
    """Whether all builds run in images of the host's publisher, where Go and modules are in the host's own folders."""
    identity, images = host_identity(snapshot), [each.image for each in builders_of(snapshot)]
    if identity is None or not images:
        return False
    known = (image.known for image in images if not is_go_image(image.name))
    return all(each and each.official and each.host == identity.host for each in known)


def is_debug(image: BuildImage) -> bool:
    """Whether an image is a server built for debuggers."""
    return image.known is not None and image.known.flavour is Flavour.DEBUG


def local_builder(snapshot: Snapshot) -> LocalGo | None:
    """The Go of this machine, unless a build file builds plugins elsewhere, or may do so in a part that is not read.

    A machine with a system other than the host's builds no plugin for it, and one with Windows none at all: the plugin
    is built elsewhere.
    """
    elsewhere = any(source.file.builders or source.file.unread or source.file.delegates for source in snapshot.builders)
    elsewhere = elsewhere or any(command.image for _, command in commands_of(snapshot))
    return None if elsewhere or _is_other_system(snapshot) else snapshot.local


def _is_other_system(snapshot: Snapshot) -> bool:
    build, here = host_build(snapshot), snapshot.local.goos if snapshot.local else ""
    return here == "windows" or bool(here and build and build.goos and build.goos != here)


def short_name(image: BuildImage) -> str:
    """The name of an image in messages: `nakama-pluginbuilder:3.22.0`."""
    last = image.name.rpartition("/")[2]
    return f"{last}:{image.tag}" if image.tag else last


def at_image(source: BuildSource, image: BuildImage) -> Related:
    """The line of an image, as a related place of a finding."""
    return Related(source.path, source.index.line_of(image.span.start), f"{image.name}:{image.tag or 'latest'}")


def at_origin(build: HostBuild | None, *fields: str) -> tuple[Related, ...]:
    """The line of the host's own build files that states the first of `fields` for which a line is known; empty if
    there is none.
    """
    for field in fields:
        origin: Origin | None = build.origins.get(field) if build else None
        if origin and origin.line is not None:
            return (Related(origin.path, origin.line, f"the host's build: {origin}"),)
    return ()


def retagged(tag: str, release: str) -> str:
    """The tag of a release that replaces another tag of the same image; empty if it is not certain.

    Releases are published under their bare numbers. Tags with an architecture were made by hand.
    """
    return release if not tag or tag == "latest" or re.fullmatch(r"v?\d+(?:\.\d+){0,2}", tag, re.ASCII) else ""


def tag_fixes(source: BuildSource, image: BuildImage, tag: str) -> Iterator[Fix]:
    """The fix that sets the tag of an image, if the tag, or the name without one, is written out and has no digest."""
    text, span = source.index.text, image.span
    written = text[span.start : span.end]
    is_name = image.tag == "" and written == image.name
    if not image.digest and (is_name or (image.tag and written == image.tag)):
        edits = FileEdits(source.path, text, (TextEdit(span, f"{image.name}:{tag}" if is_name else tag),))
        yield Fix(f"Build with {image.name}:{tag} (host)", (), (), (edits,))


def facts_of_image(image: BuildImage) -> "ReleaseFacts | None":
    """The facts about the release that an image of a known host names; None if unknown."""
    known, release = image.known, image.release
    if known is None or release is None or not release.exact:
        return None
    from layerg_pin.core.known.releases import release_facts  # imported here: the table is large

    return release_facts(known.host, release)


def updates_gomod(snapshot: Snapshot) -> bool:
    """Whether the plugin's own build updates go.mod and go.sum before it compiles, or builds with `-mod=mod`."""
    local = local_builder(snapshot)
    if local and re.search(_MOD, local.flags):
        return True
    commands = (command for source in snapshot.builders for command in source.file.commands)
    if any(command.mod == "mod" for command in commands):
        return True
    return any(source.updates_gomod for source in snapshot.builders)
