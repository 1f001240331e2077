"""`check --watch`: check again after each change of a file that the findings depend on."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.text import count
from layerg_pin.engine.checked_plugin import Checked
from layerg_pin.engine.watched_paths import watched_paths
from layerg_pin.source_tree.main_packages import go_sources
from layerg_pin.system.terminal import clear_screen, print_note
from layerg_pin.system.text_files import hashes_of, was_modified_since
from layerg_pin.system.watcher import Watcher

_PAUSE = 0.1
"""In seconds: changes that follow each other this quickly are one, such as those of `go mod vendor`."""
_NEW_FILES = 2.0
"""In seconds: how often to search for new source files, which no watch reports."""


def watch(check: Callable[[], Sequence[Checked]], paths: Iterable[str]) -> NoReturn:
    """Check, print the report and wait for a change, until a signal ends the process.

    `paths` are the arguments of the command, which are watched even if no plugin was found.
    """
    files = named = frozenset(os.path.join(os.path.abspath(each), "go.mod") for each in paths)
    changed = threading.Event()
    watcher = Watcher(lambda _: changed.set())
    try:
        while True:
            clear_screen()
            known, begun = hashes_of(files), time.time_ns()  # first, so that a change during the check is noticed
            plugins = check()
            sys.stdout.flush()  # a pipe has a buffer, and there may be no change for hours
            files = _files(plugins) | named
            watcher.watch(files)
            new = files - known.keys()
            before = hashes_of(new) | {path: known[path] for path in files & known.keys()}
            is_outdated = any(was_modified_since(path, begun) for path in new)
            print_note(f"watching {count(len(files), 'file')}; Ctrl-C ends")
            while not is_outdated and hashes_of(files) == before and _files(plugins) | named == files:
                if changed.wait(_NEW_FILES):
                    _wait_for_pause(changed)
    finally:
        watcher.close()


def _wait_for_pause(changed: threading.Event) -> None:
    """Wait until nothing has changed for a moment."""
    while changed.is_set():
        changed.clear()
        changed.wait(_PAUSE)


def _files(plugins: Iterable[Checked]) -> frozenset[str]:
    return frozenset(path for each in plugins for path in _files_of(each))


def _files_of(checked: Checked) -> frozenset[str]:
    snapshot = checked.snapshot
    return watched_paths(
        checked.folder,
        host=snapshot.host.source.path if isinstance(snapshot.host, HostManifest) else None,
        builders=snapshot.builders,
        sources=go_sources(checked.folder),
        workspace=snapshot.workspace,
    )
