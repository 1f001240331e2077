"""Marks of tests that are skipped on other systems, with the reason that is printed there."""

from __future__ import annotations

import ctypes
import os
import sys

import pytest

_IS_WINE = sys.platform == "win32" and hasattr(ctypes.windll.ntdll, "wine_get_version")


def _only_posix(reason: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(os.name != "posix", reason=reason)


uses_shell = _only_posix("a shell script takes the place of a program, or runs it")
uses_bash = _only_posix("bash is no part of Windows")
uses_terminal = _only_posix("needs a pseudo-terminal, as POSIX has")
uses_pipe = _only_posix("Windows has neither pipes nor devices in folders")
uses_home = _only_posix("HOME names the home folder")
uses_signal = _only_posix("Windows ends processes without a signal that they could handle")
uses_modes = _only_posix("Windows has no such permissions")
uses_links = _only_posix("creating links needs a privilege on Windows, and wine has none")
keeps_no_working_folder = _only_posix("Windows does not delete the working folder of a process")
limits_working_folder = _only_posix("Windows limits the length of the working folder's path")
uses_limits = _only_posix("limits the size of files as POSIX can")
uses_inotify = pytest.mark.skipif(sys.platform != "linux", reason="tests inotify, which only Linux has")
builds_plugins = pytest.mark.skipif(
    sys.platform == "win32",
    reason="Go builds no plugins on Windows, so what Go on this machine would do does not count",
)
cross_compiles = pytest.mark.skipif(
    sys.platform == "win32", reason="compiles for Linux with cgo, for which Windows needs another C compiler"
)
uses_git = pytest.mark.skipif(_IS_WINE, reason="needs git, which wine does not have")
uses_posix_paths = _only_posix("a path without a drive is none of this machine on Windows; test_file_uris.py has them")
uses_odd_bytes = _only_posix("names of files are Unicode on Windows")
uses_odd_folders = pytest.mark.skipif(
    _IS_WINE, reason="wine 8 starts no program in a folder with such a name: could not open working directory"
)
deletes_open_files = pytest.mark.skipif(
    _IS_WINE, reason="wine does not remove the name of a deleted file or folder that is open, as Windows 10 does"
)
in_rig = pytest.mark.skipif(not _IS_WINE, reason="runs only in the rig of `make test-windows`")
