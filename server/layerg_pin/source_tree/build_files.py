"""Find and read the build files of a plugin: Dockerfiles, compose files, Makefiles and scripts."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from layerg_pin.core.buildfiles.budget import AT_ONCE, MAX_FILES, OF_ALL, OF_FILE, Bounds, Budget, OutOfBounds
from layerg_pin.core.buildfiles.build_file import BuildCommand, BuildFile, BuildSource, Delegate, ImageBuild
from layerg_pin.core.late_pattern import LatePattern
from layerg_pin.core.text import LineIndex, Problem, Span, merge_conflict
from layerg_pin.system.text_files import FileError, read_text

_KINDS = (
    ("dockerfile", LatePattern(r"(Dockerfile|Containerfile)(\..+)?|.+\.dockerfile", re.IGNORECASE)),
    ("compose", LatePattern(r"(docker-)?compose(\.[\w.-]+)?\.ya?ml")),
    ("makefile", LatePattern(r"GNUmakefile|[Mm]akefile|.+\.mk")),
    ("script", LatePattern(r".+\.sh")),
)
_ORDER = tuple(kind for kind, _ in _KINDS)
_MAYBE = ("file", ".mk", ".sh", "ml")
"""Lower-case suffixes of every build file's name, or of its part before the first dot. Much faster to test than the
patterns.
"""
_FOLDERS = ("", "build", "docker", "scripts")
"""Folders of build files, relative to the plugin's folder or a folder above it."""
_ENV = ".env"
"""The file beside a compose file that defines its variables."""
_LIKELY = ("Dockerfile", "Makefile", "docker-compose.yml")
_MAX_PARENTS = 8
_IN_ALL = " in the build files together, and those after it are not read either"
_MAX_SEARCHED = 1 << 19
"""In bytes. Larger scripts are not searched for words about Go."""
_MAX_FOLDERS = 20
"""Limit on the folders in which a file named by a command is searched."""
_MAX_NAME = 1000
"""In characters, of the path of a Makefile or script in a command."""
_WORDS = ("go", "docker", "podman", "nerdctl", "nakama", "layerg", "plugin")
"""A script or Makefile without any of these words does not concern plugins or images."""
_GO = LatePattern(r"\bgo(?:lang)?\b|docker|podman|nerdctl|nakama|layerg|plugin", re.IGNORECASE)
"""The same for large files, which often contain `go` as a part of other words."""


def read_builders(folder: str) -> tuple[BuildSource, ...]:
    """The build files in a plugin's folder and in the folders above it in the same repository, nearest first.

    Files that do not concern plugins are omitted. A file that cannot be read, or exceeds a limit
    (core/buildfiles/budget.py), is included with `file.unread` set. A Dockerfile is evaluated with the arguments and
    for the platform of the files that build it.
    """
    return _Reader(OF_ALL).read(folder)


def read_builders_at_once(folder: str) -> tuple[BuildSource, ...] | None:
    """`read_builders` if it takes only milliseconds, else None. Safe to call on an event loop."""
    found = _Reader(AT_ONCE).read(folder)
    return None if any(source.file.unread for source in found) else found


class _Reader:
    """Reads the build files of one plugin within common limits."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._budget = Budget(bounds, scope=_IN_ALL)
        self._found: dict[str, BuildSource | None] = {}
        self._built: dict[str, list[ImageBuild]] = {}

    def read(self, folder: str) -> tuple[BuildSource, ...]:
        pending = deque(path for parent in _parents(folder) for path in _build_files(parent))
        read = 0
        while pending:
            path = pending.popleft()
            if path in self._found:
                continue
            if read == MAX_FILES and os.path.isfile(path):
                why = f"not read, nor are the build files after it: more than {MAX_FILES} build files"
                self._found[path] = _unread(path, why)
                break
            source = self._found[path] = read_build_file(path, self._budget)
            if self._budget.is_spent:
                break
            read += source is not None
            beside = os.path.dirname(path)
            for build in source.file.builds if source else ():
                context = os.path.normpath(os.path.join(beside, build.context))
                if _concerns(folder, context):
                    dockerfile = os.path.normpath(os.path.join(beside, build.dockerfile))
                    self._built.setdefault(dockerfile, []).append(build._replace(context=context))
                    pending.append(dockerfile)
        again = Budget(self._bounds, scope=_IN_ALL)
        for path, builds in self._built.items():
            source = self._found.get(path)
            if source and not source.file.unread:
                self._found[path] = _as_built(source, builds, again)
        _follow(folder, self._found, self._built, Budget(self._bounds, scope=_IN_ALL))
        return tuple(each for each in self._found.values() if each and _says_something(each.file))


def _says_something(file: BuildFile) -> bool:
    return bool(file.images or file.commands or file.delegates or file.steps or file.unread)


def _unread(path: str, why: str) -> BuildSource:
    return BuildSource(path, LineIndex(""), BuildFile(unread=Problem(why, Span(0, 0))))


def _follow(
    folder: str, found: dict[str, BuildSource | None], built: Mapping[str, Sequence[ImageBuild]], budget: Budget
) -> None:
    """Follow the commands that run make or a script, and drop those that build no plugin.

    A plugin build in a Makefile or script that runs in an image gets the variables that are set in the image.
    """
    for path, source in list(found.items()):
        if source is None or not source.file.delegates:
            continue
        beside = os.path.dirname(path)
        contexts = [build.context for build in built.get(path, ())]
        kept = []
        for delegate in source.file.delegates:
            run = _delegated(delegate, dict.fromkeys((*contexts, folder, beside)), budget)
            if run is None:
                if not source.file.commands and not source.file.programs:  # else those commands are the build
                    kept.append(delegate)
                continue
            if run.file.commands or not run.is_whole:
                kept.append(delegate._replace(is_read=run.is_whole))
            if run.file.commands:
                _take_over(found, run, delegate)
        found[path] = BuildSource(path, source.index, source.file._replace(delegates=tuple(kept)))


class _Run(NamedTuple):
    """The builds in a Makefile or script that a command runs."""

    source: BuildSource
    """The file that runs."""
    file: BuildFile
    """The file's content when run by that command."""
    is_whole: bool
    """Whether all of its builds are known."""


def _delegated(delegate: Delegate, folders: Iterable[str], budget: Budget) -> _Run | None:
    """The Makefile or script of a command, searched in `folders`; None if there is no such file."""
    is_make = delegate.program == "make"
    names = _makefiles(delegate) if is_make else _script_names(delegate.program)
    paths = (os.path.normpath(os.path.join(folder, name)) for folder in islice(folders, _MAX_FOLDERS) for name in names)
    path = next((each for each in paths if os.path.isfile(each)), "")
    source = read_build_file(path, budget, "makefile" if is_make else "script") if path else None
    if source is None:
        return None
    if source.file.unread:
        return _Run(source, source.file, is_whole=False)
    from layerg_pin.core.buildfiles.command_words import Environment
    from layerg_pin.core.buildfiles.makefile import parse_makefile
    from layerg_pin.core.buildfiles.shell_script import parse_script

    caller, text = Environment(), source.index.text
    caller.exported.update(delegate.environment)
    caller.values.update({name: each.value for name, each in delegate.environment.items()})
    if is_make:
        targets = [each for each in _operands(delegate.arguments) if "=" not in each]
        file = parse_makefile(text, Budget(above=budget), targets, caller)
    else:
        file = parse_script(text, Budget(above=budget), caller)
    is_whole = bool(file.commands) or bool(source.file.commands) or "buildmode" not in text
    return _Run(source, file, is_whole and not file.unread and not (file.delegates and not file.commands))


def _makefiles(delegate: Delegate) -> tuple[str, ...]:
    """Candidate paths of the Makefile of a command, relative to the build context of the image."""
    given = {option: value for option, value in pairwise(delegate.arguments) if option in ("-f", "-C")}
    names = (given["-f"],) if "-f" in given else ("GNUmakefile", "makefile", "Makefile")
    paths = (os.path.join(given.get("-C", ""), name).lstrip("/") for name in names)
    return tuple(path for path in paths if len(path) <= _MAX_NAME)


def _operands(arguments: Sequence[str]) -> Iterator[str]:
    """The arguments of make that are not options."""
    for before, argument in pairwise(("", *arguments)):
        if not argument.startswith("-") and before not in ("-f", "-C"):
            yield argument


def _script_names(program: str) -> tuple[str, ...]:
    """Candidate paths of a script in the build context: an absolute path loses one leading folder after the other."""
    if len(program) > _MAX_NAME:
        return ()
    parts = program.lstrip("./").split("/")
    return tuple("/".join(parts[start:]) for start in range(len(parts))) if program.startswith("/") else (program,)


def _take_over(found: dict[str, BuildSource | None], run: _Run, delegate: Delegate) -> None:
    """Replace the builds of a file by what they are when the file runs in an image."""
    known = found.get(run.source.path) or run.source
    builds = {command.span: _with_own_spans(command, delegate) for command in run.file.commands}
    commands = tuple(builds.get(command.span, command) for command in known.file.commands)
    found[known.path] = BuildSource(known.path, known.index, known.file._replace(commands=commands))


def _with_own_spans(command: BuildCommand, delegate: Delegate) -> BuildCommand:
    """A build in which variables that the calling file sets have the span of the build itself."""
    theirs = delegate.environment
    items = command.environment.items()
    return command._replace(
        environment={
            name: each._replace(span=command.span) if each is theirs.get(name) else each for name, each in items
        }
    )


def _concerns(folder: str, context: str) -> bool:
    """Whether an image with the build context `context` can contain the plugin in `folder`."""
    return f"{folder}/".startswith(f"{context.rstrip('/')}/") or context.startswith(f"{folder.rstrip('/')}/")


def _as_built(source: BuildSource, builds: Sequence[ImageBuild], budget: Budget) -> BuildSource:
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
    file = source.file
    if arguments or platform:
        file = parse_dockerfile(source.index.text, arguments, platform, Budget(above=budget))
    contexts = tuple(dict.fromkeys(build.context for build in builds))
    return BuildSource(source.path, source.index, file._replace(contexts=contexts))


def build_files(folder: str) -> tuple[str, ...]:
    """The paths of build files in a plugin's folder and above: existing ones, and likely names of missing ones."""
    parents = _parents(folder)
    likely = [os.path.join(parent, name) for parent in parents for name in (*_LIKELY, _ENV)]
    there = [path for parent in parents for path in _build_files(parent)]
    return (*likely, *there[:MAX_FILES])


def files_in(folder: str) -> tuple[str, ...]:
    """The existing build files in a folder and its usual subfolders."""
    return tuple(_build_files(folder))[:MAX_FILES]


def is_dockerfile(path: str) -> bool:
    """Whether a path has the name of a Dockerfile."""
    return _kind(path) == "dockerfile"


def is_build_file(path: str) -> bool:
    """Whether a path has the name of a build file."""
    return _kind(path) is not None or os.path.basename(path) == _ENV


def _parents(folder: str) -> tuple[str, ...]:
    """The folder and those above it up to the repository's root; only the folder itself outside a repository."""
    folders = [folder]
    for _ in range(_MAX_PARENTS):
        if os.path.exists(os.path.join(folders[-1], ".git")):
            return tuple(folders)
        folders.append(os.path.dirname(folders[-1]))
    return (folder,)


def _build_files(folder: str) -> Iterator[str]:
    for name in _FOLDERS:
        try:
            kinds = {each: kind for each in os.listdir(os.path.join(folder, name)) if (kind := _kind(each))}
        except OSError:
            continue
        # Files that name images come first, because the last ones may exceed a limit.
        names = sorted(kinds, key=lambda each: (_ORDER.index(kinds[each]), each))
        yield from (os.path.join(folder, name, each) for each in names)


def read_build_file(path: str, budget: Budget, default: str = "dockerfile") -> BuildSource | None:
    """Parse a build file within its own limits and those of `budget`; None if there is no such file.

    `file.unread` is set if the file cannot be read, or not to its end. `default` is the kind of a file whose name does
    not determine it.
    """
    # A Dockerfile that a compose file names can have any name.
    kind = _kind(path) or default
    try:
        if not os.path.exists(path) or os.path.isdir(path):
            return None
        if budget.bounds is not AT_ONCE and _is_irrelevant(path, kind):
            return None
        text = read_text(path, min(OF_FILE.characters, budget.bounds.characters))
    except (OSError, FileError, ValueError) as error:
        return _unread(path, f"not read: {_reason(error, path)}")
    if conflict := merge_conflict(text):
        return BuildSource(path, LineIndex(text), BuildFile(unread=conflict))
    if kind in ("script", "makefile") and not any(word in text.lower() for word in _WORDS):
        return BuildSource(path, LineIndex(text), BuildFile())
    own = Budget(above=budget)
    if kind == "compose":
        file = _compose(text, os.path.join(os.path.dirname(path), _ENV), own)
    else:
        file = _parser(kind)(text, own)
    return BuildSource(path, LineIndex(text), file)


def read_build_text(path: str, budget: Budget) -> str:
    """The text of a build file, counted against `budget`. Raises FileError if it cannot be read or exceeds a limit."""
    text = read_text(path, OF_FILE.characters)
    try:
        budget.read(len(text))
    except OutOfBounds as error:
        raise FileError(f"{path} is not read: {error}", path) from None
    return text


def _is_irrelevant(path: str, kind: str) -> bool:
    """Whether a large script or Makefile has nothing to do with Go, such as an installer."""
    if kind not in ("script", "makefile") or not OF_FILE.characters < os.path.getsize(path) <= _MAX_SEARCHED:
        return False
    return _GO.search(read_text(path, _MAX_SEARCHED)) is None


def _reason(error: Exception, path: str) -> str:
    return str(error).removeprefix(f"{path} ").removeprefix("cannot be read: ").removeprefix("is ")


def _compose(text: str, env: str, budget: Budget) -> BuildFile:
    from layerg_pin.core.buildfiles.compose import parse_compose, parse_env

    try:
        variables = read_build_text(env, budget) if os.path.exists(env) and not os.path.isdir(env) else ""
    except FileError as error:
        return BuildFile(unread=Problem(f"not read: {_ENV} cannot be read: {_reason(error, env)}", Span(0, 0)))
    return parse_compose(text, parse_env(variables), budget)


def _kind(path: str) -> str | None:
    name = os.path.basename(path)
    lower = name.lower()
    if not lower.endswith(_MAYBE) and not lower.startswith(("dockerfile", "containerfile")):
        return None
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(name)), None)


def _parser(kind: str) -> Callable[[str, Budget], BuildFile]:
    # Imported late, so that `check` starts faster for plugins without this kind of file.
    from layerg_pin.core.buildfiles.dockerfile import NO_ARGUMENTS, parse_dockerfile
    from layerg_pin.core.buildfiles.makefile import parse_makefile
    from layerg_pin.core.buildfiles.shell_script import parse_script

    if kind == "dockerfile":
        return lambda text, budget: parse_dockerfile(text, NO_ARGUMENTS, "", budget)
    return parse_makefile if kind == "makefile" else parse_script
