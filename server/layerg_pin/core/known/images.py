"""Identify the images of known hosts, and the releases that their tags name.

Sources: Nakama's and Layerg's build/README.md and image workflows;
https://docs.docker.com/reference/cli/docker/image/tag/ for the parts of a reference.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from layerg_pin.core.known.known_hosts import GO_IMAGES, KNOWN_HOST_TABLE, KnownHost
from layerg_pin.core.known.known_hosts import Flavour as Flavour


class HostImages(NamedTuple):
    """A host whose images are known, from its row in known_hosts.py."""

    name: str
    """The lower-case name, such as `nakama`."""
    title: str
    """The display name, such as `Nakama`."""
    modules: tuple[str, ...]
    """The paths of its module in all major versions, the newest first; empty if its source is not public."""
    api: str
    """The module that its plugins import; empty if they need none."""
    namespaces: tuple[str, ...]
    """The owners of its official images; the first one publishes every release."""
    trimpath: bool
    """Whether all official builds have the flag -trimpath."""
    c_library: str
    """The kind of the C library in its images, apart from those of variants."""
    variants: tuple[tuple[str, str], ...]
    """The ends of tags that name a variant of a release, and the kind of its C library."""

    def c_library_of(self, tag: str) -> str:
        """The kind of the C library in the image with a tag."""
        tag = re.sub(_ARCHITECTURE_AFTER, "", tag[:_MAX_TAG])
        return next((kind for end, kind in self.variants if tag.endswith(end)), self.c_library)


class KnownImage(NamedTuple):
    """An image of a known host."""

    host: HostImages
    flavour: Flavour
    official: bool
    """Whether it belongs to one of the host's owners. Others may use the same name with versions of their own."""
    released: bool
    """Whether every release is published under this name."""


def _images(row: KnownHost) -> tuple[HostImages, Mapping[str, Flavour]]:
    """A host of the table, and the flavours of its images."""
    names, api = row.published, row.api[0] if row.api else ""
    host = HostImages(
        name=names.name,
        title=row.name,
        modules=row.module_paths,
        api=api,
        namespaces=names.namespaces,
        trimpath=names.trimpath,
        c_library=names.c_library,
        variants=tuple(names.variants.items()),
    )
    return host, names.images


_PUBLISHED = tuple(_images(row) for row in reversed(KNOWN_HOST_TABLE))
HOSTS = tuple(host for host, _ in _PUBLISHED)
"""Nakama comes before Layerg, its fork, for a manifest that names neither."""
_IMAGES: Mapping[str, tuple[HostImages, Flavour]] = {
    name: (host, flavour) for host, images in _PUBLISHED for name, flavour in images.items()
}


def debug_image(host: HostImages) -> str:
    """The image of a host's debug server, with the owner that publishes each release; empty if it has none."""
    found = (name for name, (each, flavour) in _IMAGES.items() if each is host and flavour is Flavour.DEBUG)
    return next((f"{host.namespaces[0]}/{name}" for name in found), "")


_DOCKER_HUB = ("", "docker.io", "index.docker.io")
"""The parts before the name of an image of Docker Hub's own namespace, `library`."""
_VARIANTS = tuple(end for row in KNOWN_HOST_TABLE for end in row.published.variants)
_ARCHITECTURES = "arm64v8|arm64|arm7|arm|aarch64|amd64|x86_64|riscv64"
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
    namespace, last = _parts(name)
    found = _IMAGES.get(f"{namespace}/{last}") or _IMAGES.get(last)
    if found is None:
        return None
    namespaces = found[0].namespaces
    return KnownImage(*found, namespace in namespaces, namespace == namespaces[0])


def is_go_image(name: str) -> bool:
    """Whether the tags of an image of a known host's publisher begin with a Go release, as those of golang do."""
    return "/".join(_parts(name)) in GO_IMAGES


def _parts(name: str) -> tuple[str, str]:
    """The namespace and the name of an image, without registry and architecture."""
    owner, _, last = name.lower().rpartition("/")
    last = re.sub(_ARCHITECTURE_AFTER, "", re.sub(rf"\A{_ARCHITECTURE_BEFORE}", "", last))
    return "library" if owner in _DOCKER_HUB else owner.rpartition("/")[2], last


class Release(NamedTuple):
    """The release of a tag or version: three numbers, or fewer for a floating one."""

    numbers: tuple[int, ...]
    suffix: str = ""
    """The part after the numbers, such as `-rc1`, without architectures and variants."""

    @property
    def exact(self) -> bool:
        """Whether it names a single release."""
        return len(self.numbers) == 3

    def contradicts(self, other: "Release") -> bool:
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
    text = next((text.removesuffix(end) for end in _VARIANTS if text.endswith(end)), text)
    if text == "latest":
        return Release(())
    match = re.fullmatch(_RELEASE, text, re.ASCII)
    numbers = tuple(int(each) for each in match[1].split(".")) if match else ()
    if not match or numbers[0] > _HIGHEST_MAJOR:
        return None
    return Release(numbers, match[2])
