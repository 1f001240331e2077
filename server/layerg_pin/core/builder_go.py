"""Which Go release builds the plugin, in each place where it is built.

Since Go 1.21, GOTOOLCHAIN and the `go` and `toolchain` lines can make the installed Go run another release. The
official images set GOTOOLCHAIN=local. Source: https://go.dev/doc/toolchain; Go: cmd/go/internal/toolchain/select.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from layerg_pin.core.builder import BuildSource, ImageKind
from layerg_pin.core.building import Builder, builders_of, commands_of, facts_of_image, host_identity, local_builder
from layerg_pin.core.manifest import Snapshot
from layerg_pin.core.text import Span
from layerg_pin.core.versions import parse_go_release

_FIRST_TO_SWITCH = (1, 21)
_NAMED = r"go(1\.\d+(?:\.\d+)?(?:(?:rc|beta)\d+)?)"


class BuilderGo(NamedTuple):
    """The Go release of a place where the plugin is built."""

    release: str | None
    """As `1.23.4`, `1.23` or `1`; None where it is not known."""
    installed: str | None = None
    """The release there that may switch to the other, likewise."""
    builder: Builder | None = None
    """The image; None for a command outside of images, and for this machine."""
    choice: str | None = None
    """GOTOOLCHAIN; empty or None where it is not known."""

    @property
    def stays(self) -> bool:
        """Whether no line of go.mod or go.work can make another release build."""
        return bool(self.choice) and "auto" not in (self.choice or "") and "path" not in (self.choice or "")

    @property
    def switches(self) -> bool:
        """Whether a line of go.mod or go.work makes another release build than the installed one."""
        return self.release is not None and self.installed is not None and self.release != self.installed


def builder_releases(snapshot: Snapshot) -> Iterator[BuilderGo]:
    """The Go release of each place where the plugin is built, each once."""
    local = local_builder(snapshot)
    if local:
        commands = [command for _, command in commands_of(snapshot)]
        own = local.release.removeprefix("go")
        own = own if parse_go_release(own) else ""
        for command in commands:
            choice = command.environment.get("GOTOOLCHAIN")
            yield _chosen(snapshot, command.go or own, choice.value if choice else local.toolchain, None)
        if not commands:
            yield _chosen(snapshot, own, local.toolchain, None)
        return
    for builder in builders_of(snapshot):
        yield of_builder(snapshot, builder)


def of_builder(snapshot: Snapshot, builder: Builder) -> BuilderGo:
    """The Go release that builds in an image."""
    own = builder.command.go if builder.command and builder.command.go else _installed(snapshot, builder)
    choice = builder.environment.get("GOTOOLCHAIN")
    official = builder.image.kind is not ImageKind.OTHER
    if choice or official:
        return _chosen(snapshot, own, choice.value if choice else "local", builder)
    if not wanted_release(snapshot) or not own:
        return _chosen(snapshot, own, "local", builder)._replace(choice="")
    found = _chosen(snapshot, own, "auto", builder)._replace(choice="")
    return found._replace(release=None) if found.switches else found  # it is not known whether it may switch


def _chosen(snapshot: Snapshot, own: str | None, choice: str | None, builder: Builder | None) -> BuilderGo:
    return BuilderGo(chosen_release(snapshot, own, choice), own or None, builder, choice)


def runs_toolchain(snapshot: Snapshot) -> bool | None:
    """Whether the release that the `go` and `toolchain` lines ask for builds the plugin; None where it is not known."""
    places = list(builder_releases(snapshot))
    if any(each.switches and each.choice for each in places):
        return True
    known = all(each.stays or (each.release and not each.switches) for each in places)
    is_stated = local_builder(snapshot) is None  # else the host's Go, which the plugin needs, may switch all the same
    return False if places and known and is_stated else None


def chosen_release(snapshot: Snapshot, own: str | None, choice: str | None) -> str | None:
    """The release that builds the plugin where `own` is installed and GOTOOLCHAIN is `choice`; None: not known."""
    if own and (mine := parse_go_release(own)) and own.count(".") and mine.release[:2] < _FIRST_TO_SWITCH:
        return own
    if choice is None:
        return None
    name, _, mode = (choice or ("local" if own else "")).partition("+")
    if name in ("auto", "path"):
        name, mode = "local", name
    named = re.fullmatch(_NAMED, name, re.ASCII)
    if name != "local" and not named:
        return None
    release = named[1] if named else own
    wanted = wanted_release(snapshot)
    if not mode or not wanted:
        return release or None
    if not release or not parse_go_release(release):
        return None
    if not _is_above(wanted, release):
        return release
    return wanted if mode == "auto" else None  # `path`: if there is such a program


def wanted_release(snapshot: Snapshot) -> str:
    """The release that the `go` and `toolchain` lines ask for; empty where they do not. go.work replaces go.mod."""
    file = snapshot.workspace.work if snapshot.workspace else snapshot.gomod
    go = file.go.text if file.go and parse_go_release(file.go.text) else ""
    if re.fullmatch(r"1\.(?:2[1-9]|[3-9]\d)", go, re.ASCII):  # the first release of that minor
        go = f"{go}.0"
    toolchain = file.toolchain.text if file.toolchain else ""
    named = re.match(_NAMED, toolchain, re.ASCII)
    above = named and (not go or _is_above(named[1], go))
    return named[1] if named and above else go


def _is_above(left: str, right: str) -> bool:
    """Whether a release is newer than another; a minor means its newest patch release."""
    one, other = parse_go_release(left), parse_go_release(right)
    if one is None or other is None:
        return False
    return one.release[:2] > other.release[:2] if right.count(".") < 2 else one > other


def _installed(snapshot: Snapshot, builder: Builder) -> str | None:
    """The release of the Go in an image; None where it is not known."""
    image = builder.image
    if image.kind is ImageKind.PLUGINBUILDER:
        facts = facts_of_image(image)
        return facts.builder_go if facts and facts.builder_go else described_go(snapshot, builder) or None
    return image.go


def described_go(snapshot: Snapshot, builder: Builder) -> str:
    """The Go of the plugin builder that the host's own source describes, for an image of the host's release."""
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
    """As `GOTOOLCHAIN=go1.23.4` or `go1.23.4 build`."""
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
