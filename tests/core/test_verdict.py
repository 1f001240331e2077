"""The words of a verdict: the host's name, and what was and was not compared."""

from __future__ import annotations

import pytest

from layerg_pin.core.manifest import HostBuild, HostManifest, Source
from layerg_pin.core.overview import host_words
from layerg_pin.core.text import LineIndex
from layerg_pin.core.verdict import compared_words

NAKAMA = "github.com/heroiclabs/nakama/v3"
LAYERG = "github.com/u2u-labs/layerg-core"
ALL = HostBuild("go1.23.2", "linux", "amd64", True, True, False, ())


def host(module: str | None, version: str | None, build: HostBuild | None, *, listed: int | None = 271) -> HostManifest:
    packages = None if listed is None else {f"example.com/a/p{number}": "example.com/a" for number in range(listed)}
    source = Source("/w/nakama/vendor/modules.txt", LineIndex(""))
    return HostManifest(
        "../nakama",
        "/w/nakama",
        "folder",
        module,
        "1.21",
        {},
        packages,
        True,
        True,
        source,
        build=build,
        version=version,
    )


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
def test_what_was_compared(manifest: HostManifest, words: str) -> None:
    assert compared_words(manifest) == words


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
