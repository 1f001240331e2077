"""Each setting and its values; a wrong value is reported, and the default is used."""

from __future__ import annotations

import pytest

from layerg_pin.engine.settings import SETTINGS, Settings, with_values

SWITCHES = ("lenses", "goFiles", "hover", "links", "completion")


@pytest.mark.parametrize("key", SWITCHES)
@pytest.mark.parametrize(("value", "on"), [(True, True), (False, False), ("on", True), ("off", False)])
def test_a_switch(key: str, value: object, on: bool) -> None:
    (field,) = [setting.field for setting in SETTINGS if setting.key == key]
    assert getattr(Settings(), field) is True
    settings, problems = with_values(Settings(), {key: value}, "editor")
    assert not problems
    assert getattr(settings, field) is on


@pytest.mark.parametrize(("value", "read"), [("all", "all"), (True, "differing"), (False, "off"), ("off", "off")])
def test_hints(value: object, read: str) -> None:
    assert with_values(Settings(), {"hints": value}, "editor") == (Settings(hints=read), ())


@pytest.mark.parametrize("value", [3, "loud", ["off"], {"a": 1}, 0.5])
def test_what_is_set_wrongly(value: object) -> None:
    settings, problems = with_values(Settings(), {"hints": value, "lenses": value}, "editor")
    assert settings == Settings()
    assert problems == ("editor: hints must be one of differing, all, off", "editor: lenses must be on or off")


def test_each_setting_has_its_own_key_and_field() -> None:
    assert len({setting.key for setting in SETTINGS}) == len(SETTINGS)
    assert {setting.field for setting in SETTINGS} <= {*Settings._fields}
    for setting in SETTINGS:
        assert setting.description.endswith(".")
