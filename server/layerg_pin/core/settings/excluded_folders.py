"""Decide whether the `exclude` of a layerg-pin.toml matches a folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase


def is_excluded(globs: Iterable[str], folder: str) -> bool:
    """Whether a glob matches a folder or one above it; `folder` is relative to the file that has the globs, with `/`.

    A glob without `/` matches a folder of this name anywhere below the file, and any other glob a path relative to it.
    `*`, `?` and `[...]` stay within one name, and `**` stands for any number of folders. The time grows with the
    length of the glob times that of the path.
    """
    names = [name for name in folder.split("/") if name not in ("", ".")]
    return any(_matches(_parts(glob), names) for glob in globs)


def _parts(glob: str) -> list[str]:
    parts = [part for part in glob.split("/") if part not in ("", ".")]
    return ["**", *parts] if len(parts) == 1 and "/" not in glob.rstrip("/") else parts


def _matches(parts: Sequence[str], names: Sequence[str]) -> bool:
    """Whether the parts match the first names, which are those of a folder.

    After each `**`, the first place at which the parts up to the next one match is as good as any later place.
    """
    groups = _groups(parts)
    first = groups[0]
    if not _match_at(first, names, 0):
        return False
    at = len(first)
    for group in groups[1:]:
        last = len(names) - len(group)
        found = next((start for start in range(at, last + 1) if _match_at(group, names, start)), None)
        if found is None:
            return False
        at = found + len(group)
    return bool(names) and bool(parts)


def _groups(parts: Sequence[str]) -> list[list[str]]:
    """The parts between the `**`."""
    groups: list[list[str]] = [[]]
    for part in parts:
        if part == "**":
            groups.append([])
        else:
            groups[-1].append(part)
    return groups


def _match_at(parts: Sequence[str], names: Sequence[str], start: int) -> bool:
    if start + len(parts) > len(names):
        return False
    there = names[start : start + len(parts)]
    return all(part == name or fnmatchcase(name, part) for part, name in zip(parts, there, strict=True))
