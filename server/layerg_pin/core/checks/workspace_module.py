"""
# workspace-module

The workspace (go.work) uses a module of which a package is linked into both the plugin and the host.

## Why it breaks

A module that a go.work uses is built from its folder, and has no version: its file names are others than the host's.
The host refuses the plugin even where the source is the same.

## Example

```
use (
        .
        ../go-layerg-common
)
```

## Cure

`Take MODULE out of the workspace`, which requires it at the host's version, or build the plugin with `GOWORK=off`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from layerg_pin.core.analysis import Analysis, MemberDifference
from layerg_pin.core.check import Check
from layerg_pin.core.checks.wording import module_line
from layerg_pin.core.finding import Finding, Fix, Fixes, Related, Severity, at_host
from layerg_pin.core.fixes import single_fix
from layerg_pin.core.manifest import Certainty, ModuleVersion, Workspace


def _run(analysis: Analysis) -> Iterator[Finding]:
    workspace = analysis.snapshot.workspace
    for each in analysis.members if workspace else ():
        if workspace:
            yield _finding(analysis, workspace, each)


def _finding(analysis: Analysis, workspace: Workspace, each: MemberDifference) -> Finding:
    snapshot, host = analysis.snapshot, each.host
    require = snapshot.gomod.require(each.module)
    pin = ModuleVersion(host.path, host.version) if host.version else None
    more = f" and {len(each.packages) - 1} more" if len(each.packages) > 1 else ""
    line = _use_line(analysis, workspace, each.module)
    refused = analysis.refused.get(pin) if pin else None
    obstacle = f"; to take it out does not work: {refused}" if refused else ""
    return Finding(
        CHECK.code,
        Severity.WARNING if each.certainty is Certainty.POSSIBLE else Severity.ERROR,
        f"{each.module} is built from its folder, since go.work:{line + 1} uses it; host has {host.version} "
        f"({host.origin}); linked into both: {each.packages[0]}{more}; GOWORK=off builds without it{obstacle}",
        snapshot.plugin.path,
        require.version.span if require else module_line(analysis),
        each.module,
        each.packages[0],
        host.version,
        None,
        each.certainty,
        (
            Related(workspace.path, line, f"uses {each.module}"),
            *at_host(host),
        ),
        Fixes(partial(_fixes, analysis, pin)),
    )


def _fixes(analysis: Analysis, pin: ModuleVersion | None) -> Iterator[Fix | None]:
    yield single_fix(analysis.snapshot, analysis.alignment, pin)
    yield analysis.align_fix if pin else None


def _use_line(analysis: Analysis, workspace: Workspace, module: str) -> int:
    """The 0-based line of go.work that uses a module; the first where it is not found."""
    index = analysis.snapshot.indexes()[workspace.path]
    for member in workspace.members:
        if member.gomod.module and member.gomod.module.text == module:
            return index.line_of(member.use.start)
    return 0


CHECK = Check("workspace-module", Severity.ERROR, __doc__, _run)
