"""A complete run with real builds: the host refuses the plugin, `fix --tidy` fixes it, and the host loads it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from tests.conftest import Examples, go

DIFFERS = re.compile(r"plugin was built with a different version of package (\S+)")


def build_host(host: Path) -> None:
    go(host, "build", "-trimpath", "-mod=vendor", "-o", "gameserver", ".")


def build_plugin(plugin: Path, target: Path) -> None:
    go(plugin, "build", "-trimpath", "-buildmode=plugin", "-o", str(target / "backend.so"), ".")


def opened(host: Path, plugins: Path) -> tuple[int, str]:
    """The host's exit code for a folder of plugins, and the error it logged."""
    command = (host / "gameserver", "check", "--runtime.path", plugins)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    logged = [json.loads(line) for line in done.stderr.splitlines()]
    errors = [entry for entry in logged if entry["level"] == "error"]
    assert bool(errors) == bool(done.returncode), done.stderr
    assert all(entry["msg"] == "Could not open Go module" for entry in errors)
    return done.returncode, errors[0]["error"] if errors else ""


def findings(plugin: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    main(["check", str(plugin), "--format", "json"])
    found: list[dict[str, str]] = json.loads(capsys.readouterr().out)["plugins"][0]["findings"]
    return found


def test_a_refused_plugin_loads_after_fix(
    examples: Examples, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOSUMDB", "off")
    plugins = tmp_path / "modules"
    plugins.mkdir()
    build_host(examples.host)
    build_plugin(examples.plugin, plugins)
    code, error = opened(examples.host, plugins)
    assert code == 1
    refused = DIFFERS.search(error)
    assert refused, error
    before = findings(examples.plugin, capsys)
    assert {each["certainty"] for each in before} == {"certain"}
    assert any(refused[1] == each["module"] or refused[1].startswith(f"{each['module']}/") for each in before)

    assert main(["fix", "--tidy", str(examples.plugin)]) == 0
    capsys.readouterr()
    assert findings(examples.plugin, capsys) == []
    fixed = (examples.plugin / "go.mod").read_bytes()
    go(examples.plugin, "mod", "tidy")
    assert (examples.plugin / "go.mod").read_bytes() == fixed, "the pins survive go mod tidy"
    build_plugin(examples.plugin, plugins)
    assert opened(examples.host, plugins) == (0, "")
    versions = go(examples.plugin, "list", "-m", "-f", "{{.Path}} {{.Version}}", "all").splitlines()
    assert "github.com/stretchr/testify v1.9.0" in versions, "a module of which no package is in both is left alone"


@pytest.mark.parametrize("fixed", ["github.com/gofrs/uuid", "go.uber.org/zap", "google.golang.org/protobuf"])
def test_fixing_one_difference_is_not_enough(examples: Examples, tmp_path: Path, fixed: str) -> None:
    """The host still refuses the plugin, because of another package. This is why all are shown at once."""
    plugins = tmp_path / "modules"
    plugins.mkdir()
    build_host(examples.host)
    host = go(examples.host, "list", "-mod=mod", "-m", "-f", "{{.Version}}", fixed).strip()
    go(examples.plugin, "mod", "edit", f"-require={fixed}@{host}")
    go(examples.plugin, "mod", "tidy")
    build_plugin(examples.plugin, plugins)
    code, error = opened(examples.host, plugins)
    assert code == 1
    refused = DIFFERS.search(error)
    assert refused
    assert not refused[1].startswith(fixed)
