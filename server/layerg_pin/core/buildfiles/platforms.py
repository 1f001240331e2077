"""Determine the platforms of images and builds, such as `linux/amd64`.

Source: https://github.com/containerd/platforms for equivalent names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from layerg_pin.core.buildfiles.build_file import BUILD_PLATFORM, BuildCommand, BuildImage, BuildSource

_SAME = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "arm64v8": "arm64"}
_IN_NAME = r"(?:\A|[/-])(arm64v8|arm64|amd64|aarch64|x86_64)(?=[/-]|\Z)"


def normalized(platform: str) -> str:
    """A platform as GOOS/GOARCH without its variant: `linux/arm64` for `linux/arm64/v8`."""
    parts = platform.lower().split("/")
    system, architecture = ("linux", parts[0]) if len(parts) == 1 else parts[:2]
    return f"{system}/{_SAME.get(architecture, architecture)}"


def image_platform(image: BuildImage) -> str:
    """The platform of an image from `--platform`, or from the architecture in its name or tag; empty if unknown."""
    if image.platform == BUILD_PLATFORM:
        return ""
    if image.platform:
        return normalized(image.platform)
    if image.known and (image.tag or "").endswith("-arm"):  # Nakama's images before 3.26
        return "linux/arm64"
    match = re.search(_IN_NAME, image.name) or re.search(_IN_NAME, f"-{image.tag or ''}")
    return normalized(match[1]) if match else ""


def build_platform(image: BuildImage | None, command: BuildCommand | None) -> str:
    """The platform of a build from GOOS and GOARCH, else from its image; empty if unknown."""
    built_in = image_platform(image) if image else ""
    if command is None:
        return built_in
    system, architecture = (command.environment.get(name) for name in ("GOOS", "GOARCH"))
    if any(each and not each.value for each in (system, architecture)):
        return ""
    left, _, right = built_in.partition("/")
    parts = (system.value if system else left) or "linux", (architecture.value if architecture else right) or ""
    return "/".join(parts) if parts[1] else ""


def plugin_architecture(sources: Iterable[BuildSource]) -> str:
    """The architecture that build files build plugins for on linux, such as `arm64`; empty if unknown, or if there are
    several.
    """
    found = set()
    for source in sources:
        found |= {build_platform(command.image, command) for command in source.file.commands}
        found |= {image_platform(image) for image in source.file.builders}
    platforms = {each for each in found if each}
    system, _, architecture = platforms.pop().partition("/") if len(platforms) == 1 else ("", "", "")
    return architecture if system == "linux" else ""
