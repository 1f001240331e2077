"""
# toolchain-mismatch

The plugin is built with another Go release than the host.

## Why it breaks

Host and plugin share the standard library and the runtime, which come from the Go release that builds them.
A plugin from another patch release is refused because of a package of the standard library, or accepted by luck.
With another minor release the host does not report an error: it crashes with `fatal error: runtime: no plugin module
data`.

A floating tag, such as `golang:1.23`, builds with the newest patch release of the day.
Only the toolchain that runs the build counts. The `go` and `toolchain` lines of go.mod matter only because they can
select it: Go downloads and runs a release above the installed one, unless GOTOOLCHAIN is `local`, as in the official
images.
If only the host's source is known, its `go` line is a lower bound: an older Go cannot have built it.

## Example

```
FROM golang:1.23-bookworm AS builder
```

where the host is built with go1.23.4.

## Cure

Use the host's exact release: `golang:1.23.4-bookworm`.
Use a pluginbuilder image with the same tag as the server's image; layerg-pin knows the few whose Go differs.
If this machine builds the plugin, `GOTOOLCHAIN=go1.23.4 go build …` uses that release.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from layerg_pin.core.analysis import Analysis
from layerg_pin.core.builder import BuildImage, BuildSource, ImageKind
from layerg_pin.core.building import (
    commands_of,
    facts_of_image,
    host_identity,
    images_of,
    local_builder,
    official_servers,
    retagged,
    short_name,
    tag_fixes,
)
from layerg_pin.core.check import Check
from layerg_pin.core.checks.wording import module_line
from layerg_pin.core.finding import NO_FIXES, Finding, Fixes, Related, Severity
from layerg_pin.core.host_go import HostGo, host_go
from layerg_pin.core.manifest import HostManifest, Snapshot
from layerg_pin.core.text import Span
from layerg_pin.core.versions import parse_go_release

if TYPE_CHECKING:
    pass


_UNKNOWN = "build with the host's Go release"


def _run(analysis: Analysis) -> Iterator[Finding]:
    host = host_go(analysis.snapshot)
    if host:
        for source, image in images_of(analysis.snapshot, ImageKind.GOLANG):
            yield from _image(analysis.snapshot, source, image, host)
        for source, image in images_of(analysis.snapshot, ImageKind.PLUGINBUILDER):
            yield from _plugin_builder(analysis, source, image, host)
        yield from _local(analysis, host)
        yield from _environment(analysis, host)


def _image(snapshot: Snapshot, source: BuildSource, image: BuildImage, host: HostGo) -> Iterator[Finding]:
    if image.go is None or _switches(source, image) or (compared := _compared(image.go, host)) is None:
        return
    severity, differs = compared
    name = f"{image.name}:{image.tag}"
    floats = image.floating and not differs and host.is_exact
    if not differs and not floats:
        return
    builds = f"{name} builds with {'the newest ' if floats else ''}Go {image.go}"
    message, fixes = f"{builds}, but {host.why}", NO_FIXES
    if host.is_bound:
        message = f"{message}: {_UNKNOWN}"
    else:
        tag = _fitting_tag(snapshot, image, host)
        message = f"{message}: use {image.name}:{tag}"
        fixes = Fixes(partial(tag_fixes, source, image, tag))
    yield _finding(source, image.span, severity, message, fixes, host.related)


def _fitting_tag(snapshot: Snapshot, image: BuildImage, host: HostGo) -> str:
    """The tag with the host's Go, on the image's distribution where that fits the host's C library."""
    from layerg_pin.core.library_fit import fitting_tag  # late: most tags name the host's Go

    return fitting_tag(snapshot, image, f"{host.tag}{(image.tag or '').removeprefix(image.go or '')}", host.tag)


def _plugin_builder(analysis: Analysis, source: BuildSource, image: BuildImage, host: HostGo) -> Iterator[Finding]:
    """A plugin builder whose Go is known, which may be another one than that of the server of the same tag."""
    facts = facts_of_image(image)
    go, floats = (facts.builder_go, facts.floats) if facts else (_own_builder(analysis.snapshot, image), False)
    if not go or _switches(source, image) or (compared := _compared(go, host)) is None or not compared[1]:
        return
    some = "some " if floats else ""
    better = _better_tag(analysis.snapshot, image, host)
    cure = _UNKNOWN if host.is_bound else f"build in golang:{host.tag}, or in a plugin builder image with that Go"
    cure = f"use {better}" if better else cure
    message = f"{short_name(image)} builds with {some}Go {go}, but {host.why}: {cure}"
    yield _finding(source, image.span, compared[0], message, NO_FIXES, host.related)


def _better_tag(snapshot: Snapshot, image: BuildImage, host: HostGo) -> str:
    """The plugin builder of the host's release, where its Go is known to be the host's; empty otherwise."""
    identity = host_identity(snapshot)
    release = identity.only_release() if identity else ""
    if isinstance(snapshot.host, HostManifest) and not release:
        return ""
    names = [release] if release else [str(each.image.release) for each in official_servers(snapshot)]
    tag = retagged(image.tag or "", names[0]) if len(set(names)) == 1 else ""
    facts = facts_of_image(image._replace(tag=tag)) if tag and image.known and image.known.released else None
    fits = facts and not facts.floats and _compared(facts.builder_go, host) in (None, (Severity.WARNING, False))
    return f"{image.name.rpartition('/')[2]}:{tag}" if fits and tag != image.tag else ""


def _own_builder(snapshot: Snapshot, image: BuildImage) -> str:
    """The Go of the plugin builder that the host's own source describes, for an image of the host's release."""
    identity = host_identity(snapshot)
    if identity is None or image.known is None or image.known.host is not identity.host:
        return ""
    builder = identity.manifest.builder
    same = identity.release is not None and image.release == identity.release
    return builder.release.removeprefix("go") if builder and same else ""


def _switches(source: BuildSource, image: BuildImage) -> bool:
    """Whether GOTOOLCHAIN may let another Go build than the image's own."""
    return any(
        command.image == image and (choice := command.environment.get("GOTOOLCHAIN")) and choice.value != "local"
        for command in source.file.commands
    )


def _environment(analysis: Analysis, host: HostGo) -> Iterator[Finding]:
    """The release that GOTOOLCHAIN names for a build: https://go.dev/doc/toolchain."""
    for source, command in commands_of(analysis.snapshot):
        choice = command.environment.get("GOTOOLCHAIN")
        chosen = choice.value if choice and choice.value and choice.value.startswith("go") else ""
        if choice and chosen and "+" not in chosen:
            compared = _compared(chosen.removeprefix("go"), host)
            if compared and compared[1]:
                cure = _UNKNOWN if host.is_bound else f"set GOTOOLCHAIN={host.text}"
                message = f"GOTOOLCHAIN={chosen}, but {host.why}: {cure}"
                yield _finding(source, choice.span, compared[0], message, NO_FIXES, host.related)


def _local(analysis: Analysis, host: HostGo) -> Iterator[Finding]:
    local = local_builder(analysis.snapshot)
    if local is None or (compared := _compared(local.release.removeprefix("go"), host)) is None:
        return
    severity, differs = compared
    chosen = any("GOTOOLCHAIN" in command.environment for _, command in commands_of(analysis.snapshot))
    if differs and not chosen:
        toolchain = f"GOTOOLCHAIN={host.text}" if host.is_exact else "that release"
        message = (
            f"Go is {local.release} here, but {host.why}: "
            f"build the plugin with {toolchain}, or in a container with that Go"
        )
        path, span = analysis.snapshot.plugin.path, module_line(analysis)
        yield Finding(CHECK.code, severity, message, path, span, related=host.related)


def _compared(mine: str, host: HostGo) -> tuple[Severity, bool] | None:
    """How bad it is that two releases differ, and whether they surely do; None where one of them says nothing."""
    left, right = parse_go_release(mine), parse_go_release(host.text)
    if right is None:
        return None
    if left is None:  # `1`, or a development version
        return (Severity.WARNING, False) if mine == "1" and not host.is_bound else None
    if host.is_bound:
        return _below(mine, host)
    if left.release[:2] != right.release[:2]:
        return Severity.ERROR, True
    exact = len(mine.split(".")) > 2 or (left.is_prerelease and not left.is_devrelease)
    return Severity.WARNING, exact and host.is_exact and left != parse_go_release(host.tag)


def _below(mine: str, host: HostGo) -> tuple[Severity, bool] | None:
    """Whether a release is older than the host's `go` line allows: Go since 1.21 refuses such a line.

    Go before 1.21 cannot read a line of three numbers, and tries to build one of two (https://go.dev/doc/toolchain).
    """
    left, line = parse_go_release(mine), parse_go_release(host.text)
    if left is None or line is None:
        return None
    floats = mine.count(".") < 2 and not left.is_prerelease
    older = left.release[:2] < line.release[:2] if floats or left.is_devrelease else left < line
    if not older:
        return None
    refuses = left.release[:2] >= (1, 21) or host.text.count(".") > 1
    other_minor = left.release[:2] != line.release[:2]
    return Severity.ERROR if refuses and other_minor else Severity.WARNING, True


def _finding(
    source: BuildSource,
    span: Span,
    severity: Severity,
    message: str,
    fixes: Fixes = NO_FIXES,
    related: tuple[Related, ...] = (),
) -> Finding:
    return Finding(CHECK.code, severity, message, source.path, span, related=related, fixes=fixes)


CHECK = Check("toolchain-mismatch", Severity.ERROR, __doc__, _run)
