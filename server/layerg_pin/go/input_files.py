"""What Go would read of a workspace, looked at before Go is run: only regular files of bounded size.

`go` opens whatever has the right name: a go.mod that leads to /dev/zero takes all memory, a pipe named x.go is waited
for. Source of what Go opens: go/build (matchFile) and cmd/go/internal/modload (vendor.go, init.go); tried with Go 1.26.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

from layerg_pin.core.gomod.directives import Replace, is_directory
from layerg_pin.core.gomod.parser import GoMod, parse_gomod, parse_gowork
from layerg_pin.core.gomod.size_limits import MAX_GOMOD
from layerg_pin.go.query_types import GoInputError
from layerg_pin.system.text_files import text_or_empty

MAX_SUMS = 16 * 1024 * 1024
"""In bytes, of a go.sum, go.work.sum and vendor/modules.txt. The largest known ones have about 2 MiB."""
MAX_SOURCE = 64 * 1024 * 1024
"""In bytes, of a source file."""
MAX_ENTRIES = 50_000
"""So many files and folders are looked at in all; what else Go reads is left to the limits on its run."""
_NOT_REGULAR = "a pipe or a device"
_SOURCES = (
    *(".go", ".s", ".S", ".sx", ".c", ".cc", ".cpp", ".cxx", ".m", ".h", ".hh", ".hpp", ".hxx"),
    *(".f", ".F", ".for", ".f90", ".swig", ".swigcxx", ".syso"),
)
"""The endings of files that Go opens in the folder of a package (Go: go/build, goodOSArchFile and matchFile)."""
_BOUNDS: Mapping[str, int] = {"go.mod": MAX_GOMOD, "go.work": MAX_GOMOD}


def check_inputs(folder: str, gomod: str | None = None, work: str | None = None, work_text: str | None = None) -> None:
    """Refuse what Go must not read of the module in `folder`, its replaced modules and the go.work at `work`.

    The texts are those that count in the place of the files. Raises GoInputError.
    """
    text = gomod if gomod is not None else text_or_empty(os.path.join(folder, "go.mod"))
    _check_module(folder, "")
    parsed = _parsed(text, os.path.join(folder, "go.mod"), "")
    roots = {folder: ""}
    roots.update(_replaced(folder, parsed.replaces))
    if above := _odd_work(folder):
        raise above
    if work:
        for path in (work, f"{work}.sum", os.path.join(os.path.dirname(work), "vendor", "modules.txt")):
            _check(path, "")
        parsed_work = parse_gowork(work_text if work_text is not None else text_or_empty(work))
        if parsed_work.beyond:
            raise GoInputError(parsed_work.beyond.message, "")
        base = os.path.dirname(work)
        roots.update(_replaced(base, parsed_work.replaces))
        for use in parsed_work.uses:
            member = os.path.abspath(os.path.join(base, use.text))
            if member == folder or member in roots:
                continue
            roots[member] = use.text
            _check_module(member, use.text)
            own = os.path.join(member, "go.mod")
            replaced = _replaced(member, _parsed(text_or_empty(own), own, use.text).replaces)
            roots.update((path, use.text) for path in replaced if path not in roots)
    seen: set[tuple[int, int]] = set()
    left = [MAX_ENTRIES]
    """Entries that may still be looked at."""
    for root, target in roots.items():
        if root != folder:
            _check_module(root, target)
        _check_sources(root, target, seen, left)


def _replaced(base: str, replaces: tuple[Replace, ...]) -> dict[str, str]:
    """The folders that replace modules, absolute, each as the line writes it."""
    targets = [each.target.text for each in replaces if is_directory(each.target.text)]
    return {os.path.abspath(os.path.join(base, target)): target for target in targets}


def _check_module(folder: str, target: str) -> None:
    for name in ("go.mod", "go.sum", os.path.join("vendor", "modules.txt")):
        _check(os.path.join(folder, name), target)


def _odd_work(folder: str) -> GoInputError | None:
    """The refusal of a go.work above a folder that is not a regular file: `go` opens it all the same."""
    while True:
        path = os.path.join(folder, "go.work")
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError):
            mode = stat.S_IFDIR
        if stat.S_ISREG(mode):
            return None  # which is looked at where it counts
        if not stat.S_ISDIR(mode):
            return _refusal(path, _NOT_REGULAR, "")
        if folder == (folder := os.path.dirname(folder)):
            return None


def _check(path: str, target: str) -> None:
    """Refuse what is there under a path, unless it is a regular file within the bound of its name."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return  # what is not there, Go says better
    most = _BOUNDS.get(os.path.basename(path), MAX_SUMS)
    if stat.S_ISDIR(found.st_mode):
        raise _refusal(path, "a folder", target)
    if not stat.S_ISREG(found.st_mode):
        raise _refusal(path, _NOT_REGULAR, target)
    if found.st_size > most:
        raise _refusal(path, f"larger than {_size(most)}", target)


def _check_sources(root: str, target: str, seen: set[tuple[int, int]], left: list[int]) -> None:
    """Refuse what Go would open in the folders of a module, and in the folders that links
    lead to, but not below these; not in modules inside of it.
    """
    pending = [(root, False)]
    while pending and left[0] > 0:
        folder, is_link = pending.pop()
        try:
            found = os.stat(folder)
            if (found.st_dev, found.st_ino) in seen:
                continue
            seen.add((found.st_dev, found.st_ino))
            with os.scandir(folder) as entries:
                for entry in entries:
                    left[0] -= 1
                    if entry.name[0] in "._":
                        continue
                    if entry.is_dir():
                        if not is_link and not os.path.isfile(os.path.join(entry.path, "go.mod")):
                            pending.append((entry.path, entry.is_symlink()))
                    elif entry.name.endswith(_SOURCES):
                        _check_source(entry, target)
        except (OSError, ValueError):
            continue  # what cannot be looked at, Go says better


def _check_source(entry: os.DirEntry[str], target: str) -> None:
    if entry.is_symlink() and not os.path.exists(entry.path):
        return
    found = entry.stat()
    if not stat.S_ISREG(found.st_mode):
        raise _refusal(entry.path, _NOT_REGULAR, target)
    if found.st_size > MAX_SOURCE:
        raise _refusal(entry.path, f"larger than {_size(MAX_SOURCE)}", target)


def _parsed(text: str, path: str, target: str) -> GoMod:
    """A go.mod, all of which must be within the bounds. Raises GoInputError."""
    gomod = parse_gomod(text)
    if gomod.beyond:
        raise GoInputError(f"{path}: {gomod.beyond.message}", target)
    return gomod


def _refusal(path: str, kind: str, target: str) -> GoInputError:
    cure = "layerg-pin does not run Go on it" if kind.startswith("larger") else "replace it with a regular file"
    return GoInputError(f"{path} is {kind}: {cure}", target)


def _size(number: int) -> str:
    return f"{number >> 20} MiB" if number >= 1 << 20 else f"{number >> 10} KiB"
