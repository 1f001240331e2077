"""
# go-line-too-new

The plugin, or a module that it compiles, needs a newer Go than the host is built with, or the plugin's go.mod has a
form that the host's Go cannot read.

## Why it breaks

The plugin must be built with exactly the host's Go release.
Since Go 1.21, a Go release does not build a module whose `go` line is above its own version, whether that is the
plugin's module or a dependency: it either stops, or downloads a newer toolchain, whose builds the host refuses.
A dependency is checked if the plugin compiles a package of it, if vendor/modules.txt lists it, and always if the
plugin's own line is `go 1.16` or older.
Go before 1.21 can read neither a `go` line with three parts (`go 1.21.0`) nor a `toolchain` line.
Such a Go builds a module even if the `go` line of the module is higher. The exceptions are Go 1.19.13
and the releases from Go 1.20.8 to the last 1.20: they refuse a module whose `go` line is 1.22 or higher.
Each release refuses directives that are newer than itself: `godebug` before Go 1.23, `tool` before 1.24, `ignore`
before 1.25.
In a workspace, the host's Go must accept go.work and the go.mod files of all its modules.

If only the `go` line of the host's go.mod is known, the host may be built with a newer release: the finding is then a
warning without a fix. A line at or below the host's does no harm.

## Example

```
go 1.25
```

where the host is built with go1.23.4.

## How to fix it

`Lower the go line to VERSION (host)`, or `Remove the toolchain line`.
A dependency that needs the newer Go must be required at a lower version: `Lower MODULE to VERSION` selects the highest
version that the host's Go can build, and also lowers a module that requires the higher version.
The `go` line is never lowered below what a dependency needs. If it is below that, it is raised.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.builder_go import runs_toolchain
from layerg_pin.core.analysis.fixes import (
    buildable_changes,
    buildable_fix,
    go_line_changes,
    go_line_fix,
    toolchain_fix,
)
from layerg_pin.core.analysis.trial_results import trial_verdict
from layerg_pin.core.checks.check import Check
from layerg_pin.core.checks.wording import module_line, pin_fixes, required_by
from layerg_pin.core.finding import Certainty, Finding, Fix, Fixes, Related, Severity
from layerg_pin.core.gomod.go_lines import (
    HostGo,
    host_go,
    is_toolchain_above,
    is_unknown_form,
    too_new,
    unknown_directives,
)
from layerg_pin.core.gomod.parser import GoMod, GoWork
from layerg_pin.core.gomod.versions import parse_go_release
from layerg_pin.core.model.host_manifest import HostManifest, HostPlace
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.model.plugin_build import Workspace
from layerg_pin.core.text import Span


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    go = host_go(snapshot.host)
    if go is None or snapshot.host_place is HostPlace.INSIDE:  # the go line of go.work applies to both
        return
    yield from _go_line(analysis, go)
    yield from _directives(analysis, go)
    yield from _dependencies(analysis, go)
    if snapshot.workspace:
        yield from _workspace(analysis, go, snapshot.workspace)


def _go_line(analysis: Analysis, go: HostGo) -> Iterator[Finding]:
    line = analysis.snapshot.gomod.go
    if line is None:
        return
    if is_unknown_form(go, line.text):
        message = (
            f"the host's {go} cannot read go {line.text}: a Go before 1.21 needs two numbers, such as go {go.line}"
        )
    elif go.refuses(line.text):
        message = f"go {line.text} is above the host's {go}, which refuses to build the plugin"
        if not go.is_known:
            message = (
                f"go {line.text} is above go {go.version} in the host's go.mod; "
                "the host's Go release is not known: use its binary as the host"
            )
    else:
        return
    changes = go_line_changes(analysis.snapshot)
    fix = go_line_fix(analysis.snapshot) if changes.go else None
    verdict = trial_verdict(analysis.snapshot, fix, changes) if fix else None
    if verdict and verdict.reason:
        message, fix = f"{message}; lowering it does not work: {verdict.reason}", None
    yield _finding(analysis, go, message, line.span, Fixes(lambda: (fix,)), version=line.text)


def _directives(analysis: Analysis, go: HostGo) -> Iterator[Finding]:
    gomod = analysis.snapshot.gomod
    for found in unknown_directives(go, gomod):
        message = (
            f"the host's {go} does not support the {found.directive} directive, added in Go {found.since}: remove it"
        )
        fixes = Fixes(partial(_toolchain_fix, analysis)) if found.directive == "toolchain" else Fixes()
        yield _finding(analysis, go, message, found.span, fixes)
    runs = runs_toolchain(analysis.snapshot)
    if gomod.toolchain and is_toolchain_above(go, gomod) and runs is not False:
        message = _toolchain(gomod.toolchain.text, go, runs)
        fixes = Fixes(partial(_toolchain_fix, analysis))
        severity = _toolchain_severity(gomod.toolchain.text, go, runs)
        yield _finding(analysis, go, message, gomod.toolchain.span, fixes, severity=severity)


def _toolchain(line: str, go: HostGo, runs: bool | None) -> str:
    above = f"toolchain {line} is above the host's {go}"
    if runs:
        return f"{above}, and builds the plugin (GOTOOLCHAIN=auto): remove the line, or set GOTOOLCHAIN=local"
    return f"{above}: Go builds with {line} unless GOTOOLCHAIN=local"


def _toolchain_severity(line: str, go: HostGo, runs: bool | None) -> Severity:
    """An error for another minor release, which crashes the host. Another patch release is usually refused."""
    mine, theirs = parse_go_release(line), parse_go_release(go.version)
    other_minor = mine is not None and theirs is not None and mine.release[:2] != theirs.release[:2]
    return Severity.ERROR if runs and other_minor else Severity.WARNING


def _workspace(analysis: Analysis, go: HostGo, workspace: Workspace) -> Iterator[Finding]:
    """Findings for go.work and the go.mod files of its members that the host's Go refuses."""
    index = analysis.snapshot.indexes()[workspace.path]
    runs = runs_toolchain(analysis.snapshot)
    for reason, severity, span in _refused_in_workspace(go, workspace, runs):
        line = index.line_of(span.start)
        message = f"{reason}; build with GOWORK=off (see go.work:{line + 1})"
        found = _finding(analysis, go, message, module_line(analysis), severity=severity)
        yield found._replace(related=(Related(workspace.path, line, reason), *found.related))


def _refused_in_workspace(
    go: HostGo, workspace: Workspace, runs: bool | None
) -> Iterator[tuple[str, Severity | None, Span]]:
    files: list[tuple[str, GoMod | GoWork, Span | None]] = [("go.work", workspace.work, None)]
    files += [(each.gomod.module.text, each.gomod, each.use) for each in workspace.members if each.gomod.module]
    for name, file, use in files:
        line = file.go
        if line and is_unknown_form(go, line.text):
            yield f"the host's {go} cannot read go {line.text} of {name}", None, use or line.span
        elif line and go.refuses(line.text) and (use or go.enforces or not go.is_known):
            host = f"the host's {go}" if go.is_known else f"go {go.version} in the host's go.mod"
            yield f"{name} needs go {line.text}, above {host}", None, use or line.span
        for found in unknown_directives(go, file):
            reason = f"the host's {go} does not support the {found.directive} directive in {name}"
            yield reason, None, use or found.span
        if use is None and file.toolchain and is_toolchain_above(go, file) and runs is not False:
            reason = _toolchain(file.toolchain.text, go, runs)
            yield reason, _toolchain_severity(file.toolchain.text, go, runs), file.toolchain.span


def _toolchain_fix(analysis: Analysis) -> Iterator[Fix | None]:
    yield toolchain_fix(analysis.snapshot)


def _dependencies(analysis: Analysis, go: HostGo) -> Iterator[Finding]:
    gomod, selected = analysis.snapshot.gomod, analysis.build_list.selected
    for module, line in too_new(analysis.snapshot, analysis.build_list, go):
        chain = analysis.build_list.chain(module)
        by = required_by(analysis, chain)
        host = f"the host's {go}" if go.is_known else f"go {go.version} in the host's go.mod"
        message = f"{module} needs go {line}, above {host}{f'; brought in{by}' if by else ''}"
        start = gomod.require(module.path)
        if chain and (start is None or start.version.text != module.version):
            start = gomod.require(chain[0].path)
        is_selected = selected.get(module.path, module.version) == module.version
        fixes = Fixes(partial(_dependency_fixes, analysis, module)) if go.is_known else Fixes()
        if not go.is_known:
            message = f"{message}; the host's Go release is not known: use its binary as the host"
        if not is_selected:
            message = f"{message}; Go reads the go.mod of {module.path} only if the plugin's go line is below go 1.17"
        elif go.is_known and not fixes:
            message = f"{message}; found no lower version that the host's Go can build"
        span = start.version.span if start else module_line(analysis)
        yield _finding(analysis, go, message, span, fixes, module=module.path, version=module.version)


def _dependency_fixes(analysis: Analysis, module: ModuleVersion) -> Iterator[Fix | None]:
    """Fixes that select the host's version if the module is to be pinned anyway, else the highest version that the
    host's Go accepts.
    """
    difference = next((each for each in analysis.differences if each.plugin.path == module.path), None)
    if difference and difference.pin:
        yield from pin_fixes(analysis, difference.pin)
        return
    fix = buildable_fix(analysis.snapshot, module)
    verdict = trial_verdict(analysis.snapshot, fix, buildable_changes(analysis.snapshot, module)) if fix else None
    if not (verdict and verdict.reason):
        yield fix


def _finding(
    analysis: Analysis,
    go: HostGo,
    message: str,
    span: Span,
    fixes: Fixes | None = None,
    *,
    severity: Severity | None = None,
    module: str | None = None,
    version: str | None = None,
) -> Finding:
    host = analysis.snapshot.host
    place = host.go_origin if isinstance(host, HostManifest) else None
    if isinstance(host, HostManifest) and host.build:
        place = host.build.origins.get("release") or host.build.origins.get("minor") or place
    at = place if place and place.line is not None else None
    return Finding(
        code=CHECK.code,
        severity=severity or (Severity.ERROR if go.is_known else Severity.WARNING),
        message=message,
        path=analysis.snapshot.plugin.path,
        span=span,
        module=module,
        host_version=go.version,
        plugin_version=version,
        certainty=None if go.is_known else Certainty.POSSIBLE,
        related=(Related(at.path, at.line or 0, f"host: {go}"),) if at else (),
        fixes=fixes or Fixes(),
    )


CHECK = Check("go-line-too-new", Severity.WARNING, __doc__, _run)
