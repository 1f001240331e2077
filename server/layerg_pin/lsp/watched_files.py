"""The files that open plugins depend on: which of them are to be watched, and what they last held."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection

from layerg_pin.engine.plugin_discovery import HostReference
from layerg_pin.engine.project_settings import PROJECT_FILE
from layerg_pin.hosts.references import host_files
from layerg_pin.lsp.state import Plugin
from layerg_pin.source_tree.build_files import build_files, is_build_file
from layerg_pin.system.text_files import digest


class WatchedFiles:
    """Counts for each file how many plugins depend on it, so that one more plugin takes time only for its own files."""

    def __init__(self, watch: Callable[[frozenset[str], frozenset[str]], None]) -> None:
        self._watch = watch
        """Watch the first files too, and the second ones no longer."""
        self._uses: Counter[str] = Counter()
        self._held: dict[str, bytes | None] = {}
        """A digest of what each file last held; None where it is not there."""

    def follow(self, plugin: Plugin) -> None:
        """Watch what the plugin depends on now, and what it alone depended on before no longer."""
        self._replace(plugin, _files_of(plugin))

    def forget(self, plugin: Plugin) -> None:
        """Watch nothing for a plugin any more."""
        self._replace(plugin, frozenset())

    def again(self) -> None:
        """Watch everything anew, because the workspace's folders are others: in those the client may watch."""
        files = frozenset(self._held)
        self._watch(frozenset(), files)
        self._watch(files, frozenset())

    def close(self) -> None:
        """Watch nothing any more."""
        self._watch(frozenset(), frozenset(self._held))

    def changed(self, paths: Collection[str]) -> set[str]:
        """Those of the paths that are watched and hold something else than they last did."""
        found = set()
        for path in paths:
            if path in self._held and (now := digest(path)) != self._held[path]:
                self._held[path] = now
                found.add(path)
        return found

    def __contains__(self, path: str) -> bool:
        return path in self._held

    def _replace(self, plugin: Plugin, files: frozenset[str]) -> None:
        added, removed = files - plugin.watched, plugin.watched - files
        plugin.watched = files
        self._uses.update(added)
        self._uses.subtract(removed)
        new = frozenset(path for path in added if path not in self._held)
        gone = frozenset(path for path in removed if not self._uses[path])
        if not new and not gone:
            return
        self._watch(new, gone)  # first: a change from now on is reported
        for path in gone:
            del self._uses[path], self._held[path]
        self._held |= {path: digest(path) for path in new}


def depends_on(plugin: Plugin, path: str) -> bool:
    """Whether a plugin has to be checked again when a file changes, or a new one comes."""
    if path in plugin.watched:
        return True
    folders = [plugin.document.folder]
    folders += [plugin.host.path] if isinstance(plugin.host, HostReference) else []
    if any(path == each or path.startswith(each + os.sep) for each in folders):
        return True
    return plugin.settings.trusted and is_build_file(path) and path in build_files(plugin.document.folder)


def _files_of(plugin: Plugin) -> frozenset[str]:
    """What stands beside a plugin, its sources, and its host's files; absolute paths."""
    folder = plugin.document.folder
    return frozenset(
        (
            *(os.path.join(folder, name) for name in ("go.mod", "go.sum", PROJECT_FILE)),
            os.path.join(folder, "vendor", "modules.txt"),
            *((*_work_files(plugin), *build_files(folder)) if plugin.settings.trusted else ()),
            *(source.path for source in plugin.beside.builders),
            *plugin.sources,
            *(host_files(plugin.host.path) if isinstance(plugin.host, HostReference) else ()),
        )
    )


def _work_files(plugin: Plugin) -> set[str]:
    """Every go.work that could count for a plugin, and the go.mod files of the modules that its workspace uses."""
    folders = [plugin.document.folder]
    while (parent := os.path.dirname(folders[-1])) != folders[-1]:
        folders.append(parent)
    workspace = plugin.beside.workspace
    members = [each.folder for each in workspace.members] if workspace else []
    works = {os.path.join(folder, "go.work") for folder in folders}
    named = {workspace.path} if workspace else set()
    return works | named | {os.path.join(each, "go.mod") for each in members}
