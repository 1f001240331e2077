"""Write the settings that VS Code shows into package.json, from the server's own: run by `make generate`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from layerg_pin.core.checks import CHECKS
from layerg_pin.engine import settings
from layerg_pin.engine.settings import SETTINGS, Setting, Settings

PACKAGE = Path(__file__).parent.parent / "package.json"
CLIENT = {
    "layergPin.serverPath": {
        "type": "string",
        "default": "",
        "scope": "machine",
        "markdownDescription": "Another `layerg-pin` to run as the server; by default, the bundled one.",
    },
    "layergPin.python": {
        "type": "string",
        "default": "",
        "scope": "machine",
        "markdownDescription": "The Python, 3.11 or newer, that runs the server; by default, the one selected in the "
        "Python extension, else the first on PATH that is new enough (on Windows the launcher `py` first), else one "
        "that Homebrew, pyenv, uv, conda or, on Windows, python.org installed.",
    },
}
"""What only the client needs to know."""


def properties() -> dict[str, Any]:
    """All settings as package.json has them."""
    return {f"layergPin.{setting.key}": _property(setting) for setting in SETTINGS if setting.in_editor} | CLIENT


def _property(setting: Setting) -> dict[str, Any]:
    shape = _SHAPES.get(setting.read)
    if shape is None:
        raise NotImplementedError(f"say in {__file__} how VS Code shows the setting {setting.key}")
    default = getattr(Settings(), setting.field)
    plain = list(default) if isinstance(default, tuple) else dict(default) if isinstance(default, Mapping) else default
    return {**shape, "default": plain, "scope": setting.scope, "markdownDescription": setting.description}


def _severities() -> dict[str, Any]:
    levels = {
        check.code: {
            "enum": list(settings._LEVELS),
            "default": check.severity.value if check.severity else "off",
            "description": _title(check.page),
        }
        for check in CHECKS
    }
    return {"type": "object", "additionalProperties": False, "properties": levels}


def _title(page: str) -> str:
    """The first sentence of a check's page."""
    lines = iter(page.strip().splitlines()[1:])
    paragraph = []
    for line in lines:
        if line.strip():
            paragraph.append(line.strip())
        elif paragraph:
            break
    return " ".join(paragraph)


def written() -> str:
    """package.json as it has to be."""
    package = json.loads(PACKAGE.read_text("utf-8"))
    package["contributes"]["configuration"]["properties"] = properties()
    return json.dumps(package, indent=2, ensure_ascii=False) + "\n"


_SHAPES: dict[Callable[[object], Any], dict[str, Any]] = {
    settings._text: {"type": "string"},
    settings._texts: {"type": "array", "items": {"type": "string"}},
    settings._seconds: {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 86400},
    settings._severities: _severities(),
    settings._hints: {"type": "string", "enum": list(settings._HINTS)},
    settings._switch: {"type": "boolean"},
}
"""How a value is written, by what reads it."""


if __name__ == "__main__":
    PACKAGE.write_text(written(), "utf-8")
