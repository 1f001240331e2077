"""A host that is named as `module@version`, from a module proxy on disk: its packages, build files and verdicts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from layerg_pin.cli.main import main
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.go.queries import find_go
from layerg_pin.go.query_types import Cancellation
from layerg_pin.hosts.linked_packages import ensure_linked
from layerg_pin.hosts.references import Hosts, resolve
from tests.conftest import go
from tests.truth.proxy import Module, package_source, write_proxy

HOST = "example.com/gameserver@v1.2.0"
SERVER = """\
package main

import (
	"os"
	"plugin"
)

func main() {
	_ = Value()
	if _, err := plugin.Open(os.Args[1]); err != nil {
		os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
}
"""
DOCKERFILE = """\
FROM golang:{}-bookworm AS builder
ENV CGO_ENABLED=1
WORKDIR /src
COPY . .
RUN go build -trimpath -o /out/gameserver .

FROM debian:bookworm-slim
COPY --from=builder /out/gameserver /
"""
SAMPLE = 'package main\n\nimport p "example.com/other"\n\nfunc InitModule() string { return p.Value() }\n'
PLUGIN = package_source("main", "plugin", ("example.com/log", "example.com/other")) + "\nfunc InitModule() {}\n"
GOMOD = """\
module example.com/backend

go 1.21

require (
	example.com/log v1.0.0
	example.com/other v1.0.0
)
"""


@dataclass(frozen=True)
class World:
    """A module proxy with a host in it, and a plugin whose versions of `log` and `other` are not the host's."""

    proxy: Path
    plugin: Path

    def versions(self, module: str) -> Path:
        return self.proxy / module / "@v"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    release = go(tmp_path, "env", "GOVERSION").strip().removeprefix("go")
    cache = go(tmp_path, "env", "GOCACHE").strip()
    requires = ("example.com/log v1.1.0", "example.com/other v1.1.0")
    files = {
        "main.go": SERVER,
        "value.go": package_source("main", "host", ("example.com/log",)),
        "sample_module/sample.go": SAMPLE,
        "build/Dockerfile": DOCKERFILE.format(release),
        "build/pluginbuilder/Dockerfile": f'FROM golang:{release}-bookworm\nENTRYPOINT ["go"]\n',
    }
    modules = [Module(f"example.com/{name}", f"v1.{n}.0", {"": ()}) for name in ("log", "other") for n in (0, 1)]
    sums = write_proxy(
        tmp_path / "proxy", [*modules, Module("example.com/gameserver", "v1.2.0", {}, requires, go="1.21", more=files)]
    )
    plugin = tmp_path / "plugin"
    plugin.mkdir()
    for name, text in {"go.mod": GOMOD, "go.sum": sums, "main.go": PLUGIN}.items():
        (plugin / name).write_text(text)
    for name, value in {
        "GOPROXY": (tmp_path / "proxy").as_uri(),
        "GOMODCACHE": str(tmp_path / "modcache"),
        "GOCACHE": cache,
        "GOFLAGS": "-modcacherw",
        "GONOPROXY": "none",
        "GOSUMDB": "off",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }.items():
        monkeypatch.setenv(name, value)
    return World(tmp_path / "proxy" / "example.com", plugin)


def checked(plugin: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, list[dict[str, Any]]]:
    code = main(["check", str(plugin), "--host", HOST, "--format", "json", *more])
    findings: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["plugins"][0]["findings"]
    return code, findings


def test_its_verdict_is_certain_and_the_hosts_own(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the sample plugin in the host's tree links `other`, so the server does not."""
    code, findings = checked(world.plugin, capsys)
    found = [(each["module"], each["host_version"], each["certainty"]) for each in findings]
    assert (code, found) == (1, [("example.com/log", "v1.1.0", "certain")])
    assert "host has v1.1.0 (gameserver@v1.2.0 go.mod:5)" in findings[0]["message"]
    gobin = world.plugin.parent / "bin"
    run("install", "-trimpath", HOST, cwd=world.plugin, GOBIN=str(gobin))
    assert "different version of package example.com/log" in opened(world.plugin, gobin / "gameserver")
    assert main(["fix", "--tidy", str(world.plugin), "--host", HOST]) == 0
    assert "example.com/log v1.1.0" in (world.plugin / "go.mod").read_text()
    assert "example.com/other v1.0.0" in (world.plugin / "go.mod").read_text()
    assert opened(world.plugin, gobin / "gameserver") == ""
    capsys.readouterr()
    assert checked(world.plugin, capsys) == (0, [])


def test_a_downloaded_module_is_used_without_the_network(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = checked(world.plugin, capsys)
    monkeypatch.setenv("GOPROXY", f"file://{world.plugin}/nowhere")
    monkeypatch.setenv("XDG_CACHE_HOME", str(world.plugin.parent / "empty"))
    assert checked(world.plugin, capsys, "--offline") == before
    assert checked(world.plugin, capsys) == before
    program = find_go()
    assert program
    host = Hosts().read(HOST, resolve(HOST, "/"))
    assert isinstance(host, HostManifest)
    assert ensure_linked(host, program, Cancellation()).linked, "as the language server has it, which asks nobody"


def test_it_is_shown_and_written_down_with_all_that_is_known(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["host", "show", "--host", HOST]) == 0
    shown = capsys.readouterr().out
    release = go(world.plugin, "env", "GOVERSION").strip()
    for line in (
        f"{HOST}: example.com/gameserver v1.2.0",
        "  main package  .",
        f"  Go            {release} (build/Dockerfile:1)",
        "  C library     glibc 2.36 (build/Dockerfile:7)",
        f"  builder's Go  {release} (build/pluginbuilder/Dockerfile:1)",
        "  packages      2 linked",
    ):
        assert line in shown.splitlines(), shown
    profile = world.plugin / "layerg-host.json"
    assert main(["host", "export", "--host", HOST, "-o", str(profile)]) == 0
    written = json.loads(profile.read_text())
    assert (written["host_version"], written["main"], written["linked"]) == ("v1.2.0", ".", True)
    assert (written["build"]["release"], written["build"]["libc_version"]) == (release, "2.36")
    assert written["builder"]["release"] == release
    capsys.readouterr()
    by_module = checked(world.plugin, capsys)
    code = main(["check", str(world.plugin), "--host", str(profile), "--format", "json"])
    by_profile = json.loads(capsys.readouterr().out)["plugins"][0]["findings"]
    kept = ("code", "severity", "range", "module", "package", "certainty", "host_version")
    assert (code, [[each[name] for name in kept] for each in by_profile]) == (
        by_module[0],
        [[each[name] for name in kept] for each in by_module[1]],
    )


def test_without_its_zip_only_the_go_mod_is_used_and_the_reason_reported(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    (world.versions("gameserver") / "v1.2.0.zip").unlink()
    code, findings = checked(world.plugin, capsys)
    assert code == 2
    assert {each["certainty"] for each in findings} == {"possible"}
    assert "it cannot be downloaded: " in findings[0]["message"]
    assert main(["host", "show", "--host", HOST]) == 0
    assert "  hint          it cannot be downloaded: " in capsys.readouterr().out


def test_without_a_module_that_it_needs_nothing_is_certain(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    (world.versions("log") / "v1.1.0.zip").unlink()
    code, findings = checked(world.plugin, capsys)
    assert code == 2
    assert {each["certainty"] for each in findings} == {"possible"}
    assert "Go cannot list its packages: example.com/log" in findings[0]["message"]
    shutil.rmtree(os.environ["GOMODCACHE"])
    assert main(["check", str(world.plugin), "--host", HOST, "--offline"]) == 2
    assert f"`layerg-pin host show --host {HOST}` to download it" in capsys.readouterr().out


def run(*arguments: str, cwd: Path, **env: str) -> None:
    done = subprocess.run(("go", *arguments), cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def opened(plugin: Path, host: Path) -> str:
    """The host's error for the unchanged plugin; empty if it loads."""
    run("build", "-trimpath", "-buildmode=plugin", "-o", "../built.so", ".", cwd=plugin)
    return subprocess.run((host, "../built.so"), cwd=plugin, capture_output=True, text=True, check=False).stderr
