"""Identify the images of known hosts, and the releases that their tags name.

Sources: Nakama's and Layerg's build/README.md and image workflows;
https://docs.docker.com/reference/cli/docker/image/tag/ for the parts of a reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple


class Flavour(StrEnum):
    """The purpose of a host's image."""

    SERVER = "server"
    DEBUG = "debug server"
    """A server built for debuggers, with `-gcflags="all=-N -l"`."""
    BUILDER = "plugin builder"


class HostImages(NamedTuple):
    """A host with known images."""

    name: str
    """The lower-case name, such as `nakama`."""
    title: str
    """The display name, such as `Nakama`."""
    modules: tuple[str, ...]
    """The paths of its module, one for each major version."""
    api: str
    """The module that its plugins import."""
    namespaces: tuple[str, ...]
    """The owners of its official images; the first one publishes every release."""


class KnownImage(NamedTuple):
    """An image of a known host."""

    host: HostImages
    flavour: Flavour
    official: bool
    """Whether it belongs to one of the host's owners. Others may use the same name with versions of their own."""
    released: bool
    """Whether every release is published under this name."""


NAKAMA = HostImages(
    name="nakama",
    title="Nakama",
    modules=("github.com/heroiclabs/nakama/v3", "github.com/heroiclabs/nakama/v2", "github.com/heroiclabs/nakama"),
    api="github.com/heroiclabs/nakama-common",
    namespaces=("heroiclabs",),
)
LAYERG = HostImages(
    name="layerg",
    title="Layerg",
    modules=("github.com/u2u-labs/layerg-core",),
    api="github.com/u2u-labs/go-layerg-common",
    namespaces=("layerglabs", "dangnp", "u2ulabs", "u2u-labs"),
)
HOSTS = (NAKAMA, LAYERG)

_IMAGES: Mapping[str, tuple[HostImages, Flavour]] = {
    "nakama": (NAKAMA, Flavour.SERVER),
    "nakama-dsym": (NAKAMA, Flavour.DEBUG),
    "nakama-pluginbuilder": (NAKAMA, Flavour.BUILDER),
    "layerg": (LAYERG, Flavour.SERVER),
    "layerg-core": (LAYERG, Flavour.SERVER),
    "layerg-server": (LAYERG, Flavour.SERVER),
    "layerg-dsym": (LAYERG, Flavour.DEBUG),
    "layerg-pluginbuilder": (LAYERG, Flavour.BUILDER),
}
_ARCHITECTURES = "arm64v8|arm64|arm|aarch64|amd64|x86_64"
# Compiled on first use, because most plugins name few images.
_ARCHITECTURE_BEFORE = rf"(?:{_ARCHITECTURES})-"
_ARCHITECTURE_AFTER = rf"[-_](?:linux[-_])?(?:{_ARCHITECTURES})\Z"
_HIGHEST_MAJOR = 999
"""Higher numbers are dates or build numbers."""
_MAX_TAG = 128
"""In characters: Docker's limit."""
_RELEASE = r"v?(\d+(?:\.\d+){0,2})((?:[-+].*)?)"


@lru_cache(maxsize=256)
def known_image(name: str) -> KnownImage | None:
    """The image of a known host for a reference without tag, such as `registry.heroiclabs.com/heroiclabs/nakama`, or
    None.
    """
    owner, _, last = name.lower().rpartition("/")
    last = re.sub(_ARCHITECTURE_AFTER, "", re.sub(rf"\A{_ARCHITECTURE_BEFORE}", "", last))
    found = _IMAGES.get(last)
    if found is None:
        return None
    namespace, namespaces = owner.rpartition("/")[2], found[0].namespaces
    return KnownImage(*found, namespace in namespaces, namespace == namespaces[0])


class Release(NamedTuple):
    """The release of a tag or version: three numbers, or fewer for a floating one."""

    numbers: tuple[int, ...]
    suffix: str = ""
    """The part after the numbers, such as `-rc1`, without architectures."""

    @property
    def exact(self) -> bool:
        """Whether it names a single release."""
        return len(self.numbers) == 3

    def contradicts(self, other: Release) -> bool:
        """Whether the two cannot be the same release: `3.22` contradicts 3.40.0, but not 3.22.1."""
        shared = min(len(self.numbers), len(other.numbers))
        if self.numbers[:shared] != other.numbers[:shared]:
            return True
        return self.exact and other.exact and self.suffix != other.suffix

    def __str__(self) -> str:
        return ".".join(map(str, self.numbers)) + self.suffix


@lru_cache(maxsize=256)
def release_of(text: str) -> Release | None:
    """The release of a tag or version, with or without `v`; None for other names, such as a branch.

    No tag and `latest` give a release without numbers, which is compatible with every release.
    """
    if text in ("", "latest"):
        return Release(())
    text = re.sub(_ARCHITECTURE_AFTER, "", text[:_MAX_TAG])
    if text == "latest":
        return Release(())
    match = re.fullmatch(_RELEASE, text, re.ASCII)
    numbers = tuple(int(each) for each in match[1].split(".")) if match else ()
    if not match or numbers[0] > _HIGHEST_MAJOR:
        return None
    return Release(numbers, match[2])
