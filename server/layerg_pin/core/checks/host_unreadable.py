"""
# host-unreadable

The host of this plugin cannot be used: it cannot be read, its files contradict each other, or the host cannot open
plugins.

## Why it matters

Without the host's versions there is nothing to compare the plugin with.
A host that is built with `CGO_ENABLED=0` has no plugin support, and a host that is linked with `-extldflags=-static` or
`-linkmode=internal` crashes when it opens a plugin: no plugin fits it.

## Example

`layerg-pin.toml` says `host = "../layerg-core"`, and there is no such folder on this machine.
Or the host's `vendor/modules.txt` lacks a module that its go.mod requires.

## How to fix it

Correct the reference, or put the host at the path that the message names: its source folder, its
`vendor/modules.txt`, or its go.mod.
If the reference is relative to a folder other than the working folder, the message names the full path.
If the host's `vendor` folder is out of date, run `go mod vendor` in the host's folder.
If the host cannot open plugins, change its build as the message says; the message names the line of the build file.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.checks.check import Check
from layerg_pin.core.checks.wording import module_line
from layerg_pin.core.finding import Finding, Related, Severity
from layerg_pin.core.model.host_manifest import HostManifest, HostUnreadable


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    related: tuple[Related, ...] = ()
    message = snapshot.host.message if isinstance(snapshot.host, HostUnreadable) else ""
    if isinstance(snapshot.host, HostManifest):
        message = snapshot.host.uncertainty or snapshot.host.no_plugins_reason
        related = _related(snapshot.host)
    if message:
        place = module_line(analysis)
        yield Finding(
            code=CHECK.code,
            severity=Severity.ERROR,
            message=message,
            path=snapshot.plugin.path,
            span=place,
            related=related,
        )


def _related(host: HostManifest) -> tuple[Related, ...]:
    """The line of the build file that makes the host unable to open plugins."""
    origin = host.build.no_plugins_origin if host.build and host.no_plugins_reason else None
    if origin is None or origin.line is None:
        return ()
    return (Related(origin.path, origin.line, f"the host's build: {origin}"),)


CHECK = Check("host-unreadable", Severity.ERROR, __doc__, _run)
