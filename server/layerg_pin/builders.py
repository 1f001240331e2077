"""Finding and reading the files that say what builds a plugin."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from layerg_pin.core.builder import BuildCommand, BuildFile, BuildSource, Delegate, ImageBuild
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
_ENV = ".env"
"""Beside a compose file: the variables that it names."""
_LIKELY = ("Dockerfile", "Makefile", "docker-compose.yml")
_MAX_PARENTS = 8
_MAX_FILES = 64
_MAX_BYTES = 1 << 20


def read_builders(folder: str) -> tuple[BuildSource, ...]:
    """What the files in a plugin's folder, and in those above it in the same repository, say of how plugins are built.

    The nearest come first. Files that say nothing of it, cannot be read, or are larger than 1 MiB are left out.
    A Dockerfile is read as the files that build it do: with their arguments, and for their platform.
    """
    found: dict[str, BuildSource | None] = {}
    pending = [path for parent in _parents(folder) for path in _build_files(parent)]
    built: dict[str, list[ImageBuild]] = {}
    while pending and len(found) < _MAX_FILES:
        path = pending.pop(0)
        if path in found:
            continue
        source = found[path] = read_build_file(path)
        beside = os.path.dirname(path)
        for build in source.file.builds if source else ():
            if _concerns(folder, os.path.normpath(os.path.join(beside, build.context))):
                dockerfile = os.path.normpath(os.path.join(beside, build.dockerfile))
                built.setdefault(dockerfile, []).append(build)
                pending.append(dockerfile)
    for path, builds in built.items():
        source = found.get(path)
        if source:
            found[path] = _as_built(source, builds)
    _follow(folder, found, built)
    return tuple(
        source
        for source in found.values()
        if source and (source.file.images or source.file.commands or source.file.delegates)
    )


def _follow(folder: str, found: dict[str, BuildSource | None], built: Mapping[str, Sequence[ImageBuild]]) -> None:
    """Read what the files run by way of make or a script, and leave out the runs that build no plugin.

    The builds of plugins in a Makefile or script that is run in an image have the variables that are set there.
    """
    for path, source in list(found.items()):
        if source is None or not source.file.delegates:
            continue
        beside = os.path.dirname(path)
        contexts = [os.path.normpath(os.path.join(beside, build.context)) for build in built.get(path, ())]
        kept = []
        for delegate in source.file.delegates:
            run = _delegated(delegate, dict.fromkeys((*contexts, folder, beside)))
            if run is None:
                if not source.file.commands and not source.file.programs:  # else those are what it builds
                    kept.append(delegate)
                continue
            if run.file.commands or not run.is_whole:
                kept.append(delegate._replace(is_read=run.is_whole))
            if run.file.commands:
                _take_over(found, run, delegate)
        found[path] = BuildSource(path, source.index, source.file._replace(delegates=tuple(kept)))


class _Run(NamedTuple):
    """What a command runs by way of another file."""

    source: BuildSource
    """The file that it runs."""
    file: BuildFile
    """What that file builds when it is run so."""
    is_whole: bool
    """Whether all builds in it are known."""


def _delegated(delegate: Delegate, folders: Iterable[str]) -> _Run | None:
    """What a command runs by way of a file in one of these folders; None where there is no such file."""
    is_make = delegate.program == "make"
    names = _makefiles(delegate) if is_make else _script_names(delegate.program)
    paths = (os.path.normpath(os.path.join(folder, name)) for folder in folders for name in names)
    path = next((each for each in paths if os.path.isfile(each)), "")
    source = read_build_file(path, "makefile" if is_make else "script") if path else None
    if source is None:
        return None
    from layerg_pin.core.buildwords import Environment
    from layerg_pin.core.makefile import parse_makefile
    from layerg_pin.core.runs import parse_script

    caller, text = Environment(), source.index.text
    caller.exported.update(delegate.environment)
    caller.values.update({name: each.value for name, each in delegate.environment.items()})
    if is_make:
        targets = [each for each in _operands(delegate.arguments) if "=" not in each]
        file = parse_makefile(text, targets, caller)
    else:
        file = parse_script(text, caller)
    is_whole = bool(file.commands) or bool(source.file.commands) or "buildmode" not in text
    return _Run(source, file, is_whole and not (file.delegates and not file.commands))


def _makefiles(delegate: Delegate) -> tuple[str, ...]:
    """The names that the Makefile of a command may have, relative to the folder that the image is built from."""
    given = {option: value for option, value in pairwise(delegate.arguments) if option in ("-f", "-C")}
    names = (given["-f"],) if "-f" in given else ("GNUmakefile", "makefile", "Makefile")
    return tuple(os.path.join(given.get("-C", ""), name).lstrip("/") for name in names)


def _operands(arguments: Sequence[str]) -> Iterator[str]:
    """The arguments of make that are no options."""
    for before, argument in pairwise(("", *arguments)):
        if not argument.startswith("-") and before not in ("-f", "-C"):
            yield argument


def _script_names(program: str) -> tuple[str, ...]:
    """The names that a script may have in the folder that the image is built from: without the folders above it."""
    parts = program.lstrip("./").split("/")
    return tuple("/".join(parts[start:]) for start in range(len(parts))) if program.startswith("/") else (program,)


def _take_over(found: dict[str, BuildSource | None], run: _Run, delegate: Delegate) -> None:
    """Keep the builds of a file as they are when it is run in an image."""
    known = found.get(run.source.path) or run.source
    builds = {command.span: _with_own_spans(command, delegate) for command in run.file.commands}
    commands = tuple(builds.get(command.span, command) for command in known.file.commands)
    found[known.path] = BuildSource(known.path, known.index, known.file._replace(commands=commands))


def _with_own_spans(command: BuildCommand, delegate: Delegate) -> BuildCommand:
    """A build whose variables that another file sets are at the build itself."""
    theirs = delegate.environment
    items = command.environment.items()
    return command._replace(
        environment={
            name: each._replace(span=command.span) if each is theirs.get(name) else each for name, each in items
        }
    )


def _concerns(folder: str, context: str) -> bool:
    """Whether an image that is built from one folder can hold the plugin of another."""
    return f"{folder}/".startswith(f"{context.rstrip('/')}/") or context.startswith(f"{folder.rstrip('/')}/")


def _as_built(source: BuildSource, builds: Sequence[ImageBuild]) -> BuildSource:
    """A Dockerfile with the arguments and the platform that all of its builds agree on; others are not known."""
    from layerg_pin.core.dockerfile import parse_dockerfile

    platforms = {build.platform for build in builds}
    names = dict.fromkeys(name for build in builds for name in build.arguments)
    values = {name: {build.arguments[name] for build in builds if name in build.arguments} for name in names}
    arguments = {name: next(iter(each)) if len(each) == 1 else None for name, each in values.items()}
    platform = (next(iter(platforms)) if len(platforms) == 1 else None) or ""
    if not arguments and not platform:
        return source
    return BuildSource(source.path, source.index, parse_dockerfile(source.index.text, arguments, platform))


def build_files(folder: str) -> tuple[str, ...]:
    """The files in a plugin's folder, and in those above it, that may say how it is built, whatever they say now: those
    that are there, and the likeliest names.
    """
    parents = _parents(folder)
    likely = [os.path.join(parent, name) for parent in parents for name in (*_LIKELY, _ENV)]
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
    return _kind(path) is not None or os.path.basename(path) == _ENV


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
        yield from (os.path.join(folder, name, each) for each in names if _kind(each))


def read_build_file(path: str, default: str = "dockerfile") -> BuildSource | None:
    """What a build file says; None for one that cannot be read, or is larger than 1 MiB.

    `default` is the kind of a file whose name says nothing.
    """
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > _MAX_BYTES:
            return None
        text = read_text(path)
    except (OSError, FileError, ValueError):
        return None
    # A Dockerfile that a compose file names can have any name.
    kind = _kind(path) or default
    if kind == "compose":
        return BuildSource(path, LineIndex(text), _compose(text, os.path.join(os.path.dirname(path), _ENV)))
    return BuildSource(path, LineIndex(text), _parser(kind)(text))


def _compose(text: str, env: str) -> BuildFile:
    from layerg_pin.core.compose import parse_compose, parse_env

    try:
        variables = read_text(env) if os.path.isfile(env) and os.path.getsize(env) <= _MAX_BYTES else ""
    except (OSError, FileError, ValueError):
        variables = ""
    return parse_compose(text, parse_env(variables))


def _kind(path: str) -> str | None:
    name = os.path.basename(path)
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(name)), None)


def _parser(kind: str) -> Callable[[str], BuildFile]:
    # Late: where nothing of this kind lies beside a plugin, `check` starts without what reads it.
    from layerg_pin.core.dockerfile import parse_dockerfile
    from layerg_pin.core.makefile import parse_makefile
    from layerg_pin.core.runs import parse_script

    if kind == "dockerfile":
        return parse_dockerfile
    return parse_makefile if kind == "makefile" else parse_script
