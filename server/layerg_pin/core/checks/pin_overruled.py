"""
# pin-overruled

go.mod requires a module at the host's version, but the build selects a higher one, because another dependency
requires it.

## Why it breaks

For each module, Go selects the highest version that any module in the build requires.
A require is a lower bound, not a choice: although go.mod has the host's version, the plugin is built with another, and
the host refuses it like any other mismatch (see `version-mismatch`).
If you lower the line, `go mod tidy` raises it again.

## Example

```
require (
        go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc v1.47.0
        google.golang.org/grpc v1.82.0
)
```

otlptracegrpc v1.47.0 requires a higher grpc than v1.82.0, so the build selects that higher version.

## How to fix it

`Hold MODULE at VERSION (host): exclude N higher versions` excludes every higher version that is required, so that Go
selects the host's; the excludes survive `go mod tidy`.
The dependency is then built with an older version than it requires. If it does not compile with that version, require a
version of the dependency that does not require more than the host has.
If another module of the workspace requires the higher version, use `Take MODULE out of the workspace`, or build with
`GOWORK=off`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.differences import ModuleDifference
from layerg_pin.core.checks.check import Check
from layerg_pin.core.checks.wording import exclude_line, manual_remedy, pin_fixes, requirer_words, version_finding
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.model.modules import ModuleVersion


def _run(analysis: Analysis) -> Iterator[Finding]:
    for difference in analysis.differences:
        pin = difference.pin
        if pin and difference.code == CHECK.code:
            fixes = partial(pin_fixes, analysis, pin)
            yield version_finding(CHECK, analysis, difference, _message(analysis, difference, pin), fixes)


def _message(analysis: Analysis, difference: ModuleDifference, pin: ModuleVersion) -> str:
    plugin, origin = difference.plugin, difference.host.origin
    pinned = f"{plugin.path} is pinned to the host's {pin.version} ({origin})"
    if line := exclude_line(analysis, pin):
        return f"{pinned}, but go.mod:{line} excludes it, and {plugin.version} is built"
    by = requirer_words(analysis, analysis.build_list.chain(plugin)) or " by another dependency"
    obstacle = f"; {manual_remedy(analysis, pin)}" if pin in analysis.refused else ""
    return f"{pinned}, but raised to {plugin.version}{by}{obstacle}"


CHECK = Check("pin-overruled", Severity.ERROR, __doc__, _run)
