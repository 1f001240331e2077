"""
# toolchain-mismatch

The Go release that builds the plugin is not the one that the host is built with.

## Why it breaks

Host and plugin share the standard library and the runtime, which are those of the release that built each.
Another patch release is refused for a package of the standard library, or accepted by luck.
With another minor release the host does not even refuse: it dies with `fatal error: runtime: no plugin module data`.

A tag that floats, as `golang:1.23`, builds with whatever patch release is newest on the day.
Only the toolchain that ran counts, and the `go` and `toolchain` lines of go.mod only as far as they choose it: a
release above the installed one is downloaded and run, unless GOTOOLCHAIN is `local`, as it is in the official images.

## Example

```
FROM golang:1.23-bookworm AS builder
```

while the host is built with go1.23.4.

## Cure

Name the host's release in full: `golang:1.23.4-bookworm`.
With a pluginbuilder image, take the same tag as the server's image.
Where this machine builds the plugin, `GOTOOLCHAIN=go1.23.4 go build …` takes that release.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from layerg_pin.core.analysis import Analysis
from layerg_pin.core.builder import BuildImage, BuildSource, ImageKind
from layerg_pin.core.building import host_build, images_of, local_builder
from layerg_pin.core.check import Check
from layerg_pin.core.checks.wording import module_line
from layerg_pin.core.finding import NO_FIXES, FileEdits, Finding, Fix, Fixes, Severity
from layerg_pin.core.manifest import HostBuild
from layerg_pin.core.text import Span, TextEdit
from layerg_pin.core.versions import parse_go_release


def _run(analysis: Analysis) -> Iterator[Finding]:
    build = host_build(analysis.snapshot)
    if build and build.release:
        for source, image in images_of(analysis.snapshot, ImageKind.GOLANG):
            yield from _image(source, image, build)
        yield from _local(analysis, build)
    servers = {image.tag for _, image in images_of(analysis.snapshot, ImageKind.SERVER) if image.tag}
    for source, image in images_of(analysis.snapshot, ImageKind.PLUGINBUILDER):
        if image.tag and servers and image.tag not in servers:
            other = " and ".join(sorted(servers))
            message = f"the plugin is built in {image.name}:{image.tag}, and the server's image has the tag {other}"
            yield _finding(source, image.span, Severity.WARNING, f"{message}: the two belong together")


def _image(source: BuildSource, image: BuildImage, build: HostBuild) -> Iterator[Finding]:
    if image.go is None or (compared := _compared(image.go, build.release)) is None:
        return
    severity, differs = compared
    exact = build.release.removeprefix("go")
    name = f"{image.name}:{image.tag}"
    cure = f"name {image.name}:{exact}"
    if image.floating and not differs:
        message = f"{name} builds with the newest Go {image.go}, and the host is built with {build.release}: {cure}"
    elif differs or image.floating:
        message = f"{name} builds with Go {image.go}, and the host is built with {build.release}: {cure}"
    else:
        return
    tag = f"{exact}{(image.tag or '').removeprefix(image.go)}"
    yield _finding(source, image.span, severity, message, Fixes(partial(_fixes, source, image, tag)))


def _fixes(source: BuildSource, image: BuildImage, tag: str) -> Iterator[Fix]:
    text, span = source.index.text, image.span
    if text[span.start : span.end] == image.tag:
        edits = FileEdits(source.path, text, (TextEdit(span, tag),))
        yield Fix(f"Build with {image.name}:{tag} (host)", (), (), (edits,))


def _local(analysis: Analysis, build: HostBuild) -> Iterator[Finding]:
    local = local_builder(analysis.snapshot)
    if local is None or (compared := _compared(local.release.removeprefix("go"), build.release)) is None:
        return
    severity, differs = compared
    if differs:
        message = (
            f"Go is {local.release} here, and the host is built with {build.release}: "
            f"build the plugin with GOTOOLCHAIN={build.release}, or in a container with that Go"
        )
        yield Finding(CHECK.code, severity, message, analysis.snapshot.plugin.path, module_line(analysis))


def _compared(mine: str, theirs: str) -> tuple[Severity, bool] | None:
    """How bad it is that two releases differ, and whether they surely do; None where one of them says nothing."""
    left, right = parse_go_release(mine), parse_go_release(theirs)
    if right is None:
        return None
    if left is None:  # `1`, or a development version
        return (Severity.WARNING, False) if mine == "1" else None
    if left.release[:2] != right.release[:2]:
        return Severity.ERROR, True
    exact = len(mine.split(".")) > 2 or (left.is_prerelease and not left.is_devrelease)
    return Severity.WARNING, exact and left != right


def _finding(source: BuildSource, span: Span, severity: Severity, message: str, fixes: Fixes = NO_FIXES) -> Finding:
    return Finding(CHECK.code, severity, message, source.path, span, fixes=fixes)


CHECK = Check("toolchain-mismatch", Severity.ERROR, __doc__, _run)
