"""Find and read the build files of a plugin, such as Dockerfiles, compose files, Makefiles, scripts and workflows."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING

from layerg_pin.core.buildfiles.budget import EVENT_LOOP_LIMITS, MAX_FILES, PLUGIN_LIMITS, Budget, Limits
from layerg_pin.core.buildfiles.build_file import BuildFile, BuildSource, ComposeRun, ImageBuild, ImageKind
from layerg_pin.source_tree.build_file_parsing import (
    COMPOSE_BASES,
    ENV_FILE,
    KIND_ORDER,
    WORKFLOWS,
    is_below,
    kind_of,
    known_path,
    overlaps,
    read_build_file,
    unread_source,
    without_mark,
    working_folder,
)
from layerg_pin.source_tree.main_packages import walk
from layerg_pin.source_tree.other_modules import without_other_modules

if TYPE_CHECKING:
    from layerg_pin.source_tree.compose_projects import Loaded

_FOLDERS_OF_HOSTS = ("", "build", "docker", "scripts")
_FOLDERS = (*_FOLDERS_OF_HOSTS, "deploy", "deployment", "deployments", ".devcontainer", WORKFLOWS)
"""Folders of build files, relative to the plugin's folder or a folder above it."""
_LIKELY = ("Dockerfile", "Makefile", "docker-compose.yml")
_KINDS_OF_HOSTS = ("dockerfile", "compose", "makefile", "script")
_MAX_PARENTS = 8
_NO_TEXTS: Mapping[str, str] = MappingProxyType({})
_MAX_ENTRIES = 2000
"""Limit on a folder's entries that are listed on an event loop; a larger folder is searched in a thread."""
_MAX_HOST_ENTRIES = 10_000
"""The same for a host's folder, whose build files must not be missed. Listing so many takes about 10 ms."""
_MAX_RUNS = 20
"""Commands that run a compose project. Each of them can give other values to its variables."""
_SCOPE = " in the build files together, and those after it are not read either"


def read_build_files(folder: str, unsaved: Mapping[str, str] = _NO_TEXTS) -> tuple[BuildSource, ...]:
    """The build files in a plugin's folder and in the folders above it in the same repository, nearest first.

    Files that do not concern plugins are omitted. A file that cannot be read, or exceeds a limit
    (core/buildfiles/budget.py), is included with `file.unread` set. A Dockerfile is evaluated with the arguments and
    for the platform of the files that build it. `unsaved` are the texts of open files, by absolute path.
    """
    return _BuildFileReader(PLUGIN_LIMITS, unsaved).read(folder)


def read_build_files_below(
    root: str, plugins: Sequence[str], unsaved: Mapping[str, str] = _NO_TEXTS
) -> tuple[BuildSource, ...]:
    """The build files anywhere in the tree of `root`, without those of modules other than the plugins.

    They do not decide how a plugin is built, but name images of its host, as those of a deployment. Files that cannot
    be read are left out, and so are all beyond the limits.
    """
    budget, found = Budget(PLUGIN_LIMITS, scope=_SCOPE), list[BuildSource]()
    for parent, folders, files in walk(root):
        folders[:] = [
            name
            for name in folders
            if (each := os.path.join(parent, name)) in plugins or not os.path.isfile(os.path.join(each, "go.mod"))
        ]
        for name in sorted(files):
            if len(found) == MAX_FILES or budget.is_spent:
                return tuple(found)
            path = os.path.join(parent, name)
            source = read_build_file(path, budget, unsaved=unsaved) if kind_of(path) else None
            if source and source.file.images and not source.file.unread:
                found.append(source)
    return tuple(found)


def read_build_files_at_once(folder: str, unsaved: Mapping[str, str] = _NO_TEXTS) -> tuple[BuildSource, ...] | None:
    """`read_build_files` if it takes only milliseconds, else None. Safe to call on an event loop."""
    if any(_has_many_entries(os.path.join(parent, name)) for parent in _parents(folder) for name in _FOLDERS):
        return None
    found = _BuildFileReader(EVENT_LOOP_LIMITS, unsaved).read(folder)
    return None if any(source.file.unread for source in found) else found


class _BuildFileReader:
    """Reads the build files of one plugin within common limits."""

    def __init__(self, limits: Limits, unsaved: Mapping[str, str]) -> None:
        self._limits = limits
        self._unsaved = unsaved
        self._budget = Budget(limits, scope=_SCOPE)
        self._found: dict[str, BuildSource | None] = {}
        self._names: dict[str, str] = {}
        """The paths in `_found` by their lower case."""
        self._image_builds: dict[str, list[ImageBuild]] = {}
        self._composes: Loaded = {}
        self._root = ""
        self._included: set[str] = set()
        """The paths of compose files that others name."""

    def read(self, folder: str) -> tuple[BuildSource, ...]:
        parents = _parents(folder)
        self._root = parents[-1]
        pending = deque(path for parent in parents for path in _build_files(parent))
        read = 0
        while pending:
            path = known_path(pending.popleft(), self._found, self._names)
            if path in self._found:
                continue
            self._names[path.lower()] = path
            if read == MAX_FILES and os.path.isfile(path):
                why = f"not read, nor are the build files after it: more than {MAX_FILES} build files"
                self._found[path] = unread_source(path, why)
                break
            source = self._found[path] = self._read_file(path)
            if self._budget.is_spent:
                break
            read += source is not None
            for compose in _composes_of(source, working_folder(path), parents[-1]):
                self._included.add(compose)
                pending.append(compose)
            pending += (dockerfile for dockerfile, _ in _image_builds(folder, source))
        self._read_composes_as_run()
        for source in self._found.values():
            for dockerfile, build in _image_builds(folder, source):
                path = known_path(dockerfile, self._found, self._names)
                self._image_builds.setdefault(path, []).append(build)
        again = Budget(self._limits, scope=_SCOPE)
        for path, builds in self._image_builds.items():
            source = self._found.get(path)
            if source and not source.file.unread:
                self._found[path] = _with_build_arguments(source, builds, again)
        if any(source and source.file.delegates for source in self._found.values()):
            from layerg_pin.source_tree.delegated_builds import follow_delegates

            follow_delegates(folder, self._found, self._image_builds, Budget(self._limits, scope=_SCOPE))
        relevant = [each for source in self._found.values() if source and (each := _relevant(source))]
        found = list(without_other_modules(relevant, folder, parents[-1]))
        return tuple(_without_optional(found) if any(each.file.optional for each in found) else found)

    def _read_file(self, path: str, runs: Sequence[ComposeRun] = ()) -> BuildSource | None:
        kind = "compose" if path in self._included else "dockerfile"
        return read_build_file(path, self._budget, kind, self._unsaved, self._composes, runs, self._root)

    def _read_composes_as_run(self) -> None:
        """Read compose files again with the variables that other files set for the commands that run them."""
        if not any(source and source.file.runs for source in self._found.values()):
            return
        from layerg_pin.source_tree.compose_runs import applies, runs_of

        every = (run for source in self._found.values() if source for run in runs_of(source, self._root))
        runs = list[ComposeRun]()
        for run in every:
            if run not in runs and len(runs) < _MAX_RUNS:
                runs.append(run)
        for path, source in list(self._found.items()) if runs else ():
            if source and (path in self._included or kind_of(path) in ("compose", "bake")):
                applying = [each for each in runs if applies(each, path, source.index.text)]
                if applying and not self._budget.is_spent:
                    self._found[path] = self._read_file(path, applying)


def _without_optional(sources: Sequence[BuildSource]) -> Iterator[BuildSource]:
    """The sources without servers of profiles that are not active, if there is another server."""
    servers = (image for source in sources for image in source.file.images if image.kind is ImageKind.SERVER)
    optional = {image for source in sources for image in source.file.optional}
    has_other = any(image not in optional for image in servers)
    for source in sources:
        file = source.file
        if has_other and file.optional:
            images = tuple(each for each in file.images if each not in file.optional)
            source = BuildSource(source.path, source.index, file._replace(images=images))
        yield source


def _is_relevant(file: BuildFile) -> bool:
    return bool(file.images or file.commands or file.delegates or file.steps or file.unread or file.uncertainties)


def _relevant(source: BuildSource) -> BuildSource | None:
    """The source if it concerns the plugin; None if it does not."""
    if _is_relevant(source.file):
        return source
    if not source.makes_vendor:
        return None
    return BuildSource(source.path, source.index, source.file._replace(only_vendors=True))


def _image_builds(folder: str, source: BuildSource | None) -> Iterator[tuple[str, ImageBuild]]:
    """The Dockerfiles that a file builds images from, if these can contain the plugin, with absolute contexts."""
    for build in source.file.builds if source else ():
        own_folder = working_folder(source.path) if source else ""
        context = os.path.normpath(os.path.join(own_folder, build.context))
        if overlaps(folder, context):  # the image can contain the plugin
            yield os.path.normpath(os.path.join(own_folder, build.dockerfile)), build._replace(context=context)


def _composes_of(source: BuildSource | None, folder: str, root: str) -> Iterator[str]:
    """The compose files that a devcontainer or a compose file names, as far as they are in the repository."""
    for name in source.file.composes if source else ():
        path = os.path.normpath(os.path.join(folder, name))
        if path.endswith((".yml", ".yaml")) and is_below(path, root):
            yield path


def _with_build_arguments(source: BuildSource, builds: Sequence[ImageBuild], budget: Budget) -> BuildSource:
    """A Dockerfile with its build contexts, and with the arguments and platform that all of its builds agree on. Others
    are unknown. The contexts of `builds` are absolute.
    """
    from layerg_pin.core.buildfiles.dockerfile import parse_dockerfile

    platforms = {build.platform for build in builds}
    values: dict[str, set[str | None]] = {}
    for name, value in (each for build in builds for each in build.arguments.items()):
        values.setdefault(name, set()).add(value)
    arguments = {name: next(iter(each)) if len(each) == 1 else None for name, each in values.items()}
    platform = (next(iter(platforms)) if len(platforms) == 1 else None) or ""
    file, text = source.file, without_mark(source.index.text)
    if arguments or platform:
        file = parse_dockerfile(text, arguments, platform, Budget(above=budget))
    some = {name for name in arguments if not all(name in build.arguments for build in builds)}
    if some:  # the other builds use the defaults
        defaults = {name: value for name, value in arguments.items() if name not in some}
        plain = parse_dockerfile(text, defaults, platform, Budget(above=budget))
        if plain.images != file.images:
            file = parse_dockerfile(text, {**arguments, **dict.fromkeys(some)}, platform, Budget(above=budget))
    contexts = tuple(dict.fromkeys(build.context for build in builds))
    return BuildSource(source.path, source.index, file._replace(contexts=contexts))


def build_file_paths(folder: str) -> tuple[str, ...]:
    """The paths of build files in a plugin's folder and above: existing ones, and likely names of missing ones."""
    parents = _parents(folder)
    likely = [os.path.join(parent, name) for parent in parents for name in (*_LIKELY, ENV_FILE)]
    existing_paths = [path for parent in parents for path in _build_files(parent, _MAX_ENTRIES)]
    return (*likely, *existing_paths[:MAX_FILES])


def repository_root(folder: str) -> str:
    """The root of the Git repository that contains a folder; the folder itself outside of one."""
    return _parents(folder)[-1]


def existing_build_files(folder: str) -> tuple[str, ...]:
    """The existing build files of the kinds that build hosts, in a folder and its usual subfolders, among the first
    entries of these.
    """
    found = _build_files(folder, _MAX_HOST_ENTRIES, _FOLDERS_OF_HOSTS)
    return tuple(path for path in found if kind_of(path) in _KINDS_OF_HOSTS)[:MAX_FILES]


def is_build_file(path: str) -> bool:
    """Whether a path has the name of a build file."""
    return kind_of(path) is not None or os.path.basename(path) == ENV_FILE


def _parents(folder: str) -> tuple[str, ...]:
    """The folder and those above it up to the repository's root; only the folder itself outside a repository."""
    folders = [folder]
    for _ in range(_MAX_PARENTS):
        if os.path.exists(os.path.join(folders[-1], ".git")):
            return tuple(folders)
        above = os.path.dirname(folders[-1])
        if above == folders[-1]:  # the file system's root
            break
        folders.append(above)
    return (folder,)


def _has_many_entries(folder: str) -> bool:
    """Whether a folder has so many entries that listing it takes long."""
    try:
        with os.scandir(folder) as entries:
            return next(islice(entries, _MAX_ENTRIES, None), None) is not None
    except (OSError, ValueError):
        return False


def _build_files(folder: str, limit: int | None = None, folders: Sequence[str] = _FOLDERS) -> Iterator[str]:
    """The build files in a folder and its usual subfolders, among the first `limit` entries of each, if given."""
    for name in folders:
        try:
            with os.scandir(os.path.join(folder, name)) as entries:
                listed = [each.name for each in islice(entries, limit)]
            kinds = {each: kind for each in listed if (kind := kind_of(os.path.join(name, each)))}
        except OSError:
            continue
        for ignored in [each for each in COMPOSE_BASES if each in kinds][1:]:
            del kinds[ignored]
        # Files that name images come first, because the last ones may exceed a limit.
        names = sorted(kinds, key=lambda each: (KIND_ORDER.index(kinds[each]), each))
        yield from (os.path.join(folder, name, each) for each in names)
