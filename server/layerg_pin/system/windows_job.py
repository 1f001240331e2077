"""Group the processes of a run on Windows with a job object, so that children end with it and with this process."""

from __future__ import annotations

import sys
from typing import Any

_KILL_ON_CLOSE = 0x2000
"""JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE: ends them even if this process is killed, because Windows closes its handles."""
_EXTENDED_LIMITS = 9
_LIMITS_SIZE, _FLAGS_AT = 144, 16
"""Of JOBOBJECT_EXTENDED_LIMIT_INFORMATION in a 64-bit process, of which only LimitFlags is set."""
_SET_QUOTA_AND_TERMINATE = 0x0101


class Job:
    """A job object. On other systems, and where Windows refuses one, it has no effect."""

    def __init__(self) -> None:
        self._kernel: Any = None
        self._handle = 0
        if sys.platform == "win32":
            self._kernel, self._handle = _new_job()

    def add(self, number: int) -> None:
        """Add the process with this id. Children that it starts from now on are added by Windows."""
        if self._kernel and self._handle:
            process = self._kernel.OpenProcess(_SET_QUOTA_AND_TERMINATE, 0, number)
            self._kernel.AssignProcessToJobObject(self._handle, process)
            self._kernel.CloseHandle(process)

    def kill(self) -> None:
        """End all processes of the job."""
        if self._kernel and self._handle:
            self._kernel.TerminateJobObject(self._handle, 1)

    def close(self) -> None:
        """End all processes of the job, and release the job."""
        handle, self._handle = self._handle, 0
        if self._kernel and handle:
            self._kernel.CloseHandle(handle)


def _new_job() -> tuple[Any, int]:
    import ctypes
    from ctypes import wintypes

    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]  # only on Windows
    kernel.CreateJobObjectW.restype = kernel.OpenProcess.restype = wintypes.HANDLE
    kernel.CreateJobObjectW.argtypes = wintypes.LPVOID, wintypes.LPCWSTR
    kernel.OpenProcess.argtypes = wintypes.DWORD, wintypes.BOOL, wintypes.DWORD
    kernel.SetInformationJobObject.argtypes = wintypes.HANDLE, ctypes.c_int, wintypes.LPVOID, wintypes.DWORD
    kernel.AssignProcessToJobObject.argtypes = wintypes.HANDLE, wintypes.HANDLE
    kernel.TerminateJobObject.argtypes = wintypes.HANDLE, wintypes.UINT
    kernel.CloseHandle.argtypes = (wintypes.HANDLE,)
    handle = kernel.CreateJobObjectW(None, None) or 0
    limits = bytearray(_LIMITS_SIZE)
    limits[_FLAGS_AT : _FLAGS_AT + 4] = _KILL_ON_CLOSE.to_bytes(4, "little")
    buffer = ctypes.create_string_buffer(bytes(limits), _LIMITS_SIZE)
    kernel.SetInformationJobObject(handle, _EXTENDED_LIMITS, buffer, _LIMITS_SIZE)
    return kernel, handle
