"""Add `pytest tests/cases --update`, which rewrites the expected findings in the case files. Review its changes."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite what the case files expect")
