"""Parse and compare versions of Go modules and of Go itself.

Sources: golang.org/x/mod/semver and golang.org/x/mod/module; https://go.dev/ref/mod#versions.
"""

import re
from functools import lru_cache
from typing import Any, NamedTuple

from packaging.version import Version

from layerg_pin.core.lazy_pattern import LazyPattern

_INCOMPATIBLE = "+incompatible"
_GO_RELEASE = re.compile(
    r"(?:go)?([1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})(\.(?:0|[1-9][0-9]{0,8}))?((?:alpha|beta|rc)[0-9]{1,8})?"
)
_NUMBER = r"0|[1-9][0-9]{0,999}"
_WORDS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(
    rf"v(?P<major>{_NUMBER})(?:\.(?P<minor>{_NUMBER})(?:\.(?P<patch>{_NUMBER})"
    rf"(?:-(?P<prerelease>{_WORDS}))?(?:\+(?P<build>{_WORDS}))?)?)?"
)
_LEADING_ZERO = LazyPattern(r"(?:^|\.)0[0-9]+(?:\.|$)")


class SemanticVersion(NamedTuple):
    """The parts of a version; `prerelease` and `build` may be empty."""

    major: int
    minor: int
    patch: int
    prerelease: str
    build: str


@lru_cache(maxsize=16384)
def parse_version(text: str) -> SemanticVersion | None:
    """The semantic version after the leading `v`; `v1` and `v1.2` are short for `v1.0.0` and `v1.2.0`.

    Pseudo-versions and `+incompatible` are ordinary versions here. Returns None for anything else.
    Sources: golang.org/x/mod/semver; https://semver.org/#spec-item-9: numbers have no leading zeros.
    """
    match = _VERSION.fullmatch(text)
    if match is None or _LEADING_ZERO.search(match["prerelease"] or ""):
        return None
    major, minor, patch = (int(match[part] or 0) for part in ("major", "minor", "patch"))
    return SemanticVersion(
        major=major, minor=minor, patch=patch, prerelease=match["prerelease"] or "", build=match["build"] or ""
    )


@lru_cache(maxsize=16384)
def canonical_version(text: str) -> str | None:
    """`v1.2` as `v1.2.0`, without build metadata other than `+incompatible`; None for an invalid version.

    Go: golang.org/x/mod/module.CanonicalVersion.
    """
    version = parse_version(text)
    if version is None:
        return None
    prerelease = f"-{version.prerelease}" if version.prerelease else ""
    suffix = _INCOMPATIBLE if version.build == "incompatible" else ""
    return f"v{version.major}.{version.minor}.{version.patch}{prerelease}{suffix}"


def is_higher(left: str, right: str) -> bool:
    """Whether version `left` is above `right` in Go's order, which ignores build metadata.

    An invalid version is below every valid one.
    """
    return version_key(left) > version_key(right)


@lru_cache(maxsize=16384)
def version_key(text: str) -> tuple[Any, ...]:
    """A sort key for versions in Go's order. Invalid versions come first.

    Source: https://semver.org/#spec-item-11: a version without a prerelease is above those with one, numbers are below
    words.
    """
    version = parse_version(text)
    if version is None:
        return ()
    parts = version.prerelease.split(".") if version.prerelease else ()
    prerelease = tuple((0, len(part), part) if part.isdecimal() else (1, 0, part) for part in parts)
    return version.major, version.minor, version.patch, not prerelease, prerelease


@lru_cache(maxsize=16384)
def path_major(path: str) -> str | None:
    """The major version suffix of a module path: `/v2`, `.v2` on gopkg.in, else empty; None for an invalid path.

    Go: golang.org/x/mod/module.SplitPathVersion.
    """
    if path.startswith("gopkg.in/"):
        return _gopkg_major(path)
    head = path.rstrip("0123456789.")
    if len(head) <= 1 or head == path or not head.endswith("/v"):
        return ""
    major = path[len(head) - 2 :]
    invalid = "." in major or len(major) <= 2 or major[2] == "0" or major == "/v1"
    return None if invalid else major


def _gopkg_major(path: str) -> str | None:
    stable = path.removesuffix("-unstable")
    head = stable.rstrip("0123456789")
    if not head.endswith(".v"):
        return None
    major = path[len(head) - 2 :]
    invalid = len(major) <= 2 or (major[2] == "0" and major != ".v0")
    return None if invalid else major


@lru_cache(maxsize=16384)
def major_mismatch(version: str, major: str) -> str | None:
    """The error for a `version` that does not match the suffix `major` of a module path; None if it matches.

    Go: golang.org/x/mod/module.CheckPathMajor.
    """
    if major.startswith(".v"):
        major = major.removesuffix("-unstable")
    if version.startswith("v0.0.0-") and major == ".v1":
        return None
    parsed = parse_version(version)
    actual = f"v{parsed.major}" if parsed else ""
    if not major:
        if actual in ("v0", "v1") or (parsed and parsed.build == "incompatible"):
            return None
        return f'version "{version}" invalid: should be v0 or v1, not {actual}'
    if actual == major[1:]:
        return None
    return f'version "{version}" invalid: should be {major[1:]}, not {actual}'


@lru_cache(maxsize=256)
def parse_go_release(text: str) -> Version | None:
    """A Go language version or release (`1.21`, `1.24rc1`, `go1.23.4`), in Go's order; None for others.

    Since Go 1.21 the language version `1.21` is below all of its releases (Go: internal/gover).
    """
    match = _GO_RELEASE.fullmatch(text)
    if match is None:
        return None
    language = match[3] is None and match[4] is None and (int(match[1]), int(match[2])) >= (1, 21)
    return Version(f"{match[1]}.{match[2]}.dev0" if language else text.removeprefix("go"))


FIRST_GO_REQUIRING_CGO = (1, 22)
"""The first minor release that refuses `CGO_ENABLED=0 go build -buildmode=plugin`.

Measured: 1.18 to 1.21, first and last patch, build such a plugin and load it; 1.22 to 1.27 do not build it.
Source: Go: cmd/go/internal/load/pkg.go, `requires external (cgo) linking, but cgo is not enabled`.
"""


def builds_plugins_without_cgo(go: str) -> bool | None:
    """Whether a Go release or line (`1.21`, `go1.21.13`) builds plugins with CGO_ENABLED=0; None if it is invalid."""
    release = parse_go_release(go)
    return None if release is None else release.release[:2] < FIRST_GO_REQUIRING_CGO


def prunes(go: str | None) -> bool:
    """Whether a go.mod with this `go` line lists everything that its build needs (Go 1.17 and later).

    Source: https://go.dev/ref/mod#graph-pruning.
    """
    release = parse_go_release(go) if go else None
    return release is not None and release.release >= (1, 17)
