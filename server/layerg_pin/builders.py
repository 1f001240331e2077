"""Finding and reading the files that say what builds a plugin."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator

from layerg_pin.core.builder import BuildFile, BuildSource
from layerg_pin.core.text import LineIndex
from layerg_pin.files import FileError, read_text

_KINDS = (
    ("dockerfile", re.compile(r"(Dockerfile|Containerfile)(\..+)?|.+\.dockerfile", re.IGNORECASE)),
    ("compose", re.compile(r"(docker-)?compose(\.[\w.-]+)?\.ya?ml")),
    ("makefile", re.compile(r"GNUmakefile|[Mm]akefile|.+\.mk")),
    ("script", re.compile(r".+\.sh")),
)
_FOLDERS = ("", "build", "docker", "scripts")
"""Below a plugin, or a folder above it, where such files are kept."""
_LIKELY = ("Dockerfile", "Makefile", "docker-compose.yml")
_MAX_PARENTS = 8
_MAX_FILES = 64
_MAX_BYTES = 1 << 20


def read_builders(folder: str) -> tuple[BuildSource, ...]:
    """What the files in a plugin's folder, and in those above it in the same repository, say of how plugins are built.

    The nearest come first. Files that say nothing of it, cannot be read, or are larger than 1 MiB are left out.
    """
    found: dict[str, BuildSource | None] = {}
    pending = [path for parent in _parents(folder) for path in _build_files(parent)]
    while pending and len(found) < _MAX_FILES:
        path = pending.pop(0)
        if path not in found:
            source = found[path] = read_build_file(path)
            named = source.file.dockerfiles if source else ()
            pending += [os.path.normpath(os.path.join(os.path.dirname(path), name)) for name in named]
    return tuple(source for source in found.values() if source and (source.file.images or source.file.commands))


def build_files(folder: str) -> tuple[str, ...]:
    """The files in a plugin's folder, and in those above it, that may say how it is built, whatever they say now: those
    that are there, and the likeliest names.
    """
    parents = _parents(folder)
    likely = [os.path.join(parent, name) for parent in parents for name in _LIKELY]
    there = [path for parent in parents for path in _build_files(parent)]
    return (*likely, *there[:_MAX_FILES])


def files_in(folder: str) -> tuple[str, ...]:
    """The files in a folder, and in its usual folders for them, that may say how something is built there."""
    return tuple(_build_files(folder))[:_MAX_FILES]


def is_dockerfile(path: str) -> bool:
    """Whether a file's name is that of a Dockerfile."""
    return _kind(path) == "dockerfile"


def is_build_file(path: str) -> bool:
    """Whether a file's name is one of those that are read."""
    return _kind(path) is not None


def _parents(folder: str) -> tuple[str, ...]:
    """The folder and those above it up to the repository's root; the folder alone where it is in no repository."""
    folders = [folder]
    for _ in range(_MAX_PARENTS):
        if os.path.exists(os.path.join(folders[-1], ".git")):
            return tuple(folders)
        folders.append(os.path.dirname(folders[-1]))
    return (folder,)


def _build_files(folder: str) -> Iterator[str]:
    for name in _FOLDERS:
        try:
            names = sorted(os.listdir(os.path.join(folder, name)))
        except OSError:
            continue
        yield from (os.path.join(folder, name, each) for each in names if is_build_file(each))


def read_build_file(path: str) -> BuildSource | None:
    """What a build file says; None for one that cannot be read, or is larger than 1 MiB."""
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > _MAX_BYTES:
            return None
        text = read_text(path)
    except (OSError, FileError, ValueError):
        return None
    # A Dockerfile that a compose file names can have any name.
    return BuildSource(path, LineIndex(text), _parser(_kind(path) or "dockerfile")(text))


def _kind(path: str) -> str | None:
    name = os.path.basename(path)
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(name)), None)


def _parser(kind: str) -> Callable[[str], BuildFile]:
    # Late: where nothing of this kind lies beside a plugin, `check` starts without what reads it.
    from layerg_pin.core.compose import parse_compose
    from layerg_pin.core.dockerfile import parse_dockerfile
    from layerg_pin.core.makefile import parse_makefile
    from layerg_pin.core.runs import parse_script

    parsers = {"dockerfile": parse_dockerfile, "compose": parse_compose, "makefile": parse_makefile}
    return parsers.get(kind, parse_script)
