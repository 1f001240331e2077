"""What the VS Code extension must have in common with the server."""

from __future__ import annotations

import json
import re
import runpy
import tomllib
from typing import Any

import layerg_pin
from layerg_pin.engine.settings import SETTINGS
from layerg_pin.lsp.handlers import create_server
from tests.conftest import ROOT

CLIENT = ROOT / "client-vscode"
PACKAGE: dict[str, Any] = json.loads((CLIENT / "package.json").read_text("utf-8"))


def test_its_settings_are_the_servers() -> None:
    script = runpy.run_path(str(CLIENT / "scripts" / "settings.py"))
    shown = PACKAGE["contributes"]["configuration"]["properties"]
    assert shown == script["properties"](), "run `make generate`"
    assert script["written"]() == (CLIENT / "package.json").read_text("utf-8"), "run `make generate`"
    assert set(shown) - set(script["CLIENT"]) == {f"layergPin.{each.key}" for each in SETTINGS if each.in_editor}


def test_settings_that_name_programs_are_the_machines_and_restricted() -> None:
    shown = PACKAGE["contributes"]["configuration"]["properties"]
    restricted = PACKAGE["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]
    for key in ("goPath", "python", "serverPath"):
        assert shown[f"layergPin.{key}"]["scope"] == "machine"
        assert f"layergPin.{key}" in restricted
    assert "layergPin.host" in restricted


def test_each_setting_is_described() -> None:
    for key, shown in PACKAGE["contributes"]["configuration"]["properties"].items():
        assert shown["markdownDescription"].endswith("."), key
        assert shown["scope"] in ("resource", "machine"), key


def test_it_has_the_one_version_number() -> None:
    declared = layerg_pin.__version__
    lock = json.loads((CLIENT / "package-lock.json").read_text())
    assert PACKAGE["version"] == lock["version"] == lock["packages"][""]["version"] == declared


def test_it_bundles_what_the_server_is_tested_with() -> None:
    def pinned(name: str) -> dict[str, str]:
        text = (ROOT / name).read_text()
        return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))

    bundled, tested = pinned("client-vscode/requirements.txt"), pinned("requirements-dev.txt")
    assert bundled == {name: tested[name] for name in bundled}, "run make lock"
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {re.split(r"[<>=]", each)[0].lower() for each in declared} <= set(bundled), "run make lock"


def test_it_does_not_register_a_command_of_the_servers() -> None:
    names = (CLIENT / "src" / "names.ts").read_text()
    own = set(re.findall(r"'(layergPin\.\w+)'", names.split("export const own")[1].split("} as const")[0]))
    servers = set(re.findall(r"'(layergPin\.\w+)'", names.split("export const server")[1].split("} as const")[0]))
    listed = set(create_server().protocol.fm.commands)
    assert own
    assert not own & listed, "two of one name cannot be registered"
    assert listed <= servers, "say in names.ts what the server has learnt"


def test_each_command_is_named_in_the_palette_or_hidden_there() -> None:
    contributed = {each["command"] for each in PACKAGE["contributes"]["commands"]}
    used = {each["command"] for menu in PACKAGE["contributes"]["menus"].values() for each in menu}
    assert used <= contributed


def test_its_lock_file_names_no_registry() -> None:
    assert "resolved" not in (CLIENT / "package-lock.json").read_text()
