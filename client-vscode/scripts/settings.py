"""Write the settings that VS Code shows into package.json, from the server's own: run by `make pages`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from layerg_pin import config
from layerg_pin.config import SETTINGS, Setting, Settings
from layerg_pin.core.checks import CHECKS

PACKAGE = Path(__file__).parent.parent / "package.json"
CLIENT = {
    "layergPin.serverPath": {
        "type": "string",
        "default": "",
        "scope": "machine",
        "markdownDescription": "Another `layerg-pin` to run as the server; by default the one that is bundled.",
    },
    "layergPin.python": {
        "type": "string",
        "default": "",
        "scope": "machine",
        "markdownDescription": "The Python, 3.11 or newer, that runs the server; by default the one that the Python "
        "extension has chosen, else `python3` (on Windows `py`) of the PATH.",
    },
}
"""What only the client needs to know."""

_LEVELS = ("error", "warning", "information", "hint", "off")


def properties() -> dict[str, Any]:
    """All settings as package.json has them."""
    return {f"layergPin.{setting.key}": _property(setting) for setting in SETTINGS} | CLIENT


def _property(setting: Setting) -> dict[str, Any]:
    description = {"markdownDescription": setting.description, "scope": setting.scope}
    default = getattr(Settings(), setting.field)
    if setting.read is config._severities:
        return {
            "type": "object",
            "default": {},
            **description,
            "additionalProperties": False,
            "properties": {
                check.code: {
                    "enum": list(_LEVELS),
                    "default": check.severity.value if check.severity else "off",
                    "description": _title(check.page),
                }
                for check in CHECKS
            },
        }
    if setting.read is config._texts:
        return {"type": "array", "items": {"type": "string"}, "default": list(default), **description}
    if setting.read is config._seconds:
        return {"type": "number", "exclusiveMinimum": 0, "maximum": 86399, "default": default, **description}
    if setting.read is config._text:
        return {"type": "string", "default": default, **description}
    raise NotImplementedError(f"say in {__file__} how VS Code shows the setting {setting.key}")


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


if __name__ == "__main__":
    PACKAGE.write_text(written(), "utf-8")
