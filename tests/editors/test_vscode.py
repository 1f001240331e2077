"""The built extension in real VS Code, the oldest that is supported and the newest."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Examples, go
from tests.editors.deb_tool import locked
from tests.editors.expected import MISMATCHES, UUID, pinned
from tests.editors.test_neovim import with_template
from tests.editors.vscode import CLIENT, VSIX, Run, Workbench
from tests.editors.vscode_install import NEWEST, OLDEST, NoVSCode, Release, installed
from tests.real_go.test_open import build_host, build_plugin

NEWEST_ONLY = pytest.mark.parametrize("release", [NEWEST], ids=["newest"])
"""For what does not depend on the release, to keep the runs short."""


@pytest.fixture(scope="session")
def suites(shared_folder: Path) -> None:
    """The suites, built once for all workers."""
    built = shared_folder / "suites"
    with locked(built):
        if not built.is_file():
            subprocess.run(["npm", "run", "--silent", "build:tests"], cwd=CLIENT, check=True)
            built.touch()


@pytest.fixture(params=(OLDEST, NEWEST), ids=lambda release: release.name)
def release(request: pytest.FixtureRequest) -> Release:
    found: Release = request.param
    return found


@pytest.fixture
def workbench(release: Release, suites: None, go_env: dict[str, str], tmp_path: Path) -> Workbench:
    """A VS Code with the built extension, on whose PATH `python3` is the one that runs the tests."""
    if not VSIX.is_file():
        pytest.fail(f"there is no {VSIX}: make vsix", pytrace=False)
    try:
        found = installed(release)
    except NoVSCode as error:
        pytest.fail(f"no VS Code to test with: {error}", pytrace=False)
    path = os.pathsep.join((os.path.dirname(base_python()), go_env["PATH"]))
    workbench = Workbench(found, tmp_path / "home", {**go_env, "PATH": path})
    workbench.install(VSIX)
    return workbench


def base_python() -> str:
    """The Python that the tests' environment was made from: one without the server's libraries."""
    return str(Path(sys.base_prefix, "bin", "python3"))


def passes(run: Run) -> None:
    if run.returncode:
        pytest.fail(str(run), pytrace=False)
    assert not run.processes, f"still running: {run.processes}"


def program(path: Path, text: str) -> str:
    """A program that leaves a file beside itself, and then does something."""
    path.write_text(f'#!/bin/sh\ntouch "{path.with_name("left-by-a-program")}"\n{text}\n')
    path.chmod(0o755)
    return str(path)


def with_settings(folder: Path, settings: Mapping[str, object]) -> None:
    (folder / ".vscode").mkdir()
    (folder / ".vscode" / "settings.json").write_text(json.dumps(settings))


def with_uuid(version: str, host: Path) -> None:
    """Have a host link another version of uuid."""
    go(host, "mod", "edit", f"-require={UUID.module}@{version}")
    go(host, "mod", "tidy")
    go(host, "mod", "vendor")


def test_a_plugin(workbench: Workbench, examples: Examples) -> None:
    on_save = {"editor.codeActionsOnSave": {"source.fixAll.layergPin": "explicit"}}
    passes(replace(workbench, settings=on_save).test("plugin", examples.plugin))


@NEWEST_ONLY
def test_two_folders(workbench: Workbench, examples: Examples) -> None:
    root = examples.plugin.parent
    second = root / "second"
    shutil.copytree(examples.plugin, second)
    with_uuid(UUID.plugin, shutil.copytree(examples.host, root / "its-host"))
    stranger = program(root / "program", "exit 1")
    settings = {"host": "../its-host", "severity": {"version-mismatch": "warning"}, "python": stranger}
    settings |= {"goPath": stranger, "serverPath": stranger}
    with_settings(second, {f"layergPin.{key}": value for key, value in settings.items()})
    workspace = root / "two.code-workspace"
    content = {
        "folders": [{"path": "plugin"}, {"path": "second"}],
        "settings": {"files.associations": {"go.mod": "plaintext"}, "layergPin.python": stranger},
    }
    workspace.write_text(json.dumps(content))
    passes(workbench.test("folders", workspace))


@NEWEST_ONLY
def test_a_monorepo(workbench: Workbench, examples: Examples) -> None:
    """Its plugins are beside their host, which is not a plugin."""
    for name in ("first", "second", "third"):
        shutil.copytree(examples.plugin, examples.plugin.with_name(name))
    shutil.rmtree(examples.plugin)
    passes(workbench.test("monorepo", examples.host.parent))


def test_a_workspace_that_is_not_trusted(workbench: Workbench, examples: Examples, tmp_path: Path) -> None:
    opened = examples.plugin.parent
    stranger = program(tmp_path / "go", "exit 1")
    with_settings(opened, {f"layergPin.{key}": stranger for key in ("host", "goPath", "python", "serverPath")})
    path = os.pathsep.join((str(tmp_path), workbench.env["PATH"]))
    restricted = replace(workbench, trusted=False, env={**workbench.env, "PATH": path})
    passes(restricted.test("untrusted", opened))


@NEWEST_ONLY
def test_without_python(workbench: Workbench, examples: Examples, tmp_path: Path) -> None:
    # Only what VS Code itself needs is on the PATH.
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "bash", "node", "rg", "uname", "env"):
        if found := shutil.which(name):
            (programs / name).symlink_to(found)
    bare = replace(workbench, env={**workbench.env, "PATH": str(programs)})
    passes(bare.test("nopython", examples.plugin, A_GOOD_PYTHON=base_python()))


@NEWEST_ONLY
def test_beside_the_extensions_for_go_and_python(
    workbench: Workbench, examples: Examples, gopls: Path, tmp_path: Path
) -> None:
    log = tmp_path / "python.log"
    chosen = tmp_path / "python"
    chosen.write_text(f'#!/bin/sh\necho "run: $*" >>"{log}"\nexec "{base_python()}" "$@"\n')
    chosen.chmod(0o755)
    env = {"NEIGHBOUR_PYTHON": str(chosen), "NEIGHBOUR_LOG": str(log), "A_GOOD_PYTHON": base_python()}
    env["NEIGHBOUR_GOPLS"] = str(gopls / "gopls")
    passes(workbench.test("beside", examples.plugin, beside="neighbour", **env))


def test_a_plugin_of_the_template(workbench: Workbench, tmp_path: Path) -> None:
    """Opened, and then upgraded from an image tag to the newest release."""
    folder = tmp_path / "backend"
    folder.mkdir()
    with_template(folder / "go.mod")
    passes(workbench.test("template", folder))


def test_the_commands(workbench: Workbench, examples: Examples) -> None:
    build_host(examples.host)
    build_plugin(examples.plugin, examples.plugin)
    fixed = examples.plugin.with_name("fixed")
    shutil.copytree(examples.plugin, fixed)
    gomod = fixed / "go.mod"
    gomod.write_text(pinned(gomod.read_text(), MISMATCHES))
    go(fixed, "mod", "tidy")
    passes(workbench.test("commands", examples.plugin))


@NEWEST_ONLY
def test_a_persons_first_minutes(workbench: Workbench, examples: Examples, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\necho 3.9.18\n")
    old.chmod(0o755)
    other_host = examples.host.with_name("other-host")
    with_uuid(UUID.plugin, shutil.copytree(examples.host, other_host))
    arguments = {
        "OPENED": str(examples.plugin),
        "OTHER_HOST": str(other_host),
        "MODULES_TXT": str(examples.host / "vendor" / "modules.txt"),
        "PICTURES": str(pictures),
        "MACHINE_SETTINGS": str(workbench.home / "user" / "Machine" / "settings.json"),
        "OLD_PYTHON": str(old),
    }
    settings = {**workbench.settings, "window.autoDetectColorScheme": True}
    run = replace(workbench, settings=settings).drive(CLIENT / "test" / "ui" / "run.mjs", arguments)
    sys.stdout.write(run.output)
    passes(run)
    # The README shows these pictures; `make pictures` stores them.
    if keep := os.environ.get("LAYERG_PIN_PICTURES"):
        for name in pictured():
            shutil.copy(pictures / name, keep)


def pictured() -> list[str]:
    """The pictures that the READMEs and the walkthrough show."""
    package = json.loads((CLIENT / "package.json").read_text("utf-8"))
    steps = (step for each in package["contributes"]["walkthroughs"] for step in each["steps"])
    shown = [image for step in steps for image in step["media"]["image"].values()]
    for readme in (CLIENT / "README.md", CLIENT.parent / "README.md"):
        shown += re.findall(r"!\[[^]]*\]\(([^)#]+)", readme.read_text("utf-8"))
    return sorted({Path(each).name for each in shown})
