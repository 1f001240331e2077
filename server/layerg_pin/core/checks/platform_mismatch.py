"""
# platform-mismatch

The plugin is built for another platform than the host, with another C library, or without cgo.

## Why it breaks

A plugin for another system or processor cannot be loaded: `invalid ELF header`, or `cannot open shared object file`.
A plugin that is linked with Alpine's musl cannot be loaded on Debian, nor the other way round. A plugin that is linked
with a newer glibc may need symbols that the server's glibc does not have: ``version `GLIBC_2.34' not found``.
`go build -buildmode=plugin` needs cgo (`CGO_ENABLED=1` and a C compiler) since Go 1.22.
Up to Go 1.21 a plugin builds without cgo, but the host refuses it if both use `net` or `os/user`, which differ with
cgo.
Go does not support plugins on Windows.

## Example

```
RUN CGO_ENABLED=0 go build -buildmode=plugin -trimpath -o backend.so .
```

## How to fix it

Build for the host's GOOS and GOARCH with `CGO_ENABLED=1`, usually in a container:
`docker run --platform linux/amd64 …`.
Build on the distribution that the server runs on, such as `golang:1.23.4-bookworm` for a server on Debian 12.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.plugin_builders import (
    Builder,
    BuildLocation,
    Server,
    at_image,
    at_origin,
    builders_of,
    commands_of,
    host_build,
    local_builder,
    servers_of,
    short_name,
    tag_fixes,
)
from layerg_pin.core.buildfiles.build_file import BUILD_PLATFORM, BuildCommand, BuildImage, BuildSource
from layerg_pin.core.buildfiles.platforms import build_platform, image_platform
from layerg_pin.core.checks.check import Check
from layerg_pin.core.checks.wording import at_module_line
from layerg_pin.core.finding import NO_FIXES, Finding, Fixes, Related, Severity
from layerg_pin.core.model.host_manifest import HostBuild
from layerg_pin.core.model.snapshot import Snapshot

if TYPE_CHECKING:
    from layerg_pin.core.analysis.c_library_match import CLibraryMismatch
from layerg_pin.core.gomod.versions import builds_plugins_without_cgo

_MAX_RELATED = 10
"""Limit on the related places of a finding."""


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    build = host_build(snapshot)
    for source, command in commands_of(snapshot):
        for place, message in _of_command(BuildLocation(source, command.span), command, build):
            yield Finding(
                code=CHECK.code,
                severity=Severity.ERROR,
                message=message,
                path=place.source.path,
                span=place.span,
                related=at_origin(build, "goarch"),
            )
        cgo = command.environment.get("CGO_ENABLED")
        if cgo and cgo.value == "0":
            severity, message = _without_cgo(analysis, command, build)
            yield Finding(code=CHECK.code, severity=severity, message=message, path=source.path, span=cgo.span)
    servers = [(each, platform) for each in servers_of(snapshot) if (platform := image_platform(each.image))]
    seen = set()
    for builder in builders_of(snapshot):
        found = _of_image(builder, build) or _beside_servers(builder, servers)
        if found and (found.path, found.span) not in seen:
            seen.add((found.path, found.span))
            yield found
    for mismatch in _c_library_mismatches(snapshot):
        image, source = mismatch.builder.image, mismatch.builder.source
        fixes = Fixes(partial(tag_fixes, source, image, mismatch.tag)) if mismatch.tag else NO_FIXES
        severity = Severity.ERROR if mismatch.certain else Severity.WARNING
        yield Finding(
            code=CHECK.code,
            severity=severity,
            message=mismatch.message,
            path=source.path,
            span=image.span,
            related=mismatch.related,
            fixes=fixes,
        )
    local = local_builder(snapshot)
    if build and local and local.goos and not _fits(f"{local.goos}/{local.goarch}", build):
        message = (
            f"Go builds for {local.goos}/{local.goarch} here, but the host is built for {_platform(build)}: "
            "build the plugin in a container of the host's platform"
        )
        yield at_module_line(analysis, CHECK.code, Severity.ERROR, message)


def _c_library_mismatches(snapshot: Snapshot) -> Iterable[CLibraryMismatch]:
    if not snapshot.builders:
        return ()
    from layerg_pin.core.analysis.c_library_match import c_library_mismatches  # imported here: only build files need it

    return c_library_mismatches(snapshot)


def _of_command(
    place: BuildLocation, command: BuildCommand, build: HostBuild | None
) -> Iterator[tuple[BuildLocation, str]]:
    system = command.environment.get("GOOS")
    if system and system.value == "windows":
        yield BuildLocation(place.source, system.span), "GOOS=windows: Go builds no plugins for Windows"
    if build is None:
        return
    for name, theirs in (("GOOS", build.goos), ("GOARCH", build.goarch)):
        mine = command.environment.get(name)
        if mine and mine.value not in (None, "", theirs, "windows") and theirs:
            message = f"{name}={mine.value}, but the host is built for {_platform(build)}"
            yield BuildLocation(place.source, mine.span), message


def _of_image(builder: Builder, build: HostBuild | None) -> Finding | None:
    """The finding for a builder image with a platform other than the host's, unless GOARCH is set."""
    image, command = builder.image, builder.command
    if build is None or not build.goos or (command and "GOARCH" in command.environment):
        return None
    platform, theirs = build_platform(image, command), _platform(build)
    related = at_origin(build, "goarch", "goos")
    if platform and not _fits(platform, build):
        message = f"the plugin is built in an image for {platform}, but the host is built for {theirs}"
        return _finding(builder.source, image, Severity.ERROR, message, related)
    return _on_any_machine(builder, theirs, "the host is built", related) if build.goarch else None


def _beside_servers(builder: Builder, servers: list[tuple[Server, str]]) -> Finding | None:
    """The finding for a builder image whose platform differs from all server images, in the same file if it has any."""
    image, command = builder.image, builder.command
    platform = build_platform(image, command)
    named = [each for each in servers if each[0].source is builder.source] or servers
    theirs = {each for _, each in named}
    if not named or platform in theirs:
        return None
    related = tuple(at_image(each.source, each.image) for each, _ in named[:_MAX_RELATED])
    server = f"{short_name(named[0][0].image)} is"
    others = " or ".join(sorted(theirs))
    if not platform:
        return _on_any_machine(builder, others, server, related) if len(theirs) == 1 else None
    arch = command.environment.get("GOARCH") if command else None
    if arch:
        message = f"GOARCH={arch.value}, but {server} for {others}: build for one platform"
        return Finding(
            code=CHECK.code,
            severity=Severity.ERROR,
            message=message,
            path=builder.source.path,
            span=arch.span,
            related=related,
        )
    message = f"the plugin is built in an image for {platform}, but {server} for {others}: use one platform for both"
    return _finding(builder.source, image, Severity.ERROR, message, related)


def _on_any_machine(builder: Builder, theirs: str, server: str, related: tuple[Related, ...]) -> Finding | None:
    """The finding for a stage with the platform of the build machine and without GOARCH, which differs on Apple
    Silicon.
    """
    if builder.image.platform != BUILD_PLATFORM or (builder.command and "GOARCH" in builder.command.environment):
        return None
    message = (
        f"built for the platform of the build machine, but {server} for {theirs}: "
        "remove --platform=$BUILDPLATFORM, or set GOARCH and CC"
    )
    return _finding(builder.source, builder.image, Severity.WARNING, message, related)


def _finding(
    source: BuildSource, image: BuildImage, severity: Severity, message: str, related: tuple[Related, ...]
) -> Finding:
    return Finding(
        code=CHECK.code, severity=severity, message=message, path=source.path, span=image.span, related=related
    )


def _fits(platform: str, build: HostBuild) -> bool:
    """Whether a platform, such as `linux/arm64/v8`, matches the host's as far as that is known."""
    return all(
        not theirs or mine == theirs
        for mine, theirs in zip(platform.split("/"), (build.goos, build.goarch), strict=False)
    )


def _platform(build: HostBuild) -> str:
    """The host's platform as far as known: build files for several platforms leave the architecture open."""
    return "/".join(filter(None, (build.goos, build.goarch)))


def _without_cgo(analysis: Analysis, command: BuildCommand, build: HostBuild | None) -> tuple[Severity, str]:
    go = _builder_go(analysis, command) or (build.release if build else "")
    possible = builds_plugins_without_cgo(go)
    line = analysis.snapshot.gomod.go
    if line and builds_plugins_without_cgo(line.text) is False:
        possible = False  # an older Go cannot build it either
    if possible is None:
        message = (
            "CGO_ENABLED=0: Go 1.22 and newer build plugins only with CGO_ENABLED=1, and this build's Go is unknown"
        )
        return Severity.WARNING, message
    if possible:
        message = "CGO_ENABLED=0: the host refuses the plugin if both use net or os/user; set CGO_ENABLED=1"
        return Severity.WARNING, message
    return Severity.ERROR, "CGO_ENABLED=0: a plugin cannot be built without cgo; set CGO_ENABLED=1"


def _builder_go(analysis: Analysis, command: BuildCommand) -> str:
    """The Go release of a command, from its image or this machine; empty if unknown."""
    if command.image:
        return command.image.go or ""
    local = local_builder(analysis.snapshot)
    return local.release if local else ""


CHECK = Check("platform-mismatch", Severity.ERROR, __doc__, _run)
