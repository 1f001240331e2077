"""
# not-resolved

Go could not say, wholly or in part, which packages the plugin compiles and which versions its build selects.

## Why it matters

Only a package that is linked into both the plugin and the host can break the plugin.
Where Go cannot load a package, what that package brings in is unknown: differences in its modules are then
reported as *possible*, and some may not be seen at all.
All other findings stand.

## Example

A plugin imports a package of a private module, which cannot be downloaded here:

```
1 package cannot be loaded, so what it brings in is not known: github.com/u2u-labs/go-layerg-common/runtime (…)
```

## Cure

Do what the message names: run `go mod download` in the plugin's folder so that the modules are in Go's module
cache, set `GOPRIVATE` and the credentials for private modules, install Go or tell where it is, or run `go mod vendor`.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.analysis import Analysis
from layerg_pin.core.check import Check
from layerg_pin.core.checks.wording import module_line
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.manifest import HostManifest, PluginBuild


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    if not isinstance(snapshot.host, HostManifest):
        return
    if snapshot.trouble and snapshot.gomod.problems:
        return  # Go refuses what `syntax` tells already
    if snapshot.trouble:
        message = f"Go could not list the packages that the plugin compiles: {snapshot.trouble}"
    elif snapshot.build and snapshot.build.unresolved:
        message = _unresolved(snapshot.build)
    else:
        return
    yield Finding(CHECK.code, Severity.INFORMATION, message, snapshot.plugin.path, module_line(analysis))


def _unresolved(build: PluginBuild) -> str:
    count = len(build.unresolved)
    subject = (
        "1 package cannot be loaded, so what it brings"
        if count == 1
        else f"{count} packages cannot be loaded, so what they bring"
    )
    named = "; ".join(f"{each.package} ({each.reason})" for each in build.unresolved[:3])
    rest = f" and {count - 3} more" if count > 3 else ""
    return f"{subject} in is not known: {named}{rest}"


CHECK = Check("not-resolved", Severity.INFORMATION, __doc__, _run)
