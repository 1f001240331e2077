"""The JSON schema of layerg-pin.toml agrees with what is read, and has the form that SchemaStore requires."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import layerg_pin
from layerg_pin.core.checks import CHECKS
from layerg_pin.core.settings.project_file import SCHEMA, project_text, tree_project_text
from layerg_pin.engine.project_settings import PROJECT_FILE
from layerg_pin.engine.settings import SETTINGS
from tests.conftest import ROOT

FILE = Path(layerg_pin.__file__).parent / "schemas" / "layerg-pin.json"


@pytest.fixture
def schema() -> Any:
    return json.loads(FILE.read_text("utf-8"))


def test_it_has_the_form_of_schemastore(schema: Any) -> None:
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema["$id"] == SCHEMA
    assert all(each["title"] and each["description"] for each in (schema, *schema["properties"].values()))
    entry = json.loads((ROOT / "packaging" / "schemastore" / "catalog-entry.json").read_text("utf-8"))
    assert set(entry) == {"name", "description", "fileMatch", "url"}
    assert (entry["fileMatch"], entry["url"]) == ([PROJECT_FILE], SCHEMA)


def test_it_has_exactly_the_settings_and_checks(schema: Any) -> None:
    known = {each.key: each for each in SETTINGS if each.in_project_file}
    assert schema["additionalProperties"] is False
    assert schema["properties"].keys() == known.keys()
    assert schema["properties"]["severity"]["properties"].keys() == {check.code for check in CHECKS}
    for key, each in schema["properties"].items():
        for example in each["examples"]:
            known[key].read(example)


@pytest.mark.parametrize("text", [project_text("nakama@3.22.0"), tree_project_text("nakama@3.22.0")])
def test_new_files_refer_to_it(text: str) -> None:
    assert text.splitlines()[0] == f"#:schema {SCHEMA}"
