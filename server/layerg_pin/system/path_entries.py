"""The folder entries that decide which file a path names: one for each of its parts, and those of symbolic links."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

_MAX_LINKS = 40  # Linux follows no more: path_resolution(7)


class _Walk(NamedTuple):
    """How far a path was followed from its root."""

    entries: tuple[str, ...]
    here: str | None
    """The folder that was reached; None if an entry does not exist or is not a folder."""
    links: int = 0


def path_entries(files: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The folder entries on the path to each file, with links followed, up to the first that does not exist."""
    walks: dict[str, _Walk] = {}
    found = {}
    for file in files:
        folder, name = os.path.split(file)
        if folder not in walks:  # many files share a folder
            path = Path(folder)
            walks[folder] = _follow(_Walk((), path.anchor), path.parts[1:])
        found[file] = tuple(dict.fromkeys(_follow(walks[folder], (name,)).entries))
    return found


def _follow(walk: _Walk, names: Sequence[str]) -> _Walk:
    """Continue a walk with these parts of a path."""
    entries, here, links = [*walk.entries], walk.here, walk.links
    pending = [*reversed(names)]
    while pending and here is not None:
        name = pending.pop()
        if name == os.pardir:
            here = os.path.dirname(here)
            continue
        entry = os.path.join(here, name)
        entries.append(entry)
        try:
            target = Path(here, os.readlink(entry))
        except (OSError, ValueError):  # not a link
            here = entry if os.path.isdir(entry) else None
        else:
            links += 1
            here = target.anchor if links <= _MAX_LINKS else None
            pending += reversed(target.parts[1:])
    return _Walk(tuple(entries), here, links)
