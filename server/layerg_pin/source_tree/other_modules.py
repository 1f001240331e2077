"""Omit the parts of build files that concern other modules of the repository."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Container, Iterable, Iterator, Sequence

from layerg_pin.core.buildfiles.build_file import BuildCommand, BuildFile, BuildImage, BuildSource, ImageKind
from layerg_pin.core.text import Span
from layerg_pin.source_tree.build_file_parsing import is_below, overlaps, working_folder
from layerg_pin.source_tree.command_modules import CommandModules

_MAX_SOURCES = 50
"""Limit on the sources of a Dockerfile that are compared."""
_WILDCARD = r"[*?\[].*"


def without_other_modules(sources: Sequence[BuildSource], folder: str, root: str) -> Iterator[BuildSource]:
    """The sources without Dockerfiles and commands that build another module, and without servers that load another.

    `folder` is the plugin's, and `root` that of its repository.
    """
    yield from _without_other_commands([*_without_other_files(sources, folder, root)], CommandModules(folder, root))


def _without_other_files(sources: Sequence[BuildSource], folder: str, root: str) -> Iterator[BuildSource]:
    """The sources without Dockerfiles that build another module, and without servers that load another one."""
    for source in sources:
        others = {image for image, path in source.file.mounts if _is_other_module(source, path, folder)}
        if others:
            images = tuple(image for image in source.file.images if image not in others)
            source = BuildSource(source.path, source.index, source.file._replace(images=images))
        if not _builds_another(source, folder, root):
            yield source


def _without_other_commands(sources: Sequence[BuildSource], modules: CommandModules) -> Sequence[BuildSource]:
    """The sources without the commands that build another module, and without the images in which only they run.

    An image stays if no other one tells which host the plugin is for.
    """
    dropped = [
        {each.span: each for each in (*source.file.commands, *source.file.programs) if modules.is_another(source, each)}
        for source in sources
    ]
    if not any(dropped):
        return sources
    pairs = list(zip(sources, dropped, strict=True))
    kept = [_without_commands(source, spans) for source, spans in pairs]
    unused = [_only_used_by(spans.values(), source.file) for source, (_, spans) in zip(kept, pairs, strict=True)]
    of_hosts = (ImageKind.PLUGINBUILDER, ImageKind.SERVER)
    left = (image for source, images in zip(kept, unused, strict=True) for image in {*source.file.images} - images)
    if any(image.kind in of_hosts for image in left):
        kept = [_without_images(source, images) for source, images in zip(kept, unused, strict=True)]
    return [source for source, spans in zip(kept, dropped, strict=True) if not spans or _is_of_use(source)]


def _without_commands(source: BuildSource, spans: Container[Span]) -> BuildSource:
    """The source without commands. A step before one of them can also concern the next build of a plugin."""
    file = source.file
    commands = tuple(each for each in file.commands if each.span not in spans)
    drifts = []
    for drift in file.drifts:
        following = next((each.span for each in commands if each.span > drift.build), None)
        if drift.build not in spans:
            drifts.append(drift)
        elif following and drift.step.folder is None:
            drifts.append(drift._replace(build=following))
    programs = tuple(each for each in file.programs if each.span not in spans)
    file = file._replace(commands=commands, programs=programs, drifts=tuple(drifts))
    return BuildSource(source.path, source.index, file)


def _only_used_by(dropped: Iterable[BuildCommand], file: BuildFile) -> frozenset[BuildImage]:
    """The images of dropped commands in which nothing else runs."""
    used = {each.image for each in (*file.commands, *file.programs)} | {each.image for each in file.delegates}
    return frozenset(each.image for each in dropped if each.image) - used


def _without_images(source: BuildSource, images: Container[BuildImage]) -> BuildSource:
    kept = tuple(each for each in source.file.images if each not in images)
    return BuildSource(source.path, source.index, source.file._replace(images=kept))


def _is_of_use(source: BuildSource) -> bool:
    """Whether a source whose commands were dropped still concerns the plugin."""
    file = source.file
    parts = (file.images, file.commands, file.programs, file.delegates, file.steps, file.unread, file.uncertainties)
    return any(parts) or source.makes_vendor


def _is_other_module(source: BuildSource, path: str, folder: str) -> bool:
    """Whether a folder that a server mounts is that of a module, and not of this one."""
    mounted = os.path.normpath(os.path.join(working_folder(source.path), path))
    return not overlaps(mounted, folder) and os.path.isfile(os.path.join(mounted, "go.mod"))


def _builds_another(source: BuildSource, folder: str, root: str) -> bool:
    """Whether a Dockerfile builds a plugin, and copies no part of this one.

    If no file names the build context, it can be the folder of the Dockerfile, of the repository, or of the plugin.
    """
    file = source.file
    is_builder = bool(file.commands) or any(image.kind is ImageKind.PLUGINBUILDER for image in file.images)
    copied = [each for stage in file.stages for each in stage.sources][:_MAX_SOURCES] if is_builder else []
    if not copied:
        return False
    paths = [_without_wildcard(each) for each in copied]
    contexts = file.contexts or (os.path.dirname(source.path), root)
    if any(_copies(os.path.normpath(os.path.join(context, path)), folder) for context in contexts for path in paths):
        return False
    own = (os.path.join(folder, path) for path in paths if path and not file.contexts)
    return not any(os.path.exists(path) and _copies(path, folder) for path in own)


def _without_wildcard(path: str) -> str:
    """The folder that a pattern starts in, or the path itself, without a leading slash."""
    path = path.lstrip("/")
    return posixpath.dirname(re.sub(_WILDCARD, "", path)) if re.search(_WILDCARD, path) else path


def _copies(path: str, folder: str) -> bool:
    """Whether a copied path contains a part of the module in `folder`: a folder in it can be a separate module."""
    return overlaps(path, folder) and not (is_below(path, folder) and os.path.isfile(os.path.join(path, "go.mod")))
