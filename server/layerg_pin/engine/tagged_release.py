"""Find the release of a plugin's host by the image tags in the plugin's build files."""

from __future__ import annotations

import os
from collections.abc import Iterable

from layerg_pin.core.buildfiles.build_file import BuildImage, BuildSource, ImageKind
from layerg_pin.core.known.images import Flavour
from layerg_pin.core.known.release_names import ReleaseName
from layerg_pin.core.model.modules import Origin


def tagged_release(folder: str, sources: Iterable[BuildSource]) -> tuple[ReleaseName, Origin] | None:
    """The release of the host of the plugin in `folder`, and the line that names it; None if no image does.

    The image of a server counts before that of a plugin builder, and a tag that names one release before a floating
    one, such as `latest`. Within these, the nearest file counts. Other owners publish images of the same names with
    releases of their own, so that their tags do not count.
    """
    best: tuple[tuple[bool, bool], ReleaseName, Origin] | None = None
    for source in sources:
        for image in source.file.images:
            name = _release_name(image)
            if name is None:
                continue
            rank = (not name.release.exact, name.flavour is Flavour.BUILDER)
            if best is None or rank < best[0]:
                path = os.path.relpath(source.path, folder).replace(os.sep, "/")
                best = (rank, name, Origin(source.path, source.index.line_of(image.span.start), path))
    return best[1:] if best else None


def _release_name(image: BuildImage) -> ReleaseName | None:
    """The release that an image's tag names. With a digest, a floating tag has no meaning."""
    known, release = image.known, image.release
    if known is None or release is None or not known.official or image.kind is ImageKind.GOLANG:
        return None
    return ReleaseName(known.host, release, known.flavour) if release.exact or not image.digest else None
