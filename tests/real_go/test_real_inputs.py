"""Real plugins against real hosts' files, from the folder that LAYERG_PIN_REAL_INPUTS names.

Those files belong to other projects and are not part of this one: without the variable these tests are skipped, and
the run says so. The expected findings are written here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from layerg_pin.cli.main import main
from tests.conftest import go

INPUTS = Path(os.environ["LAYERG_PIN_REAL_INPUTS"])

LAYERG = ("layerg", "github.com/u2u-labs/go-layerg-common")
"""The host's folder, and a module of its plugins that cannot be downloaded."""
NAKAMA = ("nakama-3.40.0", "")
FOUND = [
    (
        "layerg-plugin-fresh",
        LAYERG,
        {
            "github.com/gofrs/uuid/v5": ("v5.3.0", "v5.2.0"),
            "go.uber.org/zap": ("v1.26.0", "v1.27.0"),
            "go.uber.org/multierr": ("v1.10.0", "v1.11.0"),
            "google.golang.org/grpc": ("v1.70.0", "v1.65.0"),
            "google.golang.org/genproto/googleapis/rpc": (
                "v0.0.0-20241202173237-19429a94021a",
                "v0.0.0-20240730163845-b1a4ccb954bf",
            ),
        },
    ),
    (
        "nakama-plugin-fresh",
        NAKAMA,
        {
            "github.com/gofrs/uuid/v5": ("v5.5.1", "v5.4.0"),
            "google.golang.org/grpc": ("v1.85.0", "v1.82.0"),
            "google.golang.org/protobuf": ("v1.36.12", "v1.36.11"),
            "go.uber.org/multierr": ("v1.10.0", "v1.11.0"),
            "golang.org/x/net": ("v0.60.0", "v0.57.0"),
            "golang.org/x/sys": ("v0.48.0", "v0.47.0"),
            "golang.org/x/text": ("v0.42.0", "v0.40.0"),
            "google.golang.org/genproto/googleapis/rpc": (
                "v0.0.0-20260817212433-ac3dfec99bb1",
                "v0.0.0-20260706201446-f0a921348800",
            ),
        },
    ),
    ("layerg-plugin-cured", LAYERG, {}),
    ("layerg-plugin-minimal", LAYERG, {}),
    ("nakama-plugin-cured", NAKAMA, {}),
]


def check(plugin: Path, host: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = main(["check", str(plugin), "--host", str(host), "--format", "json"])
    (document,) = json.loads(capsys.readouterr().out)["plugins"]
    return code, document


@pytest.mark.parametrize(("name", "host", "expected"), FOUND, ids=[name for name, _, _ in FOUND])
def test_exactly_the_differences_are_found_and_fixed(
    name: str,
    host: tuple[str, str],
    expected: dict[str, tuple[str, str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plugin = tmp_path / name
    shutil.copytree(INPUTS / "plugins" / name, plugin, copy_function=shutil.copyfile)
    plugin.chmod(0o755)
    folder, private = host
    modules_txt = INPUTS / "hosts" / folder / "modules.txt"
    code, document = check(plugin, modules_txt, capsys)
    versions = [each for each in document["findings"] if each["code"] != "not-resolved"]
    found = {each["module"]: (each["plugin_version"], each["host_version"]) for each in versions}
    assert found == expected
    assert len(versions) == len(expected), "nothing is reported twice"
    assert {each["code"] for each in versions} <= {"version-mismatch"}
    assert {each["certainty"] for each in versions} <= {"likely"}
    assert code == (1 if expected else 2 if private else 0)
    said = [each["message"] for each in document["findings"] if each["code"] == "not-resolved"]
    assert [private in message for message in said] == [True] * bool(private), "reported once, and nothing else is"
    assert document["complete"] is not bool(private)

    left = 2 if private else 1 if expected else 0  # go.sum lacks the sums of what was set
    assert main(["fix", str(plugin), "--host", str(modules_txt)]) == left
    capsys.readouterr()
    code, document = check(plugin, modules_txt, capsys)
    assert code == (2 if private else 0)
    assert [each["code"] for each in document["findings"]] == ["not-resolved"] * bool(left)
    read = subprocess.run(("go", "mod", "edit", "-json"), cwd=plugin, capture_output=True, text=True, check=True)
    requires = {each["Path"]: each["Version"] for each in json.loads(read.stdout)["Require"]}
    assert {module: requires[module] for module in expected} == {module: pair[1] for module, pair in expected.items()}
    if not private:
        fixed = (plugin / "go.mod").read_bytes()
        go(plugin, "mod", "tidy")
        assert (plugin / "go.mod").read_bytes() == fixed


def test_a_hosts_go_mod_finds_the_same_modules_as_possible(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, document = check(INPUTS / "plugins" / "layerg-plugin-fresh", INPUTS / "hosts" / "layerg" / "go.mod", capsys)
    versions = [each for each in document["findings"] if each["code"] == "version-mismatch"]
    assert {each["module"] for each in versions} == set(FOUND[0][2])
    assert {each["certainty"] for each in versions} == {"possible"}
    assert code == 2


@pytest.mark.parametrize("path", sorted(INPUTS.glob("hosts/*/modules.txt")), ids=lambda path: path.parent.name)
def test_real_modules_txt_are_read_whole(path: Path) -> None:
    from layerg_pin.core.gomod.modules_txt import parse_modules_txt

    text = path.read_text()
    parsed = parse_modules_txt(text)
    assert parsed.problems == ()
    lines = text.splitlines()
    assert len(parsed.modules) == sum(line.startswith("# ") for line in lines)
    assert sum(len(module.packages) for module in parsed.modules) == sum(not line.startswith("#") for line in lines)
