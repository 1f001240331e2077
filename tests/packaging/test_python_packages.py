"""The wheel and the source archive: valid for PyPI, and installed by pip, pipx and uv."""

from __future__ import annotations

import re
import sys
import tarfile
import zipfile
from pathlib import Path

from layerg_pin import __version__
from tests.conftest import ROOT
from tests.packaging.conftest import Packages, run, tool

VERSION = f"layerg-pin {__version__}\n"


def test_pypi_accepts_both(packages: Packages, tmp_path: Path) -> None:
    done = run(tool("twine"), "check", "--strict", packages.wheel, packages.sdist, cwd=tmp_path, env={"NO_COLOR": "1"})
    assert done.code == 0, done.text
    assert done.text.count("PASSED") == 2


def test_the_page_on_pypi_has_no_relative_links(packages: Packages) -> None:
    with zipfile.ZipFile(packages.wheel) as wheel:
        metadata = wheel.read(f"layerg_pin-{__version__}.dist-info/METADATA").decode()
    targets = re.findall(r"\]\((.*?)\)", metadata)
    assert len(targets) > 10
    assert [each for each in targets if not each.startswith(("https://", "#"))] == []


def test_the_source_archive_contains_the_package_alone(packages: Packages) -> None:
    with tarfile.open(packages.sdist) as sdist:
        top = {Path(name).parts[1] for name in sdist.getnames()}
    assert top == {".gitignore", "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml", "server"}


def test_the_wheel_contains_every_file_of_the_package(packages: Packages) -> None:
    with zipfile.ZipFile(packages.wheel) as wheel:
        packed = {name for name in wheel.namelist() if name.startswith("layerg_pin/")}
    server = ROOT / "server"
    paths = (path for path in (server / "layerg_pin").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert packed == {path.relative_to(server).as_posix() for path in paths}


def test_uvx_runs_the_wheel_in_an_empty_folder(packages: Packages, tmp_path: Path) -> None:
    done = run(tool("uvx"), "--quiet", "--from", packages.wheel, "layerg-pin", "check", cwd=tmp_path)
    assert (done.code, "contains no plugin" in done.text) == (2, True), done.text


def test_pip_installs_the_wheel(packages: Packages, tmp_path: Path) -> None:
    assert run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path).code == 0
    installed = run(tmp_path / "venv/bin/pip", "install", "--quiet", packages.wheel, cwd=tmp_path)
    assert installed.code == 0, installed.text
    assert run(tmp_path / "venv/bin/layerg-pin", "--version", cwd=tmp_path, env={"PYTHONPATH": ""}).text == VERSION


def test_pipx_installs_the_source_archive(packages: Packages, tmp_path: Path) -> None:
    folders = {"PIPX_HOME": str(tmp_path / "pipx"), "PIPX_BIN_DIR": str(tmp_path / "bin"), "PYTHONPATH": ""}
    installed = run(sys.executable, "-m", "pipx", "install", packages.sdist, cwd=tmp_path, env=folders)
    assert installed.code == 0, installed.text
    assert run(tmp_path / "bin/layerg-pin", "--version", cwd=tmp_path, env=folders).text == VERSION
