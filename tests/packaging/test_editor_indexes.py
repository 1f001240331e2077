"""The files for the indexes of editors and package managers: their forms, one version, one address."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from scripts.write_formula import write_formula

from layerg_pin import __version__
from tests.conftest import ROOT
from tests.editors.documented_set_ups import set_ups

PACKAGING = ROOT / "packaging"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REPOSITORY = PROJECT["urls"]["Repository"]


def toml(name: str) -> dict[str, Any]:
    return tomllib.loads((PACKAGING / name).read_text())


def test_one_version() -> None:
    versions = {
        "zed/extension.toml": toml("zed/extension.toml")["version"],
        "zed/Cargo.toml": toml("zed/Cargo.toml")["package"]["version"],
        "mason/package.yaml": mason()["source"]["id"].partition("@")[2],
        "gitlab": re.findall(r"layerg-pin==(\S+)", (PACKAGING / "gitlab/layerg-pin.gitlab-ci.yml").read_text())[0],
    }
    assert {name: version for name, version in versions.items() if version != __version__} == {}


def test_one_address_of_the_repository() -> None:
    """Until the repository has an address, it is a placeholder, which `make release-check` refuses."""
    name = REPOSITORY.removeprefix("https://github.com/")
    paths = [path for path in PACKAGING.rglob("*") if path.is_file() and path.name != "LICENSE"]
    paths += [*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "pyproject.toml"]
    for path in paths:
        others = set(re.findall(r"[\w.-]+/layerg-pin(?=[/\"\s)]|$)", path.read_text(), re.MULTILINE))
        of_github = {each for each in others if f"github.com/{each}" in path.read_text()}
        assert of_github <= {name}, path


def test_the_documentation_names_the_one_version() -> None:
    text = (ROOT / "docs/ci.md").read_text()
    versions = re.findall(r"(?:/layerg-pin@v|rev: v|/layerg-pin/v|/layerg_pin-)(\d+\.\d+\.\d+)", text)
    assert len(versions) > 4
    assert set(versions) == {__version__}


def mason() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((PACKAGING / "mason/package.yaml").read_text())
    return document


def test_mason() -> None:
    package = mason()
    assert " ".join(package) == "name description homepage licenses languages categories source bin neovim"
    assert package["source"]["id"] == f"pkg:pypi/layerg-pin@{__version__}"
    assert package["bin"] == {"layerg-pin": "pypi:layerg-pin"}
    assert package["licenses"] == [PROJECT["license"]]
    assert package["homepage"] == REPOSITORY


def test_homebrew_installs_the_locked_versions(tmp_path: Path) -> None:
    sdist, output = tmp_path / "sdist", tmp_path / "layerg-pin.rb"
    sdist.write_bytes(b"an archive")
    write_formula(sdist, output)
    text = output.read_text()
    assert f'url "{REPOSITORY}/releases/download/v{__version__}/layerg_pin-{__version__}.tar.gz"' in text
    assert f'sha256 "{hashlib.sha256(b"an archive").hexdigest()}"' in text
    resources = re.findall(r'resource "(.*)" do\n    url "(.*)"\n    sha256 "(\w{64})"\n  end', text)
    locked = (ROOT / "client-vscode/requirements.txt").read_text()
    packages = dict(re.findall(r"^([\w-]+)==(\S+)", locked, re.MULTILINE))
    assert [name for name, _, _ in resources] == sorted(packages)
    for name, url, sha256 in resources:
        archive = f"{name.replace('-', '_')}-{packages[name]}.tar.gz"
        assert url.endswith(f"/{archive}")
        assert f"sha256:{sha256}" in locked
    assert f'homepage "{REPOSITORY}"' in text
    opened = re.findall(r"^ *(?:class|def|\w.*\bdo$)", text, re.MULTILINE)
    assert len(opened) == len(re.findall(r"^ *end$", text, re.MULTILINE))


def test_helix() -> None:
    """The entry is the set-up of docs/editors.md, which tests/editors runs in Helix."""

    def entry(languages: dict[str, Any]) -> tuple[Any, list[Any]]:
        return languages["language-server"], sorted(languages["language"], key=lambda each: str(each["name"]))

    assert entry(toml("helix/languages.toml")) == entry(tomllib.loads(set_ups("Helix")[0]))


def test_lsp4ij() -> None:
    folder = PACKAGING / "lsp4ij/layerg-pin"
    assert {path.name for path in folder.iterdir()} == {"template.json", "installer.json", "README.md"}
    template, installer = (json.loads((folder / name).read_text()) for name in ("template.json", "installer.json"))
    assert template["id"] == installer["id"] == folder.name
    assert {each["languageId"] for each in template["fileTypeMappings"]} == {"go.mod", "go"}
    assert all("layerg-pin lsp" in command for command in template["programArgs"].values())


def test_zed() -> None:
    extension, cargo = toml("zed/extension.toml"), toml("zed/Cargo.toml")
    assert extension["schema_version"] == 1
    assert extension["repository"] == REPOSITORY
    assert cargo["lib"]["crate-type"] == ["cdylib"]
    assert set(extension["language_servers"]["layerg-pin"]["language_ids"]) == {"Go", "Go Mod"}
    assert (PACKAGING / "zed/LICENSE").read_text() == (ROOT / "LICENSE").read_text()


@pytest.mark.parametrize(
    "path", sorted(path for path in PACKAGING.iterdir() if path.is_dir()), ids=lambda path: path.name
)
def test_the_readme_says_how_to_submit_each(path: Path) -> None:
    assert f"(`{path.name}/`)" in (PACKAGING / "README.md").read_text()
