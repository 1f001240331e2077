"""
# pin-overruled

go.mod requires a module at the host's version, but the build selects a higher one, because another dependency
asks for it.

## Why it breaks

Go selects for each module the highest version that anything in the build asks for.
A require is a lower bound, not a choice: the line in go.mod says the host's version, the plugin is built with
another, and the
host refuses it like any other mismatch (see `version-mismatch`).
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

Require a version of the dependency named in the message that asks for no more than the host has.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.analysis import Analysis, Difference
from layerg_pin.core.check import Check
from layerg_pin.core.checks.wording import place, related, shared, way
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.manifest import Certainty


def _run(analysis: Analysis) -> Iterator[Finding]:
    for difference in analysis.differences:
        require = analysis.snapshot.gomod.require(difference.plugin.path)
        if require is None or difference.pin is None or require.version.text != difference.pin.version:
            continue
        yield Finding(
            CHECK.code,
            Severity.WARNING if difference.certainty is Certainty.POSSIBLE else CHECK.severity,
            _message(analysis, difference) + shared(analysis, difference),
            analysis.snapshot.plugin.path,
            place(analysis, difference),
            difference.plugin.path,
            difference.packages[0] if difference.packages else None,
            difference.host.version,
            difference.plugin.version,
            difference.certainty,
            related(analysis, difference),
            (analysis.align_fix,) if analysis.align_fix else (),
        )


def _message(analysis: Analysis, difference: Difference) -> str:
    plugin, host = difference.plugin, difference.host
    by = way(analysis, analysis.build_list.chain(plugin)) or " by another dependency"
    return f"{plugin.path} is pinned to the host's {host.version}, but raised to {plugin.version}{by} ({host.origin})"


CHECK = Check("pin-overruled", Severity.ERROR, __doc__, _run)
