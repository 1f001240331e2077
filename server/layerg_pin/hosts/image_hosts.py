"""Read the host manifest of a server in a container image."""

from __future__ import annotations

import os

from layerg_pin.core.model.host_manifest import HostImage, HostManifest, HostUnreadable
from layerg_pin.core.model.modules import Origin
from layerg_pin.hosts.image_archive import ImageArchive
from layerg_pin.hosts.image_cache import CachedServer, ExtractedServer, file_record, keep_server, load_server
from layerg_pin.hosts.image_references import REGISTRY, ImageReference, image_reference, is_image_name
from layerg_pin.hosts.image_server import extract_server
from layerg_pin.hosts.image_streams import Budget, ImageError
from layerg_pin.hosts.server_binary import read_host_binary


def read_host_image(
    reference: str, image: ImageReference, path: str, architecture: str
) -> HostManifest | HostUnreadable:
    """The manifest of the host in an image, with its file, folder or record at an absolute path.

    If the image exists for several platforms, `architecture` selects one: that of the plugin, if known.
    """
    try:
        found = image_server(reference, image, path, architecture)
    except ImageError as error:
        return HostUnreadable(reference, f"the host {reference} cannot be used: {error}")
    name = os.path.basename(found.image.server)
    is_remote = image.transport == REGISTRY
    where = reference if is_remote else os.path.basename(path)
    place = Origin(found.path if is_remote else path, None, f"{name} in {where}")
    manifest = read_host_binary(reference, found.path, "image", place)
    if not isinstance(manifest, HostManifest):
        return manifest
    return manifest._replace(path=path, image=found.image)


def image_server(reference: str, image: ImageReference, path: str, architecture: str) -> CachedServer:
    """The server of an image, extracted into the cache. Raises ImageError."""
    if image.transport == REGISTRY:
        if not is_image_name(image.location):
            raise ImageError("this is not the name of an image, such as docker://heroiclabs/nakama:3.22.0")
        if found := load_server(path):
            return found
        raise ImageError(
            f"it was not fetched yet: run `layerg-pin host show --host {reference}`, which gets it with docker, "
            "podman, skopeo or crane"
        )
    if not os.path.exists(path):
        raise ImageError(f"nothing at {path}")
    record = file_record(image, path, architecture)
    return load_server(record) or keep_server(record, lambda target: extract_image(image, path, architecture, target))


def extract_image(image: ImageReference, path: str, architecture: str, target: str) -> ExtractedServer:
    """Write the server of an image in a file or folder to the file `target`. Raises ImageError."""
    budget = Budget()
    with ImageArchive(image, path, budget) as archive:
        found = archive.read(architecture)
        server = extract_server(found, target, budget)
        facts = HostImage(
            platform=found.platform,
            others=found.others,
            name=found.names[0] if found.names else "",
            digest=found.digest,
            server=server.path,
            found_by=server.found_by,
            passed_over=server.others,
        )
        return ExtractedServer(server.digest, facts, tuple(dict.fromkeys(archive.used)))


def host_binary(reference: str, path: str, architecture: str) -> str:
    """The path of the binary of a host at an absolute path. That of an image is extracted. Raises ImageError."""
    image = image_reference(reference)
    if image is None:
        return path
    try:
        return image_server(reference, image, path, architecture).path
    except ImageError as error:
        raise ImageError(f"the host {reference} cannot be used: {error}") from None
