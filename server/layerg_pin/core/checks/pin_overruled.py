"""
# pin-overruled

go.mod requires a module at the host's version, but the build selects a higher one, because another dependency
asks for it.

## Why it breaks

Go selects for each module the highest version that anything in the build asks for.
A require is a lower bound, not a choice: the line in go.mod says the host's version, the plugin is built with
another, and the host refuses it like any other mismatch (see `version-mismatch`).
`go mod tidy` and `go build` then raise the line again.

## Example

```
require (
        go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc v1.47.0
        google.golang.org/grpc v1.82.0
)
```

otlptracegrpc v1.47.0 asks for a higher grpc than v1.82.0, so that is what is built.

## Cure

`Hold MODULE at VERSION (host): exclude N higher versions` excludes every higher version that anything asks for, so that
Go selects the host's; it survives `go mod tidy`.
The dependency is then built with an older version than it asks for: where it does not compile with that one, require a
version of the dependency that asks for no more than the host has.
Where it is another module of the workspace that asks, `Take MODULE out of the workspace`, or build with `GOWORK=off`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from layerg_pin.core.analysis import Analysis, Difference
from layerg_pin.core.check import Check
from layerg_pin.core.checks.wording import by_hand, exclude_line, pin_fixes, version_finding, way
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.manifest import ModuleVersion


def _run(analysis: Analysis) -> Iterator[Finding]:
    for difference in analysis.differences:
        pin = difference.pin
        if pin and difference.code == CHECK.code:
            fixes = partial(pin_fixes, analysis, pin)
            yield version_finding(CHECK, analysis, difference, _message(analysis, difference, pin), fixes)


def _message(analysis: Analysis, difference: Difference, pin: ModuleVersion) -> str:
    plugin, origin = difference.plugin, difference.host.origin
    pinned = f"{plugin.path} is pinned to the host's {pin.version}"
    if line := exclude_line(analysis, pin):
        return f"{pinned}, but go.mod:{line} excludes it, and {plugin.version} is built ({origin})"
    by = way(analysis, analysis.build_list.chain(plugin)) or " by another dependency"
    obstacle = f"; {by_hand(analysis, pin)}" if pin in analysis.refused else ""
    return f"{pinned}, but raised to {plugin.version}{by} ({origin}){obstacle}"


CHECK = Check("pin-overruled", Severity.ERROR, __doc__, _run)
