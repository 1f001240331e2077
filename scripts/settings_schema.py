"""The JSON schema of layerg-pin.toml in the form that SchemaStore asks for, and its entry in the catalogue there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from layerg_pin.core.checks import CHECKS
from layerg_pin.core.settings.project_file import SCHEMA
from layerg_pin.core.settings.toml_limits import MAX_GLOB, MAX_GLOBS
from layerg_pin.engine import settings
from layerg_pin.engine.project_settings import PROJECT_FILE
from layerg_pin.engine.settings import SETTINGS, Setting

_TITLES = {
    "host": "Host",
    "packages": "Main packages",
    "severity": "Severities",
    "exclude": "Excluded plugins",
}
_EXAMPLES = {
    "host": ["nakama@3.22.0", "../gameserver", "layerg-host.json"],
    "packages": [["./cmd/plugin"]],
    "severity": [{"unshared-difference": "information"}],
    "exclude": [["examples", "legacy/**"]],
}


def schema() -> dict[str, Any]:
    """The schema, draft 7 (https://github.com/SchemaStore/schemastore/blob/master/CONTRIBUTING.md)."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": SCHEMA,
        "title": "layerg-pin settings",
        "description": "Settings of layerg-pin for the plugin beside this file, or for all plugins below it.",
        "type": "object",
        "additionalProperties": False,
        "properties": {each.key: _property(each) for each in SETTINGS if each.in_project_file},
    }


def catalogue_entry() -> dict[str, Any]:
    """The entry of the schema in SchemaStore's `src/api/json/catalog.json`."""
    return {
        "name": "layerg-pin",
        "description": "Settings of layerg-pin, which keeps Go server plugins loadable by their host",
        "fileMatch": [PROJECT_FILE],
        "url": SCHEMA,
    }


def json_file(value: dict[str, Any]) -> str:
    """The text of a JSON file."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _property(setting: Setting) -> dict[str, Any]:
    shape = _SHAPES.get(setting.read)
    if shape is None:
        raise NotImplementedError(f"add the form of {setting.key} to _SHAPES in {__file__}")
    about = {"title": _TITLES[setting.key], "description": setting.description.replace("`", "")}
    return {**about, **shape, "examples": _EXAMPLES[setting.key]}


def _severities() -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            check.code: {
                "title": check.code,
                "description": f"The severity of the check {check.code}.",
                "enum": list(settings._LEVELS),
                "default": check.severity.value if check.severity else "off",
            }
            for check in CHECKS
        },
    }


_TEXT = {"type": "string"}
_SHAPES: dict[Callable[[object], Any], dict[str, Any]] = {
    settings._text: _TEXT,
    settings._texts: {"type": "array", "items": _TEXT},
    settings._severities: _severities(),
    settings._globs: {"type": "array", "maxItems": MAX_GLOBS, "items": {**_TEXT, "maxLength": MAX_GLOB}},
}
"""How a value is written, by the function that reads it."""
