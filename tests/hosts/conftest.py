"""A plugin of Nakama 3.22.0 in a repository of its own, and a compose file of the server."""

from __future__ import annotations

from pathlib import Path

import pytest

GOMOD = "module example.com/plugin\n\ngo 1.21\n\nrequire github.com/heroiclabs/nakama-common v1.32.0\n"
COMPOSE = "services:\n  n:\n    image: heroiclabs/nakama:{}\n"


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    folder = tmp_path / "repository" / "plugin"
    folder.mkdir(parents=True)
    (folder.parent / ".git").mkdir()
    (folder / "go.mod").write_text(GOMOD)
    return folder
