"""Decide whether a command in a build file builds a package of another module of the repository."""

from __future__ import annotations

import glob
import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from layerg_pin.core.buildfiles.build_file import BuildCommand, BuildSource, BuildStage, CommentForm
from layerg_pin.core.buildfiles.copied_folders import MAX_COPIED
from layerg_pin.source_tree.build_file_parsing import is_below, working_folder

_MAX_PARENTS = 20
_MAX_PACKAGES = 20
_MAX_MATCHES = 100
"""Limit on the paths that a wildcard matches."""
_WILDCARDS = re.compile(r"[*?\[]")
_MAX_WILDCARDS = 2
"""In the source of a COPY: each of them lists all folders that the parts before it match."""


class CommandModules:
    """The modules whose packages commands build, for the plugin in `folder` and its repository at `root`."""

    def __init__(self, folder: str, root: str) -> None:
        self._folder, self._root = os.path.realpath(folder), os.path.realpath(root)
        self._parents = tuple(self._up(self._folder))
        self._modules: dict[str, str] = {}

    def is_another(self, source: BuildSource, command: BuildCommand) -> bool:
        """Whether a command certainly builds another module than the plugin.

        The command's folder must be known, and exist below a folder in which people can run the command. Wherever it
        exists, it must belong to a module with its own go.mod.
        """
        packages = [each for each in command.packages or () if _is_local(each)]
        is_local = bool(packages) and len(packages) == len(command.packages or ())
        paths = [_folder_of(each) for each in packages] if is_local else [""]
        if not command.is_folder_sure or len(paths) > _MAX_PACKAGES:
            return False
        targets = [posixpath.normpath(posixpath.join(command.folder or "", each)) for each in paths]
        places = [list(self._places(source, command, each)) for each in targets]
        if not all(each and all(map(self._is_foreign, each)) for each in places):
            return False
        return is_local or command.packages == () or not self._has_workspace(place for each in places for place in each)

    def _is_foreign(self, place: str) -> bool:
        """Whether a folder is in a module of the repository, and not in the plugin's."""
        if place not in self._modules:
            inside = (each for each in self._up(place) if os.path.isfile(os.path.join(each, "go.mod")))
            self._modules[place] = next(inside, "")
        module = self._modules[place]
        try:
            return bool(module) and not os.path.samefile(module, self._folder)
        except OSError:
            return False

    def _has_workspace(self, places: Iterator[str]) -> bool:
        """Whether there may be a workspace, in which a command can build a package of each of its modules."""
        folders = {*self._parents, *(each for place in places for each in self._up(place))}
        return any(os.path.isfile(os.path.join(each, "go.work")) for each in folders)

    def _up(self, place: str) -> Iterator[str]:
        """A folder and those above it, up to the root of the repository; nothing for a folder outside of it."""
        for _ in range(_MAX_PARENTS):
            if place != self._root and not is_below(place, self._root):
                return
            yield place
            place = os.path.dirname(place)

    def _places(self, source: BuildSource, command: BuildCommand, target: str) -> Iterator[str]:
        """The existing folders that a command may mean by `target`; none if they are not known."""
        if source.file.stages:
            found = self._copied(source, command, target)
        elif target.startswith("/"):
            found = []
        else:
            bases = (os.path.dirname(source.path), *self._up(os.path.realpath(working_folder(source.path))))
            found = [os.path.join(base, target) for base in dict.fromkeys((*bases, *self._parents))]
        for path in found:
            if os.path.isdir(path):
                yield os.path.realpath(path)

    def _copied(self, source: BuildSource, command: BuildCommand, target: str) -> list[str]:
        """The folders that may have been copied to the folder `target` of an image."""
        stage = _stage_of(source, command)
        if stage is None or len(stage.copied) >= MAX_COPIED:
            return []
        target = posixpath.join("/", target)
        contexts: Sequence[str] = source.file.contexts or (os.path.dirname(source.path), *self._parents)
        found = []
        for path, copy in stage.copied:
            if not f"{target}/".startswith(f"{copy.rstrip('/')}/"):
                continue
            if not path or len(_WILDCARDS.findall(path)) > _MAX_WILDCARDS:
                return []
            inner = posixpath.relpath(target, copy)
            for context in contexts:
                for each in _matches(context, path.lstrip("/")):
                    is_file = not os.path.isdir(each)
                    found += [os.path.dirname(each)] if is_file and inner == "." else []
                    found += [] if is_file else [os.path.join(each, inner)]
        return found


def _stage_of(source: BuildSource, command: BuildCommand) -> BuildStage | None:
    """The stage of a Dockerfile in which a command runs; None if it is not known, as in a compose file."""
    if source.file.comments is not CommentForm.HASH_LINE:
        return None
    stages = [each for each in source.file.stages if each.start <= command.span.start]
    return stages[-1] if stages else None


def _matches(context: str, path: str) -> list[str]:
    """The existing paths that a source of COPY, which can have wildcards, names."""
    found = islice(glob.iglob(path or ".", root_dir=context), _MAX_MATCHES)
    return [os.path.join(context, each) for each in found]


def _is_local(package: str) -> bool:
    return package.startswith((".", "/")) or package.endswith(".go")


def _folder_of(package: str) -> str:
    """The folder of a package argument, which can be a file or a pattern."""
    path = posixpath.dirname(package) if package.endswith(".go") else package
    return path.partition("...")[0]
