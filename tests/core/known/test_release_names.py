"""The names of releases, and the messages about names that are nearly right."""

from __future__ import annotations

import pytest

from layerg_pin.core.known.images import Flavour
from layerg_pin.core.known.release_names import is_newer, near_release, release_name, release_of_api, unknown_release
from layerg_pin.core.known.releases import releases

DIGEST = f"@sha256:{'0' * 64}"


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("nakama@3.22.0", "nakama@3.22.0"),
        ("nakama@v3.22.0", "nakama@3.22.0"),
        ("nakama 3.22.0", "nakama@3.22.0"),
        ("Nakama 3.22.0", "nakama@3.22.0"),
        ("nakama:3.22.0", "nakama@3.22.0"),
        ("heroiclabs/nakama:3.22.0", "nakama@3.22.0"),
        ("heroiclabs/nakama-pluginbuilder:3.22.0", "nakama@3.22.0"),
        ("heroiclabs/nakama-dsym:3.22.0", "heroiclabs/nakama-dsym:3.22.0"),
        ("docker.io/heroiclabs/nakama:3.22.0", "nakama@3.22.0"),
        ("registry.heroiclabs.com/heroiclabs/nakama:3.22.0", "nakama@3.22.0"),
        (f"localhost:5000/heroiclabs/nakama:3.22.0{DIGEST}", "nakama@3.22.0"),
        ("heroiclabs/nakama:3.22.0-arm64", "nakama@3.22.0"),
        ("github.com/heroiclabs/nakama/v3@3.22.0", "nakama@3.22.0"),
        ("github.com/heroiclabs/nakama/v3@v3.22.0", "nakama@3.22.0"),
        ("layerg@0.1.1", "layerg@0.1.1"),
        ("layerglabs/layerg:0.1.1", "layerg@0.1.1"),
        ("layerglabs/layerg-pluginbuilder:0.1.1", "layerg@0.1.1"),
        ("github.com/u2u-labs/layerg-core@0.1.1", "layerg@0.1.1"),
        ("nakama@3.24", "nakama@3.24.2"),
        ("dangnp/arm64-layerg:latest", "layerg@0.1.1"),
    ],
)
def test_names(reference: str, name: str) -> None:
    found = release_name(reference)
    assert found
    assert found.number
    assert str(found) == name


@pytest.mark.parametrize(
    "reference",
    [
        "../nakama",
        "bin/nakama",
        "C:\\nakama",
        "example.com/server@v1.2.3",
        "postgres:12",
        "",
        "@",
        "x" * 9999,
    ],
)
def test_other_references(reference: str) -> None:
    assert release_name(reference) is None
    assert near_release(reference) == ""


def test_the_debug_server_is_another_build() -> None:
    name = release_name("heroiclabs/nakama-dsym:3.22.0")
    assert name
    assert name.flavour is Flavour.DEBUG


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("nakama@3.22.7", "Nakama 3.22.7 is not a known release: use nakama@3.22.0"),
        ("nakama@2.99.0", "use nakama@2.15.0"),
        ("nakama@99.1.0", "run `layerg-pin host export --host nakama@99.1.0`"),
        (
            "nakama@3.999.0",
            "Nakama 3.999.0 is newer than all releases that this layerg-pin knows: run `layerg-pin host",
        ),
    ],
)
def test_an_unknown_release_gets_advice(reference: str, words: str) -> None:
    name = release_name(reference)
    assert name
    assert name.number == ""
    found = unknown_release(name)
    assert words in found or (reference == "nakama@99.1.0" and "use the server's binary" in found), found


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("nakma@3.22.0", "no host is known as nakma; did you mean nakama@3.22.0?"),
        ("nakma", f"no host is known as nakma; did you mean nakama@{list(releases('nakama'))[-1]}?"),
        ("Krakn", "no host is known as Krakn; did you mean krakend@VERSION?"),
        ("nakama", "nakama names no release: write it, as in nakama@"),
        (
            "acme/nakama:3.22.0",
            "is not an image of Nakama's publisher: if it is a copy of a release, write nakama@3.22.0",
        ),
        ("heroiclabs/nakama:main", "the tag main of heroiclabs/nakama names no release"),
        (f"heroiclabs/nakama{DIGEST}", "a digest names no release of Nakama"),
        ("tyk", "no facts about Tyk: set the host to the server's source folder or binary"),
        ("gotify", "or to github.com/gotify/server/v2@VERSION"),
        ("acme/krakend:2.7.0", "or to github.com/krakend/krakend-ce/v2@v2.7.0"),
        (f"krakend/krakend-ee{DIGEST}", "no facts about KrakenD Enterprise: set the host to the server's binary"),
    ],
)
def test_near_misses(reference: str, words: str) -> None:
    assert release_name(reference) is None
    assert words in near_release(reference)


@pytest.mark.parametrize(
    ("reference", "label", "module"),
    [
        ("krakend@2.7.0", "KrakenD 2.7.0", "github.com/krakend/krakend-ce/v2@v2.7.0"),
        ("krakend:2.7.0-watch", "KrakenD 2.7.0", "github.com/krakend/krakend-ce/v2@v2.7.0"),
        ("krakend/builder:2.7.0-linux-generic", "KrakenD 2.7.0", "github.com/krakend/krakend-ce/v2@v2.7.0"),
        ("krakend/builder:2.7", "KrakenD 2.7", "github.com/krakend/krakend-ce/v2@VERSION"),
        ("devopsfaith/krakend:1.4.1", "KrakenD 1.4.1", "github.com/devopsfaith/krakend-ce@v1.4.1"),
        ("krakend/krakend-ee:2.7.0", "KrakenD Enterprise 2.7.0", ""),
        ("krakend/builder-ee:2.7.0", "KrakenD Enterprise 2.7.0", ""),
        ("gotify/server:2.6.1", "gotify 2.6.1", "github.com/gotify/server/v2@v2.6.1"),
        ("ghcr.io/gotify/server-arm64", "gotify", "github.com/gotify/server/v2@VERSION"),
        ("tykio/tyk-plugin-compiler:v5.3.0", "Tyk 5.3.0", ""),  # Tyk's tags are not versions of its module
        ("docker.tyk.io/tyk-gateway/tyk-gateway:v5.3", "Tyk 5.3", ""),
    ],
)
def test_a_host_without_catalogue_gets_advice(reference: str, label: str, module: str) -> None:
    name = release_name(reference)
    assert name
    assert (name.number, f"{name.host.title} {name.release}".strip()) == ("", label)
    assert not is_newer(name)
    found = unknown_release(name)
    assert found.startswith(f"this layerg-pin has no facts about {label}: set the host to the server's ")
    assert found.endswith(f", or to {module}") if module else "@" not in found


def test_the_builder_of_gotify_names_a_go_release() -> None:
    assert release_name("gotify/build:1.25.1-linux-amd64") is None
    assert release_name("acme/builder:2.7.0") is None


def test_the_release_of_a_plugin_api() -> None:
    api = "github.com/heroiclabs/nakama-common"
    assert str(release_of_api(api, "v1.32.0")) == "nakama@3.22.0"
    assert str(release_of_api(api, "v1.31.0")) == "nakama@3.21.1"  # 3.21.0 is built alike
    assert release_of_api(api, "v1.34.0") is None  # 3.24.0 and 3.24.1 differ
    assert release_of_api(api, "v0.0.1") is None
    assert release_of_api("example.com/api", "v1.0.0") is None
