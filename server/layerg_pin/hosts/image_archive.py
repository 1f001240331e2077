"""Open the image that a file or folder contains: its configuration, platform and layers.

Sources: the OCI image specification (image-layout.md, image-index.md, manifest.md, config.md), and Docker's image
specification v1.2 for `manifest.json`.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from io import BytesIO
from typing import Any, NamedTuple

from layerg_pin.hosts.image_index import (
    DIGEST,
    Choice,
    as_list,
    as_texts,
    digest_of,
    for_platform,
    image_at,
    is_docker_manifest,
    is_named,
    listed,
    manifests_of,
    only,
    parse_json,
    platform_of,
)
from layerg_pin.hosts.image_references import ImageReference
from layerg_pin.hosts.image_streams import (
    PIECE,
    Budget,
    ImageError,
    Window,
    open_regular,
    read_exactly,
    unpacked,
)
from layerg_pin.hosts.tar_entries import HARD_LINK, REGULAR, SYMLINK, TarEntry, tar_entries

_MAX_DOCUMENT = 4 << 20
"""In bytes, of a manifest, an index or a configuration."""
_MAX_LAYERS = 200
"""Docker's own limit is 127. In a folder, each layer is an open file."""
_MAX_MEMBERS = 4000
"""Limit on the members of a tar file that may be parts of an image."""
_MAX_KEPT = 8 << 20
"""In bytes, of the manifests and other small members of a compressed tar file."""
_MAX_DEPTH = 4
"""Limit on indexes in indexes."""


class Image(NamedTuple):
    """One image for one platform."""

    platform: str
    """Such as `linux/amd64`; empty if it is not stated."""
    others: tuple[str, ...]
    """The other platforms that the archive has this image for."""
    names: tuple[str, ...]
    digest: str
    """Of its manifest, or of its configuration for a `docker-archive`; empty for a tar of files."""
    config: Mapping[str, Any]
    """Entrypoint, Cmd, Env, Labels, WorkingDir."""
    layers: tuple[Window, ...]
    """From the lowest to the highest, as they are stored."""
    digests: tuple[str, ...]
    """The digest of each layer as it is stored; empty where only that of its content is stated."""
    is_plain_tar: bool = False
    """Whether it is a tar of files without a configuration, from `docker cp` or `docker export`."""


class ImageArchive:
    """An open image file or folder. Close it after use."""

    def __init__(self, image: ImageReference, path: str, budget: Budget) -> None:
        self._image, self._path, self._budget = image, path, budget
        self._files = ExitStack()
        self._members: dict[str, Window] = {}
        self.used: list[str] = []
        """The paths of the files that were read."""

    def __enter__(self) -> "ImageArchive":
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def read(self, architecture: str) -> Image:
        """The image that the reference selects, for linux and this architecture if there are several.

        Without an architecture, or without an image for it, this machine's. Raises ImageError.
        """
        if self._image.transport == "oci" or os.path.isdir(self._path):
            return self._from_layout(architecture)
        entries = self._open_tar()
        kind = self._image.transport
        if "oci-layout" in self._members and "index.json" in self._members and kind != "docker-archive":
            return self._from_layout(architecture)
        if "manifest.json" in self._members and kind != "oci-archive":
            manifest = parse_json(self._read_member("manifest.json"), "manifest.json")
            if kind or is_docker_manifest(manifest):
                return self._from_docker(manifest, architecture)
        if kind:
            missing = "manifest.json" if kind[0] == "d" else "index.json"
            raise ImageError(f"it is not a {kind}: it contains no {missing}")
        if not entries:
            raise ImageError("it is an empty tar")
        return Image(
            platform="",
            others=(),
            names=(),
            digest="",
            config={},
            layers=(self._outer,),
            digests=("",),
            is_plain_tar=True,
        )

    def _open_tar(self) -> int:
        """List a tar file; returns the number of its entries."""
        file = self._opened(self._path)
        content = unpacked(file, self._budget)
        stream = file if content is file else Window(content, 0, 1 << 62, self._budget)
        self._outer = stream
        links: dict[str, TarEntry] = {}
        count, left = 0, 0 if content is file else _MAX_KEPT
        for entry in tar_entries(stream):
            count += 1
            if len(self._members) < _MAX_MEMBERS:  # a tar of files has more; an image's file never has
                name = entry.name.removeprefix("./")
                if entry.kind == REGULAR and entry.size <= left and _is_part(name):
                    left -= entry.size  # kept, because reading it later would unpack the file again
                    body = read_exactly(stream, entry.size)
                    self._members[name] = Window(BytesIO(body), 0, len(body), self._budget)
                elif entry.kind == REGULAR:
                    self._members[name] = Window(stream, entry.offset, entry.size, self._budget)
                elif entry.kind in (SYMLINK, HARD_LINK):
                    links[name] = entry
        for name, entry in links.items():  # Docker before 25 links equal layers
            base = os.path.dirname(name) if entry.kind == SYMLINK else ""
            target = os.path.normpath(os.path.join(base, entry.link)).replace(os.sep, "/")
            if target in self._members:
                self._members[name] = self._members[target]
        return count

    def _opened(self, path: str) -> Window:
        file = self._files.enter_context(open_regular(path))
        self.used.append(path)
        return Window(file, 0, os.fstat(file.fileno()).st_size, self._budget)

    def _from_layout(self, architecture: str) -> Image:
        """The image of an OCI layout."""
        index = parse_json(self._read_member("index.json"), "index.json")
        chosen = list(manifests_of(index))
        selector = self._image.selector
        if selector.startswith("@"):
            chosen = [image_at(chosen, selector)]
        elif self._image.is_digest:
            found = [each for each in chosen if each.digest == selector]
            nested = [each for one in chosen if one.is_index for each in self._leaves(one, 1)]
            chosen = found or [each for each in nested if each.digest == selector]
        elif selector:
            chosen = [each for each in chosen if any(is_named(name, selector) for name in each.names)]
        if not chosen:
            known = sorted({name for each in manifests_of(index) for name in each.names})
            raise ImageError(f"it contains no image {selector}{only(known)}" if selector else "it contains no image")
        names = {each.names for each in chosen}
        if len(names) > 1 and len({each.digest for each in chosen}) > 1:
            tags = sorted({name for each in names for name in each})
            raise ImageError(f"it contains several images: {listed(tags)}; add the tag, as in {self._example(tags)}")
        leaves = [leaf for each in chosen for leaf in self._leaves(each, 0)]
        leaf, others = for_platform(leaves, architecture)
        manifest = self._document(leaf.digest)
        config = self._document(digest_of(manifest.get("config")))
        layers = as_list(manifest.get("layers"))[: _MAX_LAYERS + 1]
        digests = tuple(map(digest_of, layers))
        return self._image_of(leaf.digest, chosen[0].names, others, config, digests, digests)

    def _from_docker(self, manifest: Any, architecture: str) -> Image:
        """The image of `docker save`."""
        rows = [row for row in as_list(manifest) if isinstance(row, dict)]
        tags = sorted({name for row in rows for name in as_texts(row.get("RepoTags"))})
        selector = self._image.selector
        if selector.startswith("@"):
            rows = [image_at(rows, selector)]
        elif self._image.is_digest:
            rows = [row for row in rows if self._config_digest(row) == selector]
        elif selector:
            rows = [row for row in rows if any(is_named(name, selector) for name in as_texts(row.get("RepoTags")))]
        if not rows:
            raise ImageError(f"it contains no image {selector}{only(tags)}" if selector else "it contains no image")
        configs = [(row, parse_json(self._read_member(str(row.get("Config"))), "its configuration")) for row in rows]
        choices = [
            Choice(str(number), platform_of(config), tuple(as_texts(row.get("RepoTags"))), is_index=False)
            for number, (row, config) in enumerate(configs)
        ]
        if len({each.platform for each in choices}) < len(choices):
            raise ImageError(f"it contains several images: {listed(tags)}; add the name, as in {self._example(tags)}")
        choice, others = for_platform(choices, architecture)
        row, config = configs[int(choice.digest)]
        layers = as_texts(row.get("Layers"))
        digests = [f"sha256:{name.removeprefix('blobs/sha256/')}" for name in layers]
        known = tuple(each if DIGEST.fullmatch(each) else "" for each in digests)
        return self._image_of(self._config_digest(row), choice.names, others, config, tuple(layers), known)

    def _config_digest(self, row: Mapping[str, Any]) -> str:
        return f"sha256:{hashlib.sha256(self._read_member(str(row.get('Config')))).hexdigest()}"

    def _image_of(
        self,
        digest: str,
        names: tuple[str, ...],
        others: tuple[str, ...],
        config: Mapping[str, Any],
        layers: Sequence[str],
        digests: tuple[str, ...],
    ) -> Image:
        if len(layers) > _MAX_LAYERS:
            raise ImageError(f"it has more than {_MAX_LAYERS} layers")
        if not layers:
            raise ImageError("it has no layers")
        settings = config.get("config")
        return Image(
            platform=platform_of(config),
            others=others,
            names=names,
            digest=digest,
            config=settings if isinstance(settings, dict) else {},
            layers=tuple(map(self._blob, layers)),
            digests=digests,
        )

    def _leaves(self, choice: Choice, depth: int) -> Iterator[Choice]:
        """The manifests of an index, and of the indexes in it."""
        if not choice.is_index:
            yield choice if choice.platform else choice._replace(platform=self._platform_of(choice.digest))
        elif depth < _MAX_DEPTH:
            for each in manifests_of(self._document(choice.digest)):
                yield from self._leaves(each, depth + 1)

    def _platform_of(self, digest: str) -> str:
        return platform_of(self._document(digest_of(self._document(digest).get("config"))))

    def _document(self, digest: str) -> Mapping[str, Any]:
        """The JSON object in a blob, which must have the digest that it is named by."""
        text = read_exactly(self._blob(digest), _MAX_DOCUMENT + 1)
        algorithm = digest.partition(":")[0]
        if hashlib.new(algorithm, text).hexdigest() != digest.partition(":")[2]:
            raise ImageError(f"it is damaged, or larger than any manifest: {digest} has another digest")
        document = parse_json(text, digest)
        return document if isinstance(document, dict) else {}

    def _blob(self, name: str) -> Window:
        """A blob by its digest, or a member of a tar file by its name."""
        if DIGEST.fullmatch(name):
            name = f"blobs/{name.replace(':', '/')}"
        if not self._is_folder:
            if name in self._members:
                part = self._members[name]
                return Window(part, 0, part.size, self._budget)
            raise ImageError(f"{name} is missing in it: copy or write it again")
        path = os.path.join(self._path, *name.split("/"))
        if not os.path.realpath(path).startswith(os.path.join(os.path.realpath(self._path), "")):
            raise ImageError(f"{name} is a link that leads out of the folder")
        return self._opened(path)

    @property
    def _is_folder(self) -> bool:
        return not hasattr(self, "_outer")

    def _read_member(self, name: str) -> bytes:
        text = read_exactly(self._blob(name), _MAX_DOCUMENT + 1)
        if len(text) > _MAX_DOCUMENT:
            raise ImageError(f"{name} is larger than {_MAX_DOCUMENT >> 20} MiB")
        return text

    def _example(self, names: Sequence[str]) -> str:
        transport = self._image.transport or ("docker-archive" if "manifest.json" in self._members else "oci-archive")
        return f"{transport}:{self._image.location}:{names[0] if names else '@0'}"


def check_layer(layer: Window, digest: str) -> None:
    """Raises ImageError if the stored layer has another digest."""
    if not digest:
        return
    algorithm, _, expected = digest.partition(":")
    found = hashlib.new(algorithm)
    layer.seek(0)
    while piece := layer.read(PIECE):
        found.update(piece)
    if found.hexdigest() != expected:
        raise ImageError(f"it is damaged: the layer {digest[:19]}… has another digest; copy or write it again")


def _is_part(name: str) -> bool:
    """Whether a member of a tar file has the name of a manifest or blob of an image."""
    return name.startswith("blobs/") or name.endswith(".json")
