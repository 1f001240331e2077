"""Read one build file and parse it by its kind, within limits."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from layerg_pin.core.buildfiles.budget import EVENT_LOOP_LIMITS, FILE_LIMITS, Budget, LimitExceeded
from layerg_pin.core.buildfiles.build_file import BuildFile, BuildSource
from layerg_pin.core.known.known_hosts import HOST_NAMES
from layerg_pin.core.late_pattern import LatePattern
from layerg_pin.core.text import LineIndex, Problem, Span, merge_conflict
from layerg_pin.system.text_files import FileError, read_text

_KINDS = (
    ("dockerfile", LatePattern(r"(Dockerfile|Containerfile)(\..+)?|.+\.dockerfile", re.IGNORECASE)),
    ("compose", LatePattern(r"(docker-)?compose(\.[\w.-]+)?\.ya?ml")),
    ("makefile", LatePattern(r"GNUmakefile|[Mm]akefile|.+\.mk")),
    ("script", LatePattern(r".+\.sh")),
)


KIND_ORDER = tuple(kind for kind, _ in _KINDS)


_SUFFIXES = ("file", ".mk", ".sh", "ml")
"""Lower-case suffixes of every build file's name, or of its part before the first dot. Much faster to test than the
patterns.
"""


ENV_FILE = ".env"
"""The file beside a compose file that defines its variables."""


_NO_TEXTS: Mapping[str, str] = MappingProxyType({})
_MAX_SEARCHED = 1 << 19
"""In bytes. Larger scripts are not searched for words about Go."""


_RELEVANT_WORDS = ("go", "docker", "podman", "nerdctl", "plugin", *HOST_NAMES)
"""A script or Makefile without any of these words does not concern plugins or images."""


_RELEVANT = LatePattern("|".join((r"\bgo(?:lang)?\b", *_RELEVANT_WORDS[1:])), re.IGNORECASE)
"""The same for large files, which often contain `go` as a part of other words."""


def unread_source(path: str, why: str) -> BuildSource:
    return BuildSource(path, LineIndex(""), BuildFile(unread=Problem(why, Span(0, 0))))


def is_dockerfile(path: str) -> bool:
    """Whether a path has the name of a Dockerfile."""
    return kind_of(path) == "dockerfile"


def read_build_file(
    path: str, budget: Budget, default: str = "dockerfile", unsaved: Mapping[str, str] = _NO_TEXTS
) -> BuildSource | None:
    """Parse a build file within its own limits and those of `budget`; None if there is no such file.

    `file.unread` is set if the file cannot be read, or not to its end. `default` is the kind of a file whose name does
    not determine it. `unsaved` are the texts of open files by absolute path, which count instead of those on disk.
    """
    # A Dockerfile that a compose file names can have any name.
    kind = kind_of(path) or default
    try:
        if not os.path.exists(path) or os.path.isdir(path):
            return None
        if budget.limits is not EVENT_LOOP_LIMITS and _is_irrelevant(path, kind):
            return None
        text = _text(path, min(FILE_LIMITS.characters, budget.limits.characters), unsaved)
    except (OSError, FileError, ValueError) as error:
        return unread_source(path, f"not read: {_reason(error, path)}")
    if conflict := merge_conflict(text):
        return BuildSource(path, LineIndex(text), BuildFile(unread=conflict))
    if kind in ("script", "makefile") and not any(word in text.lower() for word in _RELEVANT_WORDS):
        return BuildSource(path, LineIndex(text), BuildFile())
    own = Budget(above=budget)
    if kind == "compose":
        file = _compose(text, os.path.join(os.path.dirname(path), ENV_FILE), own, unsaved)
    else:
        file = _parser(kind)(text, own)
    return BuildSource(path, LineIndex(text), file)


def _text(path: str, limit: int, unsaved: Mapping[str, str]) -> str:
    """The unsaved text of a file, or the one on disk. Raises FileError if it is longer than the limit."""
    text = unsaved.get(path)
    if text is None:
        return read_text(path, limit)
    if len(text) > limit:
        raise FileError(f"{path} is larger than {limit} characters", path)
    return text


def read_build_text(path: str, budget: Budget, unsaved: Mapping[str, str] = _NO_TEXTS) -> str:
    """The text of a build file, counted against `budget`. Raises FileError if it cannot be read or exceeds a limit."""
    text = _text(path, FILE_LIMITS.characters, unsaved)
    try:
        budget.read(len(text))
    except LimitExceeded as error:
        raise FileError(f"{path} is not read: {error}", path) from None
    return text


def _is_irrelevant(path: str, kind: str) -> bool:
    """Whether a large script or Makefile has nothing to do with Go, such as an installer."""
    if kind not in ("script", "makefile") or not FILE_LIMITS.characters < os.path.getsize(path) <= _MAX_SEARCHED:
        return False
    return _RELEVANT.search(read_text(path, _MAX_SEARCHED)) is None


def _reason(error: Exception, path: str) -> str:
    return str(error).removeprefix(f"{path} ").removeprefix("cannot be read: ").removeprefix("is ")


def _compose(text: str, env: str, budget: Budget, unsaved: Mapping[str, str]) -> BuildFile:
    from layerg_pin.core.buildfiles.compose import parse_compose, parse_env

    try:
        variables = read_build_text(env, budget, unsaved) if os.path.exists(env) and not os.path.isdir(env) else ""
    except FileError as error:
        return BuildFile(unread=Problem(f"not read: {ENV_FILE} cannot be read: {_reason(error, env)}", Span(0, 0)))
    return parse_compose(text, parse_env(variables), budget)


def kind_of(path: str) -> str | None:
    name = os.path.basename(path)
    lower = name.lower()
    if not lower.endswith(_SUFFIXES) and not lower.startswith(("dockerfile", "containerfile")):
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
