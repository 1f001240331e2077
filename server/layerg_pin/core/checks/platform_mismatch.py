"""
# platform-mismatch

The plugin is built for another platform than the host, or without cgo.

## Why it breaks

A plugin for another system or processor cannot be loaded: `invalid ELF header`, or `cannot open shared object file`.
`go build -buildmode=plugin` needs cgo (`CGO_ENABLED=1` and a C compiler) since Go 1.22.
Up to Go 1.21 a plugin without cgo is built, but the host refuses it if both use `net` or `os/user`, which are other
packages with cgo.
There are no plugins on Windows.

## Example

```
RUN CGO_ENABLED=0 go build -buildmode=plugin -trimpath -o backend.so .
```

## Cure

Build for the host's GOOS and GOARCH with `CGO_ENABLED=1`, mostly in a container:
`docker run --platform linux/amd64 …`.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.analysis import Analysis
from layerg_pin.core.builder import BuildCommand
from layerg_pin.core.building import Place, commands_of, host_build, local_builder
from layerg_pin.core.check import Check
from layerg_pin.core.checks.wording import module_line
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.manifest import HostBuild, HostManifest
from layerg_pin.core.versions import builds_cgo_less_plugins


def _run(analysis: Analysis) -> Iterator[Finding]:
    build = host_build(analysis.snapshot)
    if not isinstance(analysis.snapshot.host, HostManifest):
        return
    for source, command in commands_of(analysis.snapshot):
        for place, message in _of_command(Place(source, command.span), command, build):
            yield Finding(CHECK.code, Severity.ERROR, message, place.source.path, place.span)
        cgo = command.environment.get("CGO_ENABLED")
        if cgo and cgo.value == "0":
            severity, message = _without_cgo(analysis, command, build)
            yield Finding(CHECK.code, severity, message, source.path, cgo.span)
    local = local_builder(analysis.snapshot)
    if build and local and local.goos and not _fits(f"{local.goos}/{local.goarch}", build):
        message = (
            f"Go builds for {local.goos}/{local.goarch} here, and the host is built for {_platform(build)}: "
            "build the plugin in a container of the host's platform"
        )
        yield Finding(CHECK.code, Severity.ERROR, message, analysis.snapshot.plugin.path, module_line(analysis))


def _of_command(place: Place, command: BuildCommand, build: HostBuild | None) -> Iterator[tuple[Place, str]]:
    system = command.environment.get("GOOS")
    if system and system.value == "windows":
        yield Place(place.source, system.span), "GOOS=windows: Go builds no plugins for Windows"
    if build is None:
        return
    for name, theirs in (("GOOS", build.goos), ("GOARCH", build.goarch)):
        mine = command.environment.get(name)
        if mine and mine.value not in (None, "", theirs, "windows") and theirs:
            message = f"{name}={mine.value}, and the host is built for {_platform(build)}"
            yield Place(place.source, mine.span), message
    image = command.image
    if image and image.platform and not _fits(image.platform, build):
        message = f"built in an image for {image.platform}, and the host is built for {_platform(build)}"
        yield Place(place.source, image.span), message


def _fits(platform: str, build: HostBuild) -> bool:
    """Whether a platform, as `linux/arm64/v8`, is the host's as far as that is known."""
    return all(
        not theirs or mine == theirs
        for mine, theirs in zip(platform.split("/"), (build.goos, build.goarch), strict=False)
    )


def _platform(build: HostBuild) -> str:
    """The host's platform, as far as it is known: build files for several leave the architecture open."""
    return "/".join(filter(None, (build.goos, build.goarch)))


def _without_cgo(analysis: Analysis, command: BuildCommand, build: HostBuild | None) -> tuple[Severity, str]:
    go = _builder_go(analysis, command) or (build.release if build else "")
    possible = builds_cgo_less_plugins(go)
    line = analysis.snapshot.gomod.go
    if line and builds_cgo_less_plugins(line.text) is False:
        possible = False  # an older Go cannot build it either
    if possible is None:
        message = "CGO_ENABLED=0: which Go builds the plugin is not known, and since 1.22 it needs CGO_ENABLED=1"
        return Severity.WARNING, message
    if possible:
        message = "CGO_ENABLED=0: the host refuses the plugin if both use net or os/user, set CGO_ENABLED=1"
        return Severity.WARNING, message
    return Severity.ERROR, "CGO_ENABLED=0: a plugin cannot be built without cgo, set CGO_ENABLED=1"


def _builder_go(analysis: Analysis, command: BuildCommand) -> str:
    """The Go that runs a command, if its image or this machine tells; empty if not."""
    if command.image:
        return command.image.go or ""
    local = local_builder(analysis.snapshot)
    return local.release if local else ""


CHECK = Check("platform-mismatch", Severity.ERROR, __doc__, _run)
