"""
# go-line-too-new

The plugin's `go` line asks for a newer Go than the host is built with.

## Why it breaks

The plugin must be built with the very Go release of the host.
Go refuses to build a module whose `go` line is above its own release, or fetches a newer toolchain, whose builds the
host refuses.
Where only the `go` line of the host's go.mod is known, the host may be built with a newer release than that: hence a
warning. A line below the host's does no harm.

## Example

```
go 1.25
```

while the host is built with go1.23.4.

## Cure

`Lower the go line to VERSION (host)`.
A dependency can ask for the newer Go as well: `go mod tidy` then raises the line again, and the dependency must be
required at a lower version.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.analysis import Analysis
from layerg_pin.core.check import Check
from layerg_pin.core.finding import Finding, Fixes, Related, Severity
from layerg_pin.core.fixes import lower_fix, lower_go, tried
from layerg_pin.core.manifest import HostManifest

_UNLESS = ", unless that is a newer one than the host's go.mod asks for"


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    host, line = snapshot.host, snapshot.gomod.go
    changes = lower_go(snapshot)
    if not changes or line is None or not isinstance(host, HostManifest):
        return
    fix = lower_fix(snapshot)
    known = host.build is not None
    place = host.go_origin
    related = (Related(place.path, place.line or 0, f"host: go {changes.go}"),) if place else ()
    said = tried(snapshot, fix, changes)
    obstacle = f"; to lower it does not work: {said.wrong}" if said and said.wrong else ""
    yield Finding(
        CHECK.code,
        Severity.ERROR if known else Severity.WARNING,
        f"go {line.text} is above the host's go {changes.go}: the host's own Go release, which must build the plugin, "
        f"refuses it{'' if known else _UNLESS}{obstacle}",
        snapshot.plugin.path,
        line.span,
        host_version=host.go,
        plugin_version=line.text,
        related=related,
        fixes=Fixes(lambda: (fix,) if not obstacle else ()),
    )


CHECK = Check("go-line-too-new", Severity.WARNING, __doc__, _run)
