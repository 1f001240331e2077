"""
# workspace-module

The workspace (go.work) uses a module that the host links too, and the host is built outside that workspace.

## Why it breaks

A module that go.work uses is built from its folder and has no version, so its file names differ from those in a host
that was built with a released version.
The host refuses the plugin even if the source is the same.

A host that is built in the same workspace has the same folders and the same versions, and nothing is reported.
The host is considered to be built there if the configured host is a source folder that go.work uses, and the build
files in it do not build the host in another way.
If all builds in its build files set `GOWORK=off`, it is built outside.
If there is a `vendor` folder, `-mod=vendor`, or a Dockerfile in a folder without go.work, it may be built outside:
the finding is then *possible* and has no fix.

## Example

```
use (
        .
        ../go-layerg-common
)
```

## How to fix it

Use `Take MODULE out of the workspace`, which requires it at the host's version, or build the plugin with `GOWORK=off`.
If the host is built in the same workspace, use the binary that is built there as the host, so that the two
builds are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.differences import MemberDifference
from layerg_pin.core.analysis.fixes import single_fix
from layerg_pin.core.checks.check import Check
from layerg_pin.core.checks.wording import host_place_uncertainty, module_line
from layerg_pin.core.finding import Certainty, Finding, Fix, Fixes, Related, Severity, at_host
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.model.plugin_build import Workspace


def _run(analysis: Analysis) -> Iterator[Finding]:
    workspace = analysis.snapshot.workspace
    for each in analysis.members if workspace else ():
        if workspace:
            yield _finding(analysis, workspace, each)


def _finding(analysis: Analysis, workspace: Workspace, difference: MemberDifference) -> Finding:
    snapshot, host = analysis.snapshot, difference.host
    require = snapshot.gomod.require(difference.module)
    pin = ModuleVersion(host.path, host.version) if host.version else None
    more = f" and {len(difference.packages) - 1} more" if len(difference.packages) > 1 else ""
    line = _use_line(analysis, workspace, difference.module)
    return Finding(
        code=CHECK.code,
        severity=Severity.WARNING if difference.certainty is Certainty.POSSIBLE else Severity.ERROR,
        message=f"{difference.module} is built from its folder, because go.work:{line + 1} uses it; "
        + _host_side(analysis, difference, f"{difference.packages[0]}{more}")
        + _remedy(analysis, difference, pin),
        path=snapshot.plugin.path,
        span=require.version.span if require else module_line(analysis),
        module=difference.module,
        package=difference.packages[0],
        host_version=host.version,
        plugin_version=None,
        certainty=difference.certainty,
        related=(
            Related(workspace.path, line, f"uses {difference.module}"),
            *at_host(host),
        ),
        fixes=Fixes(partial(_fixes, analysis, pin)),
    )


def _host_side(analysis: Analysis, difference: MemberDifference, packages: str) -> str:
    """A phrase with the host's version, and the reason why the sides differ or may differ."""
    host = difference.host
    if host.version is None:
        return f"the host built it from a folder too ({host.origin}); possible: the source of {packages} may differ"
    side = f"host has {host.version} ({host.origin}); "
    if reason := host_place_uncertainty(analysis):
        return f"{side}possible: {reason}"
    if difference.certainty is Certainty.POSSIBLE:
        return f"{side}possible: the packages that the host links are unknown"
    return f"{side}linked into both: {packages}"


def _remedy(analysis: Analysis, difference: MemberDifference, pin: ModuleVersion | None) -> str:
    host = analysis.snapshot.host
    if pin is None:
        has_binary = isinstance(host, HostManifest) and host.kind in ("binary", "image")
        return "; `layerg-pin predict` compares them" if has_binary else ""
    refused = analysis.refused.get(pin)
    return "; build with GOWORK=off" + (f"; removing it from the workspace does not work: {refused}" if refused else "")


def _fixes(analysis: Analysis, pin: ModuleVersion | None) -> Iterator[Fix | None]:
    yield single_fix(analysis.snapshot, analysis.alignment, pin)
    yield analysis.align_fix if pin else None


def _use_line(analysis: Analysis, workspace: Workspace, module: str) -> int:
    """The 0-based line of go.work that uses a module; 0 if there is none."""
    index = analysis.snapshot.indexes()[workspace.path]
    for member in workspace.members:
        if member.gomod.module and member.gomod.module.text == module:
            return index.line_of(member.use.start)
    return 0


CHECK = Check("workspace-module", Severity.ERROR, __doc__, _run)
