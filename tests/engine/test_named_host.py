"""The option, setting or file that advice about a wrong host names."""

from __future__ import annotations

from pathlib import Path

from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.model.host_manifest import HostUnreadable
from layerg_pin.engine.plugin_discovery import HostReference, find_host
from layerg_pin.engine.project_settings import read_project_file
from layerg_pin.engine.settings import Settings
from layerg_pin.hosts.references import Hosts


def test_the_setting_of_an_editor_and_the_project_file(tmp_path: Path) -> None:
    (tmp_path / "layerg-pin.toml").write_text('host = "../nowhere"\n')
    folder, hosts = str(tmp_path), Hosts()
    for settings, name in (
        (Settings(host="../nowhere", base=folder), "the setting layergPin.host"),
        (Settings(), "`host` in layerg-pin.toml"),
    ):
        found = find_host(folder, parse_gomod(""), read_project_file(folder), settings)
        assert isinstance(found, HostReference)
        host = hosts.read(*found)
        assert isinstance(host, HostUnreadable)
        assert host.message.endswith(f"; correct {name}")
    for release, remedy in (
        ("nakama@3.22.9", "; correct `host` in layerg-pin.toml"),
        ("nakama@3.999.0", "; then set `host` in layerg-pin.toml to layerg-host.json"),
    ):
        (tmp_path / "layerg-pin.toml").write_text(f'host = "{release}"\n')
        found = find_host(folder, parse_gomod(""), read_project_file(folder), Settings())
        assert isinstance(found, HostReference)
        host = hosts.read(*found)
        assert isinstance(host, HostUnreadable)
        assert host.message.endswith(remedy)
        assert host == hosts.read(*found), "the cached manifest has no remedy of an earlier reader"
