"""Which streams get escape sequences."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from layerg_pin.system.console import interprets_sequences


def test_neither_a_file_nor_the_null_device_gets_sequences(tmp_path: Path) -> None:
    """For Windows' null device, `isatty` is true."""
    for path in (str(tmp_path / "file"), os.devnull):
        with open(path, "w") as stream:
            assert not interprets_sequences(stream)


def test_a_terminal_gets_sequences() -> None:
    pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals of this kind")
    reader, writer = pty.openpty()
    with os.fdopen(writer, "w") as stream:
        assert interprets_sequences(stream)
    os.close(reader)


@pytest.mark.skipif(sys.platform != "win32", reason="only Windows has such consoles")
def test_a_console_of_windows_is_switched_to_interpreting_sequences() -> None:
    """The process gets a console of its own, without a window."""
    program = (
        "from layerg_pin.system.console import interprets_sequences\n"
        "import ctypes, msvcrt\n"
        "stream, mode = open('CONOUT$', 'w'), ctypes.c_ulong()\n"
        "print(interprets_sequences(stream))\n"
        "handle = ctypes.c_void_p(msvcrt.get_osfhandle(stream.fileno()))\n"
        "print(ctypes.windll.kernel32.GetConsoleMode(handle, ctypes.byref(mode)), mode.value & 4)\n"
    )
    no_window = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, creationflags=no_window)
    assert done.stdout.split() == ["True", "1", "4"], done.stderr
