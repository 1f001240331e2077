"""`layerg-pin host export --format renovate` and `dependabot`: the structure that the bots' own validators accept.

The documents of both were accepted by Renovate's renovate-config-validator and by SchemaStore's schema of
dependabot.yml, which are too large for this suite.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from layerg_pin.cli.main import main
from tests.conftest import Examples

PINNED = {"github.com/gofrs/uuid", "go.uber.org/multierr", "go.uber.org/zap", "google.golang.org/protobuf"}
"""The modules that the example plugin compiles and its host pins too."""
IMAGES = ["heroiclabs/nakama", "heroiclabs/nakama-dsym", "heroiclabs/nakama-pluginbuilder"]


def exported(capsys: pytest.CaptureFixture[str], rule_format: str, *arguments: str) -> Any:
    assert main(["host", "export", "--format", rule_format, *arguments]) == 0
    out = capsys.readouterr().out
    return json.loads(out) if rule_format == "renovate" else yaml.safe_load(out)


def test_renovate_leaves_the_pinned_modules_of_the_plugin(
    examples: Examples, capsys: pytest.CaptureFixture[str]
) -> None:
    document = exported(capsys, "renovate", str(examples.plugin), "--host", str(examples.host))
    assert set(document) == {"$schema", "description", "packageRules"}
    modules, go_line, image = document["packageRules"]
    assert modules["matchManagers"] == ["gomod"]
    required, listed = ((folder / "go.mod").read_text() for folder in (examples.plugin, examples.host))
    assert set(modules["matchPackageNames"]) >= PINNED
    assert all(f"{each} v" in required for each in modules["matchPackageNames"])
    assert all(f"{each} v" in listed for each in modules["matchPackageNames"])
    assert (go_line["matchManagers"], go_line["matchDepNames"]) == (["gomod"], ["go"])
    assert (image["matchDatasources"], image["matchPackageNames"]) == (["docker"], ["golang"])
    assert [each["enabled"] for each in document["packageRules"]] == [False, False, False]


def test_without_a_plugin_all_modules_of_the_host(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = exported(capsys, "renovate", str(tmp_path), "--host", "nakama@3.22.0")
    modules, _, _, images = document["packageRules"]
    assert len(modules["matchPackageNames"]) == 66
    assert "github.com/heroiclabs/nakama/v3" not in modules["matchPackageNames"]
    assert images["matchPackageNames"] == [f"**/{each}" for each in IMAGES]
    assert images["groupName"] == "nakama"
    assert "enabled" not in images


def test_dependabot_knows_the_folders_and_the_images(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    root = examples.plugin.parent
    (root / ".git").mkdir()
    (root / "docker-compose.yml").write_text("services:\n  n:\n    image: registry.example.com/mirror/nakama:3.22.0\n")
    (examples.plugin / "Dockerfile").write_text(
        "FROM heroiclabs/nakama-pluginbuilder:3.22.0\nRUN go build -buildmode=plugin -trimpath .\n"
    )
    document = exported(capsys, "dependabot", str(examples.plugin), "--host", "nakama@3.22.0")
    assert document["version"] == 2
    updates = {each["package-ecosystem"]: each for each in document["updates"]}
    assert {name: each["directory"] for name, each in updates.items()} == {
        "gomod": "/plugin",
        "docker": "/plugin",
        "docker-compose": "/",
    }
    assert {"dependency-name": "google.golang.org/protobuf"} in updates["gomod"]["ignore"]
    assert all(each["schedule"] == {"interval": "weekly"} for each in document["updates"])
    for name in ("docker", "docker-compose"):
        assert updates[name]["groups"] == {"nakama": {"patterns": [*IMAGES, "mirror/nakama"]}}
        assert updates[name]["ignore"] == [{"dependency-name": "golang"}]


def test_only_files_of_this_command_are_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = tmp_path / "rules"
    run = ["host", "export", str(tmp_path), "-o", str(rules), "--format"]
    assert main([*run, "renovate", "--host", "nakama@3.22.0"]) == 0
    assert main([*run, "renovate", "--host", "nakama@3.24.0"]) == 0
    written = rules.read_text()
    assert "nakama@3.24.0" in written
    assert main([*run, "dependabot", "--host", "nakama@3.24.0"]) == 2
    assert rules.read_text() == written
    assert "was not written by this command; nothing was written" in capsys.readouterr().err


def test_nothing_is_written_for_an_unknown_host(tmp_path: Path) -> None:
    assert main(["host", "export", str(tmp_path), "--format", "renovate", "-o", str(tmp_path / "r.json")]) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_fork_has_its_own_images(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    fork = examples.host.parent / "fork"
    fork.mkdir()
    (fork / "go.mod").write_text("module example.com/fork\n\nrequire github.com/heroiclabs/nakama-common v1.32.0\n")
    (examples.plugin / "Dockerfile").write_text(
        "ARG REGISTRY\nFROM $REGISTRY/nakama-pluginbuilder:1.0.0\nFROM ghcr.io/me/nakama:1.0.0\n"
    )
    document = exported(capsys, "renovate", str(examples.plugin), "--host", str(fork / "go.mod"))
    assert document["packageRules"][-1]["matchPackageNames"] == ["**/ghcr.io/me/nakama"]


@pytest.mark.parametrize(
    ("module", "images", "go_images"),
    [
        ("github.com/krakend/krakend-ce/v2", ["**/krakend/krakend", "krakend", "**/krakend/builder"], ["golang"]),
        ("github.com/gotify/server/v2", ["**/gotify/server"], ["golang", "gotify/build"]),
    ],
)
def test_other_hosts(
    module: str, images: list[str], go_images: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "host").mkdir()
    gomod = tmp_path / "host" / "go.mod"
    gomod.write_text(f"module {module}\n\nrequire go.uber.org/zap v1.27.0\n")
    rules = exported(capsys, "renovate", str(tmp_path), "--host", str(gomod))["packageRules"]
    assert rules[0]["matchPackageNames"] == ["go.uber.org/zap"]
    assert set(images) <= set(rules[3]["matchPackageNames"])
    assert rules[2]["matchPackageNames"] == go_images
