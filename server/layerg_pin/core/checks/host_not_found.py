"""
# host-not-found

It is not known which host will load this plugin, so there is nothing to compare it with.

## Why it matters

A plugin fits one host, not all: the versions to agree with are those of the very server that opens it.

## Example

No `layerg-pin.toml` stands beside go.mod, and no folder beside the plugin holds a Layerg or Nakama checkout;
or more than one does, and none is chosen.

## Cure

Name the host once: `layerg-pin init --host ../layerg-core` writes a `layerg-pin.toml` with

```
host = "../layerg-core"
```

The editor's setting `layergPin.host` and the option `--host` do the same for one person or one run.
A host is the folder of its source, its `vendor/modules.txt`, its go.mod, its binary, the `layerg-host.json` that
`layerg-pin host export` writes, or `module@version`.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.analysis import Analysis
from layerg_pin.core.check import Check
from layerg_pin.core.checks.wording import module_line
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.manifest import HostNotFound


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    if isinstance(snapshot.host, HostNotFound):
        yield Finding(
            CHECK.code, Severity.INFORMATION, snapshot.host.message, snapshot.plugin.path, module_line(analysis)
        )


CHECK = Check("host-not-found", Severity.INFORMATION, __doc__, _run)
