"""Finding and reading a host's own build files: its main package, how it is built, and how its plugin builder is."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from layerg_pin.core.build_bounds import OF_HOST, Budget
from layerg_pin.packages import declares_entry

if TYPE_CHECKING:
    from layerg_pin.core.builder import BuildSource
    from layerg_pin.core.host_build import ProgramBuild
    from layerg_pin.core.manifest import HostBuild

_FOLDERS = ("build", "", "docker", "deploy", "deployment", "deployments", "scripts", "script", "hack")
"""Where such files are kept, also in folders in them but for the root; the likeliest first."""
_DOCKERFILE = re.compile(r"(?:Dockerfile|Containerfile)((?:\.[\w.-]+)?)|([\w.-]+)\.dockerfile", re.IGNORECASE)
_OTHERS = re.compile(r"GNUmakefile|[Mm]akefile|[\w.-]+\.sh")
_BUILDER = re.compile(r"plugin-?builder|plugin-?compiler", re.IGNORECASE)
_DEBUG = re.compile(r"dsym|debug|delve|dlv", re.IGNORECASE)
_LOCAL = re.compile(r"local|dev|test|e2e|bench|race", re.IGNORECASE)
_PLATFORM = re.compile(r"arm|amd|386|windows|darwin|s390|ppc|riscv", re.IGNORECASE)
_LIKELY = ("build/Dockerfile", "Dockerfile", "Makefile", "build/pluginbuilder/Dockerfile")
_MAX_FILES = 48
_SETTLED = 2_000_000_000
"""In nanoseconds: a folder that changed just now may change again without another time of change."""


class HostSources(NamedTuple):
    """What a host's build files state."""

    mains: tuple[str, ...] = ()
    """The main packages that they build as the server, relative to the module; more than one where that is unclear."""
    build: HostBuild | None = None
    builder: HostBuild | None = None
    unread: str = ""
    """Which of them is not read, and why: then nothing is stated that it could contradict."""


class _Files:
    """The build files of a host, each read when it is first needed; paths are relative to the module's folder."""

    def __init__(self, root: str, module: str) -> None:
        self.root, self.module = root, module
        self.paths = [_relative(path, root) for path in _files(root)]
        self._read: dict[str, BuildSource | None] = {}
        self._budget = Budget(OF_HOST, scope=" in the host's build files together")
        self._entries: dict[str, bool | None] = {}
        self.unread = ""
        """The first file that is not read, or not to its end, and why."""

    def source(self, path: str) -> BuildSource | None:
        """What a file says; None for one that cannot be read."""
        from layerg_pin.builders import read_build_file  # late: many hosts have no such files

        if path not in self._read:
            source = self._read[path] = read_build_file(os.path.join(self.root, *path.split("/")), self._budget)
            if source and source.file.unread and not self.unread:
                self.unread = f"{path}: {source.file.unread.message}"
        return self._read[path]

    def is_server(self, folder: str) -> bool:
        """Whether a folder of the module holds a package main that is no plugin."""
        if folder not in self._entries:
            path = os.path.normpath(os.path.join(self.root, folder))
            self._entries[folder] = None if folder.startswith("..") else declares_entry(path)
        return self._entries[folder] is False


def read_host_sources(root: str, module: str, main: str = "") -> HostSources:
    """What the build files of the module in the folder `root` state; `main` is the main package, where it is known.

    Where a file is not read, for one of the bounds in core/build_bounds.py, nothing is stated, and `unread` says why.
    """
    files = _Files(root, module)
    if not files.paths:
        return HostSources()
    found = _read_sources(files, main)
    return HostSources(unread=files.unread) if files.unread else found


def _read_sources(files: _Files, main: str) -> HostSources:
    from layerg_pin.core.host_build import agreed, host_build, is_stated

    builder = _builder(files)
    paths = [path for path in files.paths if not _BUILDER.search(path) and not _DEBUG.search(os.path.basename(path))]
    path, found = next(((path, found) for path in paths if (found := _servers(files, path, main))), ("", []))
    if not found:
        return HostSources((), None if main else _image_of_server(files, paths), builder)
    build = agreed([host_build(program, files.root) for _, program in found])
    beside = [each for each in paths if os.path.dirname(each) == os.path.dirname(path) and each != path]
    if build.goarch and found[0][1].stage and _is_for_several(files, beside, main, build.goarch):
        build = build._replace(goarch="")
    mains = tuple(dict.fromkeys(folder for folder, _ in found))
    return HostSources(mains, build if is_stated(build) else None, builder)


def host_build_files(root: str) -> tuple[str, ...]:
    """The absolute paths of the build files in a host's folder, and the likeliest names of such that are not there."""
    return tuple(dict.fromkeys((*(os.path.join(root, *name.split("/")) for name in _LIKELY), *_files(root))))


def _files(root: str) -> list[str]:
    """The build files in the folder of a module, those of the release before its variants."""
    found: list[tuple[tuple[int, ...], str]] = []
    for rank, folder in enumerate(_FOLDERS):
        names, inner = _listed(os.path.join(root, folder) if folder else root)
        paths = [f"{folder}/{name}" if folder else name for name in names]
        found += [((*kind, 0, rank), path) for path in paths if (kind := _kind(path))]
        for each in inner if folder else ():
            paths = [f"{folder}/{each}/{name}" for name in _listed(os.path.join(root, folder, each))[0]]
            found += [((*kind, 1, rank), path) for path in paths if (kind := _kind(path))]
    return [os.path.join(root, *path.split("/")) for _, path in sorted(found)[:_MAX_FILES]]


def _listed(folder: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the build files in a folder, and of the folders in it; none of one that cannot be read."""
    try:
        changed = os.stat(folder).st_mtime_ns
        is_settled = time.time_ns() - changed > _SETTLED
        return (_read_listing if is_settled else _read_listing.__wrapped__)(folder, changed)
    except (OSError, ValueError):
        return (), ()


@lru_cache(maxsize=256)
def _read_listing(folder: str, _changed: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    with os.scandir(folder) as entries:
        every = sorted(entries, key=lambda entry: entry.name)
    names = [entry.name for entry in every if _DOCKERFILE.fullmatch(entry.name) or _OTHERS.fullmatch(entry.name)]
    folders = [entry.name for entry in every if entry.name[0] != "." and entry.is_dir(follow_symlinks=False)]
    return tuple(names), tuple(folders)


def _kind(relative: str) -> tuple[int, int] | None:
    """How a file ranks: Dockerfiles before others, the release before its variants; None for other files."""
    folder, name = os.path.split(relative)
    if match := _DOCKERFILE.fullmatch(name):
        variant = f"{match[1] or match[2] or ''} {os.path.basename(folder)}"
        return 0, 3 if _LOCAL.search(variant) else 2 if _PLATFORM.search(variant) else int(bool(match[1] or match[2]))
    return (1, 0) if _OTHERS.fullmatch(name) else None


def _builder(files: _Files) -> HostBuild | None:
    """How the image is built that the host's plugins are built in."""
    from layerg_pin.core.host_build import image_build

    for path in files.paths:
        source = files.source(path) if _BUILDER.search(path) else None
        if source and source.file.stages:
            return image_build(source, source.file.stages[-1], files.root)
    return None


def _servers(files: _Files, path: str, main: str) -> list[tuple[str, ProgramBuild]]:
    """The builds in a file that can be the server's, each with its main package: those that the image starts, else
    those that are in it, else all.
    """
    from layerg_pin.core.host_build import program_builds

    source = files.source(path)
    found: list[tuple[str, ProgramBuild]] = []
    for program in program_builds(source, os.path.dirname(path), files.module) if source else ():
        folder = next((each for each in program.folders if files.is_server(each)), None)
        if folder and folder == (main or folder) and not program.is_debug:
            found.append((folder, program))
    started = [each for each in found if each[1].is_entry]
    return started or [each for each in found if each[1].is_released] or found


def _is_for_several(files: _Files, beside: Sequence[str], main: str, architecture: str) -> bool:
    """Whether one of the files beside the chosen one builds the server for another architecture."""
    from layerg_pin.core.host_build import host_build

    return any(
        host_build(program, files.root).goarch not in ("", architecture)
        for path in beside
        if not _LOCAL.search(os.path.basename(path))
        for _, program in _servers(files, path, main)
    )


def _image_of_server(files: _Files, paths: Sequence[str]) -> HostBuild | None:
    """How the server is built by a Dockerfile that runs make or a script, as far as its images tell."""
    from layerg_pin.core.host_build import image_build

    for source in map(files.source, paths):
        if source is None or source.file.commands or not (stages := source.file.stages):
            continue
        copied = {copy.stage for copy in stages[-1].copies}
        for number, stage in enumerate(stages):
            is_copied = stage.name in copied or str(number) in copied
            if is_copied and (found := image_build(source, stage, files.root)):
                return found
    return None


def _relative(path: str, root: str) -> str:
    return os.path.relpath(path, root).replace(os.sep, "/")
