"""Write images as Docker and the OCI specification define them, with Python's tarfile."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

Entries = Mapping[str, "bytes | Link | None"]
"""By path: the content of an executable, None for a folder, or a link."""
INDEX = "application/vnd.oci.image.index.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True)
class Link:
    """A symlink, or a hard link."""

    target: str
    hard: bool = False


def layer(entries: Entries, kind: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar with these entries, in their order."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=kind) as tar:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.mode = 0o755
            if isinstance(content, Link):
                info.type = tarfile.LNKTYPE if content.hard else tarfile.SYMTYPE
                info.linkname = content.target
            elif content is None:
                info.type = tarfile.DIRTYPE
            else:
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return whole.getvalue()


@dataclass
class Layout:
    """The blobs of an OCI image layout."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: list[dict[str, Any]] = field(default_factory=list)

    def add_blob(self, content: bytes, media: str = "") -> dict[str, Any]:
        """A descriptor of a new blob."""
        digest = hashlib.sha256(content).hexdigest()
        self.blobs[f"blobs/sha256/{digest}"] = content
        return {"mediaType": media, "digest": f"sha256:{digest}", "size": len(content)}

    def image(
        self,
        layers: Sequence[bytes],
        platform: str = "linux/amd64",
        *,
        states_platform: bool = True,
        **config: Any,
    ) -> dict[str, Any]:
        """A descriptor of an image with these layers, as they are stored."""
        system, _, architecture = platform.partition("/")
        facts = {"os": system, "architecture": architecture}
        document = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": self.add_blob(json.dumps({**facts, "config": config}).encode()),
            "layers": [self.add_blob(each) for each in layers],
        }
        descriptor = self.add_blob(json.dumps(document).encode(), _MANIFEST)
        return {**descriptor, "platform": facts} if states_platform else descriptor

    def index(self, *descriptors: dict[str, Any]) -> dict[str, Any]:
        """A descriptor of an index of images for several platforms."""
        document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": descriptors}
        return self.add_blob(json.dumps(document).encode(), INDEX)

    def tag(self, descriptor: dict[str, Any], name: str = "") -> Layout:
        """Add an image to the top index, under a tag if it has one."""
        notes = {"annotations": {"org.opencontainers.image.ref.name": name}} if name else {}
        self.manifests.append({**descriptor, **notes})
        return self

    def files(self) -> dict[str, bytes]:
        """The files of the layout."""
        index = {"schemaVersion": 2, "manifests": self.manifests}
        version = b'{"imageLayoutVersion": "1.0.0"}'
        return {**self.blobs, "index.json": json.dumps(index).encode(), "oci-layout": version}

    def write(self, folder: Path) -> str:
        """Write the layout to a folder; returns its reference."""
        for name, content in self.files().items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return f"oci:{folder}"

    def archive(self, path: Path, pack: Callable[[bytes], bytes] = bytes) -> str:
        """Write the layout to a tar file; returns its reference."""
        path.write_bytes(pack(layer(self.files())))
        return f"oci-archive:{path}"


@lru_cache(maxsize=16)
def packed(content: bytes) -> bytes:
    """A layer that is compressed, in the quickest way."""
    return gzip.compress(content, 1)


def oci(layers: Sequence[bytes], pack: Callable[[bytes], bytes] = packed, **config: Any) -> Layout:
    """A layout of one image; its layers are compressed."""
    layout = Layout()
    return layout.tag(layout.image([pack(each) for each in layers], **config))


def docker_archive(path: Path, images: Mapping[str, tuple[Sequence[bytes], Mapping[str, Any]]]) -> str:
    """Write a tar as `docker save` of Docker before 25 does, which links equal layers; returns its reference."""
    files: dict[str, bytes | Link | None] = {}
    rows, known = [], dict[bytes, str]()
    for number, (name, (layers, facts)) in enumerate(images.items()):
        files[f"{number}.json"] = json.dumps(facts).encode()
        names = []
        for place, content in enumerate(layers):
            member = f"{number}-{place}/layer.tar"
            files[member] = Link(f"../{known[content]}") if content in known else content
            known.setdefault(content, member)
            names.append(member)
        rows.append({"Config": f"{number}.json", "RepoTags": [name] if name else None, "Layers": names})
    files["manifest.json"] = json.dumps(rows).encode()
    path.write_bytes(layer(files))
    return f"docker-archive:{path}"
