"""
# version-mismatch

A package is linked into both the plugin and the host, but from unlike versions of its module.

## Why it breaks

The host loads a plugin with `plugin.Open`, which compares every package that both link.
A package from another module version is another package, even where its source is the same: its file names hold the
version.
The host then stops with `plugin was built with a different version of package …` and names only the first one.

A module whose packages are not linked into both may differ as it likes, and is not reported.

## Example

```
require go.uber.org/zap v1.26.0
```

while the host's `vendor/modules.txt` has

```
# go.uber.org/zap v1.27.0
```

## Cure

Require the host's version: by the quick fix `Pin go.uber.org/zap to v1.27.0 (host)`, by `Align all N modules with the
host`, or by `layerg-pin fix --tidy` on the command line.
`// indirect` requires hold as well as direct ones.
Where another dependency asks for more, a require alone does nothing: the fix then is `Hold MODULE at VERSION (host):
exclude N higher versions`, see `pin-overruled`.
Where the package comes from another module on the host, as since google.golang.org/genproto was split, the pin is that
of the host's module, and the plugin's own one moves out of the way.

A finding that says *possible* is a warning: the modules differ, but it is not known that a package of them is in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from layerg_pin.core.analysis import Analysis, Difference
from layerg_pin.core.blank import blank_fix
from layerg_pin.core.check import Check
from layerg_pin.core.checks.wording import align_fix, by_hand, exclude_line, version_finding, way
from layerg_pin.core.finding import Finding, Fix, Severity
from layerg_pin.core.fixes import single_fix
from layerg_pin.core.manifest import HostManifest, ModuleVersion


def _run(analysis: Analysis) -> Iterator[Finding]:
    for difference in analysis.differences:
        if difference.code == CHECK.code:
            message = _message(analysis, difference) + _obstacle(analysis, difference)
            yield version_finding(CHECK, analysis, difference, message, partial(_fixes, analysis, difference))


def _fixes(analysis: Analysis, difference: Difference) -> Iterator[Fix | None]:
    yield single_fix(analysis.snapshot, analysis.alignment, difference.pin)
    yield blank_fix(analysis, difference)
    yield align_fix(analysis, difference.pin)


def _message(analysis: Analysis, difference: Difference) -> str:
    plugin, host = difference.plugin, difference.host
    if host.version is None and isinstance(known := analysis.snapshot.host, HostManifest) and host.path != known.module:
        return f"{plugin.path} is {plugin.version}, the host builds it from a folder of its workspace ({host.origin})"
    if host.version is None:
        return f"{plugin.path} is the host's own module, of which a plugin can share no package ({host.origin})"
    require = analysis.snapshot.gomod.require(plugin.path)
    raised = require is None or require.version.text != plugin.version
    by = way(analysis, analysis.build_list.chain(plugin)) if raised else _also(analysis, plugin)
    if host.path != plugin.path:
        return f"packages come from {plugin}{by}, on the host from {host.path} {host.version} ({host.origin})"
    return f"{plugin.path} is {plugin.version}{by}, host has {host.version} ({host.origin})"


def _also(analysis: Analysis, plugin: ModuleVersion) -> str:
    """Who asks for the version that go.mod itself requires, so that to lower the require is not enough."""
    asker = analysis.build_list.asker(plugin.path)
    return f", which {asker[0]} asks for too" if asker and asker[-1] == plugin else ""


def _obstacle(analysis: Analysis, difference: Difference) -> str:
    """What a pin of this module alone runs into."""
    pin, alignment = difference.pin, analysis.alignment
    if pin is None or pin in alignment.single:
        return ""
    if pin in analysis.refused:
        return f"; {by_hand(analysis, pin)}"
    if line := exclude_line(analysis, pin):
        return f"; a pin does not hold while go.mod:{line} excludes {pin.version}"
    chain = alignment.blocked.get(pin) or analysis.build_list.asker(pin.path)
    if len(chain) < 2:
        return ""
    own = analysis.build_list.chain(difference.plugin)
    require = analysis.require_of(difference)
    is_told = own[-2:] == chain[-2:] and (require is None or require.version.text != difference.plugin.version)
    if pin in alignment.blocked and is_told:
        return "; no pin holds against that"
    if pin in alignment.blocked:
        return f"; a pin does not hold while {chain[-2]} asks for {chain[-1].version}"
    return f"; to be pinned together with {chain[-2]}, which asks for {chain[-1].version}"


CHECK = Check("version-mismatch", Severity.ERROR, __doc__, _run)
