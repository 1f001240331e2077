"""KrakenD, gotify and Tyk: their plugins and servers are found, and check and fix agree with plugin.Open."""

from __future__ import annotations

import io
import json
import re
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from layerg_pin.cli.main import main
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.go.queries import find_go
from layerg_pin.go.query_types import Cancellation
from layerg_pin.hosts.linked_packages import ensure_linked
from layerg_pin.hosts.references import Hosts
from tests.conftest import local_go
from tests.truth.hosts import Opened, World, run_go
from tests.truth.other_hosts import OTHER_HOSTS, TYK, OtherHost
from tests.truth.outcome import checked

HOSTS = pytest.mark.parametrize("host", OTHER_HOSTS, ids=lambda host: host.name)


def run(*arguments: str) -> tuple[int, str]:
    """Run the command line. Returns its exit code and standard output."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        code = main(arguments)
    return code, out.getvalue()


def opened(host: OtherHost, world: World, plugin: Path, binary: Path) -> Opened:
    """Build the plugin as its users do, and let the server open it and look up its symbols."""
    target = plugin.parent / "plugin.so"
    run_go(world, plugin, "build", *host.plugin_build, "-buildmode=plugin", "-o", str(target), ".")
    done = subprocess.run((binary, target, *host.arguments), capture_output=True, text=True, check=False)
    differs = re.search(r"different version of package (\S+)", done.stderr)
    return Opened(done.returncode == 0, done.stderr, differs[1] if differs else "")


def report(root: Path) -> tuple[int, dict[str, Any]]:
    """The exit code and the only plugin of `check` for a tree, without any configuration."""
    code, text = run("check", str(root), "--format", "json")
    (plugin,) = json.loads(text)["plugins"]
    return code, plugin


@HOSTS
def test_plugin_and_host_are_found_refused_fixed_and_loaded(host: OtherHost, world: World, tmp_path: Path) -> None:
    plugin, server = host.write(tmp_path, world, local_go())
    binary = host.build_server(world, server)
    before = opened(host, world, plugin, binary)
    assert not before.loads
    assert before.package.startswith("example.com/log"), before.words
    code, found = report(tmp_path)
    assert (code, found["dir"], found["host"]["reference"]) == (1, "plugin", f"../{host.name}")
    errors = {each["module"] for each in found["findings"] if each["severity"] == "error"}
    assert errors == {each.split()[0] for each in host.plugin_requires}
    assert checked(plugin, binary).word == "refused"
    assert run("fix", str(plugin))[0] == 0
    after = opened(host, world, plugin, binary)
    assert after.loads, after.words
    code, found = report(tmp_path)
    assert (code, found["findings"]) == (0, [])


@HOSTS
def test_the_server_s_tree_states_its_build(host: OtherHost, world: World, tmp_path: Path) -> None:
    _, server = host.write(tmp_path, world, local_go())
    run_go(world, server, "mod", "download")
    go, found = find_go(), Hosts().read("REF", str(server))
    assert go
    assert isinstance(found, HostManifest)
    found = ensure_linked(found, go, Cancellation())
    assert (found.main, found.mains, found.linked, found.uncertainty) == (host.main, (), True, "")
    assert found.build
    assert (found.build.release, str(found.build.origins["release"])) == (local_go(), host.go_at)
    assert set(found.build.tags or ()) == set(host.tags)


def test_a_plugin_of_tyk_in_the_workspace_of_the_plugin_compiler(world: World, tmp_path: Path) -> None:
    plugin, server = TYK.write(tmp_path, world, local_go())
    (tmp_path / "go.work").write_text("go 1.21\n\nuse (\n\t./plugin\n\t./tyk\n)\n")
    binary = TYK.build_server(world, server)
    assert opened(TYK, world, plugin, binary).loads
    assert checked(plugin, server).word == "fits"
