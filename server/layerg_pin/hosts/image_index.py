"""Choose the image of an index by its name, digest or platform.

Sources: the OCI image specification (image-index.md, annotations.md), and Docker's image specification v1.2.
"""

import json
import platform as local_platform
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from layerg_pin.core.buildfiles.platforms import normalized
from layerg_pin.hosts.image_streams import ImageError

DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_MAX_MANIFESTS = 1000
_LISTED = 8
_NAMES = ("org.opencontainers.image.ref.name", "io.containerd.image.name")
_INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
_ATTESTATION = "vnd.docker.reference.type"


class Choice(NamedTuple):
    """A manifest that an index names."""

    digest: str
    platform: str
    """Such as `linux/amd64`; empty if the index does not state it."""
    names: tuple[str, ...]
    is_index: bool


def for_platform(choices: Sequence[Choice], architecture: str) -> tuple[Choice, tuple[str, ...]]:
    """The manifest for linux and an architecture, else for this machine's, else the only one; with the other platforms.

    Raises ImageError if none of that is certain.
    """
    found: dict[str, Choice] = {}
    for each in choices:
        found.setdefault(each.platform, each)
    if not found:
        raise ImageError("its index names no image")
    local = normalized(local_platform.machine())
    wanted = [f"linux/{architecture}"] if architecture else []
    wanted += [local] if local in ("linux/amd64", "linux/arm64") else []
    name = next((each for each in wanted if each in found), next(iter(found)) if len(found) == 1 else "")
    if not name and len(found) != 1:
        raise ImageError(f"it is for {listed(sorted(found))}, and it is not known which the plugin is built for")
    return found[name], tuple(sorted(each for each in found if each != name))


def manifests_of(index: Any) -> Iterator[Choice]:
    """The manifests that an index names, without attestations, which are not images."""
    rows = as_list(index.get("manifests") if isinstance(index, dict) else None)
    if len(rows) > _MAX_MANIFESTS:
        raise ImageError(f"its index names more than {_MAX_MANIFESTS} images")
    for row in rows:
        notes = row.get("annotations") if isinstance(row, dict) else None
        notes = notes if isinstance(notes, dict) else {}
        platform = row.get("platform") if isinstance(row, dict) else None
        stated = platform_of(platform) if isinstance(platform, dict) else ""
        if _ATTESTATION not in notes and stated != "unknown/unknown":
            names = tuple(str(notes[name]) for name in _NAMES if name in notes)
            yield Choice(digest_of(row), stated, names, row.get("mediaType") in _INDEXES)


def platform_of(facts: Mapping[str, Any]) -> str:
    system, architecture = facts.get("os"), facts.get("architecture")
    return normalized(f"{system}/{architecture}") if isinstance(system, str) and isinstance(architecture, str) else ""


def is_docker_manifest(manifest: Any) -> bool:
    rows = as_list(manifest)
    return bool(rows) and all(isinstance(row, dict) and "Config" in row and "Layers" in row for row in rows)


def is_named(name: str, selector: str) -> bool:
    """Whether a name is the selected one: `docker.io/library/a:1` is also `a:1`, and for an OCI tag `1`."""
    return name == selector or name.endswith((f"/{selector}", f":{selector}"))


def image_at(rows: Sequence[Any], selector: str) -> Any:
    """The row with an index, such as `@1`. Raises ImageError."""
    number = selector[1:]
    if not number.isascii() or not number.isdigit() or len(number) > 6 or int(number) >= len(rows):
        raise ImageError(f"it contains no image {selector}: it has {len(rows)}")
    return rows[int(number)]


def digest_of(descriptor: Any) -> str:
    digest = descriptor.get("digest") if isinstance(descriptor, dict) else None
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        raise ImageError("it is damaged: a descriptor has no valid digest")
    return digest


def parse_json(text: bytes, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ImageError(f"it is damaged: {name} is not valid JSON") from None


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def as_texts(value: Any) -> list[str]:
    return [each for each in as_list(value) if isinstance(each, str)]


def listed(names: Sequence[str]) -> str:
    """The first names of a list."""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"{', '.join(names[:_LISTED])}{more}"


def only(names: Sequence[str]) -> str:
    """The end of an error message about an unknown name: the names that exist."""
    return f", only {listed(names)}" if names else ""
