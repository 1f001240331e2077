"""End the server when the client's process ends, and when a signal arrives.

Source: Language Server Protocol 3.17, `InitializeParams.processId`. Usually standard input ends with the client, but
not if another process has the pipe open too.
"""

from __future__ import annotations

import _thread
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio  # not at run time: the first answers are sent before asyncio is loaded

_POLL_SECONDS = 2.0
_MAX_PID = 2**31 - 1
_SYNCHRONIZE = 0x00100000
_INFINITE = 0xFFFFFFFF


def watch_client(pid: object) -> None:
    """End this process, as SIGTERM does, when the process with this id has ended.

    Ignores values that are not a process id, and ids without a process: the client then runs in another container or
    on another machine, and standard input ends with it.
    """
    if not isinstance(pid, int) or isinstance(pid, bool) or not 0 < pid <= _MAX_PID or pid == os.getpid():
        return
    wait = _end_of_process(pid)
    if wait is None:
        return

    def watch() -> None:
        wait()
        _terminate()

    threading.Thread(target=watch, name="layerg-pin-client-watch", daemon=True).start()


@contextmanager
def signals_wake(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Have signals wake the event loop. Otherwise a signal that arrives just before the loop waits is handled only
    when something else happens.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield  # the event loop of Windows wakes by itself; other threads get no signals
        return
    import socket  # imported here: it loads slowly

    read, written = socket.socketpair()
    for end in (read, written):
        end.setblocking(False)
    loop.add_reader(read, read.recv, 4096)
    before = signal.set_wakeup_fd(written.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        loop.remove_reader(read)
        read.close()
        written.close()


def _terminate() -> None:
    if sys.platform == "win32":  # os.kill would leave no time to end Go processes
        _thread.interrupt_main(signal.SIGTERM)
    else:
        os.kill(os.getpid(), signal.SIGTERM)


def _end_of_process(pid: int) -> Callable[[], object] | None:
    """A function that returns when a process has ended; None if there is no such process."""
    if sys.platform == "win32":
        return _end_of_process_on_windows(pid)
    if hasattr(os, "pidfd_open"):
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            return None
        except OSError:  # an old kernel, a sandbox, or the number of a thread
            pass
        else:
            return lambda: select.select([descriptor], [], [])
    return (lambda: _poll(pid)) if _exists(pid) else None


def _poll(pid: int) -> None:
    while _exists(pid):
        time.sleep(_POLL_SECONDS)


def _exists(pid: int) -> bool:
    with suppress(PermissionError):  # it exists, and belongs to another user
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True


def _end_of_process_on_windows(pid: int) -> Callable[[], object] | None:
    import ctypes

    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]  # only there
    kernel.OpenProcess.restype = ctypes.c_void_p
    kernel.WaitForSingleObject.argtypes = (ctypes.c_void_p, ctypes.c_uint32)
    handle = kernel.OpenProcess(_SYNCHRONIZE, False, pid)
    return (lambda: kernel.WaitForSingleObject(handle, _INFINITE)) if handle else None
