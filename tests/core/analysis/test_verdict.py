"""The wording of a verdict: the host's name, and what was compared."""

from __future__ import annotations

import pytest

from layerg_pin.core.analysis.builder_go import chosen_release
from layerg_pin.core.analysis.overview import host_words
from layerg_pin.core.analysis.verdict import compared_words
from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.buildfiles.dockerfile import parse_dockerfile
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.model.host_manifest import HostBuild, HostManifest
from layerg_pin.core.model.modules import Source
from layerg_pin.core.model.plugin_build import LocalGo
from layerg_pin.core.model.snapshot import Snapshot
from layerg_pin.core.text import LineIndex

NAKAMA = "github.com/heroiclabs/nakama/v3"
LAYERG = "github.com/u2u-labs/layerg-core"
ALL = HostBuild(release="go1.23.2", goos="linux", goarch="amd64", cgo=True, trimpath=True, race=False, tags=())


def host(module: str | None, version: str | None, build: HostBuild | None, *, listed: int | None = 271) -> HostManifest:
    packages = None if listed is None else {f"example.com/a/p{number}": "example.com/a" for number in range(listed)}
    source = Source("/w/nakama/vendor/modules.txt", LineIndex(""))
    return HostManifest(
        reference="../nakama",
        path="/w/nakama",
        kind="folder",
        module=module,
        go="1.21",
        modules={},
        packages=packages,
        linked=True,
        asked=True,
        source=source,
        build=build,
        version=version,
    )


LOCAL = LocalGo("go1.23.2", "linux", "amd64", toolchain="local")
BUILD = "RUN go build -trimpath -buildmode=plugin -o p.so .\n"
STATED = f"FROM --platform=linux/amd64 golang:1.23.2\n{BUILD}"
FLAGS = "build flags (the host is built with -trimpath)"


def snapshot(
    manifest: HostManifest, dockerfile: str = "", local: LocalGo | None = LOCAL, gomod: str = "module p\n"
) -> Snapshot:
    source = Source("/w/p/go.mod", LineIndex(gomod))
    text = LineIndex(dockerfile)
    builders = (BuildSource("/w/p/Dockerfile", text, parse_dockerfile(dockerfile)),) if dockerfile else ()
    return Snapshot(source, parse_gomod(gomod), manifest, None, local=local, builders=builders)


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (host(NAKAMA, "v3.24.0", ALL), "nakama v3.24.0 (271 linked packages, Go 1.23.2, linux/amd64)"),
        (
            host(NAKAMA, None, HostBuild("go1.22.4", trimpath=True, tags=())),
            "nakama ../nakama (271 linked packages, Go 1.22.4; not compared: platform)",
        ),
        (
            host(LAYERG, None, HostBuild(minor="1.23", trimpath=True, tags=()))._replace(linked=False),
            "layerg ../nakama (271 listed packages, Go 1.23; not compared: platform)",
        ),
        (
            host("example.com/my/server/v2", "v2.1.0", None, listed=1),
            "server v2.1.0 (1 linked package; not compared: Go release, platform, build flags)",
        ),
        (
            host("example.com/server", None, ALL._replace(trimpath=None)),
            "../nakama (271 linked packages, Go 1.23.2, linux/amd64; not compared: build flags)",
        ),
    ],
)
def test_what_the_host_states(manifest: HostManifest, words: str) -> None:
    assert compared_words(snapshot(manifest, STATED), manifest) == words


@pytest.mark.parametrize(
    ("dockerfile", "local", "compared"),
    [
        ("", LOCAL, f", Go 1.23.2, linux/amd64; not compared: {FLAGS}"),
        ("", LOCAL._replace(flags="-trimpath"), ", Go 1.23.2, linux/amd64"),
        ("", LOCAL._replace(release="devel"), f", linux/amd64; not compared: Go release, {FLAGS}"),
        ("", LOCAL._replace(goos="windows"), f"; not compared: Go release, platform, {FLAGS}"),
        ("", LOCAL._replace(goos="darwin", goarch="arm64"), f"; not compared: Go release, platform, {FLAGS}"),
        (f"FROM golang:1.23.2\n{BUILD}", LOCAL._replace(goos="windows"), ", Go 1.23.2; not compared: platform"),
        (f"FROM golang:1.23.2\n{BUILD}", LOCAL, ", Go 1.23.2; not compared: platform"),
        (f"FROM golang:1.23.2\nENV GOARCH=amd64\n{BUILD}", LOCAL, ", Go 1.23.2, linux/amd64"),
        (f"FROM cimg/go:1.23.2\n{BUILD}", LOCAL, ", Go 1.23.2; not compared: platform"),
        (f"FROM ubi9/go-toolset:1.23\n{BUILD}", LOCAL, ", Go 1.23.2; not compared: platform"),
        (f"FROM ghcr.io/acme/go-builder:1.21\n{BUILD}", LOCAL, "; not compared: Go release, platform"),
        (f"FROM debian:bookworm\n{BUILD}", LOCAL, "; not compared: Go release, platform"),
        (f"ARG GO\nFROM golang:$GO-bookworm\n{BUILD}", LOCAL, "; not compared: Go release, platform"),
        (f"ARG BASE\nFROM $BASE\n{BUILD}", LOCAL, "; not compared: Go release, platform"),
        ("FROM golang:1.23.2\nRUN make plugin\n", LOCAL, f", Go 1.23.2; not compared: platform, {FLAGS}"),
        ("FROM golang:1.23.2\nRUN ./build.sh\n", LOCAL, f", Go 1.23.2; not compared: platform, {FLAGS}"),
        ("FROM alpine\nRUN bash build.sh\n", LOCAL, f"; not compared: Go release, platform, {FLAGS}"),
        (
            "FROM debian\nRUN go1.23.2 build -trimpath -buildmode=plugin .\n",
            LOCAL,
            ", Go 1.23.2; not compared: platform",
        ),
        ("FROM node:20\nRUN make\n", LOCAL, f", Go 1.23.2, linux/amd64; not compared: {FLAGS}"),
        (
            "FROM golang:1.23.2\nARG FLAGS\nRUN go build $FLAGS -buildmode=plugin .\n",
            LOCAL,
            f", Go 1.23.2; not compared: platform, {FLAGS}",
        ),
        (f"{STATED}FROM my/go\n{BUILD}", LOCAL, "; not compared: Go release, platform"),
    ],
)
def test_what_the_plugin_states(dockerfile: str, local: LocalGo, compared: str) -> None:
    manifest = host("example.com/server", None, ALL)
    words = compared_words(snapshot(manifest, dockerfile, local), manifest)
    assert words == f"../nakama (271 linked packages{compared})"


@pytest.mark.parametrize(
    ("own", "choice", "lines", "release"),
    [
        ("1.22.4", "auto", "go 1.21\n", "1.22.4"),
        ("1.22.4", "auto", "go 1.22\ntoolchain go1.23.4\n", "1.23.4"),
        ("1.22.4", "auto", "go 1.24\n", "1.24.0"),
        ("1.22.4", "local", "go 1.22\ntoolchain go1.23.4\n", "1.22.4"),
        ("1.22.4", "go1.23.1", "toolchain go1.23.4\n", "1.23.1"),
        ("1.22.4", "go1.23.1+auto", "go 1.22\ntoolchain go1.23.4\n", "1.23.4"),
        ("1.22.4", "path", "go 1.22\ntoolchain go1.23.4\n", None),
        ("1.22.4", "path", "go 1.22\n", "1.22.4"),
        ("1.22.4", "auto", "go 1.24\ntoolchain default\n", "1.22.4"),
        ("1.22.4", "", "go 1.22\ntoolchain go1.23.4\n", "1.23.4"),
        ("1", "auto", "go 1.24\n", "1"),
        ("1.20.14", "auto", "go 1.20\ntoolchain go1.23.4\n", "1.20.14"),
        ("1.22.4", None, "go 1.22\n", None),
        (None, "auto", "go 1.22\n", None),
        ("1.22", "auto", "go 1.22.7\n", "1.22"),
    ],
)
def test_the_release_that_builds(own: str | None, choice: str | None, lines: str, release: str | None) -> None:
    """The rules of https://go.dev/doc/toolchain."""
    one = snapshot(host(None, None, None), gomod=f"module p\n\n{lines}")
    assert chosen_release(one, own, choice) == release


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (host(NAKAMA, "v3.22.0", ALL), "Nakama v3.22.0, modules.txt, go1.23.2"),
        (host(NAKAMA, None, HostBuild(minor="1.23")), "Nakama, modules.txt, go 1.23"),
        (host(LAYERG, None, HostBuild(goos="linux")), "Layerg core, modules.txt"),
        (host("example.com/my/server/v2", None, None), "server, modules.txt, go 1.21"),
        (host(None, None, None), "nakama, modules.txt, go 1.21"),
    ],
)
def test_the_lens_names_the_release(manifest: HostManifest, words: str) -> None:
    assert host_words(manifest) == words
