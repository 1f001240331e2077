"""Find the Makefiles and scripts that a Dockerfile's stage runs to build a host."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from itertools import islice

_RUN = r"^[ \t]*+RUN\b((?:[^\\\n]|\\\r?\n|\\[^\n])*+)"
_MAKE = (
    r"(?:^|&&|[;|(\"]|\\\r?\n|--\S{1,400}+)[\s\\\[\"]{0,40}+(?:\w{1,40}+=\S{0,100}+\s{1,40}+){0,8}+"
    r"(?:/usr/bin/)?g?make(?![\w-])\"?((?:[^&;|\n\\]|\\.)*+)"
)
"""Rarely used patterns, which re compiles on first use. Repetitions are bounded and possessive: linear time."""
_MAX_RUNS = 200
"""Calls of make in one stage; each is compared with each Makefile."""
_MAX_STAGE = 32 * 1024
"""In characters of one stage. No known stage has a tenth of it."""
_MAX_PATH = 1000
"""In characters."""


def files_run_by(stage: str, paths: Iterable[str]) -> Iterator[str]:
    """The paths, relative to the module, of Makefiles and scripts that the RUN instructions of a stage's text run."""
    commands = re.findall(_RUN, stage[:_MAX_STAGE], re.MULTILINE | re.IGNORECASE)
    makes = [
        *islice((_make_options(match[1]) for command in commands for match in re.finditer(_MAKE, command)), _MAX_RUNS)
    ]
    for path in paths:
        name = posixpath.basename(path)
        if name.endswith(".sh"):
            pattern = rf"(?<![\w.-]){re.escape(name)}(?![\w.-])"
            if any(re.search(pattern, command) for command in commands):
                yield path
        elif any(_uses_makefile(folder, file, path) for folder, file in dict.fromkeys(makes)):
            yield path


def _make_options(options: str) -> tuple[str, str]:
    """The folder (-C) and the file (-f) in the options of make; each may be empty."""
    folder = re.search(r"(?:^|\s)(?:-C\s*|--directory[= ])(\S+)", options)
    file = re.search(r"(?:^|\s)(?:-f\s*|--file[= ]|--makefile[= ])(\S+)", options)
    return folder[1][:_MAX_PATH] if folder else "", file[1][:_MAX_PATH] if file else ""


def _uses_makefile(folder: str, file: str, path: str) -> bool:
    """Whether make with such options uses the Makefile at a path."""
    named = posixpath.normpath(posixpath.join(folder, file or posixpath.basename(path))).lstrip("/")
    return named == path or (not folder and not file and "/" not in path)
