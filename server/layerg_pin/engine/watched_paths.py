"""The files that the findings of a plugin depend on, to be watched."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.model.plugin_build import Workspace
from layerg_pin.engine.project_settings import project_file_paths
from layerg_pin.hosts.references import host_files
from layerg_pin.source_tree.build_files import build_file_paths


def watched_paths(
    folder: str,
    *,
    host: str | None,
    builders: Sequence[BuildSource],
    sources: Iterable[str],
    workspace: Workspace | None,
    trusted: bool = True,
) -> frozenset[str]:
    """The files around the plugin in `folder`, its sources, and the files of its host at the path `host`; all absolute.

    Files need not exist.
    """
    return frozenset(
        (
            *(os.path.join(folder, name) for name in ("go.mod", "go.sum")),
            *watched_project_files(folder, trusted=trusted),
            os.path.join(folder, "vendor", "modules.txt"),
            *((*_work_files(folder, workspace), *build_file_paths(folder)) if trusted else ()),
            *(source.path for source in builders),
            *sources,
            *(host_files(host) if host is not None else ()),
        )
    )


def watched_project_files(folder: str, *, trusted: bool) -> tuple[str, ...]:
    """The paths of the project files of a module; only that beside its go.mod if the workspace is not trusted."""
    return project_file_paths(folder)[: None if trusted else 1]


def _work_files(folder: str, workspace: Workspace | None) -> set[str]:
    """Each go.work that could apply to a plugin, and the go.mod files of the modules that its workspace uses."""
    folders = [folder]
    while (parent := os.path.dirname(folders[-1])) != folders[-1]:
        folders.append(parent)
    members = [each.folder for each in workspace.members] if workspace else []
    works = {os.path.join(folder, "go.work") for folder in folders}
    named = {workspace.path} if workspace else set()
    return works | named | {os.path.join(each, "go.mod") for each in members}
