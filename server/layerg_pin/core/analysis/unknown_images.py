"""The images in build files that may run or build a release other than the one that the other tags name.

A tag is not known if its variable has no value in the file, or several. An image of another owner can be any release,
unless the repository builds it from an official one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from layerg_pin.core.buildfiles.build_file import BuildImage, BuildSource, BuildStage, ImageKind
from layerg_pin.core.known.images import Flavour, HostImages, known_image
from layerg_pin.core.lazy_pattern import LazyPattern
from layerg_pin.core.paths import relative_path
from layerg_pin.core.text import nearest_word

_MAX_NAMED = 3
"""Limit on the images that are named."""
_VARIABLES = LazyPattern(r"\$\{\{[^{}\n]{0,100}\}\}|\$[({]?\w+|%\w+%|\{\{[^{}\n]{0,100}\}\}", re.ASCII)
_SIGNS = "$({%})"
_DEBUG_FLAG = LazyPattern(r"-l\b|-N\b")
PLUGIN_FOLDER_SUFFIX = "/data/modules"
"""The end of the folder in which Nakama and Layerg look for plugins."""


def unknown_images(sources: Sequence[BuildSource], folder: str, host: HostImages | None = None) -> Iterator[str]:
    """Why the release that runs or builds the plugin in `folder` is not certain, each reason with file and line.

    The files of tests are ignored; with `host`, images of other known hosts are ignored too.
    """
    found = _unknown(sources, folder, host)
    for _, reason in zip(range(_MAX_NAMED), dict.fromkeys(found), strict=False):
        yield reason


def _unknown(sources: Sequence[BuildSource], folder: str, host: HostImages | None) -> Iterator[str]:
    builds_server = any(source.file.stages and any(map(_is_official, _servers(source))) for source in sources)
    for source in sources:
        if source.file.is_ci_or_dev:
            continue
        for problem in source.file.uncertainties:
            yield f"{_place(source, problem.span.start, folder)}: {problem.message}"
        for image in source.file.images:
            known = image.known
            if image.kind is ImageKind.GOLANG or (host and known and known.host is not host):
                continue
            place = _place(source, image.span.start, folder)
            if known and known.official:
                if image.tag is None:
                    yield f"{place} names {image.name.lstrip('/')}, and {_why_unknown(source, image)}"
            elif image.kind is ImageKind.SERVER and (source.file.stages or not builds_server):
                yield _of_another(place, image)
        for stage in source.file.stages:
            if stage.image and _is_unknown_server(stage):
                yield _of_another(_place(source, stage.image.span.start, folder), stage.image)


def misspelt_image(sources: Sequence[BuildSource], folder: str) -> str:
    """The first image of a known host's image name whose owner is nearly its publisher, with the remedy; empty if
    there is none.
    """
    for source in sources:
        for image in source.file.images if not source.file.is_ci_or_dev else ():
            if image.known is None or image.known.official or image.kind is ImageKind.GOLANG:
                continue
            owners, last = image.name.split("/")[:-1], image.name.rpartition("/")[2]
            publishers = [each for each in image.known.host.namespaces if each]
            if owners and (near := nearest_word(owners[-1].lower(), publishers, cutoff=0.8)):
                tag = f":{image.tag}" if image.tag else ""
                right = "/".join((*owners[:-1], near, last))
                return (
                    f"{_place(source, image.span.start, folder)} names {image.name}{tag}, which is not an image of "
                    f"{image.known.host.title}'s publisher: write {right}{tag}, or set the host with "
                    "`layerg-pin init --host REF`"
                )
    return ""


def refusing_debug_server(sources: Sequence[BuildSource], folder: str) -> str:
    """Why the debug server that a build file runs may refuse the plugin: no build has its flags; empty if none does."""
    commands = [command for source in sources for command in source.file.commands]
    if any(command.gcflags is None or _DEBUG_FLAG.search(command.gcflags) for command in commands):
        return ""
    for source in sources:
        for image in source.file.images if not source.file.is_ci_or_dev else ():
            if image.known and image.known.flavour is Flavour.DEBUG:
                name = image.name.rpartition("/")[2]
                return (
                    f"{_place(source, image.span.start, folder)} runs {name}, the debug server, which refuses a plugin "
                    'that is built without -gcflags="all=-N -l", and no build file builds one with it'
                )
    return ""


def _servers(source: BuildSource) -> Iterator[BuildImage]:
    return (image for image in source.file.images if image.kind is ImageKind.SERVER)


def _is_official(image: BuildImage) -> bool:
    return image.known is not None and image.known.official


def _is_unknown_server(stage: BuildStage) -> bool:
    """Whether a stage adds a plugin to an image that is not of a known host: a server that somebody else built.

    Images without owner, such as debian, only carry the plugin.
    """
    image = stage.image
    if (
        image is None
        or image.kind is not ImageKind.OTHER
        or not any(PLUGIN_FOLDER_SUFFIX in each.target for each in stage.copies)
    ):
        return False
    origins = (known_image(re.sub(r"[:@][^/]*\Z", "", each.stage)) for each in stage.copies)
    return ("/" in image.name or not image.name) and not any(each and each.official for each in origins)


def _of_another(place: str, image: BuildImage) -> str:
    name = f"{image.name}:{image.tag}" if image.tag else image.name or "an image that a variable names"
    return f"{place} runs the plugin in {name}, which can be built from any release"


def _why_unknown(source: BuildSource, image: BuildImage) -> str:
    text = source.index.text[image.span.start : image.span.end]
    names = [match[0].strip(_SIGNS + " .") for match in _VARIABLES.finditer(text[:1000])]
    if not names:
        return "its tag is not known"
    return f"{' and '.join(dict.fromkeys(names))} has no known value there, or more than one"


def _place(source: BuildSource, offset: int, folder: str) -> str:
    """The file, relative to the plugin's folder, and the line."""
    return f"{relative_path(source.path, folder)}:{source.index.line_of(offset) + 1}"
