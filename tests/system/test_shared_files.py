"""Reading and renaming files that another program uses at the same time."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from layerg_pin.system.shared_files import open_shared, replace_shared
from layerg_pin.system.text_files import write_text


def test_a_file_can_be_deleted_and_renamed_while_it_is_read(tmp_path: Path) -> None:
    for name, change in (("deleted", os.unlink), ("renamed", lambda path: os.rename(path, tmp_path / "other"))):
        path = tmp_path / name
        path.write_bytes(b"a\r\nb\x1ac\n")
        with open(open_shared(path), "rb") as stream:
            change(path)
            assert stream.read() == b"a\r\nb\x1ac\n"
        assert not path.exists()


def test_missing_files_and_invalid_paths_are_not_opened(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_shared(tmp_path / "none")
    with pytest.raises(ValueError, match="null"):
        open_shared(str(tmp_path / "a\0b"))


class InUse(PermissionError):
    """An error as on Windows, where it has a number of its own."""

    winerror = 0


class Busy:
    """In place of `os.replace`: Windows' error for a file in use, so many times."""

    def __init__(self, times: int, winerror: int) -> None:
        self.left = times
        self.winerror = winerror
        self.real = os.replace

    def __call__(self, source: str, target: str) -> None:
        if self.left:
            self.left -= 1
            error = InUse()
            error.winerror = self.winerror
            raise error
        self.real(source, target)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, without making them."""
    made: list[float] = []
    monkeypatch.setattr(time, "sleep", made.append)
    return made


@pytest.mark.parametrize("winerror", [5, 32])
def test_a_file_in_use_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float], winerror: int
) -> None:
    monkeypatch.setattr(os, "replace", Busy(5, winerror))
    path = tmp_path / "go.mod"
    path.write_bytes(b"module a\r\n")
    write_text(path, "module a\r\n", "module b\r\n")
    assert path.read_bytes() == b"module b\r\n"
    assert len(pauses) == 5
    assert [each.name for each in tmp_path.iterdir()] == ["go.mod"]


@pytest.mark.parametrize(("winerror", "tries"), [(5, 11), (32, 11), (2, 1)])
def test_not_for_ever_and_not_for_other_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float], winerror: int, tries: int
) -> None:
    busy = Busy(100, winerror)
    monkeypatch.setattr(os, "replace", busy)
    with pytest.raises(PermissionError):
        replace_shared(str(tmp_path / "a"), str(tmp_path / "b"))
    assert 100 - busy.left == tries
    assert sum(pauses) < 2
