"""Determine the Go release of a build, given the installed release, GOTOOLCHAIN and the lines of go.mod.

Source: https://go.dev/doc/toolchain; Go: cmd/go/internal/toolchain/select.go. Go before 1.21 knows neither GOTOOLCHAIN
nor the `toolchain` line. The official golang images set GOTOOLCHAIN=local since 1.21; elsewhere the default is `auto`.
"""

import re
from typing import NamedTuple

from layerg_pin.core.buildfiles.build_file import BuildImage
from layerg_pin.core.gomod.versions import parse_go_release
from layerg_pin.core.lazy_pattern import LazyPattern
from layerg_pin.core.model.modules import Origin

_CHOICE = LazyPattern(r"(?P<name>local|go1[\w.-]*)?\+?(?P<mode>auto|path)?")
_EXACT = LazyPattern(r"go1\.\d+(?:\.\d+|rc\d+|beta\d+)")
_OLD = LazyPattern(r"go1\.(?:\d|1\d|20)")
"""The first release of a line before Go 1.21, whose name has no patch number."""
_ARCHITECTURES = "amd64|arm32v[567]|arm64v8|i386|mips64le|ppc64le|riscv64|s390x"
_OFFICIAL = LazyPattern(
    rf"(?:.*/)?library/golang|(?:(?:index\.|registry-1\.)?docker\.io/)?(?:(?:{_ARCHITECTURES})/)?golang"
)


class GoLines(NamedTuple):
    """The `go` and `toolchain` lines of the go.mod or go.work that applies to a build; each may be empty."""

    go: str = ""
    toolchain: str = ""
    go_origin: Origin | None = None
    toolchain_origin: Origin | None = None


class GoChoice(NamedTuple):
    """A Go release; both fields are empty if it is unknown."""

    release: str = ""
    """The exact release, such as `go1.23.4`."""
    minor: str = ""
    """The minor release, such as `1.23`, if the patch release is unknown."""
    origin: Origin | None = None
    """The line of go.mod that selects it; None if the image or GOTOOLCHAIN does."""


_UNKNOWN = GoChoice()
_OLDEST = GoChoice("go1.20")
"""Older than all releases that the lines can select."""


def is_official(image: BuildImage) -> bool:
    """Whether an image is the official golang image or a mirror of it."""
    return _OFFICIAL.fullmatch(image.name) is not None


def chosen_go(installed: GoChoice, choice: str | None, lines: GoLines) -> GoChoice:
    """The Go that builds if `installed` is present and GOTOOLCHAIN is `choice`.

    A `choice` of None is unknown; an empty one means the default, `auto`.
    """
    version = parse_go_release(installed.release or installed.minor)
    if version and version.release[:2] < (1, 21):
        return installed
    match = None if choice is None else _CHOICE.fullmatch(choice or "auto")
    if match is None:
        return _UNKNOWN
    name = match["name"] or "local"
    least = installed if name == "local" else _named(name)
    return _selected(least, lines) if match["mode"] else least


def default_go(installed: GoChoice, lines: GoLines) -> GoChoice:
    """The Go that builds if nothing but the image can set GOTOOLCHAIN. It is known only if `local` and `auto` select
    the same one.
    """
    local = chosen_go(installed, "local", lines)
    return local if local == chosen_go(installed, "auto", lines) else _UNKNOWN


def required_go(lines: GoLines) -> GoChoice:
    """The Go that the lines require, whatever is installed; empty if they require none."""
    found = _selected(_OLDEST, lines)
    return _UNKNOWN if found == _OLDEST else found


def _named(name: str) -> GoChoice:
    """The release that GOTOOLCHAIN names."""
    return GoChoice(name) if _EXACT.fullmatch(name) or _OLD.fullmatch(name) else _UNKNOWN


def _selected(least: GoChoice, lines: GoLines) -> GoChoice:
    """The newest of a release and the releases that the lines require."""
    if least == _UNKNOWN or lines.toolchain == "default":
        return least
    found = least
    if lines.toolchain.startswith("go"):
        found = _newer(found, GoChoice(lines.toolchain, origin=lines.toolchain_origin))
    if lines.go:
        first = f"go{lines.go}.0" if re.fullmatch(r"\d+\.\d+", lines.go) else f"go{lines.go}"
        found = _newer(found, GoChoice(first, origin=lines.go_origin))
    return found


def _newer(one: GoChoice, other: GoChoice) -> GoChoice:
    """The newer of two. If `one` is only a minor release and `other` belongs to it, `one`."""
    left, right = parse_go_release(one.release or one.minor), parse_go_release(other.release)
    if left is None or right is None:
        return one
    if not one.release and left.release[:2] == right.release[:2]:
        return one
    if right <= left:
        return one
    return other if _EXACT.fullmatch(other.release) else _UNKNOWN  # a custom toolchain, such as go1.23.4-acme
