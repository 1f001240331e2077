"""
# toolchain-mismatch

The plugin is built with another Go release than the host.

## Why it breaks

Host and plugin share the standard library and the runtime, which come from the Go release that builds them.
A plugin from another patch release is refused because of a package of the standard library, or accepted by luck.
A plugin from another minor release is refused too. If the layout of the runtime changed between the two (with Go 1.20,
1.21, 1.23, 1.26 and 1.27), the host does not report an error: it crashes, for example with
`fatal error: runtime: no plugin module data`.

A floating tag, such as `golang:1.23`, builds with the newest patch release of the day.
Only the toolchain that runs the build is compared. The `go` and `toolchain` lines of go.mod matter only because they
can select it: Go downloads and runs a release above the installed one, unless GOTOOLCHAIN is `local`, as in the
official images.
If only the host's source is known, its `go` line is a lower bound: an older Go cannot have built it.

## Example

```
FROM golang:1.23-bookworm AS builder
```

where the host is built with go1.23.4.

## How to fix it

Use the host's exact release: `golang:1.23.4-bookworm`.
Or use the plugin builder image with the same tag as the server's image; layerg-pin knows the few plugin builder images
whose Go release differs from the server's.
If this machine builds the plugin, `GOTOOLCHAIN=go1.23.4 go build …` uses that release.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.builder_go import BuilderGo, builder_releases, choices_of, go_of_builder, wanted_release
from layerg_pin.core.analysis.expected_go import ExpectedGo, expected_go
from layerg_pin.core.analysis.plugin_builders import (
    Builder,
    builders_of,
    facts_of_image,
    host_identity,
    local_builder,
    official_servers,
    retagged,
    short_name,
    tag_fixes,
)
from layerg_pin.core.buildfiles.build_file import BuildImage, BuildSource, ImageKind
from layerg_pin.core.checks.check import Check
from layerg_pin.core.checks.wording import module_line
from layerg_pin.core.finding import NO_FIXES, Finding, Fixes, Related, Severity
from layerg_pin.core.gomod.versions import parse_go_release
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.snapshot import Snapshot
from layerg_pin.core.text import Span

_UNKNOWN = "build with the host's Go release"
_UNRELEASED = ("tip", "rc")
_FLOATING = ("latest", *_UNRELEASED)
"""Prefixes of golang image tags that name no Go release."""


def _run(analysis: Analysis) -> Iterator[Finding]:
    host = expected_go(analysis.snapshot)
    if host:
        for builder in _each_image(analysis.snapshot):
            if builder.image.kind is ImageKind.PLUGINBUILDER:
                yield from _plugin_builder(analysis, builder, host)
            else:
                yield from _image(analysis.snapshot, builder, host)
        yield from _local(analysis, host)
        yield from _choices(analysis, host)


def _each_image(snapshot: Snapshot) -> Iterator[Builder]:
    """The images whose Go builds the plugin, without duplicates."""
    seen = set()
    for builder in builders_of(snapshot):
        place = builder.source.path, builder.image.span
        if place not in seen and not _names_another(builder):
            seen.add(place)
            yield builder


def _names_another(builder: Builder) -> bool:
    """Whether GOTOOLCHAIN or the command itself selects a Go other than the image's, or may do so."""
    choice = builder.environment.get("GOTOOLCHAIN")
    return bool(builder.command and builder.command.go) or (
        choice is not None and (choice.value is None or choice.value.startswith("go"))
    )


def _image(snapshot: Snapshot, builder: Builder, host: ExpectedGo) -> Iterator[Finding]:
    source, image = builder.source, builder.image
    go = go_of_builder(snapshot, builder)
    if image.go is None:
        yield from _without_release(snapshot, builder, host)
        return
    if go.release is None and go.choice is None:  # either of two releases may build; report only if neither fits
        wanted = _compared(wanted_release(snapshot), host)
        go = go._replace(release=go.installed if wanted and wanted[1] else None)
    if go.release is None or (compared := _compared(go.release, host)) is None or _is_above_host(go, host):
        return
    severity, differs = compared
    name = f"{image.name}:{image.tag}"
    floats = image.floating and not go.switches and not differs and not host.is_bound
    floats = floats and (host.is_exact or go.release == "1")
    if not differs and not floats:
        return
    builds = f"{name} builds with {'the newest ' if floats else ''}Go {go.release}"
    if go.switches:
        builds = f"{builds}, as go.mod asks"
    message, fixes = f"{builds}, but {host.why}", NO_FIXES
    if host.is_bound or image.kind is not ImageKind.GOLANG:
        message = f"{message}: {_UNKNOWN}"
    else:
        tag = _fitting_tag(snapshot, image, host)
        message = f"{message}: use {image.name}:{tag}"
        fixes = Fixes(partial(tag_fixes, source, image, tag))
    yield _finding(source, image.span, severity, message, fixes, host.related)


def _without_release(snapshot: Snapshot, builder: Builder, host: ExpectedGo) -> Iterator[Finding]:
    """The finding for a golang image whose tag names no Go release: it has the newest one, or that of its digest."""
    image = builder.image
    if image.kind is not ImageKind.GOLANG or image.tag is None or host.is_bound:
        return
    from layerg_pin.core.buildfiles.c_libraries import builder_c_library  # few plugins need it

    first = image.tag.partition("-")[0]
    if image.tag and first not in _FLOATING and not builder_c_library(image.name, image.tag):
        return  # a custom tag
    tag = _fitting_tag(snapshot, image, host)
    if image.digest:
        builds = f"{image.name}@{image.digest[:19]} does not name its Go release"
    else:
        newest = "an unreleased" if first in _UNRELEASED else "the newest"
        builds = f"{image.name}:{image.tag or 'latest'} builds with {newest} Go"
    message = f"{builds}, but {host.why}: use {image.name}:{tag}"
    fixes = Fixes(partial(tag_fixes, builder.source, image, tag))
    yield _finding(builder.source, image.span, Severity.WARNING, message, fixes, host.related)


def _is_above_host(go: BuilderGo, host: ExpectedGo) -> bool:
    """Whether a line of go.mod selects a newer Go than the host's, which `go-line-too-new` reports at that line."""
    mine, theirs = parse_go_release(go.release or ""), parse_go_release(host.text)
    return go.switches and mine is not None and theirs is not None and mine > theirs


def _fitting_tag(snapshot: Snapshot, image: BuildImage, host: ExpectedGo) -> str:
    """The tag with the host's Go, on the image's distribution if that fits the host's C library."""
    from layerg_pin.core.analysis.c_library_match import fitting_tag  # imported here: most tags name the host's Go

    rest = image.tag or ""
    if image.go:
        rest = rest.removeprefix(image.go)
    else:  # tags such as `bookworm`, `tip-alpine`
        first, _, others = rest.partition("-")
        rest = f"-{others if first in _FLOATING else rest}".rstrip("-")
    return fitting_tag(snapshot, image, f"{host.tag}{rest}", host.tag)


def _plugin_builder(analysis: Analysis, builder: Builder, host: ExpectedGo) -> Iterator[Finding]:
    """The finding for a plugin builder image with a known Go, which may differ from that of the server with the same
    tag.
    """
    source, image = builder.source, builder.image
    facts, used = facts_of_image(image), go_of_builder(analysis.snapshot, builder)
    go, floats = used.release, bool(facts and facts.floats and not used.switches)
    if not go or (compared := _compared(go, host)) is None or not compared[1] or _is_above_host(used, host):
        return
    some = "some " if floats else ""
    better = _better_tag(analysis.snapshot, image, host)
    remedy = _UNKNOWN if host.is_bound else f"build in golang:{host.tag}, or in a plugin builder image with that Go"
    remedy = f"use {better}" if better else remedy
    message = f"{short_name(image)} builds with {some}Go {go}, but {host.why}: {remedy}"
    yield _finding(source, image.span, compared[0], message, NO_FIXES, host.related)


def _better_tag(snapshot: Snapshot, image: BuildImage, host: ExpectedGo) -> str:
    """The plugin builder image of the host's release, if its Go is known to be the host's; otherwise empty."""
    identity = host_identity(snapshot)
    release = identity.only_release() if identity else ""
    if isinstance(snapshot.host, HostManifest) and not release:
        return ""
    names = [release] if release else [str(each.image.release) for each in official_servers(snapshot)]
    tag = retagged(image.tag or "", names[0]) if len(set(names)) == 1 else ""
    facts = facts_of_image(image._replace(tag=tag)) if tag and image.known and image.known.released else None
    fits = facts and not facts.floats and _compared(facts.builder_go, host) in (None, (Severity.WARNING, False))
    return f"{image.name.rpartition('/')[2]}:{tag}" if fits and tag != image.tag else ""


def _choices(analysis: Analysis, host: ExpectedGo) -> Iterator[Finding]:
    """Findings for the release that GOTOOLCHAIN or the command selects: https://go.dev/doc/toolchain."""
    for choice in choices_of(analysis.snapshot):
        compared = _compared(choice.release, host)
        if compared and compared[1]:
            is_variable = choice.text.startswith("GOTOOLCHAIN")
            remedy = f"set GOTOOLCHAIN={host.text}" if is_variable else f"use {host.text}"
            message = f"{choice.text}, but {host.why}: {_UNKNOWN if host.is_bound else remedy}"
            yield _finding(choice.source, choice.span, compared[0], message, NO_FIXES, host.related)


def _local(analysis: Analysis, host: ExpectedGo) -> Iterator[Finding]:
    """The finding for the Go of this machine, if it builds the plugin."""
    if local_builder(analysis.snapshot) is None:
        return
    named = {choice.release for choice in choices_of(analysis.snapshot)}
    used = [each for each in builder_releases(analysis.snapshot) if each.release and each.release not in named]
    for go in used[:1]:
        compared = _compared(go.release or "", host)
        if compared is None or not compared[1] or _is_above_host(go, host):
            continue
        toolchain = f"GOTOOLCHAIN={host.text}" if host.is_exact else "that release"
        message = (
            f"this machine has go{go.release}, but {host.why}: "
            f"build the plugin with {toolchain}, or in a container with that Go"
        )
        path, span = analysis.snapshot.plugin.path, module_line(analysis)
        yield Finding(
            code=CHECK.code, severity=compared[0], message=message, path=path, span=span, related=host.related
        )


def _compared(mine: str, host: ExpectedGo) -> tuple[Severity, bool] | None:
    """The severity of a difference between two releases, and whether it is certain; None if it cannot be determined."""
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


def _below(mine: str, host: ExpectedGo) -> tuple[Severity, bool] | None:
    """The result of `_compared` if the host's release is a lower bound: its `go` line, which Go since 1.21 enforces.

    Go before 1.21 cannot parse a line with three numbers, and tries to build one with two
    (https://go.dev/doc/toolchain).
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
    return Finding(
        code=CHECK.code, severity=severity, message=message, path=source.path, span=span, related=related, fixes=fixes
    )


CHECK = Check("toolchain-mismatch", Severity.ERROR, __doc__, _run)
