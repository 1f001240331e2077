"""Determine the C library of container images from their names and tags.

Sources: https://hub.docker.com/_/golang, and the changes of the default Debian release in
docker-library/official-images (pull requests 10739, 14857 and 19675); the distributions' package lists for the
versions of glibc.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from layerg_pin.core.buildfiles.build_file import BuildImage, ImageKind
from layerg_pin.core.gomod.versions import parse_go_release

DEBIAN = {"buster": "2.28", "bullseye": "2.31", "bookworm": "2.36", "trixie": "2.41"}
"""The version of glibc in each Debian release (https://packages.debian.org, package libc6)."""
UBUNTU = {"bionic": "2.27", "focal": "2.31", "jammy": "2.35", "noble": "2.39"}
"""The version of glibc in each Ubuntu release (https://launchpad.net/ubuntu/+source/glibc)."""
CODE_NAMES = {
    "debian": {"10": "buster", "11": "bullseye", "12": "bookworm", "13": "trixie"},
    "ubuntu": {"18.04": "bionic", "20.04": "focal", "22.04": "jammy", "24.04": "noble"},
}
"""The code names of releases, by distribution and number."""
_DEFAULTS = (
    # The Debian release of golang image tags that name no distribution, by range of Go releases. Releases between two
    # lines were published on one Debian release and may have been rebuilt on the next.
    ("1.13", "1.16.6", "buster"),
    ("1.17", "1.19.9", "bullseye"),
    ("1.19.10", "1.19.13", "bookworm"),
    ("1.20", "1.20.4", "bullseye"),
    ("1.20.5", "1.23.11", "bookworm"),
    ("1.24", "1.24.5", "bookworm"),
    ("1.24.6", "1.27.99", "trixie"),
)
_LAST = {"1.13": 15, "1.14": 15, "1.15": 15, "1.17": 13, "1.18": 10, "1.19": 13, "1.20": 14, "1.21": 13, "1.22": 12}
"""The last patch release of unsupported minor releases, which a tag such as `golang:1.22` now means."""
_NEVER_MOVED = ("1.24", "1.25", "1.26", "1.27")
"""Minor releases whose newest patch release is on the last line of `_DEFAULTS`."""
_GLIBC = DEBIAN | UBUNTU
"""The version of glibc in each release, by code name."""
_ENTERPRISE = {"7": "2.17", "8": "2.28", "9": "2.34", "10": "2.39"}
"""Red Hat Enterprise Linux and its rebuilds: https://docs.redhat.com, package glibc."""
_ENTERPRISE_NAMES = ("rockylinux", "almalinux", "centos", "ubi", "ubi-minimal", "ubi-micro", "ubi7", "ubi8", "ubi9")
_AMAZON = {"2": "2.26", "2023": "2.34"}
"""https://docs.aws.amazon.com/linux, package glibc."""


class CLibrary(NamedTuple):
    """The C library of an image."""

    kind: str
    """`glibc` or `musl`."""
    version: str = ""
    """For example `2.36`; empty if unknown."""
    distribution: str = ""
    """For example `bookworm` or `Alpine`; empty if unknown."""

    def __str__(self) -> str:
        of = f" ({self.distribution})" if self.distribution else ""
        return f"{self.kind} {self.version}".strip() + of


def library_of_debian(name: str) -> CLibrary | None:
    """The C library of a Debian release, given by code name."""
    return CLibrary("glibc", DEBIAN[name], name) if name in DEBIAN else None


@lru_cache(maxsize=256)
def builder_c_library(name: str, tag: str) -> CLibrary | None:
    """The C library of an image that builds plugins (golang, Debian, Ubuntu or Alpine); None if unknown.

    Unlike `runtime_c_library`, it resolves golang tags without a distribution, and names the distribution.
    """
    last = name.rpartition("/")[2].lower()
    if last == "alpine" or (last == "golang" and re.search(r"(?:\A|-)alpine", tag)):
        return CLibrary("musl", "", "Alpine")
    named = next((each for each in DEBIAN if re.search(rf"(?:\A|-){each}(?:-|\Z)", tag)), None)
    if named and last in ("golang", "debian", "buildpack-deps"):
        return library_of_debian(named)
    if last == "golang":
        return _default(tag)
    base = tag.partition("-")[0]
    if last == "debian":
        return library_of_debian(CODE_NAMES[last].get(base.partition(".")[0], ""))
    codename = CODE_NAMES["ubuntu"].get(base, base) if last == "ubuntu" else ""
    return CLibrary("glibc", UBUNTU[codename], f"ubuntu {base}") if codename in UBUNTU else None


def debian_of(version: str) -> str:
    """The Debian release with a version of glibc; empty if there is none."""
    return next((name for name, each in DEBIAN.items() if each == version), "")


def needs_newer(builder: str, server: str) -> bool:
    """Whether every plugin linked against the builder's glibc needs a newer glibc than the server's.

    Go's runtime/cgo calls thread functions that got new symbol versions in glibc 2.32 and 2.34 (measured:
    `pthread_sigmask@GLIBC_2.32` and `pthread_create@GLIBC_2.34` in a plugin without C code of its own).
    """
    theirs = as_numbers(server)
    return any(as_numbers(builder) >= each > theirs for each in ((2, 32), (2, 34)))


def as_numbers(version: str) -> tuple[int, ...]:
    """A version of glibc as comparable numbers."""
    return tuple(int(each) for each in version.split(".") if each.isdecimal())


def _default(tag: str) -> CLibrary | None:
    match = re.fullmatch(r"(\d+\.\d+)((?:\.\d+)?)", tag, re.ASCII)
    if match is None:
        return None
    minor, patch = match.groups()
    if not patch and minor in _NEVER_MOVED:
        return library_of_debian(_DEFAULTS[-1][2])
    if not patch and minor not in _LAST:
        return None
    release = parse_go_release(tag if patch else f"{minor}.{_LAST[minor]}")
    for first, last, name in _DEFAULTS:
        low, high = parse_go_release(f"{first}.0" if first.count(".") == 1 else first), parse_go_release(last)
        if release and low and high and low <= release <= high:
            return library_of_debian(name)
    return None


def runtime_c_library(image: BuildImage) -> tuple[str, str]:
    """The C library of a server image: `glibc` or `musl`, and the version of glibc; each is empty if unknown."""
    parts = image.name.lower().split("/")
    name, tag = parts[-1], (image.tag or "").lower()
    if name == "alpine" or re.search(r"(?:\A|-)alpine", tag):
        return "musl", ""
    if image.tag is None:
        return "", ""
    if "distroless" in parts:
        # https://github.com/GoogleContainerTools/distroless: `static` has no C library
        release = re.fullmatch(r"(?:base|base-nossl|cc|java\d*|python3|nodejs\d*)-debian(\d+)", name)
        named = CODE_NAMES["debian"].get(release[1]) if release else None
        return ("glibc", _GLIBC[named]) if named else ("", "")
    codename = next((each for each in re.split(r"[-.]", tag) if each in _GLIBC), None)
    if codename is None and name in CODE_NAMES:
        number = re.match(r"\d+\.\d+|\d+", tag) if name == "ubuntu" else re.match(r"\d+", tag)
        codename = CODE_NAMES[name].get(number[0]) if number else None
    if codename and (name in CODE_NAMES or image.kind is not ImageKind.OTHER or name == "buildpack-deps"):
        return "glibc", _GLIBC[codename]
    if name in CODE_NAMES or image.kind is ImageKind.GOLANG:
        return "glibc", ""  # a floating tag, such as `stable-slim`
    if name in _ENTERPRISE_NAMES:
        number = re.search(r"\d+", f"{name.removeprefix('ubi')} {tag}" if name.startswith("ubi") else tag)
        return "glibc", _ENTERPRISE.get(number[0], "") if number else ""
    if name == "amazonlinux":
        return "glibc", _AMAZON.get(re.split(r"[.-]", tag)[0], "")
    return ("glibc", "") if name in ("fedora", "wolfi-base", "opensuse", "photon") else ("", "")
