"""Changes of files are noticed, whatever happens to their folders. With real files and the real observer."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from layerg_pin.system.watcher import Watcher
from tests.conftest import Examples, go
from tests.platform_marks import deletes_open_files, uses_inotify, uses_links, uses_modes

PATIENCE = 10.0 if sys.platform == "win32" else 2.0  # wine reports changes of files after up to 3 s


class Caller:
    """A user of the watcher: reads each file that may have changed, as the language server does."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._holds: dict[str, str | None] = {}
        self.calls: list[frozenset[str]] = []
        self.watcher = Watcher(self._changed)

    def _changed(self, files: frozenset[str]) -> None:
        with self._news:
            self.calls.append(files)
            self._holds.update({file: read(file) for file in files})
            self._news.notify_all()

    def watch(self, *files: Path) -> None:
        """Watch, then read, as the watcher requires."""
        paths = [str(file) for file in files]
        self.watcher.watch(paths)
        with self._news:
            self._holds = {file: read(file) for file in paths}

    def sees(self, file: Path, text: str | None) -> bool:
        """Whether this content of the file is noticed in time; None means that there is no file."""
        with self._news:
            return self._news.wait_for(lambda: self._holds[str(file)] == text, PATIENCE)

    def reported(self) -> frozenset[str]:
        """All files that were reported since the last call."""
        with self._news:
            files = frozenset[str]().union(*self.calls)
            self.calls.clear()
            return files


def read(file: str) -> str | None:
    try:
        return Path(file).read_text()
    except OSError:
        return None


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def descriptors() -> set[str]:
    """The open descriptors of this process; none where the system does not list them."""
    if sys.platform != "linux":
        return set()
    return {f"{fd.name} {os.readlink(fd)}" for fd in Path("/proc/self/fd").iterdir() if fd.exists() or fd.is_symlink()}


def watched_folders() -> int:
    """The number of folders that the kernel watches for this process."""
    infos = (path.read_text() for path in Path("/proc/self/fdinfo").iterdir() if path.exists())
    return sum(info.count("inotify wd:") for info in infos) - 1  # one is /dev/null, for overflow events


@pytest.fixture
def caller() -> Iterator[Caller]:
    threads, files = threading.enumerate(), descriptors()
    caller = Caller()
    yield caller
    caller.watcher.close()
    assert not set(threading.enumerate()).difference(threads), "a thread is left after close"
    assert descriptors() == files, "a descriptor is left after close"


def in_place(file: Path, text: str) -> None:
    file.write_text(text)


def appended(file: Path, text: str) -> None:
    with file.open("r+") as stream:
        stream.truncate(0)
        for letter in text:
            stream.write(letter)
            stream.flush()


def replaced(file: Path, text: str) -> None:
    os.replace(write(file.with_name(".scratch"), text), file)


def moved_in(file: Path, text: str) -> None:
    os.replace(write(file.parent.parent / "elsewhere" / "x", text), file)


def with_backup(file: Path, text: str) -> None:
    file.rename(file.with_name("backup~"))
    file.write_text(text)
    file.with_name("backup~").unlink()


def deleted_first(file: Path, text: str) -> None:
    file.unlink()
    file.write_text(text)


@pytest.mark.parametrize("save", [in_place, appended, replaced, moved_in, with_backup, deleted_first])
def test_each_way_to_save_is_noticed(caller: Caller, tmp_path: Path, save: Callable[[Path, str], None]) -> None:
    file = write(tmp_path / "h" / "go.mod", "first")
    caller.watch(file)
    for text in ("second", "third", "fourth"):
        save(file, text)
        assert caller.sees(file, text)
    file.unlink()
    assert caller.sees(file, None)
    write(file, "back")
    assert caller.sees(file, "back")


@deletes_open_files
def test_go_mod_vendor_is_noticed_each_time(caller: Caller, examples: Examples) -> None:
    modules = examples.host / "vendor" / "modules.txt"
    vendored = modules.read_text()
    caller.watch(modules, examples.host / "go.mod")
    for _ in range(5):
        modules.write_text("old")
        assert caller.sees(modules, "old")
        go(examples.host, "mod", "vendor")
        assert caller.sees(modules, vendored)


@deletes_open_files
def test_go_mod_vendor_several_times_in_a_row_is_noticed(caller: Caller, examples: Examples) -> None:
    modules = examples.host / "vendor" / "modules.txt"
    vendored = modules.read_text()
    shutil.rmtree(examples.host / "vendor")
    caller.watch(modules)
    for _ in range(5):
        go(examples.host, "mod", "vendor")
    assert caller.sees(modules, vendored)
    write(modules, "still watched")
    assert caller.sees(modules, "still watched")


@deletes_open_files
def test_a_folder_that_is_recreated_at_once_is_noticed(caller: Caller, tmp_path: Path) -> None:
    file = write(tmp_path / "h" / "vendor" / "modules.txt", "")
    caller.watch(file)
    for turn in range(30):
        for part in range(turn % 4 + 1):
            shutil.rmtree(file.parent)
            write(file, f"{turn}.{part}")
        assert caller.sees(file, f"{turn}.{turn % 4}")


@deletes_open_files
def test_a_host_that_comes_later_is_noticed(caller: Caller, tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "h" / "vendor" / "modules.txt"
    caller.watch(file)
    for text in ("made folder by folder", "once more"):
        write(file, text)
        assert caller.sees(file, text)
        shutil.rmtree(tmp_path / "a")
        assert caller.sees(file, None)
    write(tmp_path / "scratch" / "b" / "h" / "vendor" / "modules.txt", "moved in")
    (tmp_path / "scratch").rename(tmp_path / "a")
    assert caller.sees(file, "moved in")
    write(file, "and changed there")
    assert caller.sees(file, "and changed there")


def test_one_that_comes_while_the_watch_is_set_up_is_noticed(caller: Caller, tmp_path: Path) -> None:
    for turn in range(40):
        file = tmp_path / str(turn) / "h" / "vendor" / "modules.txt"
        thread = threading.Thread(target=write, args=(file, "here"))
        thread.start()
        caller.watch(file)
        thread.join()
        assert caller.sees(file, "here")


def test_a_file_created_before_its_folder_is_watched_is_reported(
    caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, file = write(tmp_path / "before", ""), tmp_path / "h" / "go.mod"
    file.parent.mkdir()
    caller.watch(before)

    def scandir(path: str, scan: Callable[[str], Iterator[os.DirEntry[str]]] = os.scandir) -> object:
        monkeypatch.undo()
        write(file, "just in time")  # the folder may be watched already
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    caller.watcher.watch([str(before), str(file)])
    before.write_text("changed")
    assert caller.sees(before, "changed")
    assert caller.reported() == {str(before), str(file)}


@pytest.mark.parametrize("level", range(4), ids=["vendor", "host", "above", "far above"])
def test_a_folder_that_is_replaced_by_another_is_noticed(caller: Caller, tmp_path: Path, level: int) -> None:
    file = write(tmp_path / "a" / "b" / "h" / "vendor" / "modules.txt", "old")
    caller.watch(file)
    folder = file.parents[level]
    for turn in range(3):
        shutil.copytree(folder, tmp_path / "next")
        write(tmp_path / "next" / file.relative_to(folder), f"new {turn}")
        folder.rename(tmp_path / f"old {turn}")
        (tmp_path / "next").rename(folder)
        assert caller.sees(file, f"new {turn}")
        write(file, f"changed {turn}")
        assert caller.sees(file, f"changed {turn}")


@uses_links
def test_links_are_followed(caller: Caller, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / "releases" / name / "h" / "vendor" / "modules.txt", name)
    (tmp_path / "current").symlink_to(Path("releases", "latest"))
    latest = tmp_path / "releases" / "latest"
    latest.symlink_to("one")
    file = tmp_path / "current" / "h" / "vendor" / "modules.txt"
    caller.watch(file)
    write(tmp_path / "releases" / "one" / "h" / "vendor" / "modules.txt", "changed")
    assert caller.sees(file, "changed"), "behind the links"
    (tmp_path / "scratch").symlink_to("two")
    os.replace(tmp_path / "scratch", latest)
    assert caller.sees(file, "two"), "the second link was turned"
    shutil.rmtree(tmp_path / "releases" / "two")
    assert caller.sees(file, None)
    write(tmp_path / "releases" / "two" / "h" / "vendor" / "modules.txt", "two again")
    assert caller.sees(file, "two again"), "what the link leads to was recreated"
    (tmp_path / "current").unlink()
    (tmp_path / "current").symlink_to(tmp_path / "releases" / "one" / ".." / "one")
    assert caller.sees(file, "changed"), "the first link was turned"


@uses_links
def test_a_file_that_is_a_link_is_followed(caller: Caller, tmp_path: Path) -> None:
    file = tmp_path / "h" / "modules.txt"
    file.parent.mkdir()
    file.symlink_to("../shared/modules.txt")
    caller.watch(file)
    write(tmp_path / "shared" / "modules.txt", "there")
    assert caller.sees(file, "there")


@uses_links
def test_links_in_a_circle_do_no_harm(caller: Caller, tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    file = tmp_path / "a" / "modules.txt"
    caller.watch(file)
    (tmp_path / "b").unlink()
    write(tmp_path / "b" / "modules.txt", "out")
    assert caller.sees(file, "out")


def test_files_and_folders_may_take_each_others_place(caller: Caller, tmp_path: Path) -> None:
    file = write(tmp_path / "h" / "vendor" / "modules.txt", "a file")
    caller.watch(file)
    file.unlink()
    write(file / "inside", "")
    assert caller.sees(file, None)
    shutil.rmtree(file)
    write(file, "a file again")
    assert caller.sees(file, "a file again")
    shutil.rmtree(file.parent)
    assert caller.sees(file, None)
    caller.reported()
    file.parent.write_text("no folder")
    file.parent.unlink()
    write(file, "as before")
    assert caller.sees(file, "as before")


def test_reading_is_not_a_change(caller: Caller, tmp_path: Path) -> None:
    file = write(tmp_path / "h" / "vendor" / "modules.txt", "")
    last = write(tmp_path / "h" / "vendor" / "last", "")
    caller.watch(file, last)
    for _ in range(1000):
        file.read_text()
    assert list(file.parent.iterdir())
    last.write_text("the end")
    assert caller.sees(last, "the end")
    assert caller.reported() == {str(last)}


def test_reading_when_notified_causes_no_second_notification(caller: Caller, tmp_path: Path) -> None:
    file = write(tmp_path / "h" / "go.mod", "")
    last = write(tmp_path / "h" / "last", "")
    caller.watch(file, last)
    file.write_text("changed")
    assert caller.sees(file, "changed")
    last.write_text("the end")
    assert caller.sees(last, "the end")
    assert len(caller.calls) < 10


@uses_modes
def test_permissions_are_part_of_a_file(caller: Caller, tmp_path: Path) -> None:
    file, last = write(tmp_path / "h" / "go.mod", ""), write(tmp_path / "h" / "last", "")
    caller.watch(file, last)
    file.chmod(0o600)
    last.write_text("the end")
    assert caller.sees(last, "the end")
    assert caller.reported() == {str(file), str(last)}


def test_a_change_is_noticed_while_neighbours_keep_changing(caller: Caller, tmp_path: Path) -> None:
    file, ended = write(tmp_path / "go.mod", "old"), threading.Event()

    def change_neighbour() -> None:
        while not ended.wait(0.5):
            write(tmp_path / "log", str(time.monotonic()))

    caller.watch(file)
    thread = threading.Thread(target=change_neighbour)
    thread.start()
    try:
        file.write_text("new")
        assert caller.sees(file, "new")
    finally:
        ended.set()
        thread.join()


def test_changes_of_neighbouring_files_are_not_reported(caller: Caller, tmp_path: Path) -> None:
    file = write(tmp_path / "h" / "go.mod", "")
    caller.watch(file, tmp_path / "h" / "last")
    write(tmp_path / "h" / "main.go", "package main")
    write(tmp_path / "h" / "deep" / "er" / "go.mod", "module x")
    write(tmp_path / "beside" / "go.mod", "module y")
    write(tmp_path / "h" / "last", "the end")
    assert caller.sees(tmp_path / "h" / "last", "the end")
    assert caller.reported() == {str(tmp_path / "h" / "last")}


@uses_inotify
def test_trees_are_not_watched(caller: Caller, tmp_path: Path) -> None:
    file = write(tmp_path / "h" / "vendor" / "modules.txt", "")
    for number in range(50):
        write(file.parent / "example.com" / str(number) / "x.go", "package x")
    caller.watch(file, tmp_path / "h" / "go.mod")
    assert watched_folders() == len(file.parents)
    shutil.rmtree(file.parent)
    assert caller.sees(file, None)
    write(file, "back")
    assert caller.sees(file, "back")
    deadline = time.monotonic() + 10
    while watched_folders() != len(file.parents) and time.monotonic() < deadline:
        time.sleep(0.02)  # the file may exist before its new folder is watched
    assert watched_folders() == len(file.parents)


def test_watching_the_same_files_again_changes_nothing(
    caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [write(tmp_path / "h" / name, "") for name in ("go.mod", "modules.txt")]
    caller.watch(*files)
    threads = threading.enumerate()
    monkeypatch.setattr(os, "readlink", None)
    for _ in range(100):
        caller.watcher.watch([str(file) for file in reversed(files)])
    monkeypatch.undo()
    assert threading.enumerate() == threads
    files[0].write_text("changed")
    assert caller.sees(files[0], "changed")
    assert caller.reported() == {str(files[0])}


@uses_inotify
def test_just_the_files_named_last_are_watched(caller: Caller, tmp_path: Path) -> None:
    one, two, three = (write(tmp_path / name / "go.mod", "") for name in ("one", "two", "three"))
    caller.watch(one, two)
    caller.watch(two, three)
    one.write_text("changed")
    three.write_text("changed")
    assert caller.sees(three, "changed")
    two.write_text("changed")
    assert caller.sees(two, "changed"), "it was watched before"
    assert caller.reported() == {str(two), str(three)}
    caller.watch(two)
    assert watched_folders() == len(two.parents)


def test_threads_run_while_there_are_files(caller: Caller, tmp_path: Path) -> None:
    threads, files = threading.enumerate(), descriptors()
    for turn in range(3):
        caller.watch()
        assert threading.enumerate() == threads
        file = write(tmp_path / "go.mod", "")
        caller.watch(file)
        assert threading.enumerate() != threads
        file.write_text(f"changed {turn}")
        assert caller.sees(file, f"changed {turn}")
        caller.watch()
        assert threading.enumerate() == threads
    assert descriptors() == files


def test_close_is_for_good_and_harmless_twice(caller: Caller, tmp_path: Path) -> None:
    threads = threading.enumerate()
    Watcher(lambda files: None).close()
    caller.watch(write(tmp_path / "go.mod", ""))
    caller.watcher.close()
    caller.watcher.close()
    caller.watch(tmp_path / "go.mod")
    assert threading.enumerate() == threads


def test_an_observer_may_watch_and_close_when_notified(tmp_path: Path) -> None:
    first, second, done = tmp_path / "first", tmp_path / "second", threading.Event()

    def changed(files: frozenset[str]) -> None:
        if str(first) in files:
            watcher.watch({str(second)})
            second.write_text("changed")
        else:
            watcher.close()
            done.set()

    watcher = Watcher(changed)
    watcher.watch({str(first)})
    (ours,) = (thread for thread in threading.enumerate() if thread.name == "layerg-pin-watch")
    first.write_text("changed")
    assert done.wait(PATIENCE)
    ours.join(PATIENCE)
    assert not ours.is_alive()


def test_a_failure_of_an_observer_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    done = threading.Semaphore(0)

    def changed(files: frozenset[str]) -> None:
        done.release()
        raise ValueError("of the caller")

    watcher = Watcher(changed)
    watcher.watch({str(tmp_path / "go.mod")})
    try:
        for turn in range(3):
            (tmp_path / "go.mod").write_text(str(turn))
            assert done.acquire(timeout=PATIENCE)
    finally:
        watcher.close()
    assert "of the caller" in caplog.text


@contextlib.contextmanager
def without_privileges() -> Iterator[None]:
    """Run as a user to whom permissions apply."""
    user = os.geteuid()
    os.seteuid(user or 65534)
    try:
        yield
    finally:
        os.seteuid(user)


@uses_modes
def test_an_unreadable_folder_is_reported_once(caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        barred, free = write(folder / "barred" / "go.mod", "?"), write(folder / "free" / "go.mod", "")
        barred.parent.chmod(0o000)
        caller.watch(free)
        assert not caller.watcher.problems
        with without_privileges():
            caller.watch(free, barred)
            caller.watch(free, barred, folder / "go.mod")
        assert list(caller.watcher.problems) == [f"changes in {folder}/barred will go unnoticed: Permission denied"]
        assert [record.getMessage() for record in caplog.records] == list(caller.watcher.problems)
        assert caplog.records[0].levelno == logging.WARNING
        free.write_text("changed")
        assert caller.sees(free, "changed")
        barred.parent.chmod(0o755)
        assert caller.sees(barred, "?")
        assert not caller.watcher.problems
        barred.write_text("changed")
        assert caller.sees(barred, "changed")


def fails(reason: int) -> int:
    ctypes.set_errno(reason)
    return -1


@uses_inotify
def test_the_limit_of_watches_is_reported_once(
    caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from watchdog.observers import inotify_c

    barred, free = write(tmp_path / "barred" / "go.mod", ""), write(tmp_path / "free" / "go.mod", "")
    add = inotify_c.inotify_add_watch
    monkeypatch.setattr(
        inotify_c,
        "inotify_add_watch",
        lambda fd, path, mask: fails(errno.ENOSPC) if path.endswith(b"barred") else add(fd, path, mask),
    )
    caller.watch(barred, free)
    free.write_text("changed")
    assert caller.sees(free, "changed")
    (problem,) = caller.watcher.problems
    assert "inotify watch limit reached, raise fs.inotify.max_user_watches" in problem
    assert caplog.text.count("limit reached") == 1
    monkeypatch.undo()
    caller.watch(barred)
    assert not caller.watcher.problems
    barred.write_text("changed")
    assert caller.sees(barred, "changed")


@uses_inotify
def test_the_limit_of_observers_is_reported_once(
    caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("watchdog.observers.inotify_c.inotify_init", lambda: fails(errno.EMFILE))
    caller.watch(tmp_path / "one")
    caller.watch(tmp_path / "two")
    (problem,) = caller.watcher.problems
    assert "inotify instance limit reached, raise fs.inotify.max_user_instances" in problem
    assert caplog.text.count("limit reached") == 1
    monkeypatch.undo()
    caller.watch(tmp_path / "three")
    assert not caller.watcher.problems
    write(tmp_path / "three", "changed")
    assert caller.sees(tmp_path / "three", "changed")


@uses_inotify
def test_events_that_the_kernel_dropped_are_made_up_for(
    caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from watchdog.observers import inotify_c

    file = write(tmp_path / "h" / "vendor" / "modules.txt", "")
    overflow = inotify_c.InotifyEvent(inotify_c.WatchDescriptor(-1), inotify_c.InotifyConstants.IN_Q_OVERFLOW, 0, b"")
    deaf, read_events = threading.Event(), inotify_c.InotifyFD.read_events

    def dropped(self: inotify_c.InotifyFD) -> list[inotify_c.InotifyEvent]:
        events = read_events(self)
        return events if not deaf.is_set() else [overflow] if (tmp_path / "enough").exists() else []

    monkeypatch.setattr(inotify_c.InotifyFD, "read_events", dropped)
    caller.watch(file)
    deaf.set()
    shutil.rmtree(file.parent)
    write(file, "unheard")
    write(tmp_path / "enough", "")
    assert caller.sees(file, "unheard")
    deaf.clear()
    write(file, "heard again")
    assert caller.sees(file, "heard again")


def test_many_threads_may_watch_at_once(caller: Caller, tmp_path: Path) -> None:
    files = [tmp_path / str(number % 3) / str(number) / "go.mod" for number in range(12)]

    def watch(start: int) -> None:
        for turn in range(15):
            with contextlib.suppress(OSError):  # another thread has just removed the folder
                write(files[(start + turn) % 12], str(turn))
            caller.watcher.watch(str(file) for file in files[start : start + turn % 5])
            shutil.rmtree(files[(start + turn) % 12].parent, ignore_errors=True)

    threads = [threading.Thread(target=watch, args=(start,)) for start in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    caller.watch(*files)
    for file in files:
        write(file, "at last")
        assert caller.sees(file, "at last")


def test_watchdog_is_imported_for_the_first_file_only() -> None:
    program = """
import sys
from layerg_pin.system.watcher import Watcher
watcher = Watcher(print)
watcher.watch(())
watcher.close()
sys.exit("watchdog" in sys.modules)
"""
    assert subprocess.run((sys.executable, "-c", program), check=False).returncode == 0
