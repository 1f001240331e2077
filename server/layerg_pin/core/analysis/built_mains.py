"""Find the main packages that a plugin's build files build, as far as folders and arguments of the builds are known."""

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from layerg_pin.core.buildfiles.build_file import BuildCommand, BuildSource
from layerg_pin.core.lazy_pattern import LazyPattern
from layerg_pin.core.model.snapshot import MainPackage, Snapshot
from layerg_pin.core.paths import joined, parent_folder, relative_path, slashed

_UNKNOWN_FOLDER = LazyPattern(
    r"\b(?:cd|chdir|WORKDIR|working-directory)\b[^\n;&|]{0,200}[$`%!{]|\b(?:pushd|working_dir)\b|\.ONESHELL|\bbuiltin\b"
    r"|\s--(?:cd|chdir)\b|\benv\s+-C|-WorkingDirectory|^[ \t]*-?[ \t]*dir:"
    r"|\b(?:cp|mv|ln|rsync)[ \t](?![^\n;&|]{0,200}\.so\b)",
    re.MULTILINE | re.IGNORECASE,
)
"""What changes the folder of commands, or the files in it, in a way that the parsers may not follow."""
_MAKES_GO = LazyPattern(
    r"\bgo[ \t]+generate\b|\bprotoc\b|\bbuf[ \t]+generate\b|\benvsubst\b|\bsed[ \t]+-i|>[ \t]*[^\s;&|]{1,200}\.go\b"
    r"|^[ \t]*(?:COPY[ \t]+--from\S{0,200}|ADD)[ \t][^\n]{0,200}\.go\b",
    re.MULTILINE | re.IGNORECASE,
)
"""A step of a build that may make or change Go files."""
_GENERATED = "//go:generate"
_REFERENCE = re.compile(r"[$%!`]")
"""What refers to a variable, whose value in the file may be only its default."""
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
    names_files: bool = False
    """Whether it names .go files. Go then builds those, whatever their build constraints."""


class BuildInput(NamedTuple):
    """What the builds of a plugin depend on."""

    folder: str
    """The plugin's, absolute, with `/`."""
    module: str
    """The path of the plugin's module; empty if unknown."""
    mains: tuple[MainPackage, ...]
    """The main packages that layerg-pin takes for the plugin."""
    other_mains: tuple[MainPackage, ...]
    builders: tuple[BuildSource, ...]
    local_flags: str
    """The GOFLAGS of this machine."""


def build_input(snapshot: Snapshot) -> BuildInput:
    """The input of `main_builds`."""
    return BuildInput(
        folder=snapshot.folder,
        module=snapshot.gomod.module.text if snapshot.gomod.module else "",
        mains=snapshot.mains,
        other_mains=snapshot.other_mains,
        builders=snapshot.builders,
        local_flags=snapshot.local.flags if snapshot.local else "",
    )


def may_generate(plugin: BuildInput) -> bool:
    """Whether a build may make or change Go files, so that they are not those that were read."""
    mains = (*plugin.mains, *plugin.other_mains)
    return any(_GENERATED in each.file.text for main in mains for each in main.files) or any(
        _MAKES_GO.search(each.index.text) for each in plugin.builders
    )


def main_builds(plugin: BuildInput) -> tuple[MainBuild, ...]:
    """The builds of the plugin; without build files, one of the main packages that layerg-pin takes for the plugin."""
    every = (*plugin.mains, *plugin.other_mains)
    builds = []
    for source in plugin.builders:
        is_clear = _UNKNOWN_FOLDER.search(source.index.text) is None
        for command in source.file.commands:
            text = source.index.text[command.span.start : command.span.end]
            is_literal = {*(command.packages or ())} <= {each.strip("\"'") for each in text.split()}
            is_sure = is_clear and is_literal and command.is_folder_sure
            found = _mains_of(source, command, plugin, every, is_sure=is_sure)
            build = MainBuild(
                mains=found or every,
                place=f"{relative_path(source.path, plugin.folder)}:{source.index.line_of(command.span.start) + 1}",
                tags=None if _REFERENCE.search(text) else _tags_of(command, plugin),
                is_own=bool(found),
                names_files=any(each.endswith(".go") for each in command.packages or ()),
            )
            builds.append(build)
    if any(not each.is_read for source in plugin.builders for each in source.file.delegates):
        builds.append(MainBuild(every))
    return tuple(builds) or (MainBuild(plugin.mains),)


def _tags_of(command: BuildCommand, plugin: BuildInput) -> tuple[str, ...] | None:
    """The tags of a build: without an image, also those of this machine's GOFLAGS."""
    if command.tags is None or command.image:
        return command.tags
    lists = _TAGS.findall(plugin.local_flags)
    return (*command.tags, *(tag for each in lists for tag in each.split(",")))


def _mains_of(
    source: BuildSource, command: BuildCommand, plugin: BuildInput, every: tuple[MainPackage, ...], *, is_sure: bool
) -> tuple[MainPackage, ...]:
    """The main packages one of which is built by a command in the plugin's own files; empty if they are not known.

    `is_sure` is whether the packages are written out, and no change of the folder is missed.
    With -buildmode=plugin, Go builds exactly one package (Go: cmd/go/internal/work, oneMainPkg).
    """
    is_own = slashed(source.path).startswith(f"{plugin.folder}/")
    arguments = () if command.packages is None else command.packages or (".",)
    sources = {posixpath.basename(each) for each in arguments if each.endswith(".go")}
    packages = {posixpath.join(".", posixpath.dirname(each)) for each in arguments} if sources else {*arguments}
    if not is_own or len(packages) != 1 or any("..." in each for each in packages):
        return ()
    package = packages.pop()
    folders = frozenset(_folders(source, command, plugin, package))
    found = tuple(each for each in every if joined(plugin.folder, each.name) in folders)
    if len(found) != 1 or not (is_sure and _is_folder_known(source, command, package)):
        return every if found else ()
    files = tuple(each for each in found[0].files if slashed(each.path).rpartition("/")[2] in sources)
    return found if not sources else (found[0]._replace(files=files),) if len(files) == len(sources) else every


def _is_folder_known(source: BuildSource, command: BuildCommand, package: str) -> bool:
    """Whether the package argument names a known folder. `./cmd/x` does, even if it is unknown which folder `.` is."""
    folder = command.folder or ""
    if _root(source, command) is not None:
        return True
    if source.file.stages or command.image:
        return not folder and package.strip("./") != ""
    return not folder.startswith("/")


def _root(source: BuildSource, command: BuildCommand) -> str | None:
    """The folder in an image that contains the build context, if the command runs in one."""
    stages = [each for each in source.file.stages if each.start <= command.span.start]
    return stages[-1].root if stages else None


def _folders(source: BuildSource, command: BuildCommand, plugin: BuildInput, package: str) -> Iterator[str]:
    """The absolute folders that the package argument of a command may name."""
    if plugin.module and f"{package}/".startswith(f"{plugin.module}/"):
        yield joined(plugin.folder, f".{package[len(plugin.module) :]}")
        return
    if not package.startswith((".", "/")):
        return
    root, working = _root(source, command), command.folder or ""
    bases = (plugin.folder, parent_folder(source.path))
    if root is not None:
        target = posixpath.normpath(posixpath.join("/", working, package))
        if f"{target}/".startswith(f"{root.rstrip('/')}/"):
            parents = (parent_folder(plugin.folder), parent_folder(parent_folder(plugin.folder)))
            contexts = map(slashed, source.file.contexts or (*bases, *parents))
            yield from (joined(each, posixpath.relpath(target, root)) for each in contexts)
    elif source.file.stages or working.startswith("/"):
        yield joined(plugin.folder, package)
    else:
        yield from (joined(each, posixpath.join(working, package)) for each in bases)
