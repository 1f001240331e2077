"""Images that real tools write: umoci and skopeo, from Debian, and a registry that docker:// images are fetched from.

No Docker runs here. If a tool is not available, the tests fail with the reason, as in the rest of this folder.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from layerg_pin.core.model.host_manifest import HostManifest, HostUnreadable
from layerg_pin.hosts.references import Hosts, resolve
from tests.built_binaries import BuiltBinaries
from tests.editors.deb_tool import DebError, unpacked

_SECONDS = 60


@dataclass(frozen=True)
class Tools:
    """Commands that run Debian's tools."""

    skopeo: list[str]
    umoci: list[str]
    registry: list[str]

    def copy(self, source: str, target: str, *options: str) -> None:
        run(*self.skopeo, "--insecure-policy", "copy", "--quiet", *options, source, target)


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"


@pytest.fixture(scope="session")
def tools() -> Tools:
    try:
        root = unpacked("skopeo", "umoci", "docker-registry")
        return Tools(*(root.command(f"usr/bin/{name}") for name in ("skopeo", "umoci", "docker-registry")))
    except DebError as error:
        pytest.fail(f"no tools to make images with: {error}", pytrace=False)


@pytest.fixture(scope="session")
def layout(tools: Tools, built_binaries: BuiltBinaries, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image of three layers that umoci wrote: the second replaces the server, the third removes files."""
    folder = tmp_path_factory.mktemp("umoci")
    layout, root = folder / "layout", folder / "root"
    (root / "srv" / "old").mkdir(parents=True)
    shutil.copy(built_binaries.host("replacing"), root / "srv" / "game")
    shutil.copy(built_binaries.host("replacing"), root / "srv" / "old" / "game")
    (root / "current").symlink_to("/srv/game")
    run(*tools.umoci, "init", "--layout", str(layout))
    image = f"{layout}:1.0"
    run(*tools.umoci, "new", "--image", image)
    run(*tools.umoci, "insert", "--rootless", "--image", image, str(root), "/")
    run(*tools.umoci, "insert", "--rootless", "--image", image, str(built_binaries.host("plain")), "/srv/game")
    run(*tools.umoci, "insert", "--rootless", "--image", image, "--whiteout", "/srv/old")
    words = ("tini", "--", "/srv/old/game", "/current")
    run(*tools.umoci, "config", "--image", image, *(part for each in words for part in ("--config.entrypoint", each)))
    return layout


def read(reference: str) -> HostManifest | HostUnreadable:
    return Hosts().read(reference, resolve(reference, "/"))


def test_each_form_that_skopeo_writes(
    tools: Tools, layout: Path, built_binaries: BuiltBinaries, tmp_path: Path
) -> None:
    binary = Hosts().read("host", str(built_binaries.host("plain")))
    assert isinstance(binary, HostManifest)
    references = [
        f"oci:{layout}:1.0",
        f"docker-archive:{tmp_path}/docker.tar:acme/game:1.0",
        f"oci-archive:{tmp_path}/oci.tar:1.0",
        f"oci:{tmp_path}/zstd:1.0",
        f"oci:{tmp_path}/plain",
    ]
    tools.copy(references[0], references[1])
    tools.copy(references[0], references[2])
    tools.copy(references[0], references[3], "--dest-compress-format", "zstd")
    tools.copy(references[1], references[4], "--dest-oci-accept-uncompressed-layers")
    assert "+zstd" in "".join(path.read_text("utf-8", "ignore") for path in _small_blobs(tmp_path / "zstd"))
    for reference in references:
        found = read(reference)
        assert isinstance(found, HostManifest), found.message
        assert found.image
        assert (found.image.server, found.image.found_by) == ("/srv/game", "its entrypoint")
        assert (found.packages, found.build) == (binary.packages, binary.build)
        assert {each.version for each in found.modules.values()} == {each.version for each in binary.modules.values()}


def _small_blobs(folder: Path) -> list[Path]:
    return [path for path in (folder / "blobs" / "sha256").iterdir() if path.stat().st_size < 1 << 16]


@pytest.fixture(scope="session")
def registry(tools: Tools, layout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a registry with the image as acme/game, tagged 1.0.0 and latest."""
    folder = tmp_path_factory.mktemp("registry")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    (folder / "config.yml").write_text(
        f"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {folder}/data\nhttp:\n  addr: {address}\n"
    )
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*tools.registry, "serve", str(folder / "config.yml")], stdout=log, stderr=log)
        try:
            _wait_for(f"http://{address}/v2/", server, folder / "log")
            for tag in ("1.0.0", "latest"):
                tools.copy(f"oci:{layout}:1.0", f"docker://{address}/acme/game:{tag}", "--dest-tls-verify=false")
            yield address
        finally:
            server.terminate()
            server.wait(_SECONDS)


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"the registry does not answer: {log.read_text()}", pytrace=False)


@pytest.fixture
def user(tools: Tools, registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with skopeo alone on PATH, who trusts the registry without TLS; returns the folder of PATH."""
    programs = tmp_path / "programs"
    programs.mkdir()
    program = programs / "skopeo"
    skopeo = f"{' '.join(tools.skopeo)} --insecure-policy --registries-conf {tmp_path}/registries.conf"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\nexec {skopeo} "$@"\n')
    program.chmod(0o755)
    settings = tmp_path / "registries.conf"
    settings.write_text(f'[[registry]]\nlocation = "{registry}"\ninsecure = true\n')
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{Path(shutil.which('go') or '').parent}{os.pathsep}/bin")
    return programs


def calls(tmp_path: Path) -> int:
    log = tmp_path / "calls"
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_a_registry_is_asked_on_request_only(
    registry: str, user: Path, built_binaries: BuiltBinaries, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = tmp_path / "plugin"
    plugin.mkdir()
    (plugin / "go.mod").write_text("module example.com/plugin\n\ngo 1.23\n")
    reference = f"docker://{registry}/acme/game:1.0.0"
    (plugin / "layerg-pin.toml").write_text(f"host = {json.dumps(reference)}\n")
    found = read(reference)
    assert isinstance(found, HostUnreadable)
    assert f"was not fetched yet: run `layerg-pin host show --host {reference}`" in found.message
    main(["check", str(plugin)])
    assert "was not fetched yet" in capsys.readouterr().out
    main(["check", str(plugin), "--host", reference, "--offline"])
    assert "was not fetched yet" in capsys.readouterr().out
    assert calls(tmp_path) == 0, "nothing is fetched without --host, or offline"
    assert main(["host", "show", str(plugin), "--host", reference]) == 0
    assert "/srv/game, by its entrypoint" in capsys.readouterr().out
    assert calls(tmp_path) == 1
    assert isinstance(read(reference), HostManifest), "an editor uses what was fetched"
    main(["check", str(plugin)])
    assert "host-unreadable" not in capsys.readouterr().out
    assert main(["predict", "--host", reference, str(built_binaries.plugin("plain"))]) == 0
    assert calls(tmp_path) == 1, "a release is fetched once"
    floating = f"docker://{registry}/acme/game"
    for number in (2, 3):
        assert main(["inspect", floating]) == 0
        assert calls(tmp_path) == number, "a floating tag is fetched each time"


def test_what_cannot_be_fetched(
    registry: str, user: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    docker = user / "docker"
    docker.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n")
    docker.chmod(0o755)
    assert main(["inspect", f"docker://{registry}/acme/game:1.0.0"]) == 0, "skopeo is tried after docker"
    assert main(["inspect", f"docker://{registry}/acme/none:1.0.0"]) == 2
    said = capsys.readouterr().err
    assert "it cannot be fetched: docker: Cannot connect to the Docker daemon; skopeo: " in said
    assert main(["inspect", "docker://--help"]) == 2
    assert "--help is not the name of an image" in capsys.readouterr().err
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert main(["inspect", f"docker://{registry}/acme/none:1.0.0"]) == 2
    assert "no docker, podman, skopeo or crane on PATH" in capsys.readouterr().err


def test_progress_on_a_terminal(registry: str, user: Path, tmp_path: Path) -> None:
    reference = f"docker://{registry}/acme/game:1.0.0"
    program = user / "skopeo"
    program.write_text(program.read_text().replace("exec ", "sleep 1\nexec "))
    outside = {key: value for key, value in os.environ.items() if key != "CI"}
    leader, follower = os.openpty()
    done = subprocess.run(
        (sys.executable, "-m", "layerg_pin", "inspect", reference),
        stdout=subprocess.DEVNULL,
        stderr=follower,
        stdin=subprocess.DEVNULL,
        env={**outside, "TERM": "xterm"},
        check=False,
    )
    os.close(follower)
    said = os.read(leader, 1 << 16).decode()
    os.close(leader)
    assert done.returncode == 0
    name = reference.removeprefix("docker://")
    assert f"getting {name} with skopeo" in said
    assert said.endswith("\r\x1b[K"), "the line disappears"
