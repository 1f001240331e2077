"""The modules and the host of the truth table, created once per worker, in a second."""

from __future__ import annotations

import pytest

from tests.truth.hosts import World, make_world


@pytest.fixture(scope="session")
def _world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world, with Go configured for it."""
    for name, value in _world.env.items():
        monkeypatch.setenv(name, value)
    return _world
