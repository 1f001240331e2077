"""The part of the tests that `.ci/run` runs as on Windows names tests that exist."""

from __future__ import annotations

import pytest

from tests.windows import part
from tests.windows.rig import ROOT


@pytest.mark.parametrize("test", [*part.TESTS, *part.LEFT_OUT])
def test_what_is_named_exists(test: str) -> None:
    path, _, name = test.partition("::")
    assert (ROOT / path).exists()
    assert not name or f"def {name.partition('[')[0]}(" in (ROOT / path).read_text()


def test_what_is_left_out_would_be_run_otherwise() -> None:
    assert [test for test in part.LEFT_OUT if not test.startswith(part.TESTS)] == []
