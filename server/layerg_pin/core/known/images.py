"""Identify the images of known hosts, and the releases that their tags name.

Sources: Nakama's and Layerg's build/README.md and image workflows;
https://docs.docker.com/reference/cli/docker/image/tag/ for the parts of a reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from layerg_pin.core.known.known_hosts import KNOWN_HOST_TABLE, KnownHost
from layerg_pin.core.known.known_hosts import Flavour as Flavour


class HostImages(NamedTuple):
    """A host whose images and releases are known, from its row in known_hosts.py."""

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


def _images(row: KnownHost) -> tuple[HostImages, Mapping[str, Flavour]]:
    """A published host of the table, and the flavours of its images."""
    assert row.published
    names = row.published
    modules = tuple(row.modules[0] + each for each in names.majors)
    host = HostImages(name=names.name, title=row.name, modules=modules, api=row.api[0], namespaces=names.namespaces)
    return host, names.images


_PUBLISHED = tuple(_images(row) for row in reversed(KNOWN_HOST_TABLE) if row.published)
HOSTS = tuple(host for host, _ in _PUBLISHED)
"""Nakama comes before Layerg, its fork, for a manifest that names neither."""
_IMAGES: Mapping[str, tuple[HostImages, Flavour]] = {
    name: (host, flavour) for host, images in _PUBLISHED for name, flavour in images.items()
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
