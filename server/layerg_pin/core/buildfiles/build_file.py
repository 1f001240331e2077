"""The parsed contents of build files: images, stages, and commands that build plugins and programs.

Source: https://hub.docker.com/_/golang for the tags of the golang image.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from layerg_pin.core.known.images import KnownImage, Release, known_image, release_of
from layerg_pin.core.text import LineIndex, Problem, Span

_GO_TAG = r"v?(\d+(?:\.\d+){0,2}(?:(?:rc|beta)\d+)?)(?:-|\Z)"
_OTHER_GO_IMAGES = r"(?:\A|/)(?:cimg/go|devcontainers/go|go-toolset|goreleaser-cross|actions/setup-go)\Z"
"""Images with Go that are not called golang, and the action that installs Go. Sources:
https://circleci.com/developer/images/image/cimg/go, https://catalog.redhat.com (ubi9/go-toolset),
https://github.com/goreleaser/goreleaser-cross, https://github.com/devcontainers/images,
https://github.com/actions/setup-go.
"""
_UPDATE = r"^[^#\n]*\bgo[\"',\s]+(?:mod[\"',\s]+(?:tidy|vendor)\b|get\b)"
_EXACT = r"\d+\.\d+\.\d+|\d+\.\d+(?:rc|beta)\d+"

BUILD_PLATFORM = "$BUILDPLATFORM"
"""The platform of a stage that runs on the build machine, whatever that is."""


LIBRARY_MODES = ("c-shared", "c-archive", "shared", "archive")
"""The values of -buildmode that build neither a plugin nor a program (Go: `go help buildmode`)."""


class ImageKind(StrEnum):
    """The kind of an image."""

    GOLANG = "golang"
    """The official image of a Go release, or one that a host's publisher derives from it and tags in the same way."""
    PLUGINBUILDER = "pluginbuilder"
    """A host's own image for building its plugins."""
    SERVER = "server"
    """A host's server."""
    OTHER = "other"


class CommentForm(StrEnum):
    """What a format takes for a comment."""

    HASH = "#"
    """`#` at the start of a word, to the end of the line: YAML, Makefiles, shell, PowerShell."""
    HASH_LINE = "# line"
    """`#` at the start of a line, as in a Dockerfile, where it is otherwise a part of the instruction."""
    HASH_OR_SLASHES = "# //"
    """HCL."""
    SLASHES = "//"
    """JSON with comments."""
    REM = "rem"
    """`rem` or `::` at the start of a command: batch files."""


class BuildImage(NamedTuple):
    """A reference to an image."""

    kind: ImageKind
    name: str
    tag: str | None
    """Empty for no tag, which means `latest`; None if unknown."""
    digest: str
    span: Span
    """Of the tag, or of the whole reference if it has no tag."""
    platform: str | None = None
    """For example `linux/amd64`, if the file sets it; `$BUILDPLATFORM` for the platform of the build machine."""

    @property
    def known(self) -> KnownImage | None:
        """The image of a known host that this reference names, or None."""
        return known_image(self.name)

    @property
    def release(self) -> Release | None:
        """The release of a known host in the tag; None if there is none, or only a digest."""
        if self.tag is None or (self.digest and not self.tag):
            return None
        return release_of(self.tag)

    @property
    def go(self) -> str | None:
        """The Go release or line at the start of the tag: `1.23.4`, `1.23`, `1`; None if there is none.

        It applies to the official golang image, and to a few others whose tags start with the Go release.
        """
        known = self.kind is ImageKind.GOLANG or re.search(_OTHER_GO_IMAGES, self.name)
        match = re.match(_GO_TAG, self.tag, re.ASCII) if known and self.tag else None
        return match[1] if match else None

    @property
    def floating(self) -> bool:
        """Whether the meaning of a golang image's tag changes with later releases."""
        if self.kind is not ImageKind.GOLANG or self.tag is None or self.digest:
            return False
        return self.go is None or re.fullmatch(_EXACT, self.go, re.ASCII) is None


class Assignment(NamedTuple):
    """An environment variable of a build; `value` is None if unknown."""

    name: str
    value: str | None
    span: Span


class BuildCommand(NamedTuple):
    """A `go build` or `go install`, with the flags of its line and of GOFLAGS.

    A flag is None if its value is unknown, or if an unknown variable of the line may contain it.
    """

    span: Span
    trimpath: bool | None
    race: bool | None
    tags: tuple[str, ...] | None
    gcflags: str | None
    ldflags: str | None
    mod: str | None
    environment: Mapping[str, Assignment]
    """The variables that the file sets and that affect whether a host accepts the plugin."""
    image: BuildImage | None
    """The image in which it runs; None for the machine that runs the file's commands."""
    mode: str | None = "plugin"
    """The value of -buildmode; empty if absent, None if unknown."""
    packages: tuple[str, ...] | None = ()
    """The package arguments; empty for the current folder, None if unknown."""
    output: str | None = ""
    """The value of -o; empty if absent, None if unknown."""
    folder: str | None = None
    """The working folder set by WORKDIR or `cd`; None if the file sets none."""
    go: str = ""
    """The Go release in the command's name: `1.21.3` for `go1.21.3 build`; empty for plain `go`."""
    flags: Mapping[str, str | None] = MappingProxyType({})
    """All flags by name, without the dash; None for an unknown value."""
    is_folder_sure: bool = True
    """Whether `folder` is certainly the working folder: no `cd` to an unknown folder, and none that perhaps does not
    run, precedes it.
    """


class Delegate(NamedTuple):
    """A command in an image that runs make, a script or a task runner, which may build the plugin."""

    span: Span
    program: str
    """`make`, the path of a script, or the name of a task runner whose files are not parsed."""
    arguments: tuple[str, ...]
    image: BuildImage
    """The image in which it runs; its name is empty if it is unknown."""
    environment: Mapping[str, Assignment]
    """As in BuildCommand."""
    folder: str | None = None
    """The working folder, as in BuildCommand."""
    is_read: bool = False
    """Whether the file that it runs was found and its plugin builds are known."""


class StageCopy(NamedTuple):
    """A `COPY --from=STAGE SOURCE… TARGET`."""

    stage: str
    """In lower case."""
    sources: tuple[str, ...]
    target: str = ""


class BuildStage(NamedTuple):
    """A stage of a Dockerfile."""

    name: str
    """In lower case; empty if it has no name."""
    start: int
    """The offset after its FROM."""
    image: BuildImage | None
    """The image that it starts from, possibly through other stages, whatever its kind."""
    copies: tuple[StageCopy, ...] = ()
    sources: tuple[str, ...] = ()
    """What it copies from the build context; `.` for an unknown part of it."""
    copied: tuple[tuple[str, str], ...] = ()
    """The source and the absolute target of what it, or its base, copies; the source is empty if it is unknown."""
    root: str | None = None
    """The folder that `COPY . TARGET` copies the build context to, or None."""
    entry: tuple[str, ...] = ()
    """The words of ENTRYPOINT and CMD."""
    environment: Mapping[str, Assignment] = MappingProxyType({})
    """The variables, at its end, that affect whether a host accepts the plugin."""


class BuildStep(NamedTuple):
    """A command that changes versions of modules, or Go settings, for the builds that follow it."""

    span: Span
    text: str
    """The command, shortened."""
    modules: tuple[tuple[str, str], ...] = ()
    """For `go get`: the path and the version of each argument; the version can be empty."""
    sources: tuple[str, ...] = ()
    """For a copy onto go.mod, go.sum or vendor: the source paths, which are harmless if they are the plugin's own."""
    folder: str | None = None
    """The folder of the file that is written; None if unknown."""
    calls: tuple[str, ...] = ()
    """`make` and its targets, or the path of a script. Their steps then belong to this step."""


class Drift(NamedTuple):
    """A step that precedes a build of a plugin in the same stage, recipe or script."""

    step: BuildStep
    build: Span
    """The span of the first build after the step."""


class ImageBuild(NamedTuple):
    """A build of an image by a compose file or a command."""

    dockerfile: str
    """Relative to the folder of the file."""
    context: str
    """The build context, relative to the folder of the file."""
    arguments: Mapping[str, str | None]
    """The values for ARG; None if unknown."""
    platform: str | None = None


class ComposeRun(NamedTuple):
    """A `docker compose` or `docker buildx bake`, with the variables that the file sets for it."""

    values: Mapping[str, str | None]
    """None for an unknown value."""
    files: tuple[str, ...] = ()
    """The files that it names, relative to the folder of the file; empty for those that it finds."""
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    arguments: Mapping[str, str | None] = MappingProxyType({})
    """Values for ARG in all builds."""
    folder: str | None = None
    """The working folder, as in BuildCommand."""


class BuildFile(NamedTuple):
    """The parsed content of a build file. `commands` are the builds of plugins."""

    images: tuple[BuildImage, ...] = ()
    """Images of Go, of plugin builders and of servers, in file order."""
    commands: tuple[BuildCommand, ...] = ()
    dockerfiles: tuple[str, ...] = ()
    """The Dockerfiles that a compose file or a command names, relative to its folder."""
    programs: tuple[BuildCommand, ...] = ()
    """The builds of programs, and of C libraries, rather than plugins."""
    stages: tuple[BuildStage, ...] = ()
    """The stages of a Dockerfile, in file order."""
    drifts: tuple[Drift, ...] = ()
    builds: tuple[ImageBuild, ...] = ()
    """The builds of images from Dockerfiles."""
    steps: Mapping[str, tuple[BuildStep, ...]] = MappingProxyType({})
    """The steps that running the file performs: by target of a Makefile (the first also as ""), or "" for a script."""
    unread: Problem | None = None
    """The reason and place if the file was not parsed completely."""
    contexts: tuple[str, ...] = ()
    """For a Dockerfile: the absolute build contexts, as far as other files name them."""
    delegates: tuple[Delegate, ...] = ()
    """Commands in images that may build the plugin with another file."""
    composes: tuple[str, ...] = ()
    """The compose files that a devcontainer.json names or a compose file includes, relative to its folder."""
    runs: tuple[ComposeRun, ...] = ()
    mounts: tuple[tuple[BuildImage, str], ...] = ()
    """Servers with the folder, relative to that of the file, that is mounted as their folder of plugins."""
    optional: tuple[BuildImage, ...] = ()
    """Those of the images that run only with a profile of Docker Compose that is not active."""
    uncertainties: tuple[Problem, ...] = ()
    """Unread places that may name or build another image; each message states the fact and how to correct it."""
    comments: CommentForm = CommentForm.HASH
    only_vendors: bool = False
    """Whether nothing in it concerns the plugin but a command that may make the vendor folder."""
    is_ci_or_dev: bool = False
    """Whether it also runs tests, or is a devcontainer: then only its plugin builds concern the plugin."""

    @property
    def builders(self) -> tuple[BuildImage, ...]:
        """The images in which plugins are built: those of the commands, and all plugin builder images, except those
        that tests may use.
        """
        kinds = (ImageKind.GOLANG, ImageKind.PLUGINBUILDER)
        used = {command.image for command in self.commands} | {each.image for each in self.delegates}
        return tuple(
            each
            for each in self.images
            if each.kind in kinds and (each in used or (each.kind is ImageKind.PLUGINBUILDER and not self.is_ci_or_dev))
        )


class BuildSource:
    """A build file at an absolute path with its content. Spans refer to the index's text."""

    def __init__(self, path: str, index: LineIndex, file: BuildFile) -> None:
        self.path = path
        self.index = index
        self.file = file

    @cached_property
    def updates_gomod(self) -> bool:
        """Whether a command of the file updates go.mod and go.sum before the plugin is built."""
        if self.file.only_vendors or (self.file.is_ci_or_dev and not self.file.commands):
            return False
        return re.search(_UPDATE, self.index.text, re.MULTILINE) is not None

    @cached_property
    def makes_vendor(self) -> bool:
        """Whether the file may make a vendor folder: `go mod vendor`, a copy, a mount."""
        return "vendor" in self.index.text and any(map(_mentions_vendor, self.index.text.splitlines()))


def _mentions_vendor(line: str) -> bool:
    """Whether a line has the word `vendor` outside of the flag -mod=vendor, so that it may make the folder."""
    return "vendor" in re.sub(r"-mod[= ]vendor", "", line.partition("#")[0])
