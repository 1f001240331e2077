"""The files that an upgrade changes, and the changes in words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.engine.planned_changes import changed_lines, changed_versions
from layerg_pin.engine.project_settings import PROJECT_FILE
from layerg_pin.engine.upgrade import Upgrade
from layerg_pin.system.file_transaction import FileChange


class Change(NamedTuple):
    """A change in words, and its 0-based line in the file before; None for no single line."""

    message: str
    line: int | None = None


class ChangedFile(NamedTuple):
    """A file or folder that changes, by its absolute path."""

    path: str
    changes: tuple[Change, ...]


def changed_files(upgrade: Upgrade) -> Iterator[ChangedFile]:
    """The files and folders that an upgrade changes."""
    for each in upgrade.files:
        yield ChangedFile(each.path, tuple(_changes(each, upgrade)))
    for folder in upgrade.folders:
        yield ChangedFile(folder.path, (Change("made again by `go mod vendor`"),))


def _changes(file: FileChange, upgrade: Upgrade) -> Iterator[Change]:
    name = os.path.basename(file.path)
    tags = [each for each in upgrade.tags if each.path == file.path]
    for each in tags:
        digest = ", without the digest of the old image" if each.no_digest else ""
        yield Change(f"{each.image} {each.before} -> {each.after}{digest}", each.line)
    if tags:
        return
    before, after = file.before or "", file.after
    if name == "go.mod":
        for module, old, new in changed_versions(parse_gomod(before), parse_gomod(after)):
            yield Change(f"{module} {old or '(not required)'} -> {new or '(not required)'}")
    if name in ("go.mod", "go.work"):
        plugin = file.path if name == "go.mod" else ""
        yield from map(Change, changed_lines({file.path: before}, {file.path: after}, file.path, plugin))
    elif name == "go.sum":
        yield Change("tidied" if file.before is not None else "written by `go mod tidy`")
    elif name == PROJECT_FILE:
        yield Change("the host is the new release")
    else:
        yield Change(f"exported again from {upgrade.target.host.name}@{upgrade.target.number}")
