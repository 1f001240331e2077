"""Which Makefiles and scripts the stage of a Dockerfile runs to build a host."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

_RUN = r"^[ \t]*RUN\b((?:[^\\\n]|\\[^\n]|\\\r?\n)*)"
_MAKE = r"(?:^|&&|[;|(\"]|\\\r?\n|--\S+)[\s\\\[\"]*(?:\w+=\S*\s+)*(?:/usr/bin/)?g?make(?![\w-])\"?((?:[^&;|\n\\]|\\.)*)"
"""Rarely used patterns, which re compiles on first use."""


def runs_of(stage: str, paths: Iterable[str]) -> Iterator[str]:
    """Those of some Makefiles and scripts, relative to the module, that the RUN instructions in a text run."""
    commands = re.findall(_RUN, stage, re.MULTILINE | re.IGNORECASE)
    for path in paths:
        if any(_runs(command, path) for command in commands):
            yield path


def _runs(command: str, path: str) -> bool:
    """Whether the text of a RUN instruction runs a Makefile or script."""
    name = posixpath.basename(path)
    if name.endswith(".sh"):
        return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", command) is not None
    for match in re.finditer(_MAKE, command):
        options = match[1]
        folder = re.search(r"(?:^|\s)(?:-C\s*|--directory[= ])(\S+)", options)
        file = re.search(r"(?:^|\s)(?:-f\s*|--file[= ]|--makefile[= ])(\S+)", options)
        named = posixpath.normpath(posixpath.join(folder[1] if folder else "", file[1] if file else name)).lstrip("/")
        if named == path or (not folder and not file and "/" not in path):
            return True
    return False
