"""The Go release of each build of the plugin.

Since Go 1.21, GOTOOLCHAIN and the `go` and `toolchain` lines can make the installed Go run another release. The
official images set GOTOOLCHAIN=local. Source: https://go.dev/doc/toolchain; Go: cmd/go/internal/toolchain/select.go.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from layerg_pin.core.analysis.plugin_builders import (
    Builder,
    builders_of,
    commands_of,
    facts_of_image,
    host_identity,
    local_builder,
)
from layerg_pin.core.buildfiles.build_file import BuildSource, ImageKind
from layerg_pin.core.buildfiles.go_toolchain import GoChoice, GoLines, chosen_go, default_go, required_go
from layerg_pin.core.gomod.versions import parse_go_release
from layerg_pin.core.model.snapshot import Snapshot
from layerg_pin.core.text import Span

_MINOR = r"1(?:\.\d+)?"
"""A tag that names the newest release of a minor version, or the newest of all."""
_NAMED = r"go(1\.\d+(?:\.\d+)?(?:(?:rc|beta)\d+)?)"


class BuilderGo(NamedTuple):
    """The Go release of one build of the plugin."""

    release: str | None
    """Such as `1.23.4`, `1.23` or `1`; None if unknown."""
    installed: str | None = None
    """The installed release, which may switch to the other; in the same form."""
    builder: Builder | None = None
    """The image; None for a command outside of images, and for this machine."""
    choice: str | None = None
    """GOTOOLCHAIN; None if unknown."""

    @property
    def stays(self) -> bool:
        """Whether no line of go.mod or go.work can select another release."""
        return bool(self.choice) and "auto" not in (self.choice or "") and "path" not in (self.choice or "")

    @property
    def switches(self) -> bool:
        """Whether a line of go.mod or go.work selects a release other than the installed one."""
        return self.release is not None and self.installed is not None and self.release != self.installed


def builder_releases(snapshot: Snapshot) -> Iterator[BuilderGo]:
    """The Go release of each build of the plugin."""
    local = local_builder(snapshot)
    if local:
        commands = [command for _, command in commands_of(snapshot)]
        own = local.release.removeprefix("go")
        own = own if parse_go_release(own) else ""
        for command in commands:
            choice = command.environment.get("GOTOOLCHAIN")
            yield _chosen(snapshot, command.go or own, choice.value if choice else local.toolchain or "local", None)
        if not commands:
            yield _chosen(snapshot, own, local.toolchain or "local", None)
        return
    for builder in builders_of(snapshot):
        yield go_of_builder(snapshot, builder)


def go_of_builder(snapshot: Snapshot, builder: Builder) -> BuilderGo:
    """The Go release of a build in an image."""
    own = builder.command.go if builder.command and builder.command.go else _installed(snapshot, builder)
    choice = builder.environment.get("GOTOOLCHAIN")
    official = builder.image.kind is not ImageKind.OTHER
    if choice or official:
        return _chosen(snapshot, own, choice.value if choice else "local", builder)
    return BuilderGo(_text(default_go(_installed_go(own), _lines(snapshot))), own or None, builder)


def _chosen(snapshot: Snapshot, own: str | None, choice: str | None, builder: Builder | None) -> BuilderGo:
    return BuilderGo(chosen_release(snapshot, own, choice), own or None, builder, choice)


def runs_toolchain(snapshot: Snapshot) -> bool | None:
    """Whether the release that the `go` and `toolchain` lines request builds the plugin; None if unknown."""
    places = list(builder_releases(snapshot))
    if any(each.switches and each.choice for each in places):
        return True
    known = all(each.stays or (each.release and not each.switches) for each in places)
    is_stated = local_builder(snapshot) is None  # else the host's Go, which the plugin needs, may switch all the same
    return False if places and known and is_stated else None


def chosen_release(snapshot: Snapshot, own: str | None, choice: str | None) -> str | None:
    """The release that builds the plugin if `own` is installed and GOTOOLCHAIN is `choice`; None if unknown."""
    installed = _installed_go(own)
    found = chosen_go(installed, choice, _lines(snapshot))
    if choice and choice.endswith("path") and found != chosen_go(installed, choice, GoLines()):
        return None  # the lines choose a program that may not be on PATH
    return _text(found)


def _installed_go(own: str | None) -> GoChoice:
    return GoChoice(minor=own or "") if not own or re.fullmatch(_MINOR, own) else GoChoice(f"go{own}")


def _text(go: GoChoice) -> str | None:
    return go.release.removeprefix("go") or go.minor or None


def wanted_release(snapshot: Snapshot) -> str:
    """The release that the `go` and `toolchain` lines request; empty if they request none."""
    return required_go(_lines(snapshot)).release.removeprefix("go")


def _lines(snapshot: Snapshot) -> GoLines:
    """The lines that can select the Go release; those of go.work replace go.mod's."""
    file = snapshot.workspace.work if snapshot.workspace else snapshot.gomod
    return GoLines(file.go.text if file.go else "", file.toolchain.text if file.toolchain else "")


def _installed(snapshot: Snapshot, builder: Builder) -> str | None:
    """The release of the Go in an image; None if unknown."""
    image = builder.image
    if image.kind is ImageKind.PLUGINBUILDER:
        facts = facts_of_image(image)
        return facts.builder_go if facts and facts.builder_go else described_go(snapshot, builder) or None
    return image.go


def described_go(snapshot: Snapshot, builder: Builder) -> str:
    """The Go of the plugin builder that the host's own source defines, for an image of the host's release."""
    identity, image = host_identity(snapshot), builder.image
    if identity is None or image.known is None or image.known.host is not identity.host:
        return ""
    described = identity.manifest.builder
    same = identity.release is not None and image.release == identity.release
    return described.release.removeprefix("go") if described and same else ""


class Choice(NamedTuple):
    """A place that names the Go release of a build."""

    source: BuildSource
    span: Span
    text: str
    """Such as `GOTOOLCHAIN=go1.23.4` or `go1.23.4 build`."""
    release: str


def choices_of(snapshot: Snapshot) -> Iterator[Choice]:
    """The releases that GOTOOLCHAIN or the command itself names, without those that may switch to another."""
    for source in snapshot.builders:
        runs = [(command.environment, command) for command in source.file.commands]
        others = [(each.environment, None) for each in source.file.delegates]
        for environment, command in (*runs, *others):
            choice = environment.get("GOTOOLCHAIN")
            named = re.fullmatch(_NAMED, choice.value or "", re.ASCII) if choice else None
            if choice and named:
                yield Choice(source, choice.span, f"GOTOOLCHAIN={choice.value}", named[1])
            elif command and command.go:
                yield Choice(source, command.span, f"go{command.go} builds the plugin", command.go)
