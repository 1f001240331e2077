"""A verdict from the image tag alone: which image is used, and what takes precedence over it."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.model.host_manifest import HostManifest, HostNotFound, HostUnreadable
from layerg_pin.engine.host_choices import host_choices
from layerg_pin.engine.plugin_discovery import HostReference, find_host
from layerg_pin.engine.project_settings import read_project_file
from layerg_pin.engine.settings import Settings
from layerg_pin.hosts.profile import write_profile
from layerg_pin.hosts.references import Hosts, resolve
from layerg_pin.source_tree.build_files import read_build_files
from tests.hosts.conftest import COMPOSE, GOMOD

BUILDER = "FROM heroiclabs/nakama-pluginbuilder:{} AS builder\nRUN go build -buildmode=plugin -trimpath .\n"
SERVER = "FROM heroiclabs/nakama:{}\nCOPY --from=builder /backend/x.so /nakama/data/modules/\n"


def found(plugin: Path, settings: Settings | None = None) -> HostReference | HostNotFound:
    gomod = parse_gomod((plugin / "go.mod").read_text())
    folder = str(plugin)
    builders = read_build_files(folder)
    return find_host(folder, gomod, read_project_file(folder), settings or Settings(), builders=builders)


def release(plugin: Path) -> tuple[str, str]:
    """The release that is found, and the line that names it."""
    reference = found(plugin)
    assert isinstance(reference, HostReference), reference
    return reference.text, str(reference.named_at)


def test_the_template(plugin: Path) -> None:
    (plugin / "Dockerfile").write_text(BUILDER.format("3.22.0") + "\n" + SERVER.format("3.22.0"))
    assert release(plugin) == ("nakama@3.22.0", "Dockerfile:4")
    reference = found(plugin)
    assert isinstance(reference, HostReference)
    host = Hosts().read(*reference)
    assert isinstance(host, HostManifest)
    assert (host.version, host.linked, len(host.packages or ())) == ("v3.22.0", True, 270)
    assert host.build
    assert (host.build.release, host.build.libc_version, host.build.trimpath) == ("go1.22.4", "2.36", True)
    assert str(host.modules["google.golang.org/protobuf"].origin) == "Nakama 3.22.0, Dockerfile:4"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"Dockerfile": BUILDER.format("3.21.1")}, ("nakama@3.21.1", "Dockerfile:1")),
        ({"Dockerfile": BUILDER.format("v3.21.1")}, ("nakama@3.21.1", "Dockerfile:1")),
        ({"Dockerfile": "ARG V=3.30.0\n" + BUILDER.format("${V}")}, ("nakama@3.30.0", "Dockerfile:2")),
        (
            {
                "Dockerfile": BUILDER.format("3.22.0"),
                "docker-compose.yml": COMPOSE.format("3.40.0"),
            },
            ("nakama@3.40.0", "docker-compose.yml:3"),
        ),
        (
            {
                "Dockerfile": BUILDER.format("3.22.0"),
                "compose.yaml": COMPOSE.format("latest"),
            },
            ("nakama@3.22.0", "Dockerfile:1"),
        ),
        (
            {"compose.yaml": "services:\n  n:\n    image: registry.heroiclabs.com/heroiclabs/nakama:3.24\n"},
            ("nakama@3.24.2", "compose.yaml:3"),
        ),
        ({"../Dockerfile": BUILDER.format("3.22.0")}, ("nakama@3.22.0", "../Dockerfile:1")),
        ({"../build/Dockerfile": BUILDER.format("3.22.0")}, ("nakama@3.22.0", "../build/Dockerfile:1")),
        ({"deploy/Dockerfile": BUILDER.format("3.22.0")}, ("nakama@3.22.0", "deploy/Dockerfile:1")),
    ],
)
def test_which_tag_is_used(plugin: Path, files: dict[str, str], expected: tuple[str, str]) -> None:
    for name, text in files.items():
        path = plugin / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert release(plugin) == expected


@pytest.mark.parametrize(
    "image", ["acme/nakama:3.22.0", "heroiclabs/nakama:main", f"heroiclabs/nakama@sha256:{'0' * 64}"]
)
def test_tags_that_name_no_release(plugin: Path, image: str) -> None:
    (plugin / "Dockerfile").write_text(f"FROM {image}\n")
    reference = found(plugin)
    assert isinstance(reference, HostNotFound)
    assert reference.proposal == "nakama@3.22.0"  # by nakama-common v1.32.0
    assert "`layerg-pin init --host nakama@3.22.0`" in reference.message


def test_an_api_version_of_several_releases_proposes_none(plugin: Path) -> None:
    (plugin / "go.mod").write_text(GOMOD.replace("v1.32.0", "v1.34.0"))
    reference = found(plugin)
    assert isinstance(reference, HostNotFound)
    assert reference.proposal == ""


def test_what_takes_precedence_over_a_tag(plugin: Path) -> None:
    """From the weakest to the strongest: each file that is added decides."""
    (plugin / "compose.yaml").write_text(COMPOSE.format("latest"))
    assert release(plugin)[1] == "compose.yaml:3"
    beside = plugin.parent / "nakama"
    beside.mkdir()
    (beside / "go.mod").write_text("module github.com/heroiclabs/nakama/v3\n\ngo 1.21\n")
    assert release(plugin)[0] == "../nakama"
    (plugin / "Dockerfile").write_text(SERVER.format("3.22.0"))
    assert release(plugin) == ("nakama@3.22.0", "Dockerfile:1")
    elsewhere = plugin.parent / "elsewhere" / "nakama"
    elsewhere.mkdir(parents=True)
    (elsewhere / "go.mod").write_text("module github.com/heroiclabs/nakama/v3\n\ngo 1.21\n")
    (plugin / "go.mod").write_text(f"{GOMOD}\nreplace github.com/heroiclabs/nakama/v3 => ../elsewhere/nakama\n")
    assert release(plugin)[0] == "../elsewhere/nakama"
    manifest = Hosts().read("nakama@3.30.0", resolve("nakama@3.30.0", "/"))
    assert isinstance(manifest, HostManifest)
    (plugin / "layerg-host.json").write_text(write_profile(manifest))
    assert release(plugin)[0] == "layerg-host.json"
    (plugin / "layerg-pin.toml").write_text('host = "heroiclabs/nakama:3.26.0"\n')
    assert release(plugin)[0] == "heroiclabs/nakama:3.26.0"
    reference = found(plugin, Settings(host="nakama 3.27.0", base=str(plugin)))
    assert isinstance(reference, HostReference)
    assert reference.text == "nakama 3.27.0"


def test_a_tag_that_the_catalogue_does_not_have_yields_to_a_folder(plugin: Path) -> None:
    (plugin / "Dockerfile").write_text(SERVER.format("3.999.0"))
    reference = found(plugin)
    assert isinstance(reference, HostReference)
    host = Hosts().read(*reference)
    assert isinstance(host, HostUnreadable)
    assert "`layerg-pin host export --host nakama@3.999.0`" in host.message
    beside = plugin.parent / "nakama"
    beside.mkdir()
    (beside / "go.mod").write_text("module github.com/heroiclabs/nakama/v3\n\ngo 1.21\n")
    assert release(plugin)[0] == "../nakama"


def test_a_folder_of_the_name_of_a_release_is_that_folder(plugin: Path) -> None:
    (plugin / "nakama@3.22.0").mkdir()
    assert resolve("nakama@3.22.0", str(plugin)) == str(plugin / "nakama@3.22.0")


def test_the_choices_begin_with_the_likely_one(plugin: Path) -> None:
    (plugin / "Dockerfile").write_text(BUILDER.format("3.21.1"))
    gomod = parse_gomod((plugin / "go.mod").read_text())
    choices = host_choices(str(plugin), gomod, Settings(), builders=read_build_files(str(plugin)))
    assert [each.reference for each in choices if each.likely] == ["nakama@3.21.1", "nakama@3.22.0"]
    others = [each for each in choices if not each.likely]
    assert others[0].reference == "nakama@3.40.0"
    assert others[0].detail == "Go 1.26.5, nakama-common v1.47.0"
    assert not any(each.reference.startswith("layerg") for each in choices)  # go.mod requires Nakama's API


def test_the_debug_server_is_its_own_build(plugin: Path) -> None:
    (plugin / "Dockerfile").write_text("FROM heroiclabs/nakama-dsym:3.22.0\n")
    reference = found(plugin)
    assert isinstance(reference, HostReference)
    assert reference.text == "heroiclabs/nakama-dsym:3.22.0"
    host = Hosts().read(*reference)
    assert isinstance(host, HostManifest)
    assert host.build
    assert host.build.gcflags == "all=-N -l"


def test_a_dockerfile_that_is_built_takes_precedence_over_others(plugin: Path) -> None:
    (plugin / "Dockerfile").write_text(SERVER.format("3.21.0"))
    (plugin / "Dockerfile.prod").write_text(SERVER.format("3.22.0"))
    assert release(plugin)[0] == "nakama@3.21.0"
    build = "services:\n  n:\n    build:\n      context: .\n      dockerfile: Dockerfile.prod\n"
    (plugin / "compose.yaml").write_text(build)
    assert release(plugin) == ("nakama@3.22.0", "Dockerfile.prod:1")


def test_an_empty_variable_has_its_default(plugin: Path) -> None:
    (plugin / ".env").write_text("V=\n")
    (plugin / "compose.yaml").write_text(COMPOSE.format("${V:-3.22.0}"))
    assert release(plugin)[0] == "nakama@3.22.0"


def test_a_release_needs_no_trust(plugin: Path) -> None:
    """A release is not a file, so a workspace that names one makes the server read nothing outside of it."""
    (plugin / "layerg-pin.toml").write_text('host = "nakama@3.22.0"\n')
    reference = found(plugin, Settings(trusted=False))
    assert isinstance(reference, HostReference)
    assert reference.text == "nakama@3.22.0"
