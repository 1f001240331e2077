"""What builds a plugin: images and `go build -buildmode=plugin` commands, as build files name them.

Sources: `go help build` and `go help environment` for flags and GOFLAGS; https://hub.docker.com/_/golang for the tags
of the golang image; Nakama's and Layerg's pluginbuilder images, whose entrypoint is go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from layerg_pin.core.shellwords import REFERENCE, Word, split
from layerg_pin.core.text import LineIndex, Span

_REFERENCE = re.compile(r"(?P<name>[^\s:@]+(?::\d+/[^\s:@]+)?)(?::(?P<tag>[\w.-]*))?(?:@(?P<digest>\S+))?")
_GO_TAG = re.compile(r"(\d+(?:\.\d+){0,2}(?:(?:rc|beta)\d+)?)(?:-|\Z)", re.ASCII)
_EXACT = re.compile(r"\d+\.\d+\.\d+|\d+\.\d+(?:rc|beta)\d+", re.ASCII)
_SERVERS = ("nakama", "nakama-dsym", "layerg", "layerg-core", "layerg-server")

ENVIRONMENT = ("CGO_ENABLED", "GOOS", "GOARCH", "GOFLAGS", "GOEXPERIMENT", "GOTOOLCHAIN", "GOWORK")
"""The variables that decide whether a host accepts what is built."""

MAX_VALUE = 10_000
"""In characters: a variable that is longer, say because it is doubled over and over, is not known."""

MAX_NAMES = 1000
"""Of variables; the environment is copied for each stage and command, and no real file has as many."""


class ImageKind(StrEnum):
    """What an image is for."""

    GOLANG = "golang"
    """The official image of a Go release."""
    PLUGINBUILDER = "pluginbuilder"
    """A host's own image for building its plugins."""
    SERVER = "server"
    """A host."""
    OTHER = "other"


class BuildImage(NamedTuple):
    """An image that a file names."""

    kind: ImageKind
    name: str
    tag: str | None
    """Empty without one, which means `latest`; None where it is not known."""
    digest: str
    span: Span
    """Of the tag; of the whole reference where it has none."""
    platform: str | None = None
    """As `linux/amd64`, where the file says so."""

    @property
    def go(self) -> str | None:
        """The Go release or line that a golang image's tag begins with: `1.23.4`, `1.23`, `1`; None without one."""
        match = _GO_TAG.match(self.tag) if self.kind is ImageKind.GOLANG and self.tag else None
        return match[1] if match else None

    @property
    def floating(self) -> bool:
        """Whether what the tag of a golang image stands for changes with each release."""
        if self.kind is not ImageKind.GOLANG or self.tag is None or self.digest:
            return False
        return self.go is None or _EXACT.fullmatch(self.go) is None


class Assignment(NamedTuple):
    """A variable of the environment of a build; `value` is None where it is not known."""

    name: str
    value: str | None
    span: Span


class BuildCommand(NamedTuple):
    """A `go build -buildmode=plugin`, with the flags of its line and of GOFLAGS.

    A flag is None where it is not known: its value is not, or whether it is given at all, by a variable of the line.
    """

    span: Span
    trimpath: bool | None
    race: bool | None
    tags: tuple[str, ...] | None
    gcflags: str | None
    ldflags: str | None
    mod: str | None
    environment: Mapping[str, Assignment]
    """Of ENVIRONMENT, what the file sets for it."""
    image: BuildImage | None
    """In which it runs; None for the machine on which the file's commands run."""


class BuildFile(NamedTuple):
    """What a file says of how plugins are built."""

    images: tuple[BuildImage, ...] = ()
    """Of Go, of pluginbuilders and of hosts, in the order of the text."""
    commands: tuple[BuildCommand, ...] = ()
    dockerfiles: tuple[str, ...] = ()
    """The Dockerfiles that a compose file or a command names, relative to its folder."""

    @property
    def builders(self) -> tuple[BuildImage, ...]:
        """The images that plugins are built in: those of the commands, and pluginbuilders, which do nothing else."""
        kinds = (ImageKind.GOLANG, ImageKind.PLUGINBUILDER)
        used = {command.image for command in self.commands}
        return tuple(
            each
            for each in self.images
            if each.kind in kinds and (each in used or each.kind is ImageKind.PLUGINBUILDER)
        )


class BuildSource:
    """A file at an absolute path, and what it says; spans are of the index's text."""

    def __init__(self, path: str, index: LineIndex, file: BuildFile) -> None:
        self.path = path
        self.index = index
        self.file = file


class Environment:
    """What is set for the commands of a file so far. Only parsers hold one, while they read."""

    def __init__(self) -> None:
        self.values: dict[str, str | None] = {}
        """Of every variable that references can name."""
        self.exported: dict[str, Assignment] = {}

    def copy(self) -> Environment:
        """Another that may be changed."""
        other = Environment()
        other.values, other.exported = dict(self.values), dict(self.exported)
        return other

    def set(self, name: str, word: Word, *, exported: bool) -> None:
        """Set a variable from `NAME=VALUE`, or from VALUE alone."""
        if len(self.values) >= MAX_NAMES and name not in self.values:
            return
        value = word.text.partition("=")[2] if word.text.startswith(f"{name}=") else word.text
        self.values[name] = value if word.known and len(value) <= MAX_VALUE else None
        if exported or name in self.exported:
            self.exported[name] = Assignment(name, self.values[name], word.span)

    def export(self, name: str, span: Span) -> None:
        """Export a variable that is set, or not known."""
        self.exported[name] = Assignment(name, self.values.get(name), span)


def image_of(word: Word, platform: str | None = None) -> BuildImage | None:
    """The image that a word refers to; None where it is none."""
    match = _REFERENCE.fullmatch(word.text)
    if match is None:
        return None
    name, tag, digest = match["name"], match["tag"], match["digest"] or ""
    last = name.rsplit("/", 1)[-1].lower()
    if last == "golang":
        kind = ImageKind.GOLANG
    elif "pluginbuilder" in last or "plugin-builder" in last:
        kind = ImageKind.PLUGINBUILDER
    else:
        kind = ImageKind.SERVER if last in _SERVERS else ImageKind.OTHER
    return BuildImage(kind, name, (tag or "") if word.known else None, digest, word.span, platform)


def with_tag_span(image: BuildImage, text: str) -> BuildImage:
    """The image with the span of its tag as the text has it, where it is written out there."""
    written = text[image.span.start : image.span.end]
    whole = written.strip("\"'")
    start = image.span.start + written.find(whole)
    bare = REFERENCE.sub(lambda match: "x" * len(match[0]), whole).partition("@")[0]
    colon = bare.rfind(":", bare.rfind("/") + 1)
    span = Span(start + colon + 1, start + len(bare)) if colon >= 0 else Span(start, start + len(whole))
    return BuildImage(image.kind, image.name, image.tag, image.digest, span, image.platform)


def build_command(
    words: Sequence[Word], start: int, environment: Environment, image: BuildImage | None
) -> BuildCommand | None:
    """The build of a plugin that a go command is, which begins at `start`; None for another command.

    `words` are its arguments: `build` and what follows.
    Flags end at the first word that is none, as the package flag has it (Go: flag.Parse).
    """
    if not words or words[0].text != "build" or not words[0].known:
        return None
    relevant = {name: each for name, each in environment.exported.items() if name in ENVIRONMENT}
    goflags = relevant.get("GOFLAGS")
    inherited = [Word(each, words[0].span) for each in split(goflags.value or "")] if goflags else []
    if goflags and goflags.value is None:
        inherited = [Word("", words[0].span, known=False)]
    flags = _flags(inherited) | _flags(words[1:])
    if flags.get("buildmode") != "plugin":
        return None
    absent = None if _UNKNOWN in flags else ""
    trimpath, race, tags = (flags.get(name, absent) for name in ("trimpath", "race", "tags"))
    return BuildCommand(
        Span(min(start, words[0].span.start), max(word.span.end for word in words)),
        None if trimpath is None else trimpath in _TRUE,
        None if race is None else race in _TRUE,
        None if tags is None else tuple(tag for tag in re.split(r"[,\s]+", tags) if tag),
        flags.get("gcflags", absent),
        flags.get("ldflags", absent),
        flags.get("mod", absent),
        relevant,
        image,
    )


_TRUE = ("1", "t", "T", "true", "TRUE", "True")
"""Go: strconv.ParseBool."""
_UNKNOWN = ""
"""The name under which words that may stand for any flag are kept."""
_VALUED = frozenset(
    (
        *("C", "asmflags", "buildmode", "compiler", "covermode", "coverpkg", "gccgoflags", "gcflags", "installsuffix"),
        *("ldflags", "mod", "modfile", "o", "overlay", "p", "pgo", "pkgdir", "tags", "toolexec"),
    )
)
"""The flags of `go build` that take a value; the others are on or off."""


def _flags(words: Sequence[Word]) -> dict[str, str | None]:
    """The flags at the start of the words, the last of a name counting, with None for what is not known."""
    flags: dict[str, str | None] = {}
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if not word.text.startswith("-"):
            if word.known:
                break
            flags[_UNKNOWN] = None
            continue
        name, equals, value = word.text.lstrip("-").partition("=")
        known = word.known
        if not equals and name in _VALUED and position < len(words):
            value, known = words[position].text, words[position].known
            position += 1
        flags[name] = None if not known else value if equals or name in _VALUED else "true"
    return flags
