"""Read a host's own build files: its main package, its build settings, and those of its plugin builder."""

import os
import re
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from layerg_pin.core.buildfiles.budget import HOST_LIMITS, Budget
from layerg_pin.core.known.known_hosts import GO_STATEMENTS, PUBLICATIONS
from layerg_pin.core.lazy_pattern import LazyPattern
from layerg_pin.core.paths import relative_path
from layerg_pin.source_tree.main_packages import declares_entry, reaches_plugin, server_packages

if TYPE_CHECKING:
    from layerg_pin.core.buildfiles.build_file import BuildSource
    from layerg_pin.core.buildfiles.go_toolchain import GoLines
    from layerg_pin.core.buildfiles.host_build import ProgramBuild
    from layerg_pin.core.model.host_manifest import HostBuild

_FOLDERS = ("build", "", "docker", "deploy", "deployment", "deployments", "scripts", "script", "hack")
"""Folders of build files, also searched one level deeper except for the root; likely ones first."""
_DOCKERFILE = LazyPattern(r"(?:Dockerfile|Containerfile)((?:\.[\w.-]+)?)|([\w.-]+)\.dockerfile", re.IGNORECASE)
_MAKEFILE_OR_SCRIPT = LazyPattern(r"GNUmakefile|[Mm]akefile|[\w.-]+\.sh")
_BUILDER_NAME = LazyPattern(r"plugin-?builder|plugin-?compiler", re.IGNORECASE)
_DEBUG = LazyPattern(r"dsym|debug|delve|dlv", re.IGNORECASE)
_LOCAL = LazyPattern(r"local|dev|test|e2e|bench|race", re.IGNORECASE)
_PLATFORM = LazyPattern(r"arm|amd|386|windows|darwin|s390|ppc|riscv", re.IGNORECASE)
_LIKELY = (
    *("build/Dockerfile", "Dockerfile", "Makefile", "build/pluginbuilder/Dockerfile"),
    *dict.fromkeys(each.file for each in GO_STATEMENTS.values()),
)
_VARIANT_LOCAL = 3
"""The rank of Dockerfiles for development and tests."""
_USE_BINARY = "use the server's binary as the host"
_MAX_FILES = 48
_MAX_RUN = 200
"""Limit on the builds in the files that the stages of one Dockerfile run. No known Dockerfile has more."""
_MIN_AGE = 2_000_000_000
"""In nanoseconds. A folder that was modified more recently may change again without a new modification time."""


class HostSources(NamedTuple):
    """The facts in a host's build files."""

    mains: tuple[str, ...] = ()
    """The main packages that they build as the server, relative to the module; several if that is unclear."""
    build: "HostBuild | None" = None
    builder: "HostBuild | None" = None
    uncertainty: str = ""
    """Why the build may not be the server's."""
    unread: str = ""
    """The file that is not read, and why. Then no other fact is given, because the file could contradict it."""


class _HostBuildFiles:
    """The build files of a host, read on first use. Paths are relative to the module's folder."""

    def __init__(self, root: str, module: str) -> None:
        self.root, self.module = root, module
        self.paths = [relative_path(path, root) for path in _files(root)]
        self._read: dict[str, BuildSource | None] = {}
        self._budget = Budget(HOST_LIMITS, scope=" in the host's build files together")
        self.unread = ""
        """The first file that is not read completely, and why."""
        self._lines: GoLines | None = None
        self.run: set[str] = set()
        """The Makefiles and scripts that Dockerfiles run."""
        self.programs: dict[str, list[tuple[str, ProgramBuild]]] = {}
        """For each file, the builds that can be the server's, each with its main package."""

    def source(self, path: str) -> "BuildSource | None":
        """The content of a file, or None if it cannot be read."""
        # imported here: many hosts have no such files
        from layerg_pin.source_tree.build_file_parsing import read_build_file

        if path not in self._read:
            source = self._read[path] = read_build_file(os.path.join(self.root, *path.split("/")), self._budget)
            if source and source.file.unread and not self.unread:
                self.unread = f"{path}: {source.file.unread.message}"
        return self._read[path]

    @property
    def lines(self) -> "GoLines":
        """The lines that may select the Go toolchain: from the go.work in the module's folder, else from its go.mod."""
        if self._lines is None:
            from layerg_pin.hosts.stated_go import go_lines

            self._lines = go_lines(self.root)
        return self._lines


def read_host_sources(root: str, module: str, known: Sequence[str] = ()) -> HostSources:
    """The facts in the build files of the module in the folder `root`.

    `known` are the main packages that can be the server, if Go or the user determined them; otherwise the build files
    and the module's imports decide. With several candidates, only common facts are given.
    If a file exceeds a limit of core/buildfiles/budget.py, there are no facts and `unread` gives the reason.
    """
    files = _HostBuildFiles(root, module)
    found = _read_sources(files, known) if files.paths else HostSources()
    if files.unread:
        return HostSources(unread=files.unread)
    if module in GO_STATEMENTS:
        from layerg_pin.hosts.stated_go import with_stated_go  # imported here: few hosts need it

        return found._replace(build=with_stated_go(found.build, root, module, files.lines))
    return found


def _read_sources(files: _HostBuildFiles, known: Sequence[str]) -> HostSources:
    from layerg_pin.core.buildfiles.host_build import common_settings, has_settings

    builder = _builder(files)
    paths = [
        path for path in files.paths if not _BUILDER_NAME.search(path) and not _DEBUG.search(os.path.basename(path))
    ]
    mains = tuple(known) or _mains(files, paths)
    if not mains:
        return HostSources((), _image_of_server(files, paths), builder)
    builds = [_build(files, paths, main) for main in mains]
    uncertainty = builds[0].uncertainty if len(builds) == 1 else ""
    stated = [each.build for each in builds if each.build]
    build = common_settings(stated) if len(stated) == len(builds) else None
    return HostSources(mains, build if build and has_settings(build) else None, builder, uncertainty)


def host_build_files(root: str) -> tuple[str, ...]:
    """The absolute paths of the build files in a host's folder, and of likely ones that do not exist."""
    return tuple(dict.fromkeys((*(os.path.join(root, *name.split("/")) for name in _LIKELY), *_files(root))))


def _files(root: str) -> list[str]:
    """The build files in a module's folder, those of the release before its variants."""
    found: list[tuple[tuple[int, ...], str]] = []
    for rank, folder in enumerate(_FOLDERS):
        names, inner = _list_folder(os.path.join(root, folder) if folder else root)
        paths = [f"{folder}/{name}" if folder else name for name in names]
        found += [((*kind, 0, rank), path) for path in paths if (kind := _rank(path))]
        for each in inner if folder else ():
            paths = [f"{folder}/{each}/{name}" for name in _list_folder(os.path.join(root, folder, each))[0]]
            found += [((*kind, 1, rank), path) for path in paths if (kind := _rank(path))]
    return [os.path.join(root, *path.split("/")) for _, path in sorted(found)[:_MAX_FILES]]


def _list_folder(folder: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of a folder's build files and subfolders; empty if it cannot be read."""
    try:
        changed = os.stat(folder).st_mtime_ns
        is_settled = time.time_ns() - changed > _MIN_AGE
        return (_scan_folder if is_settled else _scan_folder.__wrapped__)(folder, changed)
    except (OSError, ValueError):
        return (), ()


@lru_cache(maxsize=256)
def _scan_folder(folder: str, _changed: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    with os.scandir(folder) as entries:
        every = sorted(entries, key=lambda entry: entry.name)
    names = [
        entry.name for entry in every if _DOCKERFILE.fullmatch(entry.name) or _MAKEFILE_OR_SCRIPT.fullmatch(entry.name)
    ]
    folders = [entry.name for entry in every if entry.name[0] != "." and entry.is_dir(follow_symlinks=False)]
    return tuple(names), tuple(folders)


def _rank(relative: str) -> tuple[int, int] | None:
    """The rank of a file: Dockerfiles before others, the release before its variants; None for other files."""
    folder, name = os.path.split(relative)
    if match := _DOCKERFILE.fullmatch(name):
        variant = f"{match[1] or match[2] or ''} {os.path.basename(folder)}"
        return 0, _VARIANT_LOCAL if _LOCAL.search(variant) else 2 if _PLATFORM.search(variant) else int(
            bool(match[1] or match[2])
        )
    return (1, 0) if _MAKEFILE_OR_SCRIPT.fullmatch(name) else None


def _builder(files: _HostBuildFiles) -> "HostBuild | None":
    """The build settings of the host's plugin builder image."""
    from layerg_pin.core.buildfiles.host_build import image_build

    for path in files.paths:
        source = files.source(path) if _BUILDER_NAME.search(path) else None
        if source and source.file.stages:
            return image_build(source, source.file.stages[-1], files.root)
    return None


def _mains(files: _HostBuildFiles, paths: Sequence[str]) -> tuple[str, ...]:
    """The main packages that can be the server: those that the likeliest build files build.

    Programs that do not open plugins, such as a database migration, can have images too. If the module's imports do not
    show that one of these programs opens plugins, every other main package is a candidate as well.
    """
    found: dict[str, None] = {}
    level = None
    for path in paths:
        if found and _likelihood(path) != level:
            break
        level = _likelihood(path)
        found |= dict.fromkeys(folder for folder, _ in _server_builds(files, path, ""))
    mains = tuple(found)
    published = PUBLICATIONS.get(files.module)
    if not mains or (published and mains == (published.main,)):
        return mains
    opening = tuple(each for each in mains if reaches_plugin(files.root, files.module, each))
    return opening or tuple(dict.fromkeys((*mains, *server_packages(files.root))))


def _likelihood(path: str) -> tuple[int, bool]:
    """A key that is equal for files that are equally likely to build the release: Dockerfiles, those for development,
    others.
    """
    kind, variant = _rank(path) or (2, 0)
    return kind, kind == 0 and variant == _VARIANT_LOCAL


class _Build(NamedTuple):
    """The build settings of one main package."""

    build: "HostBuild | None" = None
    uncertainty: str = ""


def _build(files: _HostBuildFiles, paths: Sequence[str], main: str) -> _Build:
    """The build settings of a main package, from the first file that builds it able to open plugins, else from the
    first.
    """
    from layerg_pin.core.buildfiles.host_build import common_settings, host_build

    first: tuple[str, HostBuild] | None = None
    for path in paths:
        found = [program for _, program in _server_builds(files, path, main)]
        builds = [host_build(program, files.root, main, files.module, files.lines) for program in found]
        opening = [each for each in builds if not each.no_plugins_reason]
        if first and opening and _likelihood(path) != _likelihood(first[0]):
            why = first[1].no_plugins_reason.partition(";")[0]
            uncertainty = f"the host may not be able to open plugins: {why}, but {path} builds it otherwise"
            return _Build(first[1]._replace(cgo=None, linking=""), f"{uncertainty}; {_USE_BINARY}")
        if opening:
            build = common_settings(opening)
            siblings = [each for each in paths if os.path.dirname(each) == os.path.dirname(path) and each != path]
            if build.goarch and found[0].stage and _is_for_several(files, siblings, main, build.goarch):
                build = build._replace(goarch="")
            return _Build(build)
        if builds and first is None:
            first = path, common_settings(builds)._replace(cgo=builds[0].cgo, linking=builds[0].linking)
    if first:
        return _Build(first[1])
    return _Build(_image_of_server(files, paths))


def _server_builds(files: _HostBuildFiles, path: str, main: str) -> "list[tuple[str, ProgramBuild]]":
    """The builds in a file that can be the server's, each with its main package: those that an image starts, else those
    copied into an image, else all. `main` is the main package, if known.
    """
    from layerg_pin.core.buildfiles.host_build import program_builds

    source = files.source(path)
    if source is None or path in files.run:
        return []
    if path not in files.programs:
        run = islice(_delegated_builds(files, source), _MAX_RUN)
        programs = [*program_builds(source, os.path.dirname(path), files.module), *run]
        folders = (next((each for each in one.folders if _is_server(files.root, each)), "") for one in programs)
        pairs = zip(folders, programs, strict=True)
        files.programs[path] = [each for each in pairs if each[0] and not each[1].is_debug]
    found = [each for each in files.programs[path] if each[0] == (main or each[0])]
    started = [each for each in found if each[1].is_entry]
    return started or [each for each in found if each[1].is_released] or found


def _delegated_builds(files: _HostBuildFiles, caller: "BuildSource") -> "Iterator[ProgramBuild]":
    """The builds in Makefiles and scripts that the stages of a Dockerfile run, with the settings of the stage."""
    from layerg_pin.core.buildfiles.host_build import program_builds, with_stage
    from layerg_pin.core.buildfiles.host_runs import files_run_by

    stages, text = caller.file.stages, caller.index.text
    if not stages:
        return
    ends = [*(each.start for each in stages[1:]), len(text)]
    for number, (stage, end) in enumerate(zip(stages, ends, strict=True)):
        others = [each for each in files.paths if (_rank(each) or (0, 0))[0] == 1]
        for path in files_run_by(text[stage.start : end], others):
            if source := files.source(path):
                files.run.add(path)
                for program in program_builds(source, os.path.dirname(path), files.module):
                    yield with_stage(program, caller, number)


def _is_server(root: str, folder: str) -> bool:
    """Whether a folder of the module has a package main that is not a plugin."""
    path = os.path.normpath(os.path.join(root, folder))
    return not folder.startswith("..") and declares_entry(path) is False


def _is_for_several(files: _HostBuildFiles, siblings: Sequence[str], main: str, architecture: str) -> bool:
    """Whether a file beside the chosen one builds the server for another architecture."""
    from layerg_pin.core.buildfiles.host_build import host_build

    return any(
        host_build(program, files.root).goarch not in ("", architecture)
        for path in siblings
        if not _LOCAL.search(os.path.basename(path))
        for _, program in _server_builds(files, path, main)
    )


def _image_of_server(files: _HostBuildFiles, paths: Sequence[str]) -> "HostBuild | None":
    """The build settings of a Dockerfile that builds the server with make or a script, as far as its images determine
    them.

    A Dockerfile that builds other programs is skipped.
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
