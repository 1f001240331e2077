"""
# unshared-difference

A module of go.mod has another version in the host, but no package of it is linked into both: the host still loads the
plugin.

## Why it matters

It does not matter now.
It will matter as soon as the plugin imports a package of that module that the host links too.
This check is off by default. To turn it on: `severity = { unshared-difference = "information" }` in `layerg-pin.toml`.

## Example

```
require github.com/stretchr/testify v1.9.0
```

where the host has v1.10.0, and only tests use the module.

## How to fix it

No fix is needed. Requiring the host's version avoids a mismatch when a package is imported later.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.checks.check import Check
from layerg_pin.core.finding import Finding, Severity, at_host
from layerg_pin.core.model.host_manifest import HostManifest


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    if not isinstance(snapshot.host, HostManifest) or snapshot.build is None:
        return
    for module, requires in snapshot.gomod.required.items():
        host = snapshot.host.modules.get(module)
        version = analysis.build_list.selected.get(module)
        if module in analysis.shared_modules or host is None or version is None or host.version in (None, version):
            continue
        message = (
            f"{module} is {version}, host has {host.version} ({host.origin}); no package of it is linked into both"
        )
        yield Finding(
            code=CHECK.code,
            severity=Severity.INFORMATION,
            message=message,
            path=snapshot.plugin.path,
            span=requires[0].version.span,
            module=module,
            package=None,
            host_version=host.version,
            plugin_version=version,
            certainty=None,
            related=at_host(host),
        )


CHECK = Check("unshared-difference", None, __doc__, _run)
