"""The host: a small real server that opens plugins, built like Layerg and Nakama."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.truth.proxy import package_source, write_proxy
from tests.truth.world import HOST_GOMOD, HOST_IMPORTS, MODULES

OPEN = """\
// Command gameserver opens the plugins that it is given.
package main

import (
	"os"
	"plugin"
)

func main() {
	_ = Value()
	for _, path := range os.Args[1:] {
		if _, err := plugin.Open(path); err != nil {
			os.Stderr.WriteString(err.Error() + "\\n")
			os.Exit(1)
		}
	}
}
"""
_SAMPLE = """\
// A plugin in the host's own tree: no part of the server.
package main

import p "example.com/assert"

func InitModule() string { return p.Value() }
"""
_TOOL = """\
// Command listing is not a server: it opens no plugins.
package main

import p "example.com/api"

func main() { println(p.Value()) }
"""
_DOCKERFILE = """\
FROM golang:{}-bookworm AS builder
ARG TARGETARCH
ENV GOOS=linux GOARCH=$TARGETARCH CGO_ENABLED=1
WORKDIR /src
COPY . .
RUN go build -trimpath -mod=vendor -gcflags "-trimpath $PWD" -o /out/gameserver .

FROM debian:bookworm-slim
COPY --from=builder /out/gameserver /
ENTRYPOINT ["/gameserver"]
"""
_DIFFERS = re.compile(r"plugin was built with a different version of package (\S+)")


@dataclass(frozen=True, slots=True)
class World:
    """The host's folder, and the environment in which Go sees only these modules."""

    host: Path
    sums: str
    env: Mapping[str, str]

    @property
    def modules_txt(self) -> Path:
        """The host's vendor/modules.txt."""
        return self.host / "vendor" / "modules.txt"


@dataclass(frozen=True, slots=True)
class Opened:
    """The outcome of a plugin: it does not build, or the host refuses it, or loads it."""

    loads: bool
    words: str
    package: str = ""
    """The package that plugin.Open reports."""


def make_world(folder: Path) -> World:
    """Write the proxy and the host, then vendor and build the host."""
    sums = write_proxy(folder / "proxy", MODULES)
    cache = subprocess.run(("go", "env", "GOCACHE"), capture_output=True, text=True, check=True).stdout.strip()
    env = {
        "GOPROXY": (folder / "proxy").as_uri(),
        "GOMODCACHE": str(folder / "modcache"),
        "GOCACHE": cache,
        "GOENV": "off",
        "GOFLAGS": "-modcacherw",
        "GONOPROXY": "none",
        "GOPRIVATE": "",
        "GOSUMDB": "off",
        "GOTOOLCHAIN": "local",
        "GOWORK": "",
        "CGO_ENABLED": "1",
    }
    release = subprocess.run(("go", "env", "GOVERSION"), capture_output=True, text=True, check=True).stdout.strip()
    world = World(folder / "host", sums, env)
    files = {
        "go.mod": HOST_GOMOD,
        "go.sum": sums,
        "main.go": OPEN,
        "value.go": package_source("main", "host", HOST_IMPORTS),
        "main_test.go": 'package main\n\nimport _ "example.com/assert"\n',
        "main_windows.go": 'package main\n\nimport _ "example.com/winapi"\n',
        "tools.go": '//go:build tools\n\npackage main\n\nimport _ "example.com/tool"\n',
        "shared/shared.go": package_source("shared", "host", ()),
        "dir/go.mod": "module example.com/dir\n\ngo 1.21\n",
        "dir/dir.go": package_source("dir", "the host's folder", ()),
        "sample_module/sample.go": _SAMPLE,
        "cmd/listing/main.go": _TOOL,
        "build/Dockerfile": _DOCKERFILE.format(release.removeprefix("go")),
    }
    write_files(world.host, files)
    run_go(world, world.host, "mod", "vendor")
    run_go(world, world.host, "build", "-trimpath", "-mod=vendor", "-o", "gameserver", ".")
    return world


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write files by their paths relative to a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def run_go(world: World, folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Run Go as a user would in this world; a failure shows Go's output."""
    done = _go(world, folder, arguments, env or {})
    assert done.returncode == 0, f"go {' '.join(arguments)} in {folder}: {done.stderr}"
    return done.stdout


def build_and_open(world: World, folder: Path, arguments: tuple[str, ...], env: Mapping[str, str]) -> Opened:
    """Build the plugin, and let the host open it."""
    target = folder.parent / "plugin.so"
    return build_plugin(world, folder, target, arguments, env) or open_in(world.host / "gameserver", target)


def build_plugin(
    world: World, folder: Path, target: Path, arguments: tuple[str, ...], env: Mapping[str, str]
) -> Opened | None:
    """Build the plugin in `folder`. Returns the error, or None."""
    target.unlink(missing_ok=True)
    # Without debug information, which plugin.Open does not look at: linking takes a third less time.
    command = ("build", "-trimpath", "-ldflags=-w", "-buildmode=plugin", "-o", str(target), *arguments)
    done = _go(world, folder, command, env)
    if done.returncode == 0:
        return None
    lines = [line for line in done.stderr.splitlines() if line and not line.startswith(("#", "go: downloading"))]
    return Opened(False, f"no build: {lines[0].removeprefix('go: ') if lines else done.stderr}")


def open_in(host: Path, plugin: Path) -> Opened:
    """Let the host's binary open a plugin."""
    opened = subprocess.run((host, plugin), capture_output=True, text=True, check=False)
    if opened.returncode == 0:
        return Opened(True, "loads")
    differs = _DIFFERS.search(opened.stderr)
    if differs is None:
        return Opened(False, f"failed: {opened.stderr.strip()}")
    return Opened(False, f"refused: {differs[1]}", differs[1])


def _go(
    world: World, folder: Path, arguments: tuple[str, ...], env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **world.env, **env}
    return subprocess.run(("go", *arguments), cwd=folder, env=environ, capture_output=True, text=True, check=False)
