"""Find the release of a plugin's host by the image tags in the plugin's build files."""

from __future__ import annotations

from collections.abc import Iterable

from layerg_pin.core.buildfiles.build_file import BuildImage, BuildSource, ImageKind
from layerg_pin.core.known.images import Flavour
from layerg_pin.core.known.release_names import ReleaseName
from layerg_pin.core.model.modules import Origin
from layerg_pin.core.paths import relative_path
from layerg_pin.source_tree.build_file_parsing import is_dockerfile


def tagged_release(folder: str, sources: Iterable[BuildSource]) -> tuple[ReleaseName, Origin] | None:
    """The release of the host of the plugin in `folder`, and the line that names it; None if no image does.

    The image of a server has priority over that of a plugin builder, and a tag that names one release over a floating
    one, such as `latest`. Otherwise the nearest file has priority.
    """
    return next(iter(tagged_releases(folder, sources)), None)


def tagged_releases(folder: str, sources: Iterable[BuildSource]) -> list[tuple[ReleaseName, Origin]]:
    """All releases that image tags name, with their lines, in the order of their priority.

    Other owners publish images of the same names with releases of their own, so their tags are ignored. If other files
    build some of the Dockerfiles, as compose files do, those Dockerfiles have priority over the others.
    """
    sources = tuple(sources)
    has_builds = any(source.file.contexts for source in sources)
    found = []
    for source in sources:
        is_unused = has_builds and not source.file.contexts and is_dockerfile(source.path)
        for image in source.file.images:
            if name := _release_name(image):
                path = relative_path(source.path, folder)
                place = Origin(source.path, source.index.line_of(image.span.start), path)
                found.append((is_unused, name, place))
    found.sort(key=lambda each: (not each[1].release.exact, each[0], each[1].flavour is Flavour.BUILDER))
    return [each[1:] for each in found]


def _release_name(image: BuildImage) -> ReleaseName | None:
    """The release that an image's tag names. With a digest, a floating tag has no meaning."""
    known, release = image.known, image.release
    if known is None or release is None or not known.official or image.kind is ImageKind.GOLANG:
        return None
    return ReleaseName(known.host, release, known.flavour) if release.exact or not image.digest else None
