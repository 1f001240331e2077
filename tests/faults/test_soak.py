"""A short version of `make soak`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.soak import soak


@pytest.mark.skipif(sys.platform != "linux", reason="the numbers come from /proc")
def test_an_editors_morning(tmp_path: Path) -> None:
    assert soak(tmp_path, seed=1, steps=500) == []
