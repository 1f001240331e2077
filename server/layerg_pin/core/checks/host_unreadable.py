"""
# host-unreadable

The host of this plugin cannot be read, or its files cannot be what the host is built from.

## Why it matters

Without the host's versions there is nothing to compare the plugin with.

## Example

`layerg-pin.toml` says `host = "../layerg-core"`, and there is no such folder on this machine.
Or the host's `vendor/modules.txt` lacks a module that its go.mod requires.

## Cure

Correct the reference, or put the host there: its source folder, its `vendor/modules.txt`, or its go.mod.
The message names the path that was tried.
If the host's `vendor` folder is out of date, run `go mod vendor` in the host's folder.
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
