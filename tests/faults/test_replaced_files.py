"""A file that is replaced by a pipe, a device or a folder while it is read, or has no end, blocks no reader."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from layerg_pin.binary.bounded_reader import BinaryError
from layerg_pin.binary.go_binary import read_binary
from layerg_pin.binary.symbols import read_linkage
from layerg_pin.source_tree.main_packages import main_packages, package_sources, reaches_plugin
from layerg_pin.system.text_files import FileError, content_hash, read_head, read_text, read_text_or_empty
from tests.faults.irregular_files import device, folder, pipe

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes and devices in folders")
_PATIENCE = 10.0
"""Seconds until a reader counts as blocked."""


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def pagemap(path: Path) -> None:
    """A file that claims to be regular and empty, and has 256 GiB to read."""
    path.symlink_to("/proc/self/pagemap")


def _refused(read: Callable[[str], object]) -> Callable[[str], object]:
    def reader(path: str) -> None:
        with pytest.raises((FileError, BinaryError)):
            read(path)

    return reader


READERS: dict[str, Callable[[str], object]] = {
    "text": _refused(read_text),
    "head": _refused(lambda path: read_head(path, 1000)),
    "binary": _refused(read_binary),
    "linkage": _refused(read_linkage),
    "hash": content_hash,
    "text or empty": read_text_or_empty,
    "package": lambda path: package_sources(os.path.dirname(path)),
    "imports": lambda path: reaches_plugin(os.path.dirname(path), "a.org/a", "."),
    "main packages": lambda path: main_packages(os.path.dirname(path)),
}


def in_time(read: Callable[[str], object], path: Path) -> None:
    """Run a reader in a thread; fail if it blocks or fails."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            read(str(path))
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    assert not thread.is_alive(), "it is blocked"
    assert not failed


@pytest.mark.parametrize("make", [pipe, device, folder, loop])
@pytest.mark.parametrize("reader", READERS)
def test_a_file_that_is_replaced_after_it_was_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None], reader: str
) -> None:
    file = tmp_path / "a.go"
    file.write_text("package main\n")
    stat = os.stat

    def then_replaced(path: str, **more: bool) -> os.stat_result:
        found = stat(path, **more)
        if os.fspath(path) == str(file) and not is_replaced:
            is_replaced.append(True)
            file.unlink()
            make(file)
        return found

    is_replaced: list[bool] = []
    monkeypatch.setattr(os, "stat", then_replaced)
    in_time(READERS[reader], file)
    assert is_replaced


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")
@pytest.mark.parametrize("reader", sorted(READERS.keys() - {"head", "linkage"}))
def test_a_file_without_an_end(tmp_path: Path, reader: str) -> None:
    pagemap(tmp_path / "a.go")
    before = time.process_time()
    in_time(READERS[reader], tmp_path / "a.go")
    assert time.process_time() - before < 3


def test_a_file_that_grows_while_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "go.sum"
    file.write_bytes(b"a" * 1000)
    is_over = threading.Event()

    def grow() -> None:
        with file.open("ab", buffering=0) as stream:
            while not is_over.is_set() and stream.tell() < 50 << 20:
                stream.write(b"b" * 65536)

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        for _ in range(20):
            text = read_text_or_empty(str(file))
            assert len(text) <= 12 << 20
            assert set(text) <= {"a", "b"}
    finally:
        is_over.set()
        thread.join()
