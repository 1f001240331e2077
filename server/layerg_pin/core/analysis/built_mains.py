"""Find the main packages that a plugin's build files build, as far as folders and arguments of the builds are known."""

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from layerg_pin.core.analysis.plugin_builders import commands_of
from layerg_pin.core.buildfiles.build_file import BuildCommand, BuildSource
from layerg_pin.core.lazy_pattern import LazyPattern
from layerg_pin.core.model.snapshot import MainPackage, Snapshot
from layerg_pin.core.paths import joined, parent_folder, relative_path, slashed

_UNKNOWN_FOLDER = LazyPattern(r"\b(?:cd|pushd|WORKDIR|working-directory)\b[^\n;&|]{0,200}[$`]|\bworking_dir\b")
"""What changes the folder of commands in a way that the parsers may not follow."""
_TAGS = LazyPattern(r"(?:^|\s)--?tags=(\S*)")


class MainBuild(NamedTuple):
    """A build of a plugin."""

    mains: tuple[MainPackage, ...]
    """It builds one of these main packages."""
    place: str = ""
    """The file and line, such as `Dockerfile:3`."""
    tags: tuple[str, ...] | None = None
    """The build tags that it sets; None if unknown."""
    is_own: bool = False
    """Whether it certainly builds a main package of this plugin."""


def main_builds(snapshot: Snapshot) -> tuple[MainBuild, ...]:
    """The builds of the plugin; without build files, one of the main packages that layerg-pin takes for the plugin."""
    every = (*snapshot.mains, *snapshot.other_mains)
    builds = []
    for source, command in commands_of(snapshot):
        found = _mains_of(source, command, snapshot, every)
        place = f"{relative_path(source.path, snapshot.folder)}:{source.index.line_of(command.span.start) + 1}"
        builds.append(MainBuild(found or every, place, _tags_of(command, snapshot), bool(found)))
    if any(not each.is_read for source in snapshot.builders for each in source.file.delegates):
        builds.append(MainBuild(every))
    return tuple(builds) or (MainBuild(snapshot.mains),)


def _tags_of(command: BuildCommand, snapshot: Snapshot) -> tuple[str, ...] | None:
    """The tags of a build: without an image, also those of this machine's GOFLAGS."""
    if command.tags is None or command.image or not snapshot.local:
        return command.tags
    lists = _TAGS.findall(snapshot.local.flags)
    return (*command.tags, *(tag for each in lists for tag in each.split(",")))


def _mains_of(
    source: BuildSource, command: BuildCommand, snapshot: Snapshot, every: tuple[MainPackage, ...]
) -> tuple[MainPackage, ...]:
    """The main packages one of which a command of the plugin's own files builds; empty if that is not known.

    With -buildmode=plugin, Go builds exactly one package (Go: cmd/go/internal/work, oneMainPkg).
    """
    is_own = slashed(source.path).startswith(f"{snapshot.folder}/")
    arguments = command.packages
    if not is_own or arguments is None or len(arguments) > 1 or any("..." in each for each in arguments):
        return ()
    package = next(iter(arguments), ".")
    folders = frozenset(_folders(source, command, snapshot, package))
    found = tuple(each for each in every if joined(snapshot.folder, each.name) in folders)
    is_certain = len(found) == 1 and _is_folder_known(source, command, package)
    return found if is_certain or not found else every


def _is_folder_known(source: BuildSource, command: BuildCommand, package: str) -> bool:
    """Whether the package argument means the folder of this name: `./cmd/x` does even if that of `.` is unknown."""
    is_mapped = _root(source, command) is not None or not (command.folder or "").startswith("/")
    return (is_mapped or package.strip("./") != "") and not _UNKNOWN_FOLDER.search(source.index.text)


def _root(source: BuildSource, command: BuildCommand) -> str | None:
    """The folder in an image that contains the build context, if the command runs in one."""
    stages = [each for each in source.file.stages if each.start <= command.span.start]
    return stages[-1].root if stages else None


def _folders(source: BuildSource, command: BuildCommand, snapshot: Snapshot, package: str) -> Iterator[str]:
    """The absolute folders that the package argument of a command may name."""
    module = snapshot.gomod.module.text if snapshot.gomod.module else ""
    if module and f"{package}/".startswith(f"{module}/"):
        yield joined(snapshot.folder, f".{package[len(module) :]}")
        return
    if not package.startswith((".", "/")):
        return
    root, working = _root(source, command), command.folder or ""
    bases = (snapshot.folder, parent_folder(source.path))
    if root is not None:
        target = posixpath.normpath(posixpath.join("/", working, package))
        if f"{target}/".startswith(f"{root.rstrip('/')}/"):
            contexts = map(slashed, source.file.contexts or bases)
            yield from (joined(each, posixpath.relpath(target, root)) for each in contexts)
    elif source.file.stages or working.startswith("/"):
        yield joined(snapshot.folder, package)
    else:
        yield from (joined(each, posixpath.join(working, package)) for each in bases)
