"""Finding and reading a host's own build files: its main package, how it is built, and how its plugin builder is."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from layerg_pin.core.buildfiles.budget import OF_HOST, Budget
from layerg_pin.core.known.known_hosts import PUBLISHED
from layerg_pin.core.late_pattern import LatePattern
from layerg_pin.source_tree.main_packages import declares_entry, reaches_plugin, server_packages
from layerg_pin.system.text_files import FileError, read_text

if TYPE_CHECKING:
    from layerg_pin.core.buildfiles.build_file import BuildSource
    from layerg_pin.core.buildfiles.go_toolchain import GoLines
    from layerg_pin.core.buildfiles.host_build import ProgramBuild
    from layerg_pin.core.model import HostBuild

_FOLDERS = ("build", "", "docker", "deploy", "deployment", "deployments", "scripts", "script", "hack")
"""Where such files are kept, also in folders in them but for the root; the likeliest first."""
_DOCKERFILE = LatePattern(r"(?:Dockerfile|Containerfile)((?:\.[\w.-]+)?)|([\w.-]+)\.dockerfile", re.IGNORECASE)
_OTHERS = LatePattern(r"GNUmakefile|[Mm]akefile|[\w.-]+\.sh")
_BUILDER = LatePattern(r"plugin-?builder|plugin-?compiler", re.IGNORECASE)
_DEBUG = LatePattern(r"dsym|debug|delve|dlv", re.IGNORECASE)
_LOCAL = LatePattern(r"local|dev|test|e2e|bench|race", re.IGNORECASE)
_PLATFORM = LatePattern(r"arm|amd|386|windows|darwin|s390|ppc|riscv", re.IGNORECASE)
_LIKELY = ("build/Dockerfile", "Dockerfile", "Makefile", "build/pluginbuilder/Dockerfile")
_VARIANT_LOCAL = 3
"""The rank of Dockerfiles for development and tests."""
_NAME_BINARY = "use the server's binary as the host"
_MAX_FILES = 48
_MAX_RUN = 200
"""Builds in what the stages of one Dockerfile run; no real one has more."""
_SETTLED = 2_000_000_000
"""In nanoseconds: a folder that changed just now may change again without another time of change."""


class HostSources(NamedTuple):
    """What a host's build files state."""

    mains: tuple[str, ...] = ()
    """The main packages that they build as the server, relative to the module; more than one where that is unclear."""
    build: HostBuild | None = None
    builder: HostBuild | None = None
    doubt: str = ""
    """Why the build may not be the server's."""
    unread: str = ""
    """Which of them is not read, and why: then nothing is stated that it could contradict."""


class _Files:
    """The build files of a host, each read when it is first needed; paths are relative to the module's folder."""

    def __init__(self, root: str, module: str) -> None:
        self.root, self.module = root, module
        self.paths = [_relative(path, root) for path in _files(root)]
        self._read: dict[str, BuildSource | None] = {}
        self._budget = Budget(OF_HOST, scope=" in the host's build files together")
        self.unread = ""
        """The first file that is not read, or not to its end, and why."""
        self._lines: GoLines | None = None
        self.run: set[str] = set()
        """The Makefiles and scripts that Dockerfiles run."""
        self.programs: dict[str, list[tuple[str, ProgramBuild]]] = {}
        """By file, the builds that can be the server's, each with its main package."""

    def source(self, path: str) -> BuildSource | None:
        """What a file says; None for one that cannot be read."""
        from layerg_pin.source_tree.build_files import read_build_file  # late: many hosts have no such files

        if path not in self._read:
            source = self._read[path] = read_build_file(os.path.join(self.root, *path.split("/")), self._budget)
            if source and source.file.unread and not self.unread:
                self.unread = f"{path}: {source.file.unread.message}"
        return self._read[path]

    @property
    def lines(self) -> GoLines:
        """The lines that may select the Go that builds: of the go.work in the module's folder, else of its go.mod."""
        if self._lines is None:
            self._lines = _go_lines(self.root)
        return self._lines


def read_host_sources(root: str, module: str, known: Sequence[str] = ()) -> HostSources:
    """What the build files of the module in the folder `root` state.

    `known` are the main packages that can be the server, where Go or the user names them; else the build files and the
    imports in the module decide. Where several can be it, only what holds for each is stated.
    Where a file is not read, for one of the bounds in core/build_bounds.py, nothing is stated, and `unread` says why.
    """
    files = _Files(root, module)
    if not files.paths:
        return HostSources()
    found = _read_sources(files, known)
    return HostSources(unread=files.unread) if files.unread else found


def _read_sources(files: _Files, known: Sequence[str]) -> HostSources:
    from layerg_pin.core.buildfiles.host_build import agreed, is_stated

    builder = _builder(files)
    paths = [path for path in files.paths if not _BUILDER.search(path) and not _DEBUG.search(os.path.basename(path))]
    mains = tuple(known) or _mains(files, paths)
    if not mains:
        return HostSources((), _image_of_server(files, paths), builder)
    builds = [_build(files, paths, main) for main in mains]
    doubt = builds[0].doubt if len(builds) == 1 else ""
    stated = [each.build for each in builds if each.build]
    build = agreed(stated) if len(stated) == len(builds) else None
    return HostSources(mains, build if build and is_stated(build) else None, builder, doubt)


def _go_lines(root: str) -> GoLines:
    from layerg_pin.core.buildfiles.go_toolchain import GoLines
    from layerg_pin.core.gomod.mod_syntax import Token
    from layerg_pin.core.gomod.parser import parse_gomod, parse_gowork
    from layerg_pin.core.model import Origin
    from layerg_pin.core.text import LineIndex

    for name, parse in (("go.work", parse_gowork), ("go.mod", parse_gomod)):
        path = os.path.join(root, name)
        try:
            text = read_text(path) if os.path.isfile(path) else ""
        except FileError:
            text = ""
        if not text:
            continue
        file, index = parse(text), LineIndex(text)

        def origin(token: Token | None, path: str = path, name: str = name, index: LineIndex = index) -> Origin | None:
            return Origin(path, index.line_of(token.start), name) if token else None

        go, toolchain = (token.text if token else "" for token in (file.go, file.toolchain))
        return GoLines(go, toolchain, origin(file.go), origin(file.toolchain))
    return GoLines()


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
        return 0, _VARIANT_LOCAL if _LOCAL.search(variant) else 2 if _PLATFORM.search(variant) else int(
            bool(match[1] or match[2])
        )
    return (1, 0) if _OTHERS.fullmatch(name) else None


def _builder(files: _Files) -> HostBuild | None:
    """How the image is built that the host's plugins are built in."""
    from layerg_pin.core.buildfiles.host_build import image_build

    for path in files.paths:
        source = files.source(path) if _BUILDER.search(path) else None
        if source and source.file.stages:
            return image_build(source, source.file.stages[-1], files.root)
    return None


def _mains(files: _Files, paths: Sequence[str]) -> tuple[str, ...]:
    """The main packages that can be the server: those that the likeliest build files build.

    A program that does not open plugins, such as one that migrates a database, has images too. Where the imports in the
    module do not show that one of the programs opens plugins, every other main package may be the server as well.
    """
    found: dict[str, None] = {}
    level = None
    for path in paths:
        if found and _level(path) != level:
            break
        level = _level(path)
        found |= dict.fromkeys(folder for folder, _ in _servers(files, path, ""))
    mains = tuple(found)
    if not mains or (mains == (".",) and files.module in PUBLISHED):
        return mains
    opening = tuple(each for each in mains if reaches_plugin(files.root, files.module, each))
    return opening or tuple(dict.fromkeys((*mains, *server_packages(files.root))))


def _level(path: str) -> tuple[int, bool]:
    """Which files are equally likely to build what is released: Dockerfiles, those for development, and others."""
    kind, variant = _kind(path) or (2, 0)
    return kind, kind == 0 and variant == _VARIANT_LOCAL


class _Build(NamedTuple):
    """How one main package is built."""

    build: HostBuild | None = None
    doubt: str = ""


def _build(files: _Files, paths: Sequence[str], main: str) -> _Build:
    """How a main package is built: by the first file that builds it so that it can open plugins, else by the first."""
    from layerg_pin.core.buildfiles.host_build import agreed, host_build

    first: tuple[str, HostBuild] | None = None
    for path in paths:
        found = [program for _, program in _servers(files, path, main)]
        builds = [host_build(program, files.root, main, files.module, files.lines) for program in found]
        opening = [each for each in builds if not each.unfit]
        if first and opening and _level(path) != _level(first[0]):
            why = first[1].unfit.partition(";")[0]
            doubt = f"the host may not be able to open plugins: {why}, but {path} builds it otherwise"
            return _Build(first[1]._replace(cgo=None, linking=""), f"{doubt}; {_NAME_BINARY}")
        if opening:
            build = agreed(opening)
            beside = [each for each in paths if os.path.dirname(each) == os.path.dirname(path) and each != path]
            if build.goarch and found[0].stage and _is_for_several(files, beside, main, build.goarch):
                build = build._replace(goarch="")
            return _Build(build)
        if builds and first is None:
            first = path, agreed(builds)._replace(cgo=builds[0].cgo, linking=builds[0].linking)
    if first:
        return _Build(first[1])
    return _Build(_image_of_server(files, paths))


def _servers(files: _Files, path: str, main: str) -> list[tuple[str, ProgramBuild]]:
    """The builds in a file that can be the server's, each with its main package: those that an image starts, else
    those that are in one, else all. `main` is the main package, where it is known.
    """
    from layerg_pin.core.buildfiles.host_build import program_builds

    source = files.source(path)
    if source is None or path in files.run:
        return []
    if path not in files.programs:
        run = islice(_run_by(files, source), _MAX_RUN)
        programs = [*program_builds(source, os.path.dirname(path), files.module), *run]
        folders = (next((each for each in one.folders if _is_server(files.root, each)), "") for one in programs)
        pairs = zip(folders, programs, strict=True)
        files.programs[path] = [each for each in pairs if each[0] and not each[1].is_debug]
    found = [each for each in files.programs[path] if each[0] == (main or each[0])]
    started = [each for each in found if each[1].is_entry]
    return started or [each for each in found if each[1].is_released] or found


def _run_by(files: _Files, caller: BuildSource) -> Iterator[ProgramBuild]:
    """The builds in the Makefiles and scripts that the stages of a Dockerfile run, as they are there."""
    from layerg_pin.core.buildfiles.host_build import in_stage, program_builds
    from layerg_pin.core.buildfiles.host_runs import runs_of

    stages, text = caller.file.stages, caller.index.text
    if not stages:
        return
    ends = [*(each.start for each in stages[1:]), len(text)]
    for number, (stage, end) in enumerate(zip(stages, ends, strict=True)):
        others = [each for each in files.paths if (_kind(each) or (0, 0))[0] == 1]
        for path in runs_of(text[stage.start : end], others):
            if source := files.source(path):
                files.run.add(path)
                for program in program_builds(source, os.path.dirname(path), files.module):
                    yield in_stage(program, caller, number)


def _is_server(root: str, folder: str) -> bool:
    """Whether a folder of the module holds a package main that is no plugin."""
    path = os.path.normpath(os.path.join(root, folder))
    return not folder.startswith("..") and declares_entry(path) is False


def _is_for_several(files: _Files, beside: Sequence[str], main: str, architecture: str) -> bool:
    """Whether one of the files beside the chosen one builds the server for another architecture."""
    from layerg_pin.core.buildfiles.host_build import host_build

    return any(
        host_build(program, files.root).goarch not in ("", architecture)
        for path in beside
        if not _LOCAL.search(os.path.basename(path))
        for _, program in _servers(files, path, main)
    )


def _image_of_server(files: _Files, paths: Sequence[str]) -> HostBuild | None:
    """How the server is built by a Dockerfile that runs make or a script, as far as its images tell.

    A Dockerfile that builds other programs does not state how the server is built.
    """
    from layerg_pin.core.buildfiles.host_build import image_build

    for source in map(files.source, paths):
        if source is None or source.file.commands or source.file.programs or not (stages := source.file.stages):
            continue
        copied = {copy.stage for copy in stages[-1].copies}
        for number, stage in enumerate(stages):
            is_copied = stage.name in copied or str(number) in copied
            if is_copied and (found := image_build(source, stage, files.root, files.lines)):
                return found
    return None


def _relative(path: str, root: str) -> str:
    return os.path.relpath(path, root).replace(os.sep, "/")
