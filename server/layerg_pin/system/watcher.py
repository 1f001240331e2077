"""Report that watched files may have changed.

Folders are watched, not trees. A watch belongs to a folder and not to its name, so it ends when `go mod vendor`
recreates `vendor`, when a folder is renamed or when a symbolic link changes. Therefore every existing folder on the
path to a file is watched, and watched again after a change above it. This is the only importer of watchdog. Its import
takes 69 ms, so it is inside functions.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
import threading
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import TYPE_CHECKING

from layerg_pin.system.path_entries import path_entries

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent
    from watchdog.observers.api import ObservedWatch

_LOG = logging.getLogger(__name__)
_LIMITS = {errno.ENOSPC: "fs.inotify.max_user_watches", errno.EMFILE: "fs.inotify.max_user_instances"}
_DELETED = 0x400  # IN_DELETE_SELF: inotify(7)
_NEAR = 2  # a file's folder and the one above
_QUIET_SECONDS = 0.2 if sys.platform == "win32" else 1.0
"""On Windows, watchdog withholds the changes of a folder until nothing has changed in it for this long."""
_MAX_FOLDERS = 400
"""The number of folders that are watched: each takes a thread, and 0.5 ms of the caller's time to begin with."""

_ChangeQueue = SimpleQueue[frozenset[str] | None]
"""Keys of entries that changed. A key that ends in a slash means all entries of a folder, and "" means every entry.

None ends the thread.
"""


def load_watchdog() -> None:
    """Import watchdog now, and not with the first watched file."""
    from watchdog import events, observers  # noqa: F401


class Watcher:
    """Reports that files of a set may have changed. Neither the files nor their folders need exist.

    Reports can be false alarms: compare the files' contents. `changed` is called in a thread of the watcher with the
    files concerned. It may call `watch` and `close`, but must not wait for a thread that does.
    """

    def __init__(self, changed: Callable[[frozenset[str]], None]) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._closed = False
        self._paths: dict[str, tuple[str, ...]] = {}
        """The watched files, each with the folder entries on its path."""
        self._entries: dict[str, set[str]] = {}
        """The files that depend on an entry, by the entry's key."""
        self._uses: Counter[str] = Counter()
        """For each folder, the number of files that need it watched."""
        self._folders: _WatchedFolders | None = None
        self._logged: set[str] = set()
        self._problems: dict[str, str] = {}
        """For each folder that cannot be watched, the reason."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Messages about the folders that cannot be watched. Each was logged once."""
        return tuple(self._problems.values())

    def watch(self, files: Iterable[str]) -> None:
        """Watch exactly these absolute paths from now on, see `change`."""
        wanted = frozenset(files)
        with self._lock:
            unused = self._change(wanted, self._paths.keys() - wanted)
        if unused:
            unused.stop()

    def change(self, added: Iterable[str], removed: Iterable[str]) -> None:
        """Start watching some absolute paths and stop watching others. The time depends only on their number.

        Read the added files after the call: earlier changes are not reported.
        """
        with self._lock:
            unused = self._change(frozenset(added), removed)
        if unused:
            unused.stop()

    def _change(self, added: frozenset[str], removed: Iterable[str]) -> _WatchedFolders | None:
        """`change` with the lock held. Returns the folders to stop once the lock is released."""
        self._remove(file for file in removed if file not in added)
        if self._problems:  # retry folders that could not be watched
            unwatched = [
                file
                for file, path_parts in self._paths.items()
                if not path_parts or not self._problems.keys().isdisjoint(_parent_folders(path_parts))
            ]
            self._remove(unwatched)
            added = added.union(unwatched)
            self._problems = {}
        if not self._closed:
            before = {file: _state(file) for file in added if file not in self._paths}
            if before:
                self._add(before)
            late = {file for file, state in before.items() if _state(file) != state}
            if late and self._folders:
                self._folders.key_queue.put(frozenset(key for file in late for key in map(_key, self._paths[file])))
        if self._paths:
            return None
        unused, self._folders, self._problems = self._folders, None, {}
        return unused

    def close(self) -> None:
        """Stop all watches and threads for good. Call it before the process ends, which they would block on Windows."""
        self._closed = True
        self.watch(())

    def _listen(self, key_queue: _ChangeQueue) -> None:
        """The body of the watcher's thread: collect changes, renew watches that were replaced, report."""
        while (some := key_queue.get()) is not None:
            heard = set(some)
            for _ in range(key_queue.qsize()):
                if (some := key_queue.get()) is None:
                    return
                heard |= some
            try:
                if files := self._affected_files(key_queue, heard):
                    self._changed(files)
            except Exception:
                _LOG.exception("a change of files was not reported")

    def _affected_files(self, key_queue: _ChangeQueue, heard: set[str]) -> frozenset[str]:
        """The watched files that the changed keys concern. Renews the watches on their paths."""
        with self._lock:
            if self._folders is None or self._folders.key_queue is not key_queue:
                return frozenset()
            if any(key.endswith(os.sep) or not key for key in heard):
                hit = {key for key in self._entries if {"", key, os.path.join(os.path.dirname(key), "")} & heard}
            else:
                hit = heard & self._entries.keys()
            files = frozenset(file for key in hit for file in self._entries[key])
            if files:
                self._folders.disarm(folder for folder in self._folders.armed if _is_below(folder, hit))
                self._remove(files)
                self._add(files)
            return files

    def _remove(self, files: Iterable[str]) -> None:
        """Stop watching files, and the folders that no other file needs."""
        for file in files:
            path_parts = self._paths.pop(file, ())
            for key in map(_key, path_parts):
                leading = self._entries.get(key, set())
                leading.discard(file)
                if not leading:
                    self._entries.pop(key, None)
            self._uses.subtract(_parent_folders(path_parts))
            unused = [folder for folder in _parent_folders(path_parts) if not self._uses[folder]]
            for folder in unused:
                del self._uses[folder]
                self._problems.pop(folder, None)
            if self._folders:
                self._folders.disarm(folder for folder in unused if folder in self._folders.armed)

    def _add(self, files: Iterable[str]) -> None:
        """Watch the existing folders on the paths to files."""
        try:
            folders = self._folders = self._folders or _WatchedFolders(self._listen)
        except Exception as error:  # each platform's observer raises its own errors
            self._problems = {"": f"changes of files will go unnoticed: {_reason(error)}"}
            self._log()
            self._paths |= dict.fromkeys(files, ())
            return
        entry_paths: dict[str, tuple[str, ...]] = {}
        again = True
        while again:  # a path may have changed before its folders were watched
            entry_paths = path_entries(files)
            needed = dict.fromkeys(
                folder for path_parts in entry_paths.values() for folder in _parent_folders(path_parts)
            )
            near = {os.path.dirname(entry) for path_parts in entry_paths.values() for entry in path_parts[-_NEAR:]}
            again = False
            for folder in needed:  # outer folders first: they report when an inner one is replaced meanwhile
                if len(folders.armed) >= _MAX_FOLDERS and folder not in folders.armed:
                    self._log_once(f"only {_MAX_FOLDERS} folders are watched: changes in {folder} will go unnoticed")
                    break
                try:
                    again |= folders.arm(folder)
                    self._problems.pop(folder, None)
                except (FileNotFoundError, NotADirectoryError):
                    pass  # it disappeared: the folder above reports that
                except Exception as error:  # each platform's observer raises its own errors
                    if folder in near:
                        self._problems[folder] = f"changes in {folder} will go unnoticed: {_reason(error)}"
        self._log()
        for file, path_parts in entry_paths.items():
            self._paths[file] = path_parts
            self._uses.update(_parent_folders(path_parts))
            for entry in path_parts:
                self._entries.setdefault(_key(entry), set()).add(file)
        folders.disarm([folder for folder in folders.armed if not self._uses[folder]])

    def _log(self) -> None:
        for problem in self._problems.values():
            self._log_once(problem)

    def _log_once(self, problem: str) -> None:
        if problem not in self._logged:
            self._logged.add(problem)
            _LOG.warning("%s", problem)


class _WatchedFolders:
    """The watched folders, and the threads that receive their events."""

    def __init__(self, listen: Callable[[_ChangeQueue], None]) -> None:
        from watchdog import events
        from watchdog.observers import Observer

        key_queue: _ChangeQueue = SimpleQueue()

        class Handler(events.FileSystemEventHandler):
            # Only forwards events, because the observer's lock is held.
            def on_any_event(self, event: FileSystemEvent) -> None:
                path, target = _key(os.fsdecode(event.src_path)), _key(os.fsdecode(event.dest_path))
                whole = os.path.join(path, "") if isinstance(event, events.DirModifiedEvent) else path
                key_queue.put(frozenset((path, target or path, whole)))

        self.key_queue = key_queue
        self.armed: dict[str, ObservedWatch] = {}
        self._handler = Handler()
        # Without events for reads, which would cause a loop if a change makes someone read the file.
        self._events: list[type[FileSystemEvent]] = [
            *(events.FileCreatedEvent, events.FileDeletedEvent, events.FileMovedEvent, events.FileAttribEvent),
            *(events.DirCreatedEvent, events.DirDeletedEvent, events.DirMovedEvent, events.DirAttribEvent),
            *(events.FileModifiedEvent, events.FileClosedEvent),
        ]
        if sys.platform == "darwin":  # macOS reports nothing else about a folder in the watched folder
            self._events.append(events.DirModifiedEvent)
        logging.getLogger("watchdog.observers.inotify").setLevel(logging.CRITICAL)  # the end of a watch is not an error
        self._observer = Observer(timeout=_QUIET_SECONDS)
        self._observer.start()
        if inotify := getattr(self._observer, "_inotify_fd", None):
            with contextlib.suppress(OSError):  # the limit on watches is reached; `arm` reports it
                inotify.add_callback(os.fsencode(os.devnull), _DELETED, _Overflow(key_queue), 0)
        self._thread = threading.Thread(target=listen, args=(key_queue,), name="layerg-pin-watch", daemon=True)
        self._thread.start()

    def arm(self, folder: str) -> bool:
        """Watch a folder; return whether it was not watched before. Raises the errors of the platform's observer."""
        if folder in self.armed:
            return False
        os.scandir(folder).close()  # watchdog does not report a folder that cannot be read
        self.armed[folder] = self._observer.schedule(self._handler, folder, event_filter=self._events)
        return True

    def disarm(self, folders: Iterable[str]) -> None:
        for folder in [*folders]:
            self._observer.unschedule(self.armed.pop(folder))

    def stop(self) -> None:
        self._observer.stop()
        self._observer.join()
        self.key_queue.put(None)
        if self._thread is not threading.current_thread():
            self._thread.join()


class _Overflow:
    """A watchdog WatchCallback for events that the kernel dropped, which observers only log."""

    def __init__(self, key_queue: _ChangeQueue) -> None:
        self._news = key_queue

    def on_event(self, event: object) -> None:
        pass

    def on_watch_deleted(self, descriptor: int) -> None:
        pass

    def on_queue_overflow(self) -> None:
        self._news.put(frozenset(("",)))


def _parent_folders(path_parts: tuple[str, ...]) -> list[str]:
    """The folders to watch for a file, without duplicates, outer folders first."""
    entries = path_parts[-_NEAR:] if sys.platform == "darwin" else path_parts
    # On macOS a watch also gets events of the whole tree below it and of the folders above.
    return list(dict.fromkeys(os.path.dirname(entry) for entry in entries))


def _is_below(folder: str, keys: set[str]) -> bool:
    """Whether a folder is one of the entries with these keys, or lies below one."""
    key = _key(folder)
    while key not in keys:
        if key == (key := os.path.dirname(key)):
            return False
    return True


def _key(path: str) -> str:
    """A key that is equal for all spellings of a path that a file system may treat as the same."""
    return unicodedata.normalize("NFC", path).casefold()


def _state(file: str) -> tuple[int, ...] | None:
    try:
        stat = os.stat(file)
    except (OSError, ValueError):
        return None
    return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino


def _reason(error: Exception) -> str:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    limit = _LIMITS.get(getattr(error, "errno", 0) or 0)
    return f"{reason}, raise {limit}" if limit else reason
