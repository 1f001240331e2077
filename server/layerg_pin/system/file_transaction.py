"""Write several files and folders together: all of them or none.

Everything is first written beside its target and flushed. Only renames are left then. A separate process does them, so
that a signal to this one, even SIGKILL, cannot stop them half-way. If a rename fails, those before it are undone.
"""

import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from layerg_pin.system.shared_files import replace_shared
from layerg_pin.system.text_files import FileError, check_unchanged, new_sibling, overwrite


class FileChange(NamedTuple):
    """The change of a text file; `before` is None for a file that does not exist yet."""

    path: str
    before: str | None
    after: str


class FolderChange(NamedTuple):
    """The folder `scratch` is renamed to `path`. A folder that is there is renamed to `scratch` with `.old` at its end,
    for the caller to remove.
    """

    path: str
    scratch: str


class _Step(NamedTuple):
    """A change that is ready: doing it and undoing it takes a rename or two."""

    path: str
    do: Callable[[], None]
    undo: Callable[[], None]
    scratches: tuple[str, ...] = ()
    """Files to remove, whether or not the step was done."""


def write_together(files: Sequence[FileChange], folders: Sequence[FolderChange] = ()) -> None:
    """Write all changes or none. Owner, mode and links are kept, as by `write_text`. Raises FileError.

    A signal that would end this process is handled afterwards.
    """
    with _deferred_signals():
        _write_together(files, folders)


def _write_together(files: Sequence[FileChange], folders: Sequence[FolderChange]) -> None:
    steps: list[_Step] = []
    try:
        for change in files:
            try:
                steps.append(_prepared(change))
            except OSError as error:
                raise FileError(f"{change.path} cannot be written: {error.strerror or error}", change.path) from error
        steps += map(_prepared_folder, folders)
        for change in files:  # again, because writing to a slow disk takes time
            _check(change)
        _in_own_process(lambda: _do_all(steps))
    finally:
        for path in (path for step in steps for path in step.scratches):
            with suppress(OSError):
                os.unlink(path)


def _check(change: FileChange) -> None:
    if change.before is not None:
        check_unchanged(os.path.realpath(change.path), change.before, change.path)
    elif os.path.lexists(change.path):
        raise FileError(f"{change.path} appeared in the meantime; nothing was written", change.path)


def _prepared(change: FileChange) -> _Step:
    """Write the new content, and the old one for undoing the change, beside the file. Raises FileError and OSError."""
    _check(change)
    target = os.path.realpath(change.path)
    after = _encoded(change.after, change.path)
    if change.before is None:
        created = new_sibling(target, after, None)
        assert created
        return _Step(target, lambda: replace_shared(created, target), lambda: os.unlink(target), (created,))
    before, found = _encoded(change.before, change.path), os.stat(target)
    if not found.st_mode & 0o222:
        raise FileError(f"{change.path} is read-only; nothing was written", change.path)
    new = new_sibling(target, after, found) if found.st_nlink == 1 else None
    if new is None:
        return _Step(target, lambda: overwrite(target, before, after), lambda: overwrite(target, after, before))
    try:
        old = new_sibling(target, before, found)
    except OSError:
        os.unlink(new)
        raise
    assert old
    return _Step(target, lambda: replace_shared(new, target), lambda: replace_shared(old, target), (new, old))


def _prepared_folder(change: FolderChange) -> _Step:
    path, scratch = change
    aside = f"{scratch}.old"

    def do() -> None:
        if os.path.lexists(path):
            replace_shared(path, aside)
        try:
            replace_shared(scratch, path)
        except OSError:
            if os.path.lexists(aside):
                replace_shared(aside, path)
            raise

    def undo() -> None:
        replace_shared(path, scratch)
        if os.path.lexists(aside):
            replace_shared(aside, path)

    return _Step(path, do, undo)


def _encoded(text: str, path: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise FileError(f"{path} cannot be written: the text contains an unpaired surrogate", path) from None


def _do_all(steps: Sequence[_Step]) -> None:
    """Do all steps; if one fails, undo those before it, and raise FileError."""
    done: list[_Step] = []
    for step in steps:
        try:
            step.do()
        except OSError as error:
            left = [each.path for each in reversed(done) if not _is_undone(each)]
            state = f"; it has its new content: {', '.join(left)}" if left else "; nothing was written"
            raise FileError(f"{step.path} cannot be written: {error.strerror or error}{state}", step.path) from error
        done.append(step)


def _is_undone(step: _Step) -> bool:
    try:
        step.undo()
    except OSError:
        return False
    return True


@contextmanager
def _deferred_signals() -> Iterator[None]:
    """Handle signals that would end this process at the end of the block. Only the main thread handles any."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    arrived: list[int] = []
    handlers = {number: signal.signal(number, lambda each, _: arrived.append(each)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        for number in arrived:
            signal.raise_signal(number)


def _in_own_process(work: Callable[[], None]) -> None:
    """Run `work` in a forked process of its own session, and wait for it. Raises its FileError.

    On Windows, which cannot fork, it runs here. `work` must only call the system, because other threads are not forked.
    """
    if not hasattr(os, "fork"):
        work()
        return
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns if there are other threads
        try:
            child = os.fork()
        except OSError as error:
            os.close(reading)
            os.close(writing)
            raise FileError(f"the files cannot be written: {error.strerror}") from None
    if child == 0:
        status = 1
        try:
            os.setsid()
            work()
            status = 0
        except BaseException as error:
            with suppress(OSError):
                os.write(writing, str(error).encode("utf-8", "surrogateescape")[:4096])
        finally:
            os._exit(status)
    os.close(writing)
    with open(reading, "rb") as stream:
        message = stream.read().decode("utf-8", "surrogateescape")
    _, status = os.waitpid(child, 0)
    if status or message:
        raise FileError(message or "the files cannot be written: the process that writes them was killed")
