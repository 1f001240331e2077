"""Parse references to container images, as skopeo writes them (containers-transports(5)).

    docker-archive:FILE[:NAME:TAG | :@INDEX]     a file that `docker save` wrote
    oci-archive:FILE[:TAG | :@INDEX]             an OCI image layout in a tar file
    oci:DIR[:TAG | :@INDEX]                      an OCI image layout
    docker://NAME[:TAG][@DIGEST]                 an image in a registry
    FILE.tar, .tar.gz, .tgz, .tar.zst            one of the first two, or what `docker cp` or `docker export` wrote

The selector of the first three may also be `@DIGEST`, as in `oci:DIR@sha256:…`.
"""

import os
import re
from typing import NamedTuple

from layerg_pin.core.lazy_pattern import LazyPattern

REGISTRY = "docker"
"""The transport of an image that a program has to get from a registry, or from Docker's own store."""
_FILES = ("docker-archive", "oci-archive", "oci")
_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.zst")
_DRIVE = LazyPattern(r"[A-Za-z]:(?=[\\/])")
_DIGEST = LazyPattern(r":?@((?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))\Z")
_NAME = LazyPattern(r"[a-z0-9][\w.:/-]*(?:@(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))?", re.ASCII)
"""The form of an image's name: it starts with no dash, so that no program takes it for an option."""


class ImageReference(NamedTuple):
    """A reference to an image."""

    transport: str
    """`docker-archive`, `oci-archive`, `oci` or `docker`; empty for a tar file that is named by its path."""
    location: str
    """The path as it is written, or the name of an image in a registry."""
    selector: str = ""
    """Which image of several: a tag, a name with a tag, a digest, or `@` with an index; empty if there is only one."""

    @property
    def is_remote(self) -> bool:
        """Whether a program has to fetch it."""
        return self.transport == REGISTRY

    @property
    def is_digest(self) -> bool:
        """Whether the selector is a digest."""
        return self.selector.startswith(("sha256:", "sha512:"))


def image_reference(reference: str) -> ImageReference | None:
    """The image that a host reference names; None for other references."""
    transport, colon, rest = reference.partition(":")
    if colon and transport == REGISTRY and rest.startswith("//"):
        return ImageReference(REGISTRY, rest[2:])
    if colon and transport in _FILES:
        return _of_file(transport, rest)
    if reference.lower().endswith(_SUFFIXES) and "\n" not in reference:
        return ImageReference("", reference)
    return None


def is_image_name(name: str) -> bool:
    """Whether a text has the form of an image's name in a registry."""
    return len(name) <= 512 and _NAME.fullmatch(name) is not None


def image_path(image: ImageReference, base: str) -> str:
    """The absolute path of an image's file or folder, relative to the folder `base`; for an image in a registry, that
    of the record which says that it was fetched.
    """
    if image.transport == REGISTRY:
        from layerg_pin.hosts.image_cache import registry_record  # imported here: few hosts are images

        return registry_record(image.location)
    return os.path.abspath(os.path.join(base, os.path.expanduser(image.location)))


def with_location(image: ImageReference, location: str) -> str:
    """The reference to the same image with its file or folder at another path."""
    prefix = f"{image.transport}:" if image.transport else ""
    separator = "@" if image.is_digest else ":" if image.selector else ""
    return f"{prefix}{location}{separator}{image.selector}"


def _of_file(transport: str, rest: str) -> ImageReference:
    if match := _DIGEST.search(rest):
        return ImageReference(transport, rest[: match.start()], match[1])
    drive = _DRIVE.match(rest)
    start = drive.end() if drive else 0
    path, _, selector = rest[start:].partition(":")
    return ImageReference(transport, rest[:start] + path, selector)
