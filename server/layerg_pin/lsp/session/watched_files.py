"""The files that open plugins depend on: which ones to watch, and a hash of their content."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType

from layerg_pin.core.model.host_manifest import HostNotFound
from layerg_pin.engine.plugin_discovery import HostReference
from layerg_pin.engine.plugin_snapshot import PluginFiles
from layerg_pin.engine.project_settings import PROJECT_FILE
from layerg_pin.engine.watched_paths import watched_paths, watched_project_files
from layerg_pin.lsp.session.open_plugin import Plugin
from layerg_pin.source_tree.build_files import build_file_paths, is_build_file
from layerg_pin.system.text_files import content_hash

WATCHED_NAMES = ("go.mod", "go.sum", "go.work", "*.go", "modules.txt", PROJECT_FILE)
"""The names of the files that the client is asked to watch in its folders, if it can."""

_NO_HASHES: Mapping[str, int | None] = MappingProxyType({})


def is_watched_name(path: str) -> bool:
    """Whether the client is asked to watch a file."""
    return any(fnmatchcase(os.path.basename(path), name) for name in WATCHED_NAMES)


class ExcludedModule:
    """A module that a project file excludes. Its project files are watched, because a change can end that."""

    def __init__(self) -> None:
        self.watched: frozenset[str] = frozenset()


class WatchedFiles:
    """Counts how many plugins depend on each file, so that a new plugin takes time only for its own files."""

    def __init__(self, watch: Callable[[Mapping[str, int | None], frozenset[str]], None]) -> None:
        self._watch = watch
        """Starts watching the first files, given with their hashes, and stops watching the second ones."""
        self._uses: Counter[str] = Counter()
        self._hashes: dict[str, int | None] = {}
        """A hash of the last known content of each file; None for a missing file."""
        self._added: dict[str, int | None] = {}
        """The files of `_hashes` that are not watched yet."""
        self._removed: set[str] = set()
        """The files that are still watched but not needed."""

    def follow(self, plugin: Plugin, hashes: Mapping[str, int | None] = _NO_HASHES, *, at_once: bool = True) -> None:
        """Watch the files that a plugin depends on now, instead of those it depended on before.

        `hashes` are hashes of files that were taken before, because that takes long for many files. Without
        `at_once`, a later call of `begin` starts watching. No change is missed, because the hashes are compared then.
        """
        self._replace(plugin, _files_of(plugin), hashes)
        if at_once:
            self.begin()

    def follow_project_files(self, excluded: ExcludedModule, folder: str, *, trusted: bool) -> None:
        """Watch the project files of an excluded module in `folder`."""
        self._replace(excluded, frozenset(watched_project_files(folder, trusted=trusted)), _NO_HASHES)
        self.begin()

    def begin(self) -> None:
        """Start watching what was followed without `at_once`."""
        if self._added or self._removed:
            added, removed = self._added, frozenset(self._removed)
            self._added, self._removed = {}, set()
            self._watch(added, removed)

    def forget(self, plugin: Plugin | ExcludedModule) -> None:
        """Stop watching files for a plugin."""
        self._replace(plugin, frozenset(), _NO_HASHES)
        self.begin()

    def watch_all_again(self) -> None:
        """Register all watches again after the workspace's folders changed: the client watches those."""
        self._watch(_NO_HASHES, frozenset(self._hashes))
        self._watch(dict(self._hashes), frozenset())

    def close(self) -> None:
        """Stop watching."""
        self._watch(_NO_HASHES, frozenset(self._hashes))

    def changed(self, paths: Collection[str]) -> set[str]:
        """The watched files among `paths` whose content changed since the last call."""
        found = set()
        for path in paths:
            if path in self._hashes and (now := content_hash(path)) != self._hashes[path]:
                self._hashes[path] = now
                found.add(path)
        return found

    def __contains__(self, path: str) -> bool:
        return path in self._hashes

    def _replace(
        self, plugin: Plugin | ExcludedModule, files: frozenset[str], hashes: Mapping[str, int | None]
    ) -> None:
        added, removed = files - plugin.watched, plugin.watched - files
        plugin.watched = files
        self._uses.update(added)
        self._uses.subtract(removed)
        new = [path for path in added if path not in self._hashes]
        gone = frozenset(path for path in removed if not self._uses[path])
        for path in gone:
            del self._uses[path], self._hashes[path]
            self._added.pop(path, None)
        found = {path: hashes[path] if path in hashes else content_hash(path) for path in new}
        self._hashes |= found
        self._added |= found
        self._removed |= gone


def depends_on(plugin: Plugin, path: str) -> bool:
    """Whether a plugin must be checked again when a file changes or appears."""
    if path in plugin.watched:
        return True
    folders = [plugin.document.folder]
    folders += [plugin.host.path] if isinstance(plugin.host, HostReference) else []
    if any(path == each or path.startswith(each + os.sep) for each in folders):
        return True
    return plugin.settings.trusted and is_build_file(path) and path in build_file_paths(plugin.document.folder)


def _files_of(plugin: Plugin) -> frozenset[str]:
    """The files around a plugin, its sources, and its host's files; absolute paths."""
    around = paths_around(plugin.document.folder, plugin.host, plugin.files, trusted=plugin.settings.trusted)
    return around | plugin.sources


def paths_around(
    folder: str, host: HostReference | HostNotFound, files: PluginFiles, *, trusted: bool
) -> frozenset[str]:
    """The files around the plugin in `folder`, and its host's files; absolute paths."""
    return watched_paths(
        folder,
        host=host.path if isinstance(host, HostReference) else None,
        builders=files.builders,
        sources=(),
        workspace=files.workspace,
        trusted=trusted,
    )
