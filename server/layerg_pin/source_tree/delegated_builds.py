"""Follow commands that run make or a script to the builds in those files."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from layerg_pin.core.buildfiles.budget import Budget
from layerg_pin.core.buildfiles.build_file import BuildCommand, BuildFile, BuildSource, Delegate, ImageBuild
from layerg_pin.source_tree.build_file_parsing import known_path, read_build_file, without_mark, working_folder

_MAX_FOLDERS = 20
"""Limit on the folders in which a file named by a command is searched for."""


_MAX_NAME = 1000
"""In characters, of the path of a Makefile or script in a command."""


def follow_delegates(
    folder: str, found: dict[str, BuildSource | None], built: Mapping[str, Sequence[ImageBuild]], budget: Budget
) -> None:
    """Follow the commands that run make or a script, and drop those that build no plugin.

    A plugin build in a Makefile or script that runs in an image gets the variables that are set in the image, but not
    those of a pipeline, because people also run that file themselves.
    """
    names = {path.lower(): path for path in found}
    for path, source in list(found.items()):
        if source is None or not source.file.delegates:
            continue
        own_folder = working_folder(path)
        contexts = [build.context for build in built.get(path, ())]
        kept = []
        for delegate in source.file.delegates:
            run = _resolve_delegate(delegate, dict.fromkeys((*contexts, folder, own_folder)), budget)
            if run is None:
                if not source.file.commands and not source.file.programs and not source.file.is_ci_or_dev:
                    kept.append(delegate)  # else those commands are the build
                continue
            if source.file.is_ci_or_dev:  # only files that certainly build the plugin are used
                if any(command.image is None for command in run.file.commands):
                    kept.append(delegate._replace(is_read=run.is_whole))
                continue
            if run.file.commands or not run.is_whole:
                kept.append(delegate._replace(is_read=run.is_whole))
            if run.file.commands:
                _apply_run(found, known_path(run.source.path, found, names), run, delegate)
        found[path] = BuildSource(path, source.index, source.file._replace(delegates=tuple(kept)))


class _DelegatedRun(NamedTuple):
    """The builds in a Makefile or script that a command runs."""

    source: BuildSource
    """The file that runs."""
    file: BuildFile
    """The file's content when run by that command."""
    is_whole: bool
    """Whether all of its builds are known."""


def _resolve_delegate(delegate: Delegate, folders: Iterable[str], budget: Budget) -> _DelegatedRun | None:
    """The Makefile or script of a command, found in `folders`; None if there is no such file."""
    is_make = delegate.program == "make"
    names = _makefiles(delegate) if is_make else _script_names(delegate.program)
    paths = (os.path.normpath(os.path.join(folder, name)) for folder in islice(folders, _MAX_FOLDERS) for name in names)
    path = next((each for each in paths if os.path.isfile(each)), "")
    source = read_build_file(path, budget, "makefile" if is_make else "script") if path else None
    if source is None:
        return None
    if source.file.unread:
        return _DelegatedRun(source, source.file, is_whole=False)
    from layerg_pin.core.buildfiles.command_words import Environment
    from layerg_pin.core.buildfiles.makefile import parse_makefile
    from layerg_pin.core.buildfiles.shell_script import parse_script

    caller, text = Environment(), without_mark(source.index.text)
    caller.exported.update(delegate.environment)
    caller.values.update({name: each.value for name, each in delegate.environment.items()})
    if is_make:
        targets = [each for each in _positional_arguments(delegate.arguments) if "=" not in each]
        file = parse_makefile(text, Budget(above=budget), targets, caller)
    else:
        file = parse_script(text, Budget(above=budget), caller)
    is_whole = bool(file.commands) or bool(source.file.commands) or "buildmode" not in text
    return _DelegatedRun(source, file, is_whole and not file.unread and not (file.delegates and not file.commands))


def _makefiles(delegate: Delegate) -> tuple[str, ...]:
    """Candidate paths of the Makefile of a command, relative to the build context of the image."""
    given = {option: value for option, value in pairwise(delegate.arguments) if option in ("-f", "-C")}
    names = (given["-f"],) if "-f" in given else ("GNUmakefile", "makefile", "Makefile")
    paths = (os.path.join(given.get("-C", ""), name).lstrip("/") for name in names)
    return tuple(path for path in paths if len(path) <= _MAX_NAME)


def _positional_arguments(arguments: Sequence[str]) -> Iterator[str]:
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


def _apply_run(found: dict[str, BuildSource | None], path: str, run: _DelegatedRun, delegate: Delegate) -> None:
    """Replace the builds of a file by what they are when the file runs in an image."""
    known = found.get(path) or run.source
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
