"""End in time: when the client's process ends, which `initialize` names, and when a signal comes.

Source: Language Server Protocol 3.17, `InitializeParams.processId`. End of file on standard input says the same, but
does not come where another process holds the pipe too.
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
    import asyncio  # not at import time: the first answers are given before it is loaded

_POLL_SECONDS = 2.0
_MAX_PID = 2**31 - 1
_SYNCHRONIZE = 0x00100000
_INFINITE = 0xFFFFFFFF


def watch_client(number: object) -> None:
    """End this process, as SIGTERM does, when the process with this number has ended.

    A number that names no process here is not watched: it is that of a client in another container or on another
    machine, whose end shows as the end of standard input. Neither is what is no process id.
    """
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number <= _MAX_PID or number == os.getpid():
        return
    wait = _waiting_for(number)
    if wait is None:
        return

    def watch() -> None:
        wait()
        _end()

    threading.Thread(target=watch, name="layerg-pin-lifeline", daemon=True).start()


@contextmanager
def signals_wake(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Have a signal wake the event loop. One that comes in the moment before the loop waits would else be handled only
    when something else happens.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield  # Windows' loop does so itself; another thread gets no signals
        return
    import socket  # late: it loads slowly, and the event loop needs it anyway

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


def _end() -> None:
    if sys.platform == "win32":  # where os.kill would leave no time to end runs of Go
        _thread.interrupt_main(signal.SIGTERM)
    else:
        os.kill(os.getpid(), signal.SIGTERM)


def _waiting_for(number: int) -> Callable[[], object] | None:
    """What returns when a process has ended; None where there is no such process."""
    if sys.platform == "win32":
        return _waiting_on_windows(number)
    if hasattr(os, "pidfd_open"):
        try:
            descriptor = os.pidfd_open(number)
        except ProcessLookupError:
            return None
        except OSError:  # an old kernel, a sandbox, or the number of a thread
            pass
        else:
            return lambda: select.select([descriptor], [], [])
    return (lambda: _poll(number)) if _is_there(number) else None


def _poll(number: int) -> None:
    while _is_there(number):
        time.sleep(_POLL_SECONDS)


def _is_there(number: int) -> bool:
    with suppress(PermissionError):  # it is, and belongs to another user
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return False
    return True


def _waiting_on_windows(number: int) -> Callable[[], object] | None:
    import ctypes

    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]  # only there
    kernel.OpenProcess.restype = ctypes.c_void_p
    kernel.WaitForSingleObject.argtypes = (ctypes.c_void_p, ctypes.c_uint32)
    handle = kernel.OpenProcess(_SYNCHRONIZE, False, number)
    return (lambda: kernel.WaitForSingleObject(handle, _INFINITE)) if handle else None
