"""What builds a plugin, held against how the host was built: what the checks of it share.

Most authors build in a container, which files beside the plugin name. Only where none does is it this machine that
builds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from layerg_pin.core.builder import BuildCommand, BuildImage, BuildSource, ImageKind
from layerg_pin.core.manifest import HostBuild, HostManifest, LocalGo, Snapshot
from layerg_pin.core.text import Span


class Place(NamedTuple):
    """A place in a file that says how a plugin is built."""

    source: BuildSource
    span: Span


def host_build(snapshot: Snapshot) -> HostBuild | None:
    """How the host was built, where that is known."""
    return snapshot.host.build if isinstance(snapshot.host, HostManifest) else None


def commands_of(snapshot: Snapshot) -> Iterator[tuple[BuildSource, BuildCommand]]:
    """The builds of plugins that files name."""
    for source in snapshot.builders:
        for command in source.file.commands:
            yield source, command


def images_of(snapshot: Snapshot, kind: ImageKind) -> Iterator[tuple[BuildSource, BuildImage]]:
    """The images of a kind that plugins are built in; of servers, all that are named."""
    for source in snapshot.builders:
        for image in source.file.images if kind is ImageKind.SERVER else source.file.builders:
            if image.kind is kind:
                yield source, image


def local_builder(snapshot: Snapshot) -> LocalGo | None:
    """The Go of this machine, where nothing says that plugins are built elsewhere."""
    elsewhere = any(source.file.builders for source in snapshot.builders)
    elsewhere = elsewhere or any(command.image for _, command in commands_of(snapshot))
    return None if elsewhere else snapshot.local
