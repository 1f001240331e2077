"""Determine the C library of any container image from its name and tag."""

from __future__ import annotations

import re

from layerg_pin.core.buildfiles.build_file import BuildImage, ImageKind
from layerg_pin.core.buildfiles.distributions import DEBIAN, NUMBERS, UBUNTU

_GLIBC = DEBIAN | UBUNTU
"""The version of glibc in each release, by code name."""
_ENTERPRISE = {"7": "2.17", "8": "2.28", "9": "2.34", "10": "2.39"}
"""Red Hat Enterprise Linux and its rebuilds: https://docs.redhat.com, package glibc."""
_ENTERPRISE_NAMES = ("rockylinux", "almalinux", "centos", "ubi", "ubi-minimal", "ubi-micro", "ubi7", "ubi8", "ubi9")
_AMAZON = {"2": "2.26", "2023": "2.34"}
"""https://docs.aws.amazon.com/linux, package glibc."""


def c_library(image: BuildImage) -> tuple[str, str]:
    """The C library, `glibc` or `musl`, and the version of glibc; each is empty if unknown."""
    parts = image.name.lower().split("/")
    name, tag = parts[-1], (image.tag or "").lower()
    if name == "alpine" or re.search(r"(?:\A|-)alpine", tag):
        return "musl", ""
    if image.tag is None:
        return "", ""
    if "distroless" in parts:
        # https://github.com/GoogleContainerTools/distroless: `static` has no C library
        release = re.fullmatch(r"(?:base|base-nossl|cc|java\d*|python3|nodejs\d*)-debian(\d+)", name)
        named = NUMBERS["debian"].get(release[1]) if release else None
        return ("glibc", _GLIBC[named]) if named else ("", "")
    codename = next((each for each in re.split(r"[-.]", tag) if each in _GLIBC), None)
    if codename is None and name in NUMBERS:
        number = re.match(r"\d+\.\d+|\d+", tag) if name == "ubuntu" else re.match(r"\d+", tag)
        codename = NUMBERS[name].get(number[0]) if number else None
    if codename and (name in NUMBERS or image.kind is not ImageKind.OTHER or name == "buildpack-deps"):
        return "glibc", _GLIBC[codename]
    if name in NUMBERS or image.kind is ImageKind.GOLANG:
        return "glibc", ""  # a floating tag, such as `stable-slim`
    if name in _ENTERPRISE_NAMES:
        number = re.search(r"\d+", f"{name.removeprefix('ubi')} {tag}" if name.startswith("ubi") else tag)
        return "glibc", _ENTERPRISE.get(number[0], "") if number else ""
    if name == "amazonlinux":
        return "glibc", _AMAZON.get(re.split(r"[.-]", tag)[0], "")
    return ("glibc", "") if name in ("fedora", "wolfi-base", "opensuse", "photon") else ("", "")
