"""Read one build file and parse it by its kind, within limits."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Container, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from layerg_pin.core.buildfiles.budget import EVENT_LOOP_LIMITS, FILE_LIMITS, Budget, LimitExceeded
from layerg_pin.core.buildfiles.build_file import BuildFile, BuildSource, ComposeRun
from layerg_pin.core.known.known_hosts import HOST_NAMES
from layerg_pin.core.lazy_pattern import LazyPattern
from layerg_pin.core.text import LineIndex, Problem, Span, merge_conflict
from layerg_pin.system.text_files import FileError, read_text

if TYPE_CHECKING:
    from layerg_pin.source_tree.compose_projects import Loaded

_KINDS = (
    ("dockerfile", LazyPattern(r"(Dockerfile|Containerfile)(\..+)?|.+\.dockerfile", re.IGNORECASE)),
    ("compose", LazyPattern(r"(docker-)?compose(\.[\w.-]+)?\.ya?ml")),
    ("bake", LazyPattern(r"docker-bake(\.override)?\.(hcl|json)")),
    ("devcontainer", LazyPattern(r"\.?devcontainer\.json")),
    ("makefile", LazyPattern(r"GNUmakefile|[Mm]akefile|.+\.mk")),
    ("script", LazyPattern(r".+\.sh")),
    ("batch", LazyPattern(r".+\.(bat|cmd)", re.IGNORECASE)),
    ("powershell", LazyPattern(r".+\.ps1", re.IGNORECASE)),
    ("taskfile", LazyPattern(r"[Tt]askfile(\.dist)?\.ya?ml")),
    ("gitlab", LazyPattern(r"\.gitlab-ci\.ya?ml")),
)
COMPOSE_BASES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""The base files of Docker Compose: it reads the first of these that exists in a folder, and no other."""
_BACKUPS = (".bak", ".old", ".orig", ".save", ".rej", ".tmp", ".swp", "~")
"""The ends of the names of files that editors and version control leave behind."""
_WORKFLOW = "workflow"
WORKFLOWS = os.path.join(".github", "workflows")
"""The folder of GitHub workflows. Every YAML file in it is one."""


KIND_ORDER = (*(kind for kind, _ in _KINDS), _WORKFLOW)


_SUFFIXES = (
    "file",
    ".mk",
    ".sh",
    "ml",
    ".bat",
    ".cmd",
    ".ps1",
    "devcontainer.json",
    ".hcl",
    "bake.json",
    "override.json",
)
"""Lower-case suffixes of every build file's name, or of its part before the first dot. Much faster to test than the
patterns.
"""


ENV_FILE = ".env"
"""The file beside a compose file that defines its variables."""


_NO_TEXTS: Mapping[str, str] = MappingProxyType({})
_MARK = "\ufeff"
"""The byte order mark, which Windows programs write."""
_UTF_16 = ("\udcff\udcfe", "\udcfe\udcff")
"""How a file in UTF-16 starts when it is read as UTF-8."""


_MAX_SEARCHED = 1 << 19
"""In bytes. Larger scripts are not searched for words about Go."""


_RELEVANT_WORDS = ("go", "docker", "podman", "nerdctl", "plugin", *HOST_NAMES)
"""A script or Makefile without any of these words does not concern plugins or images."""


_SCRIPTS = ("script", "makefile", "batch", "powershell", "taskfile")
"""The kinds of files that are parsed only with one of these words."""


_PIPELINES = ("gitlab", _WORKFLOW)
_PIPELINE_WORDS = ("buildmode", "plugin", "docker", "podman", "nerdctl", "make", ".sh", *HOST_NAMES)
"""A pipeline without any of these words runs other things, such as tests, and names no image of a known host."""


_RELEVANT = LazyPattern("|".join((r"\bgo(?:lang)?\b", *_RELEVANT_WORDS[1:])), re.IGNORECASE)
"""The same for large files, which often contain `go` as a part of other words."""


def unread_source(path: str, why: str) -> BuildSource:
    return BuildSource(path, LineIndex(""), BuildFile(unread=Problem(why, Span(0, 0))))


def is_dockerfile(path: str) -> bool:
    """Whether a path has the name of a Dockerfile."""
    return kind_of(path) == "dockerfile"


def read_build_file(
    path: str,
    budget: Budget,
    default: str = "dockerfile",
    unsaved: Mapping[str, str] = _NO_TEXTS,
    composes: Loaded | None = None,
    runs: Sequence[ComposeRun] = (),
    root: str = "",
) -> BuildSource | None:
    """Parse a build file within its own limits and those of `budget`; None if there is no such file.

    `file.unread` is set if the file cannot be read, or not to its end. `default` is the kind of a file whose name does
    not determine it. `unsaved` are the texts of open files by absolute path, which replace those on disk.
    `composes` keeps compose files, which are read again to be merged, and `runs` are the commands that run one.
    The services of a compose file can extend those of other files below `root`, or below its own folder.
    """
    # A Dockerfile that a compose file names can have any name.
    kind = kind_of(path) or default
    try:
        if not os.path.exists(path) or os.path.isdir(path):
            return None
        if budget.limits is not EVENT_LOOP_LIMITS and _is_irrelevant(path, kind):
            return None
        text = unsaved_or_read(path, min(FILE_LIMITS.characters, budget.limits.characters), unsaved)
    except (OSError, FileError, ValueError) as error:
        return unread_source(path, f"not read: {reason_of(error, path)}")
    if text.startswith(_UTF_16):
        text = _decoded(text)
    if conflict := merge_conflict(text):
        return BuildSource(path, LineIndex(text), BuildFile(unread=conflict))
    words = _RELEVANT_WORDS if kind in _SCRIPTS else _PIPELINE_WORDS if kind in _PIPELINES else ()
    if words and not any(word in text.lower() for word in words):
        return BuildSource(path, LineIndex(text), BuildFile())
    own = Budget(above=budget)
    parsed = without_mark(text)
    if kind == "compose":
        from layerg_pin.source_tree.compose_projects import read_compose

        file = read_compose(path, parsed, own, unsaved, {} if composes is None else composes, runs, root)
    elif kind == "bake":
        from layerg_pin.source_tree.compose_projects import read_bake

        file = read_bake(parsed, own, unsaved, runs)
    else:
        file = _parser(kind)(parsed, own)
    return BuildSource(path, LineIndex(text), file)


def unsaved_or_read(path: str, limit: int, unsaved: Mapping[str, str]) -> str:
    """The unsaved text of a file, or the one on disk. Raises FileError if it is longer than the limit."""
    text = unsaved.get(path)
    if text is None:
        return read_text(path, limit)
    if len(text) > limit:
        raise FileError(f"{path} is larger than {limit} characters", path)
    return text


def read_build_text(path: str, budget: Budget, unsaved: Mapping[str, str] = _NO_TEXTS) -> str:
    """The text of a build file, counted against `budget`. Raises FileError if it cannot be read or exceeds a limit."""
    text = unsaved_or_read(path, FILE_LIMITS.characters, unsaved)
    try:
        budget.count_characters(len(text))
    except LimitExceeded as error:
        raise FileError(f"{path} is not read: {error}", path) from None
    return text


def _is_irrelevant(path: str, kind: str) -> bool:
    """Whether a large script, Makefile or pipeline has nothing to do with Go, such as an installer."""
    if kind not in (*_SCRIPTS, *_PIPELINES) or not FILE_LIMITS.characters < os.path.getsize(path) <= _MAX_SEARCHED:
        return False
    return _RELEVANT.search(read_text(path, _MAX_SEARCHED)) is None


def reason_of(error: Exception, path: str) -> str:
    """The reason of an error without the path, which is shown beside it."""
    return str(error).removeprefix(f"{path} ").removeprefix("cannot be read: ").removeprefix("is ")


def _decoded(text: str) -> str:
    """The text of a UTF-16 file, which PowerShell's `>` writes, from its bytes, without the byte order mark."""
    content = text.encode("utf-8", "surrogateescape")
    return content.decode("utf-16-le" if text.startswith(_UTF_16[0]) else "utf-16-be", "replace").removeprefix(_MARK)


def without_mark(text: str) -> str:
    """The text with a blank instead of a byte order mark, so that offsets stay."""
    return f" {text[1:]}" if text.startswith(_MARK) else text


def is_below(path: str, root: str) -> bool:
    """Whether a normalised path is in a folder."""
    return path.startswith(os.path.join(root, ""))


def overlaps(path: str, other: str) -> bool:
    """Whether one of two normalised paths contains the other."""
    return is_below(os.path.join(path, ""), other) or is_below(os.path.join(other, ""), path)


def known_path(path: str, found: Container[str], names: Mapping[str, str]) -> str:
    """The path in `found` of this file, which can differ in case on Windows and macOS.

    `names` has the paths by their lower case.
    """
    other = names.get(path.lower(), path)
    if path in found or other == path:
        return path
    try:
        return other if os.path.samefile(path, other) else path
    except (OSError, ValueError):
        return path  # one of them does not exist, or cannot


def working_folder(path: str) -> str:
    """The folder that relative paths in a build file start from: its own; for a workflow the repository's root."""
    folder = os.path.dirname(path)
    return os.path.dirname(os.path.dirname(folder)) if kind_of(path) == _WORKFLOW else folder


def kind_of(path: str) -> str | None:
    """The kind of a build file by its path; None for other files, and for backups of build files."""
    if path.lower().endswith(_BACKUPS):
        return None
    folder, name = os.path.split(path)
    lower = name.lower()
    if not lower.endswith(_SUFFIXES) and not lower.startswith(("dockerfile", "containerfile")):
        return None
    if lower.endswith((".yml", ".yaml")) and folder.endswith(WORKFLOWS):
        return _WORKFLOW
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(name)), None)


def _parser(kind: str) -> Callable[[str, Budget], BuildFile]:
    # imported here: `check` starts faster for plugins without this kind of file
    match kind:
        case "dockerfile":
            from layerg_pin.core.buildfiles.dockerfile import NO_ARGUMENTS, parse_dockerfile

            return lambda text, budget: parse_dockerfile(text, NO_ARGUMENTS, "", budget)
        case "makefile":
            from layerg_pin.core.buildfiles.makefile import parse_makefile

            return parse_makefile
        case "batch":
            from layerg_pin.core.buildfiles.batch_file import parse_batch

            return parse_batch
        case "powershell":
            from layerg_pin.core.buildfiles.powershell import parse_powershell

            return parse_powershell
        case "devcontainer":
            from layerg_pin.core.buildfiles.devcontainer import parse_devcontainer

            return parse_devcontainer
        case "taskfile":
            from layerg_pin.core.buildfiles.taskfile import parse_taskfile

            return parse_taskfile
        case "gitlab":
            from layerg_pin.core.buildfiles.gitlab_pipeline import parse_gitlab

            return parse_gitlab
        case "workflow":
            from layerg_pin.core.buildfiles.github_workflow import parse_workflow

            return parse_workflow
    from layerg_pin.core.buildfiles.shell_script import parse_script

    return parse_script
