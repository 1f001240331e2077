"""Images of known hosts, the releases of their tags, and the facts about these."""

from __future__ import annotations

import pytest

from layerg_pin.core.buildfiles.build_file import BuildImage, ImageKind
from layerg_pin.core.buildfiles.c_libraries import CLibrary, builder_c_library, needs_newer
from layerg_pin.core.buildfiles.command_words import parse_image
from layerg_pin.core.buildfiles.platforms import image_platform
from layerg_pin.core.buildfiles.shell_words import Word
from layerg_pin.core.gomod.versions import parse_go_release, parse_version
from layerg_pin.core.known.images import HOSTS, Flavour, known_image, release_of
from layerg_pin.core.known.releases import module_release_facts, release_facts, releases
from layerg_pin.core.text import Span

NAKAMA, LAYERG, KRAKEND, ENTERPRISE, GOTIFY, TYK = (
    next(host for host in HOSTS if host.name == name)
    for name in ("nakama", "layerg", "krakend", "krakend-ee", "gotify", "tyk")
)


def image(reference: str) -> BuildImage:
    found = parse_image(Word(reference, Span(0, len(reference))))
    assert found
    return found


@pytest.mark.parametrize(
    ("name", "host", "flavour", "official"),
    [
        ("heroiclabs/nakama", NAKAMA, Flavour.SERVER, True),
        ("registry.heroiclabs.com/heroiclabs/nakama-dsym", NAKAMA, Flavour.DEBUG, True),
        ("mirror.example.com:5000/hub/heroiclabs/nakama-pluginbuilder", NAKAMA, Flavour.BUILDER, True),
        ("nakama", NAKAMA, Flavour.SERVER, False),
        ("acme/nakama", NAKAMA, Flavour.SERVER, False),
        ("dangnp/arm64-layerg", LAYERG, Flavour.SERVER, True),
        ("layerglabs/layerg-pluginbuilder", LAYERG, Flavour.BUILDER, True),
        ("krakend", KRAKEND, Flavour.SERVER, True),
        ("docker.io/library/krakend", KRAKEND, Flavour.SERVER, True),
        ("docker.io/krakend", KRAKEND, Flavour.SERVER, True),
        ("devopsfaith/krakend", KRAKEND, Flavour.SERVER, True),
        ("acme/krakend", KRAKEND, Flavour.SERVER, False),
        ("krakend/builder", KRAKEND, Flavour.BUILDER, True),
        ("krakend/krakend-ee", ENTERPRISE, Flavour.SERVER, True),
        ("krakend/builder-ee", ENTERPRISE, Flavour.BUILDER, True),
        ("gotify/server", GOTIFY, Flavour.SERVER, True),
        ("ghcr.io/gotify/server-arm7", GOTIFY, Flavour.SERVER, True),
        ("tykio/tyk-gateway", TYK, Flavour.SERVER, True),
        ("docker.tyk.io/tyk-gateway/tyk-gateway", TYK, Flavour.SERVER, True),
        ("tykio/tyk-plugin-compiler", TYK, Flavour.BUILDER, True),
    ],
)
def test_known_images(name: str, host: object, flavour: Flavour, official: bool) -> None:
    known = known_image(name)
    assert known
    assert (known.host, known.flavour, known.official) == (host, flavour, official)


@pytest.mark.parametrize(
    "name",
    [
        *("debian", "heroiclabs/nakama-prerelease", "acme/pluginbuilder", "", "/"),
        *("builder", "acme/builder", "server", "acme/server", "gotify/build"),
    ],
)
def test_other_images(name: str) -> None:
    assert known_image(name) is None


@pytest.mark.parametrize(
    ("tag", "release"),
    [
        ("3.22.0", "3.22.0"),
        ("v3.22.0", "3.22.0"),
        ("3.22.0-arm64", "3.22.0"),
        ("3.22.0-arm", "3.22.0"),
        ("3.22.0-rc1", "3.22.0-rc1"),
        ("2.7.0-linux-generic", "2.7.0"),
        ("2.7-watch", "2.7"),
        ("v5.3.0-rc1", "5.3.0-rc1"),
        ("3.22", "3.22"),
        ("3", "3"),
        ("latest", ""),
        ("latest-arm64", ""),
        ("", ""),
        ("main", None),
        ("20240101", None),
        ("7d3f1aa", None),
        ("9" * 500, None),
    ],
)
def test_releases_of_tags(tag: str, release: str | None) -> None:
    found = release_of(tag)
    assert (None if found is None else str(found)) == release


@pytest.mark.parametrize(
    ("left", "right", "contradicts"),
    [
        ("3.22.0", "v3.22.0", False),
        ("3.22.0", "3.22.1", True),
        ("3.22", "3.22.1", False),
        ("3.22", "3.40.0", True),
        ("3", "3.40.0", False),
        ("latest", "3.40.0", False),
        ("3.22.0-rc1", "3.22.0", True),
    ],
)
def test_contradictions(left: str, right: str, contradicts: bool) -> None:
    one, other = release_of(left), release_of(right)
    assert one
    assert other
    assert one.contradicts(other) == other.contradicts(one) == contradicts


@pytest.mark.parametrize(
    ("reference", "kind", "go"),
    [
        ("gotify/build:1.25.1-linux-amd64", ImageKind.GOLANG, "1.25.1"),
        ("docker.io/gotify/build:1.25.1-linux-arm-7", ImageKind.GOLANG, "1.25.1"),
        ("gotify/server:2.6.1", ImageKind.SERVER, None),
        ("krakend/builder:2.7.0", ImageKind.PLUGINBUILDER, None),
        ("tykio/tyk-plugin-compiler:v5.3.0", ImageKind.PLUGINBUILDER, None),
        ("acme/builder:1.25.1", ImageKind.OTHER, None),
    ],
)
def test_kinds_of_images(reference: str, kind: ImageKind, go: str | None) -> None:
    found = image(reference)
    assert (found.kind, found.go) == (kind, go)


def test_the_table_of_releases() -> None:
    for host in HOSTS:
        for name, facts in releases(host.name).items():
            assert name in facts.releases
            assert parse_go_release(facts.go)
            assert parse_go_release(facts.builder_go)
            assert parse_version(facts.api)
            assert builder_c_library("debian", facts.distribution), facts
    assert len(releases("nakama")) == 57
    known = release_facts(NAKAMA, release_of("v3.38.0"))
    assert known
    assert (known.go, known.builder_go, known.api) == ("1.26.1", "1.25.5", "v1.45.0")
    assert module_release_facts("github.com/heroiclabs/nakama/v3", "v3.22.0") == release_facts(
        NAKAMA, release_of("3.22.0")
    )
    assert release_facts(NAKAMA, release_of("3.22")) is None
    assert release_facts(NAKAMA, release_of("3.99.0")) is None
    assert module_release_facts("example.com/fork", "v3.22.0") is None


@pytest.mark.parametrize(
    ("reference", "library"),
    [
        ("golang:1.22.4-alpine", "musl (Alpine)"),
        ("golang:alpine3.20", "musl (Alpine)"),
        ("golang:1.22.4-bookworm", "glibc 2.36 (bookworm)"),
        ("golang:bullseye", "glibc 2.31 (bullseye)"),
        ("golang:1.18.2", "glibc 2.31 (bullseye)"),
        ("golang:1.20.4", "glibc 2.31 (bullseye)"),
        ("golang:1.20.5", "glibc 2.36 (bookworm)"),
        ("golang:1.19.10", "glibc 2.36 (bookworm)"),
        ("golang:1.15.5", "glibc 2.28 (buster)"),
        ("golang:1.22", "glibc 2.36 (bookworm)"),
        ("golang:1.24.5", "glibc 2.36 (bookworm)"),
        ("golang:1.24.6", "glibc 2.41 (trixie)"),
        ("golang:1.24", "glibc 2.41 (trixie)"),
        ("golang:1.26", "glibc 2.41 (trixie)"),
        ("golang:1.26.5", "glibc 2.41 (trixie)"),
        ("arm64v8/golang:1.23-bookworm", "glibc 2.36 (bookworm)"),
        ("debian:12-slim", "glibc 2.36 (bookworm)"),
        ("debian:12.5", "glibc 2.36 (bookworm)"),
        ("debian:bullseye-slim", "glibc 2.31 (bullseye)"),
        ("ubuntu:22.04", "glibc 2.35 (ubuntu 22.04)"),
        ("alpine:3.20", "musl (Alpine)"),
        ("golang:1.16.7", None),
        ("golang:1.16", None),
        ("golang:1.23.12", None),
        ("golang:1.23", None),
        ("golang:1.99", None),
        ("golang:latest", None),
        ("golang:1", None),
        ("golang:1.22.4-windowsservercore", None),
        ("debian:latest", None),
        ("acme/builder:bookworm", None),
    ],
)
def test_c_libraries(reference: str, library: str | None) -> None:
    found = image(reference)
    assert found.tag is not None
    of = builder_c_library(found.name, found.tag)
    assert (None if of is None else str(of)) == library


def test_what_every_plugin_needs_of_glibc() -> None:
    assert needs_newer("2.36", "2.31")
    assert needs_newer("2.34", "2.33")
    assert not needs_newer("2.41", "2.36")
    assert not needs_newer("2.31", "2.28")
    assert not needs_newer("2.31", "2.36")
    assert str(CLibrary("glibc")) == "glibc"


@pytest.mark.parametrize(
    ("reference", "platform"),
    [
        ("arm64v8/golang:1.23", "linux/arm64"),
        ("dangnp/arm64-layerg:latest", "linux/arm64"),
        ("heroiclabs/nakama:3.22.0-arm", "linux/arm64"),
        ("heroiclabs/nakama:3.22.0-amd64", "linux/amd64"),
        ("heroiclabs/nakama:3.22.0", ""),
        ("acme/alarm:1", ""),
    ],
)
def test_platforms_in_names(reference: str, platform: str) -> None:
    assert image_platform(image(reference)) == platform
    assert image_platform(image(reference)._replace(platform="linux/aarch64/v8")) == "linux/arm64"
