"""
# host-unreadable

A host is named for this plugin, but nothing can be read there, or what is read cannot be what the host is built from.

## Why it matters

Without the host's versions there is nothing to compare the plugin with.

## Example

`layerg-pin.toml` says `host = "../layerg-core"`, and there is no such folder on this machine.
Or the host's `vendor/modules.txt` lacks a module that its go.mod requires.

## Cure

Mend the reference, or bring the host there: its source folder, its `vendor/modules.txt`, or its go.mod.
The message names the path that was tried.
A `vendor` folder that is out of date is written anew by `go mod vendor` in the host's folder.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.analysis import Analysis
from layerg_pin.core.check import Check
from layerg_pin.core.checks.wording import module_line
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.manifest import HostManifest, HostUnreadable


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    message = snapshot.host.message if isinstance(snapshot.host, HostUnreadable) else ""
    if isinstance(snapshot.host, HostManifest):
        message = snapshot.host.doubt
    if message:
        yield Finding(CHECK.code, Severity.ERROR, message, snapshot.plugin.path, module_line(analysis))


CHECK = Check("host-unreadable", Severity.ERROR, __doc__, _run)
