"""
# unneeded-pin

go.mod pins a module to the host's version, but the plugin compiles no package of it.

## Why it matters

It does not break anything, so this check is off by default. To turn it on:
`severity = { unneeded-pin = "hint" }` in `layerg-pin.toml`.
Unless a test of the plugin needs the module, `go mod tidy` removes the line, and then the host's version does not
matter.

## Example

```
require go.uber.org/multierr v1.11.0 // indirect
```

in a plugin that compiles no package of multierr.

## How to fix it

No fix is needed. `go mod tidy` removes requirements that no package and no test needs.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.checks.check import Check
from layerg_pin.core.finding import Finding, Severity, at_host
from layerg_pin.core.model.host_manifest import HostManifest


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    if not isinstance(snapshot.host, HostManifest) or snapshot.build is None or not snapshot.complete:
        return
    compiled = {module.path for module in snapshot.build.packages.values()}
    for module, requires in snapshot.gomod.required.items():
        host = snapshot.host.modules.get(module)
        if not requires[0].indirect or module in compiled or host is None or host.version != requires[0].version.text:
            continue
        message = f"the plugin compiles no package of {module}: `go mod tidy` removes this line unless a test needs it"
        yield Finding(
            code=CHECK.code,
            severity=Severity.HINT,
            message=message,
            path=snapshot.plugin.path,
            span=requires[0].version.span,
            module=module,
            package=None,
            host_version=host.version,
            plugin_version=requires[0].version.text,
            certainty=None,
            related=at_host(host),
        )


CHECK = Check("unneeded-pin", None, __doc__, _run)
