"""Check the files that Go would read in a workspace before Go runs: only regular files of bounded size are allowed.

`go` opens every file with the right name: a go.mod that links to /dev/zero would take all memory, and a pipe named x.go
would block. Source of the files that Go opens: go/build (matchFile) and cmd/go/internal/modload (vendor.go, init.go),
verified with Go 1.26.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

from layerg_pin.core.gomod.directives import Replace, is_directory
from layerg_pin.core.gomod.parser import GoMod, parse_gomod, parse_gowork
from layerg_pin.core.gomod.size_limits import MAX_GOMOD, MembersSize
from layerg_pin.core.paths import relative_path
from layerg_pin.go.query_types import GoInputError
from layerg_pin.system.text_files import read_text_or_empty

MAX_SUMS = 16 * 1024 * 1024
"""In bytes, of a go.sum, go.work.sum or vendor/modules.txt. The largest known ones have about 2 MiB."""
MAX_SOURCE = 64 * 1024 * 1024
"""In bytes, of a source file."""
MAX_ENTRIES = 50_000
"""Limit on the number of entries checked in total. Beyond it, the time and memory limits of the run apply."""
_NOT_REGULAR = "a pipe or a device"
_SOURCES = (
    *(".go", ".s", ".S", ".sx", ".c", ".cc", ".cpp", ".cxx", ".m", ".h", ".hh", ".hpp", ".hxx"),
    *(".f", ".F", ".for", ".f90", ".swig", ".swigcxx", ".syso"),
)
"""Extensions of the files that Go opens in a package's folder (Go: go/build, goodOSArchFile and matchFile)."""
_BOUNDS: Mapping[str, int] = {"go.mod": MAX_GOMOD, "go.work": MAX_GOMOD}


class _UnusableFileError(Exception):
    """A file that Go would read but must not: its absolute path, the rest of the sentence, and the replace or use that
    leads to it, as GoInputError has it.
    """

    def __init__(self, path: str, reason: str, target: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason, self.target = path, reason, target


def check_inputs(folder: str, gomod: str | None = None, work: str | None = None, work_text: str | None = None) -> None:
    """Check the inputs of the module in `folder`, of its replaced modules and of the go.work at `work`.

    `gomod` and `work_text` replace the files' contents on disk. Raises GoInputError, whose message has a path relative
    to `folder`.
    """
    try:
        _check_inputs(folder, gomod, work, work_text)
    except _UnusableFileError as found:
        raise GoInputError(f"{relative_path(found.path, folder)}{found.reason}", found.target) from None


def _check_inputs(folder: str, gomod: str | None, work: str | None, work_text: str | None) -> None:
    """Raises _UnusableFileError, or GoInputError for an error without a file."""
    text = gomod if gomod is not None else read_text_or_empty(os.path.join(folder, "go.mod"))
    _check_module(folder, "")
    parsed = _parsed(text, os.path.join(folder, "go.mod"), "")
    roots = {folder: ""}
    roots.update(_replaced(folder, parsed.replaces))
    if above := _invalid_work(folder):
        raise above
    if work:
        for path in (work, f"{work}.sum", os.path.join(os.path.dirname(work), "vendor", "modules.txt")):
            _check(path, "")
        parsed_work = parse_gowork(work_text if work_text is not None else read_text_or_empty(work))
        if parsed_work.excess:
            raise GoInputError(parsed_work.excess.message, "")
        base, size = os.path.dirname(work), MembersSize()
        roots.update(_replaced(base, parsed_work.replaces))
        for use in parsed_work.uses:
            member = os.path.abspath(os.path.join(base, use.text))
            if member == folder or member in roots:
                continue
            roots[member] = use.text
            _check_module(member, use.text)
            own = os.path.join(member, "go.mod")
            text = read_text_or_empty(own)
            if problem := size.exceeded_by(text, use.text, use.span):
                raise GoInputError(f"{work}: {problem.message}", use.text)
            replaced = _replaced(member, _parsed(text, own, use.text).replaces)
            roots.update((path, use.text) for path in replaced if path not in roots)
    seen: set[tuple[int, int]] = set()
    remaining = [MAX_ENTRIES]
    """The number of entries that may still be checked."""
    for root, target in roots.items():
        if root != folder:
            _check_module(root, target)
        _check_sources(root, target, seen, remaining)


def _replaced(base: str, replaces: tuple[Replace, ...]) -> dict[str, str]:
    """The folders that replace modules: absolute path to the path as written in the replace."""
    targets = [each.target.text for each in replaces if is_directory(each.target.text)]
    return {os.path.abspath(os.path.join(base, target)): target for target in targets}


def _check_module(folder: str, target: str) -> None:
    for name in ("go.mod", "go.sum", os.path.join("vendor", "modules.txt")):
        _check(os.path.join(folder, name), target)


def _invalid_work(folder: str) -> _UnusableFileError | None:
    """The error for a go.work above a folder that is not a regular file, which `go` would open all the same."""
    while True:
        path = os.path.join(folder, "go.work")
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError):
            mode = stat.S_IFDIR
        if stat.S_ISREG(mode):
            return None  # the caller checks it if Go uses it
        if not stat.S_ISDIR(mode):
            return _refusal(path, _NOT_REGULAR, "")
        if folder == (folder := os.path.dirname(folder)):
            return None


def _check(path: str, target: str) -> None:
    """Check that a path, if it exists, is a regular file within the size limit of its name."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return  # Go reports a missing file better
    limit = _BOUNDS.get(os.path.basename(path), MAX_SUMS)
    if stat.S_ISDIR(found.st_mode):
        raise _refusal(path, "a folder", target)
    if not stat.S_ISREG(found.st_mode):
        raise _refusal(path, _NOT_REGULAR, target)
    if found.st_size > limit:
        raise _refusal(path, f"larger than {_size(limit)}", target)


def _check_sources(root: str, target: str, seen: set[tuple[int, int]], remaining: list[int]) -> None:
    """Check the source files in the folders of a module, and in folders that links lead to but not below these. Nested
    modules are skipped.
    """
    pending = [(root, False)]
    while pending and remaining[0] > 0:
        folder, is_link = pending.pop()
        try:
            found = os.stat(folder)
            if (found.st_dev, found.st_ino) in seen:
                continue
            seen.add((found.st_dev, found.st_ino))
            with os.scandir(folder) as entries:
                for entry in entries:
                    remaining[0] -= 1
                    if entry.name[0] in "._":
                        continue
                    if entry.is_dir():
                        if not is_link and not os.path.isfile(os.path.join(entry.path, "go.mod")):
                            pending.append((entry.path, entry.is_symlink()))
                    elif entry.name.endswith(_SOURCES):
                        _check_source(entry, target)
        except (OSError, ValueError):
            continue  # Go reports an unreadable folder better


def _check_source(entry: os.DirEntry[str], target: str) -> None:
    if entry.is_symlink() and not os.path.exists(entry.path):
        return
    found = entry.stat()
    if not stat.S_ISREG(found.st_mode):
        raise _refusal(entry.path, _NOT_REGULAR, target)
    if found.st_size > MAX_SOURCE:
        raise _refusal(entry.path, f"larger than {_size(MAX_SOURCE)}", target)


def _parsed(text: str, path: str, target: str) -> GoMod:
    """Parse a go.mod. Raises _UnusableFileError if it exceeds the size limits."""
    gomod = parse_gomod(text)
    if gomod.excess:
        raise _UnusableFileError(path, f": {gomod.excess.message}", target)
    return gomod


def _refusal(path: str, kind: str, target: str) -> _UnusableFileError:
    remedy = "layerg-pin does not run Go on it" if kind.startswith("larger") else "replace it with a regular file"
    return _UnusableFileError(path, f" is {kind}: {remedy}", target)


def _size(number: int) -> str:
    return f"{number >> 20} MiB" if number >= 1 << 20 else f"{number >> 10} KiB"
