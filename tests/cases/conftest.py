"""`pytest tests/cases --update` writes what is found into the case files, to be read before it is believed."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite what the case files expect")
