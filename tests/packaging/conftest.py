"""Fixtures of the packages: the wheel and the source archive of this checkout, and a copy of it as a repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from layerg_pin import __version__
from tests.conftest import ROOT

PYTHON_PROJECT = ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "server")


class Packages(NamedTuple):
    """The built packages."""

    wheel: Path
    sdist: Path


class Done(NamedTuple):
    """The exit code of a program, and all that it wrote."""

    code: int
    text: str


def run(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> Done:
    """Run a program, outside of any CI unless `env` says otherwise."""
    outside = {key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "CI_", "GITLAB_"))}
    done = subprocess.run(
        [str(each) for each in command],
        cwd=cwd,
        env={**outside, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Done(done.returncode, done.stdout)


def tool(name: str) -> Path:
    """A program of the development tools."""
    path = Path(sys.executable).with_name(name)
    assert path.exists(), f"{path} is missing: run `make install`"
    return path


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """The wheel and the source archive."""
    folder = tmp_path_factory.mktemp("packages")
    done = run(sys.executable, "-m", "hatchling", "build", "--directory", folder, cwd=ROOT)
    assert done.code == 0, done.text
    name = f"layerg_pin-{__version__}"
    return Packages(folder / f"{name}-py3-none-any.whl", folder / f"{name}.tar.gz")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the files that the package is built from, and of the hooks and the action."""
    folder = tmp_path / "project"
    for name in (*PYTHON_PROJECT, ".pre-commit-hooks.yaml", "action.yml"):
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(exist_ok=True)
            shutil.copy(source, target)
    return folder
