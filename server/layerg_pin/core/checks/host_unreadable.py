"""
# host-unreadable

A host is named for this plugin, but nothing can be read there.

## Why it matters

Without the host's versions there is nothing to compare the plugin with.

## Example

`layerg-pin.toml` says `host = "../layerg-core"`, and there is no such folder on this machine.

## Cure

Mend the reference, or bring the host there: its source folder, its `vendor/modules.txt`, or its go.mod.
The message names the path that was tried and where the reference stands.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.analysis import Analysis
from layerg_pin.core.check import Check
from layerg_pin.core.checks.wording import module_line
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.manifest import HostUnreadable


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    if isinstance(snapshot.host, HostUnreadable):
        yield Finding(CHECK.code, Severity.ERROR, snapshot.host.message, snapshot.plugin.path, module_line(analysis))


CHECK = Check("host-unreadable", Severity.ERROR, __doc__, _run)
