"""Go's module cache is recognised however its path is written."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from layerg_pin.engine.plugin_discovery import in_module_cache
from layerg_pin.go.module_cache import path_in_cache

IGNORES_CASE = sys.platform in ("win32", "darwin")


def test_links_letter_case_and_slashes_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, link = tmp_path / "Mod", tmp_path / "link"
    (cache / "example.com").mkdir(parents=True)
    spellings = [str(cache), f"{cache}/"]
    if sys.platform == "win32":
        spellings += [cache.as_posix(), str(cache).swapcase()]
    else:
        link.symlink_to(cache)
        spellings += [str(link)]
    for spelling in spellings:
        monkeypatch.setenv("GOMODCACHE", spelling)
        assert in_module_cache(str(cache / "example.com"))
        assert in_module_cache(str(cache))
        assert not in_module_cache(str(tmp_path))
        assert in_module_cache(str(tmp_path / "mOD" / "example.com")) == IGNORES_CASE
        assert path_in_cache(str(cache / "example.com" / "a.go")) == str(Path("example.com", "a.go"))
