"""
# host-not-found

No host is known for this plugin, so there is nothing to compare it with.

## Why it matters

A plugin fits one host, not all hosts: it must match the versions of the server that opens it.

## Example

There is no `layerg-pin.toml` beside or above go.mod, no build file names a release of Layerg or Nakama by an image tag,
and no folder beside the plugin contains the source of a known host; or several folders do, and none of them is chosen.

## How to fix it

Name the server's release where you build or run it, as in `FROM heroiclabs/nakama-pluginbuilder:3.22.0`: an image tag
in the plugin's Dockerfile, compose file or script sets the host.

Or set it once: `layerg-pin init --host nakama@3.22.0` writes a `layerg-pin.toml` with

```
host = "nakama@3.22.0"
```

The editor setting `layergPin.host` does the same for one person, and the option `--host` for one run.
A host is a release, an image, the folder of its source, its `vendor/modules.txt`, its go.mod, its binary, the
`layerg-host.json` that `layerg-pin host export` writes, or `module@version`.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.checks.check import Check
from layerg_pin.core.checks.wording import at_module_line
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.model.host_manifest import HostNotFound


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    if isinstance(snapshot.host, HostNotFound):
        yield at_module_line(analysis, CHECK.code, Severity.INFORMATION, snapshot.host.message)


CHECK = Check("host-not-found", Severity.INFORMATION, __doc__, _run)
