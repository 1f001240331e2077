"""
# vendor-stale

The plugin's own `vendor/modules.txt` does not agree with its go.mod.

## Why it breaks

Go builds from the `vendor` folder if there is one, and stops if it is out of date: `go: inconsistent vendoring`.
All other findings are about the versions in go.mod, which the next `go mod vendor` puts into the folder.

## Example

go.mod requires `go.uber.org/zap v1.27.0`, and `vendor/modules.txt` still has v1.26.0.

## How to fix it

Use `Tidy and vendor` in the editor, `layerg-pin fix --vendor`, or `go mod tidy && go mod vendor` in the plugin's
folder.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.checks.check import Check
from layerg_pin.core.checks.wording import module_line
from layerg_pin.core.finding import Finding, Related, Severity
from layerg_pin.core.gomod.vendor_folder import inconsistencies

_SHOWN = 1
"""Limit on the reasons that are shown: each has about 80 characters, and `go build` prints all of them."""


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    if snapshot.vendored is None or snapshot.workspace or snapshot.gomod.unreadable or snapshot.vendored.modules.excess:
        return  # the workspace's vendor folder is used instead, and `syntax` reports a go.mod that Go refuses
    reasons = list(inconsistencies(snapshot.gomod, snapshot.vendored.modules))
    if not reasons:
        return
    path = snapshot.vendored.source.path
    more = f", and {len(reasons) - _SHOWN} more" if len(reasons) > _SHOWN else ""
    yield Finding(
        code=CHECK.code,
        severity=Severity.WARNING,
        message=f"the vendor folder is out of date, so `go build` stops: {'; '.join(reasons[:_SHOWN])}{more}; "
        "run `go mod tidy && go mod vendor`",
        path=snapshot.plugin.path,
        span=module_line(analysis),
        related=(Related(path, 0, "the plugin's vendor/modules.txt"),),
    )


CHECK = Check("vendor-stale", Severity.WARNING, __doc__, _run)
