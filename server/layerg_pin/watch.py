"""Tells when files may have changed. The only importer of watchdog, and a late one: it costs 69 ms.

Folders are watched, never trees. A watch belongs to the folder that it was put on and not to the name, so it goes deaf
when `go mod vendor` deletes and recreates `vendor`, when a folder is renamed and when a symbolic link is turned. So
each folder on the way to a file is watched, as far as the way exists, and anew when one above tells of a change.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent
    from watchdog.observers.api import ObservedWatch

_LOG = logging.getLogger(__name__)
_LIMITS = {errno.ENOSPC: "fs.inotify.max_user_watches", errno.EMFILE: "fs.inotify.max_user_instances"}
_DELETED = 0x400  # IN_DELETE_SELF: inotify(7)
_MAX_LINKS = 40  # Linux follows no more: path_resolution(7)
_NEAR = 2  # a file's folder and the one above

_News = SimpleQueue[frozenset[str] | None]
"""Keys of entries that changed: one that ends in a slash stands for all entries of a folder, "" for all there are.
None is the end.
"""


class Watcher:
    """Tells when one of a set of files may be another than it was. The files need not exist, nor their folders.

    False alarms happen: compare what a file holds. `changed` is called from a thread of the watcher, with the watched
    files concerned; it may call `watch` and `close`, and must not wait for a thread that does.
    """

    def __init__(self, changed: Callable[[frozenset[str]], None]) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._closed = False
        self._files: frozenset[str] = frozenset()
        self._entries: dict[str, set[str]] = {}
        self._folders: _Folders | None = None
        self._said: set[str] = set()
        self._problems: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """Which folders should be watched and cannot be, and why; each was logged once."""
        return self._problems

    def watch(self, files: Iterable[str]) -> None:
        """Watch just these absolute paths from now on. Read the files after the call: earlier changes are not told."""
        wanted = frozenset(files)
        with self._lock:
            if wanted == self._files or (wanted and self._closed):
                return
            before = {file: _state(file) for file in wanted}
            unused = None if wanted else self._folders
            self._files = wanted
            self._arm()
            late = {file for file in wanted if _state(file) != before[file]}
            if late and self._folders:
                self._folders.news.put(frozenset(key for key, files in self._entries.items() if files & late))
        if unused:
            unused.stop()

    def close(self) -> None:
        """End every watch and thread for good. To be called before the process ends: on Windows they would keep it."""
        self._closed = True
        self.watch(())

    def _listen(self, news: _News) -> None:
        """What the watcher's thread does: take all that has been heard, put up new watches, tell."""
        while (some := news.get()) is not None:
            heard = set(some)
            for _ in range(news.qsize()):
                if (some := news.get()) is None:
                    return
                heard |= some
            try:
                if files := self._concerned(news, heard):
                    self._changed(files)
            except Exception:
                _LOG.exception("a change of files was not told")

    def _concerned(self, news: _News, heard: set[str]) -> frozenset[str]:
        """The watched files that the news are about, which are watched anew."""
        with self._lock:
            if self._folders is None or self._folders.news is not news:
                return frozenset()
            hit = [key for key in self._entries if {"", key, os.path.join(os.path.dirname(key), "")} & heard]
            files = frozenset(file for key in hit for file in self._entries[key])
            if hit:
                self._folders.disarm(f for f in self._folders.armed if any(_is_within(_key(f), key) for key in hit))
                self._arm()
            return files

    def _arm(self) -> None:
        """Watch the folders on the ways to the files as they are now."""
        self._entries = {}
        if not self._files:
            self._folders, self._problems = None, ()
            return
        try:
            folders = self._folders = self._folders or _Folders(self._listen)
        except Exception as error:  # each platform's observer has its own
            self._tell((f"changes of files will go unnoticed: {_reason(error)}",))
            return
        again = True
        while again:  # a way may have changed before its folders were watched
            ways = {file: _way(file) for file in self._files}
            near = {os.path.dirname(entry) for way in ways.values() for entry in way[-_NEAR:]}
            needed = dict.fromkeys(os.path.dirname(entry) for way in ways.values() for entry in way)
            if sys.platform == "darwin":  # a watch gets the events of the whole tree there, and those of folders above
                needed = dict.fromkeys(folder for folder in needed if folder in near)
            folders.disarm(folders.armed.keys() - needed)
            again, problems = False, []
            for folder in needed:  # those above first: they tell when one below is replaced meanwhile
                try:
                    again |= folders.arm(folder)
                except (FileNotFoundError, NotADirectoryError):
                    pass  # it went meanwhile: the one above tells
                except Exception as error:  # each platform's observer has its own
                    if folder in near:
                        problems.append(f"changes in {folder} will go unnoticed: {_reason(error)}")
        self._tell(tuple(problems))
        for file, way in ways.items():
            for entry in way:
                self._entries.setdefault(_key(entry), set()).add(file)

    def _tell(self, problems: tuple[str, ...]) -> None:
        self._problems = problems
        for problem in problems:
            if problem not in self._said:
                self._said.add(problem)
                _LOG.warning("%s", problem)


class _Folders:
    """The folders that are watched, and the threads that hear of them."""

    def __init__(self, listen: Callable[[_News], None]) -> None:
        from watchdog import events
        from watchdog.observers import Observer

        news: _News = SimpleQueue()

        class Handler(events.FileSystemEventHandler):
            # Does nothing but pass on: the observer's lock is held.
            def on_any_event(self, event: FileSystemEvent) -> None:
                path, target = _key(os.fsdecode(event.src_path)), _key(os.fsdecode(event.dest_path))
                whole = os.path.join(path, "") if isinstance(event, events.DirModifiedEvent) else path
                news.put(frozenset((path, target or path, whole)))

        self.news = news
        self.armed: dict[str, ObservedWatch] = {}
        self._handler = Handler()
        # Without those of reading, which would make a loop of who reads a file because it changed.
        self._events: list[type[FileSystemEvent]] = [
            *(events.FileCreatedEvent, events.FileDeletedEvent, events.FileMovedEvent, events.FileAttribEvent),
            *(events.DirCreatedEvent, events.DirDeletedEvent, events.DirMovedEvent, events.DirAttribEvent),
            *(events.FileModifiedEvent, events.FileClosedEvent),
        ]
        if sys.platform == "darwin":  # where nothing else is heard of a folder in the folder that is watched
            self._events.append(events.DirModifiedEvent)
        logging.getLogger("watchdog.observers.inotify").setLevel(logging.CRITICAL)  # the end of a watch is no error
        self._observer = Observer()
        self._observer.start()
        if inotify := getattr(self._observer, "_inotify_fd", None):
            with contextlib.suppress(OSError):  # the limit of watches, which the folders will tell of
                inotify.add_callback(os.fsencode(os.devnull), _DELETED, _Overflow(news), 0)
        self._thread = threading.Thread(target=listen, args=(news,), name="layerg-pin-watch", daemon=True)
        self._thread.start()

    def arm(self, folder: str) -> bool:
        """Whether the folder is watched from now on and was not before. Raises what the platform's observer raises."""
        if folder in self.armed:
            return False
        os.scandir(folder).close()  # watchdog takes a folder that may not be read for one that is watched
        self.armed[folder] = self._observer.schedule(self._handler, folder, event_filter=self._events)
        return True

    def disarm(self, folders: Iterable[str]) -> None:
        for folder in [*folders]:
            self._observer.unschedule(self.armed.pop(folder))

    def stop(self) -> None:
        self._observer.stop()
        self._observer.join()
        self.news.put(None)
        if self._thread is not threading.current_thread():
            self._thread.join()


class _Overflow:
    """Hears, as watchdog's WatchCallback, that the kernel dropped events; observers say so in the log only."""

    def __init__(self, news: _News) -> None:
        self._news = news

    def on_event(self, event: object) -> None:
        pass

    def on_watch_deleted(self, descriptor: int) -> None:
        pass

    def on_queue_overflow(self) -> None:
        self._news.put(frozenset(("",)))


def _way(file: str) -> tuple[str, ...]:
    """The entries of folders that lead to a file, links followed, up to the first that leads nowhere."""
    way: list[str] = []
    path = Path(file)
    here, names, links = path.anchor, [*reversed(path.parts[1:])], 0
    while names:
        name = names.pop()
        if name == os.pardir:
            here = os.path.dirname(here)
            continue
        entry = os.path.join(here, name)
        way.append(entry)
        try:
            target = Path(here, os.readlink(entry))
        except (OSError, ValueError):  # no link
            if not os.path.isdir(entry):
                break
            here = entry
        else:
            links += 1
            if links > _MAX_LINKS:
                break
            here = target.anchor
            names += reversed(target.parts[1:])
    return tuple(dict.fromkeys(way))


def _key(path: str) -> str:
    """Equal for all spellings of an entry that a file system may take for one."""
    return unicodedata.normalize("NFC", path).casefold()


def _is_within(path: str, folder: str) -> bool:
    return os.path.join(path, "").startswith(os.path.join(folder, ""))


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
