"""Fixtures of the editor tests: a real editor on the example plugin, which does not fit its host."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Examples
from tests.editors.deb_tool import DebError, cache_folder, locked
from tests.editors.home import Home
from tests.editors.neovim import Editor, Neovim, NoNeovim, find_neovim
from tests.editors.processes import left_behind

GOPLS = "golang.org/x/tools/gopls@v0.23.0"


@pytest.fixture(scope="session")
def neovim() -> Neovim:
    try:
        return find_neovim()
    except (NoNeovim, DebError) as error:
        pytest.fail(f"no Neovim to test with: {error}", pytrace=False)


@pytest.fixture(scope="session")
def go_env() -> dict[str, str]:
    """The environment with the user's Go caches, for processes with another home folder."""
    if not shutil.which("go"):
        pytest.fail("there is no go on PATH", pytrace=False)
    done = subprocess.run(
        ["go", "env", "-json", "GOROOT", "GOPATH", "GOMODCACHE", "GOCACHE"], capture_output=True, text=True, check=True
    )
    values: dict[str, str] = json.loads(done.stdout)
    root = values.pop("GOROOT")
    return {**values, "PATH": os.pathsep.join((str(Path(root, "bin")), os.environ["PATH"]))}


@pytest.fixture(scope="session")
def gopls() -> Path:
    """The folder of a gopls, which Go builds once."""
    folder = cache_folder() / GOPLS.rpartition("/")[2]
    folder.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "GOBIN": str(folder), "GOFLAGS": "-mod=mod", "GOSUMDB": "off", "GOWORK": "off"}
    with locked(folder):
        if not (folder / "gopls").is_file():
            done = subprocess.run(
                ["go", "install", GOPLS], cwd=folder, env=env, capture_output=True, text=True, check=False
            )
            if done.returncode:
                pytest.fail(f"no gopls to test with: {done.stderr}", pytrace=False)
    return folder


@pytest.fixture
def gomod(examples: Examples) -> Path:
    """The go.mod of the example plugin, which the test may change."""
    return examples.plugin / "go.mod"


@pytest.fixture
def editor(neovim: Neovim, examples: Examples, go_env: dict[str, str], tmp_path: Path) -> Editor:
    server = Path(sys.executable).with_name("layerg-pin")
    if not server.is_file():
        pytest.fail(f"there is no {server}: make install", pytrace=False)
    return Editor(neovim, examples.plugin, tmp_path / "home", (str(server), "lsp"), go_env)


@pytest.fixture
def home(go_env: dict[str, str], tmp_path: Path) -> Iterator[Home]:
    """A home folder with the environment of an editor in it; no process may outlive the test."""
    home = Home.make(tmp_path / "home", go_env)
    yield home
    assert not left_behind(home.mark)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder for PATH, with a layerg-pin in it, as the set-ups of docs/editors.md start it."""
    server = Path(sys.executable).with_name("layerg-pin")
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "layerg-pin").symlink_to(server)
    return folder


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A folder for PATH, with a layerg-pin in it that cannot start."""
    folder = tmp_path / "broken"
    folder.mkdir()
    program = folder / "layerg-pin"
    program.write_text("#!/bin/sh\necho 'this layerg-pin is broken' >&2\nexit 3\n")
    program.chmod(0o755)
    return folder
