"""Find out whether a stream is a terminal that interprets escape sequences (ECMA-48)."""

from __future__ import annotations

import sys
from typing import TextIO

_INTERPRETS = 0x4
"""ENABLE_VIRTUAL_TERMINAL_PROCESSING: without it, a console of Windows prints the sequences."""


def interprets_sequences(stream: TextIO) -> bool:
    """Whether an output stream is such a terminal.

    In a console of Windows, this switches the interpretation on, which fails in old consoles. The null device of
    Windows is not a terminal, although `isatty` returns true for it.
    """
    if not stream.isatty():
        return False
    if sys.platform == "win32":
        import ctypes
        import msvcrt
        from ctypes import wintypes

        kernel, mode = ctypes.WinDLL("kernel32"), wintypes.DWORD()
        handle = wintypes.HANDLE(msvcrt.get_osfhandle(stream.fileno()))
        if not kernel.GetConsoleMode(handle, ctypes.byref(mode)):
            return False
        return bool(mode.value & _INTERPRETS or kernel.SetConsoleMode(handle, mode.value | _INTERPRETS))
    return True
