"""
# version-mismatch

A package is linked into both the plugin and the host, but from different versions of its module.

## Why it breaks

The host loads a plugin with `plugin.Open`, which compares every package that both link.
A package from another module version is a different package, even if its source is the same: the file names that the
compiler records in it contain the version.
`plugin.Open` then fails with `plugin was built with a different version of package …`, which names only the first one.

If no package of a module is linked into both, the module may have any version and is not reported.

## Example

```
require go.uber.org/zap v1.26.0
```

where the host's `vendor/modules.txt` has

```
# go.uber.org/zap v1.27.0
```

## How to fix it

Require the host's version: with the quick fix `Pin go.uber.org/zap to v1.27.0 (host)`, with `Align all N modules with
the host`, or with `layerg-pin fix --tidy` on the command line.
A require with `// indirect` works like a direct one.
If another dependency requires a higher version, a require alone has no effect: the fix is then `Hold MODULE at VERSION
(host): exclude N higher versions`, see `pin-overruled`.
If the package comes from another module in the host, as happens since google.golang.org/genproto was split, the fix
pins the host's module, and sets the plugin's module to a version without the package.

A finding that says *possible* is a warning: the modules differ, but it is not known whether both link a package of
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.differences import ModuleDifference
from layerg_pin.core.analysis.fixes import single_fix
from layerg_pin.core.checks.check import Check
from layerg_pin.core.checks.wording import align_fix, exclude_line, manual_remedy, requirer_words, version_finding
from layerg_pin.core.finding import Certainty, Finding, Fix, Severity
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.modules import ModuleVersion


def _run(analysis: Analysis) -> Iterator[Finding]:
    for difference in analysis.differences:
        if difference.code == CHECK.code:
            message = _message(analysis, difference) + _obstacle(analysis, difference)
            yield version_finding(CHECK, analysis, difference, message, partial(_fixes, analysis, difference))


def _fixes(analysis: Analysis, difference: ModuleDifference) -> Iterator[Fix | None]:
    from layerg_pin.core.analysis.blank_imports import blank_import_fix  # the first diagnostics do not need it

    yield single_fix(analysis.snapshot, analysis.alignment, difference.pin)
    yield blank_import_fix(analysis, difference)
    yield align_fix(analysis, difference.pin)


def _message(analysis: Analysis, difference: ModuleDifference) -> str:
    plugin, host = difference.plugin, difference.host
    if host.version is None and isinstance(known := analysis.snapshot.host, HostManifest) and host.path != known.module:
        return (
            f"{plugin.path} is {plugin.version}, but the host builds it from a folder of its workspace ({host.origin})"
        )
    if host.version is None and difference.certainty is Certainty.POSSIBLE and difference.replacement:
        return (
            f"{plugin.path} is the host's own module, built without -trimpath: "
            f"{difference.replacement} must be the folder that the host was built in ({host.origin})"
        )
    if host.version is None:
        return f"{plugin.path} is the host's own module, and a plugin cannot share its packages ({host.origin})"
    require = analysis.snapshot.gomod.require(plugin.path)
    raised = require is None or require.version.text != plugin.version
    requirer = requirer_words(analysis, analysis.build_list.chain(plugin)) if raised else ""
    by = f", required{requirer}" if requirer else ""
    by = by if raised else _also(analysis, plugin)
    if host.path != plugin.path:
        return (
            f"shared packages come from {plugin}{by}, but in the host from {host.path} {host.version} ({host.origin})"
        )
    return f"{plugin.path} is {plugin.version}{by}, host has {host.version} ({host.origin})"


def _also(analysis: Analysis, plugin: ModuleVersion) -> str:
    """What else requires the version that go.mod requires: lowering the require is then not enough."""
    requirer = analysis.build_list.requirer(plugin.path)
    return f" (also required by {requirer[0]})" if requirer and requirer[-1] == plugin else ""


def _obstacle(analysis: Analysis, difference: ModuleDifference) -> str:
    """What a pin of this module alone runs into."""
    pin, alignment = difference.pin, analysis.alignment
    if pin is None or pin in alignment.single:
        return ""
    if pin in analysis.refused:
        return f"; {manual_remedy(analysis, pin)}"
    if line := exclude_line(analysis, pin):
        return f"; a pin has no effect while go.mod:{line} excludes {pin.version}"
    chain = alignment.blocked.get(pin) or analysis.build_list.requirer(pin.path)
    if len(chain) < 2:
        return ""
    own = analysis.build_list.chain(difference.plugin)
    require = analysis.require_of(difference)
    is_reported = own[-2:] == chain[-2:] and (require is None or require.version.text != difference.plugin.version)
    if pin in alignment.blocked and is_reported:
        return "; a pin cannot lower it"
    if pin in alignment.blocked:
        return f"; a pin has no effect while {chain[-2]} requires {chain[-1].version}"
    return f"; {chain[-2]} requires {chain[-1].version}: pin both modules to the host's versions"


CHECK = Check("version-mismatch", Severity.ERROR, __doc__, _run)
