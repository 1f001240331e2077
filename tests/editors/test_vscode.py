"""The built extension in real VS Code, the oldest that is supported and the newest."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Examples
from tests.editors.vscode import CLIENT, VSIX, Run, Workbench
from tests.editors.vscode_install import NEWEST, OLDEST, NoVSCode, Release, installed

RELEASES = (OLDEST, NEWEST)


@pytest.fixture(scope="session")
def suites() -> None:
    """The suites, built."""
    subprocess.run(["npm", "run", "--silent", "build:tests"], cwd=CLIENT, check=True)


@pytest.fixture(params=RELEASES, ids=lambda release: release.name)
def release(request: pytest.FixtureRequest) -> Release:
    found: Release = request.param
    return found


@pytest.fixture
def workbench(release: Release, suites: None, go_env: dict[str, str], tmp_path: Path) -> Workbench:
    """A VS Code with the built extension."""
    if not VSIX.is_file():
        pytest.fail(f"there is no {VSIX}: make vsix", pytrace=False)
    try:
        found = installed(release)
    except NoVSCode as error:
        pytest.fail(f"no VS Code to test with: {error}", pytrace=False)
    workbench = Workbench(found, tmp_path / "home", {**go_env, "PATH": path_with_python(go_env["PATH"])})
    workbench.install(VSIX)
    return workbench


def path_with_python(path: str) -> str:
    """A PATH on which `python3` is one that serves: the one that runs the tests."""
    return os.pathsep.join((os.path.dirname(os.path.realpath(shutil.which("python3") or "python3")), path))


def passes(run: Run) -> None:
    assert run.returncode == 0, run
    assert not run.processes, f"still running: {run.processes}"


def test_a_plugin(workbench: Workbench, examples: Examples) -> None:
    passes(workbench.test("plugin", examples.plugin))
