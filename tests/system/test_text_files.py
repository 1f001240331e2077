"""A file that cannot be written leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerg_pin.system.text_files import FileError, create_text


def test_a_file_that_cannot_be_created_completely_is_removed(tmp_path: Path) -> None:
    with pytest.raises(FileError):
        create_text(tmp_path / "new.toml", "x" * 100_000 + "\ud800")
    assert list(tmp_path.iterdir()) == []
