"""
# syntax

A line of go.mod, or of the host's go.mod or modules.txt, cannot be read.

## Why it matters

Go refuses a go.mod with such a line, and every command on the plugin fails.
A broken line in the host's file hides what the line would have said: its module is then not compared.
All other lines are still checked.

## Example

```
require go.uber.org/zap 1.27.0
```

The version lacks its `v`.

## Cure

Mend the line as the message says.
A broken `vendor/modules.txt` is written anew by `go mod vendor` in the host's folder.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.analysis import Analysis
from layerg_pin.core.check import Check
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.manifest import HostManifest


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    for problem in snapshot.gomod.problems:
        yield Finding(CHECK.code, Severity.ERROR, problem.message, snapshot.plugin.path, problem.span)
    if isinstance(snapshot.host, HostManifest):
        for problem in snapshot.host.problems:
            yield Finding(CHECK.code, Severity.ERROR, problem.message, snapshot.host.source.path, problem.span)


CHECK = Check("syntax", Severity.ERROR, __doc__, _run)
