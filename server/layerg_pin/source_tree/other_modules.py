"""Omit the parts of build files that concern other modules of the repository."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Sequence

from layerg_pin.core.buildfiles.build_file import BuildSource, ImageKind
from layerg_pin.source_tree.build_file_parsing import is_below, overlaps, working_folder

_MAX_SOURCES = 50
"""Limit on the sources of a Dockerfile that are compared."""
_WILDCARD = r"[*?\[].*"


def without_other_modules(sources: Sequence[BuildSource], folder: str, root: str) -> Iterator[BuildSource]:
    """The sources without Dockerfiles that build another module, and without servers that load another one.

    `folder` is the plugin's, and `root` that of its repository.
    """
    for source in sources:
        others = {image for image, path in source.file.mounts if _is_other_module(source, path, folder)}
        if others:
            images = tuple(image for image in source.file.images if image not in others)
            source = BuildSource(source.path, source.index, source.file._replace(images=images))
        if not _builds_another(source, folder, root):
            yield source


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
