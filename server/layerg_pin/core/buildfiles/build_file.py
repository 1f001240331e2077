"""What builds a plugin: images and `go build -buildmode=plugin` commands, as build files name them.

Source: https://hub.docker.com/_/golang for the tags of the golang image.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from layerg_pin.core.known.images import KnownImage, Release, known_image, release_of
from layerg_pin.core.text import LineIndex, Problem, Span

_GO_TAG = r"v?(\d+(?:\.\d+){0,2}(?:(?:rc|beta)\d+)?)(?:-|\Z)"
_OTHER_GO_IMAGES = r"(?:\A|/)(?:cimg/go|devcontainers/go|go-toolset|goreleaser-cross)\Z"
"""Images of Go that are not called golang. Sources: https://circleci.com/developer/images/image/cimg/go,
https://catalog.redhat.com (ubi9/go-toolset), https://github.com/goreleaser/goreleaser-cross,
https://github.com/devcontainers/images."""
_UPDATE = r"^[^#\n]*\bgo[\"',\s]+(?:mod[\"',\s]+(?:tidy|vendor)\b|get\b)"
_EXACT = r"\d+\.\d+\.\d+|\d+\.\d+(?:rc|beta)\d+"

BUILD_PLATFORM = "$BUILDPLATFORM"
"""The platform of a stage that is built for the machine that builds, whichever that is."""


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
    """As `linux/amd64`, where the file says so; `$BUILDPLATFORM` for the platform of the machine that builds."""

    @property
    def known(self) -> KnownImage | None:
        """Which image of a known host it is."""
        return known_image(self.name)

    @property
    def release(self) -> Release | None:
        """The release of a known host that the tag names; None where it names none, or only a digest is given."""
        if self.tag is None or (self.digest and not self.tag):
            return None
        return release_of(self.tag)

    @property
    def go(self) -> str | None:
        """The Go release or line that the tag of an image of Go begins with: `1.23.4`, `1.23`, `1`; None without one.

        Images of Go are the official one, and a few others whose tags name the Go release.
        """
        known = self.kind is ImageKind.GOLANG or re.search(_OTHER_GO_IMAGES, self.name)
        match = re.match(_GO_TAG, self.tag, re.ASCII) if known and self.tag else None
        return match[1] if match else None

    @property
    def floating(self) -> bool:
        """Whether what the tag of a golang image stands for changes with each release."""
        if self.kind is not ImageKind.GOLANG or self.tag is None or self.digest:
            return False
        return self.go is None or re.fullmatch(_EXACT, self.go, re.ASCII) is None


class Assignment(NamedTuple):
    """A variable of the environment of a build; `value` is None where it is not known."""

    name: str
    value: str | None
    span: Span


class BuildCommand(NamedTuple):
    """A `go build` or `go install`, with the flags of its line and of GOFLAGS.

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
    """What the file sets for it of the variables that decide whether a host accepts what is built."""
    image: BuildImage | None
    """In which it runs; None for the machine on which the file's commands run."""
    mode: str | None = "plugin"
    """The value of -buildmode; empty without one, None where it is not known."""
    packages: tuple[str, ...] | None = ()
    """The package arguments; empty without one, which means the current folder; None where they are not known."""
    output: str | None = ""
    """The value of -o; empty without one, None where it is not known."""
    folder: str | None = None
    """The working folder, as WORKDIR and `cd` set it; None where the file sets none."""
    go: str = ""
    """The Go release that the command itself names: `1.21.3` of `go1.21.3 build`; empty for plain `go`."""
    flags: Mapping[str, str | None] = MappingProxyType({})
    """All flags by name, without the dash; a value of None is not known."""


class Delegate(NamedTuple):
    """A command in an image that runs make, a script or a task runner, which may build the plugin."""

    span: Span
    program: str
    """`make`, or the path of a script; another name for a task runner whose files are not read."""
    arguments: tuple[str, ...]
    image: BuildImage
    """In which it runs; its name is empty where the image is not known."""
    environment: Mapping[str, Assignment]
    """As for a build command."""
    folder: str | None = None
    """The working folder, as for a build command."""
    is_read: bool = False
    """Whether the file that it runs was found, and the builds of plugins in it are known."""


class StageCopy(NamedTuple):
    """A `COPY --from=STAGE SOURCE… TARGET`."""

    stage: str
    """In lower case."""
    sources: tuple[str, ...]


class BuildStage(NamedTuple):
    """A stage of a Dockerfile."""

    name: str
    """In lower case; empty without one."""
    start: int
    """The offset of what follows its FROM."""
    image: BuildImage | None
    """The image that it starts from, those of other kinds included, also by way of another stage."""
    copies: tuple[StageCopy, ...] = ()
    root: str | None = None
    """The folder that `COPY . TARGET` fills with the build context; None without one."""
    entry: tuple[str, ...] = ()
    """The words of ENTRYPOINT and CMD."""
    environment: Mapping[str, Assignment] = MappingProxyType({})
    """What it sets, at its end, of the variables that decide whether a host accepts what is built."""


class BuildStep(NamedTuple):
    """A command that changes the versions of modules, or the settings of Go, for the builds that follow it."""

    span: Span
    text: str
    """The command as it is run, shortened."""
    modules: tuple[tuple[str, str], ...] = ()
    """For `go get`: the path and the version of each argument, the version empty where none is given."""
    sources: tuple[str, ...] = ()
    """Of a file that is copied onto go.mod, go.sum or vendor: paths that are harmless if they are the plugin's own."""
    folder: str | None = None
    """The folder of the file that is written; None where it is not known."""
    calls: tuple[str, ...] = ()
    """`make` and its targets, or the path of a script: whose own steps are then this step's."""


class Drift(NamedTuple):
    """A step that comes before a build of a plugin, in the same stage, recipe or script."""

    step: BuildStep
    build: Span
    """Of the first build that follows."""


class ImageBuild(NamedTuple):
    """How a compose file or a command builds an image."""

    dockerfile: str
    """Relative to the folder of the file."""
    context: str
    """The folder that is built, likewise."""
    arguments: Mapping[str, str | None]
    """What it sets for ARG; None where a value is not known."""
    platform: str | None = None


class BuildFile(NamedTuple):
    """What a file says of how plugins and programs are built; `commands` are the builds of plugins."""

    images: tuple[BuildImage, ...] = ()
    """Of Go, of pluginbuilders and of hosts, in the order of the text."""
    commands: tuple[BuildCommand, ...] = ()
    dockerfiles: tuple[str, ...] = ()
    """The Dockerfiles that a compose file or a command names, relative to its folder."""
    programs: tuple[BuildCommand, ...] = ()
    """The builds of programs, which are no plugins."""
    stages: tuple[BuildStage, ...] = ()
    """Of a Dockerfile, in the order of the text."""
    drifts: tuple[Drift, ...] = ()
    builds: tuple[ImageBuild, ...] = ()
    """How images are built from Dockerfiles, where more is said of it than their names."""
    steps: Mapping[str, tuple[BuildStep, ...]] = MappingProxyType({})
    """What running the file leaves behind: by target of a Makefile (the first also as ""); of a script as ""."""
    unread: Problem | None = None
    """Why the file was not read, or not to its end, and from where on."""
    contexts: tuple[str, ...] = ()
    """Of a Dockerfile: the absolute folders that images are built from with it, as far as other files say so."""
    delegates: tuple[Delegate, ...] = ()
    """The commands in images that may build the plugin by way of another file."""

    @property
    def builders(self) -> tuple[BuildImage, ...]:
        """The images that plugins are built in: those of the commands, and pluginbuilders, which do nothing else."""
        kinds = (ImageKind.GOLANG, ImageKind.PLUGINBUILDER)
        used = {command.image for command in self.commands} | {each.image for each in self.delegates}
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

    @cached_property
    def updates_gomod(self) -> bool:
        """Whether a command of the file updates go.mod and go.sum."""
        return re.search(_UPDATE, self.index.text, re.MULTILINE) is not None
