"""The content of the built extension, which has the same bytes wherever it is built."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from tests.conftest import ROOT
from tests.editors.vscode import CLIENT, VSIX

_OURS = {
    "extension/package.json",
    "extension/readme.md",
    "extension/changelog.md",
    "extension/LICENSE.txt",
    "extension/go-mod-language.json",
    "extension/dist/extension.js",
    "extension/dist/LICENSES.txt",
    "extension.vsixmanifest",
    "[Content_Types].xml",
}
_LIBRARIES = PurePosixPath("extension/bundled/libs")


@pytest.fixture(scope="module")
def vsix() -> Iterator[zipfile.ZipFile]:
    if not VSIX.is_file():
        pytest.fail(f"there is no {VSIX}: make vsix", pytrace=False)
    with zipfile.ZipFile(VSIX) as found:
        yield found


def pinned() -> dict[str, str]:
    text = (CLIENT / "requirements.txt").read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


def test_it_holds_what_it_needs_and_nothing_else(vsix: zipfile.ZipFile) -> None:
    names = set(vsix.namelist())
    others = {name for name in names if not name.startswith((str(_LIBRARIES), "extension/images/"))}
    assert others == _OURS
    images = {PurePosixPath(name).name for name in names if name.startswith("extension/images/")}
    assert images == {path.name for path in (CLIENT / "images").iterdir()}
    stray = re.compile(
        r"__pycache__|\.pyc$|\.pyi$|\.so$|\.pyd$|\.dll$|\.dylib$|\.map$|RECORD$|direct_url\.json$|/bin/|/tests?/"
    )
    assert not [name for name in names if stray.search(name)]


def test_it_holds_the_server_as_it_is_here(vsix: zipfile.ZipFile) -> None:
    server = ROOT / "server"
    here = {
        str(_LIBRARIES / path.relative_to(server).as_posix()): path.read_bytes()
        for path in server.rglob("*")
        if path.suffix in (".py", ".md", ".txt", ".json")
    }
    there = {name: vsix.read(name) for name in vsix.namelist() if name.startswith(f"{_LIBRARIES}/layerg_pin/")}
    assert there == here


def test_it_holds_the_locked_libraries_with_their_licences(vsix: zipfile.ZipFile) -> None:
    names = vsix.namelist()
    infos = {PurePosixPath(name).parts[3] for name in names if ".dist-info/" in name}
    found = dict(info.removesuffix(".dist-info").rsplit("-", 1) for info in infos)
    assert {name.replace("_", "-"): each for name, each in found.items() if name != "layerg_pin"} == pinned()
    for info in infos:
        licences = [name for name in names if re.search(rf"/{re.escape(info)}/licenses/.*(LICENSE|COPYING)", name)]
        assert licences, info


def test_it_has_the_licences_of_the_bundled_packages(vsix: zipfile.ZipFile) -> None:
    licences = vsix.read("extension/dist/LICENSES.txt").decode()
    lock = json.loads((CLIENT / "package-lock.json").read_text())["packages"]
    # What the language client depends on, found by walking the lock file.
    wanted, todo = set(), ["vscode-languageclient"]
    while todo:
        name = todo.pop()
        if name not in wanted:
            wanted.add(name)
            todo += lock[f"node_modules/{name}"].get("dependencies", {})
    for name in wanted:
        assert re.search(rf"^{re.escape(name)} \d\S* \(\S+\)$", licences, re.MULTILINE), name
    assert vsix.read("extension/LICENSE.txt") == (ROOT / "LICENSE").read_bytes()


def test_its_readme_states_its_size_and_shows_pictures_that_are_in_it(vsix: zipfile.ZipFile) -> None:
    readme = vsix.read("extension/readme.md").decode()
    stated = re.search(r"about (\d+\.\d) MB in the `\.vsix`", readme)
    assert stated
    size = VSIX.stat().st_size / 1e6
    assert abs(float(stated[1]) - size) < 0.1, f"say about {size:.1f} MB in client-vscode/README.md"
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", readme)
    assert pictures
    assert {f"extension/{each}" for each in pictures} <= set(vsix.namelist())
    package = json.loads(vsix.read("extension/package.json"))
    steps = (step for each in package["contributes"]["walkthroughs"] for step in each["steps"])
    media = [image for step in steps for image in step["media"]["image"].values()]
    assert {f"extension/{each}" for each in (*media, package["icon"])} <= set(vsix.namelist())


def test_it_could_be_published(vsix: zipfile.ZipFile) -> None:
    package = json.loads(vsix.read("extension/package.json"))
    wanted = ("displayName", "description", "publisher", "license", "categories", "keywords", "icon", "galleryBanner")
    assert all(package.get(key) for key in wanted)
    assert "extensionDependencies" not in package
    assert "dependencies" not in package, "all is in the bundle"
    assert vsix.read(f"extension/{package['icon']}")[16:24] == (256).to_bytes(4, "big") * 2


def test_the_server_starts_from_it_with_nothing_else_installed(vsix: zipfile.ZipFile, tmp_path: Path) -> None:
    vsix.extractall(tmp_path)
    python = Path(sys.base_prefix, "bin", "python3")
    libraries = str(tmp_path / _LIBRARIES)
    command = "import pygls, layerg_pin; print(pygls.__file__, layerg_pin.__file__)"
    command += "; from layerg_pin.lsp.handlers import create_server; create_server()"
    done = subprocess.run(
        # -S: without the site-packages of this Python.
        [str(python), "-S", "-P", "-c", command],
        env={"PYTHONPATH": libraries},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(libraries) == 2


def test_it_is_the_same_bytes_again() -> None:
    def built() -> bytes:
        subprocess.run(["make", "vsix"], cwd=ROOT, check=True, capture_output=True)
        return VSIX.read_bytes()

    assert built() == built()
