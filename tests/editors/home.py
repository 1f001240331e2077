"""The home folder of an editor that is started for one test."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.editors.deb_tool import DebError, Prefix, unpacked
from tests.editors.processes import MARK


@dataclass(frozen=True, slots=True)
class Home:
    """A home folder, and the environment of programs that use it."""

    folder: Path
    variables: Mapping[str, str]
    mark: str
    """Identifies the processes that were started with this environment."""

    @classmethod
    def make(cls, folder: Path, go_env: Mapping[str, str]) -> Home:
        """A new home folder, with the Go caches of this machine."""
        mark = uuid.uuid4().hex
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "VIM", "EMACS", "HELIX"))
        }
        folders = {"XDG_CONFIG_HOME": folder / "config", "XDG_CACHE_HOME": folder / "cache", "TMPDIR": folder / "tmp"}
        for each in folders.values():
            each.mkdir(parents=True)
        own = {"HOME": str(folder), "LANG": "C.UTF-8", MARK: mark, **{key: str(path) for key, path in folders.items()}}
        return cls(folder, {**kept, **go_env, **own}, mark)

    def env(self, programs: Path, **more: str) -> dict[str, str]:
        """The environment, with the programs of a folder before all others."""
        return {**self.variables, **more, "PATH": os.pathsep.join((str(programs), self.variables["PATH"]))}


def debian(*packages: str) -> Prefix:
    """The packages of a newer Debian; if they are not available, the test fails and says why."""
    try:
        return unpacked(*packages)
    except DebError as error:
        pytest.fail(f"no {packages[0]} to test with: {error}", pytrace=False)
