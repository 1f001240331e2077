"""The C library of a container image, by the image's name and tag."""

from __future__ import annotations

import re

from layerg_pin.core.builder import BuildImage, ImageKind

_GLIBC = {
    # https://packages.debian.org/search?keywords=libc6
    "buster": "2.28",
    "bullseye": "2.31",
    "bookworm": "2.36",
    "trixie": "2.41",
    # https://launchpad.net/ubuntu/+source/glibc
    "bionic": "2.27",
    "focal": "2.31",
    "jammy": "2.35",
    "noble": "2.39",
}
"""The version of glibc in each release of Debian and Ubuntu, by code name."""
_NUMBERS = {
    "debian": {"10": "buster", "11": "bullseye", "12": "bookworm", "13": "trixie"},
    "ubuntu": {"18.04": "bionic", "20.04": "focal", "22.04": "jammy", "24.04": "noble"},
}
_ENTERPRISE = {"7": "2.17", "8": "2.28", "9": "2.34", "10": "2.39"}
"""Red Hat Enterprise Linux and what is rebuilt from it: https://docs.redhat.com, package glibc."""
_ENTERPRISE_NAMES = ("rockylinux", "almalinux", "centos", "ubi", "ubi-minimal", "ubi-micro", "ubi7", "ubi8", "ubi9")
_AMAZON = {"2": "2.26", "2023": "2.34"}
"""https://docs.aws.amazon.com/linux, package glibc."""


def c_library(image: BuildImage) -> tuple[str, str]:
    """The C library, `glibc` or `musl`, and the version of glibc; each is empty where it is not known."""
    parts = image.name.lower().split("/")
    name, tag = parts[-1], (image.tag or "").lower()
    if name == "alpine" or re.search(r"(?:\A|-)alpine", tag):
        return "musl", ""
    if image.tag is None:
        return "", ""
    if "distroless" in parts:
        # https://github.com/GoogleContainerTools/distroless: `static` has no C library
        release = re.fullmatch(r"(?:base|base-nossl|cc|java\d*|python3|nodejs\d*)-debian(\d+)", name)
        named = _NUMBERS["debian"].get(release[1]) if release else None
        return ("glibc", _GLIBC[named]) if named else ("", "")
    codename = next((each for each in re.split(r"[-.]", tag) if each in _GLIBC), None)
    if codename is None and name in _NUMBERS:
        number = re.match(r"\d+\.\d+|\d+", tag) if name == "ubuntu" else re.match(r"\d+", tag)
        codename = _NUMBERS[name].get(number[0]) if number else None
    if codename and (name in _NUMBERS or image.kind is not ImageKind.OTHER or name == "buildpack-deps"):
        return "glibc", _GLIBC[codename]
    if name in _NUMBERS or image.kind is ImageKind.GOLANG:
        return "glibc", ""  # a floating tag, such as `stable-slim`
    if name in _ENTERPRISE_NAMES:
        number = re.search(r"\d+", f"{name.removeprefix('ubi')} {tag}" if name.startswith("ubi") else tag)
        return "glibc", _ENTERPRISE.get(number[0], "") if number else ""
    if name == "amazonlinux":
        return "glibc", _AMAZON.get(re.split(r"[.-]", tag)[0], "")
    return ("glibc", "") if name in ("fedora", "wolfi-base", "opensuse", "photon") else ("", "")
