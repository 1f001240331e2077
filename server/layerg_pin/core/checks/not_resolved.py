"""
# not-resolved

Go could not say, wholly or in part, which packages the plugin compiles and which versions its build selects; or
`go build` stops before it compiles anything, because go.sum or go.mod is to be updated first.

## Why it matters

Only a package that is linked into both the plugin and the host can break the plugin.
Where Go cannot load a package, what that package brings in is unknown: differences in its modules are then
reported as *possible*, and some may not be seen at all.
All other findings stand.
`go build` changes neither go.mod nor go.sum. Where go.sum has no entry for a module, or is not there at all, it stops:
no plugin is built. That is a warning.
It is left out where the plugin's own build runs `go mod tidy`, `go mod vendor` or `go get`, or builds with `-mod=mod`.

## Example

A plugin imports a package of a private module, which cannot be downloaded here:

```
1 package cannot be loaded, so what it brings in is not known: github.com/u2u-labs/go-layerg-common/runtime (…)
```

A version was raised in go.mod, and `go mod tidy` was not run since:

```
go.sum has no entry for 2 of the modules, such as go.uber.org/zap v1.27.0: `go build` stops; run `go mod tidy`
```

## Cure

Run `go mod tidy`, or `layerg-pin fix --tidy`, where go.sum lacks entries.
Do what the message names: run `go mod download` in the plugin's folder so that the modules are in Go's module
cache, set `GOPRIVATE` and the credentials for private modules, install Go or tell where it is, or run `go mod vendor`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerg_pin.core.analysis import Analysis
from layerg_pin.core.check import Check
from layerg_pin.core.checks.wording import module_line
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.golines import host_go, too_new
from layerg_pin.core.manifest import HostManifest, PluginBuild, Snapshot
from layerg_pin.core.text import count
from layerg_pin.core.vendoring import inconsistencies

_NO_SUM = "missing go.sum entry"
_NO_UPDATE = "updates to go.mod needed"
_TOO_NEW = " requires go >= "
_UPDATE = re.compile(r"^[^#\n]*\bgo[\"',\s]+(?:mod[\"',\s]+(?:tidy|vendor)\b|get\b)", re.MULTILINE)
_MOD = re.compile(r"(?:^|\s)-mod=mod(?:\s|\Z)")


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    stop = why_build_stops(snapshot) if snapshot.complete else ""  # else what keeps Go from loading goes first
    if stop and not (_NO_UPDATE in stop and _is_too_new(analysis)):
        yield Finding(CHECK.code, Severity.WARNING, stop, snapshot.plugin.path, module_line(analysis))
    if not isinstance(snapshot.host, HostManifest):
        return
    if snapshot.trouble and snapshot.unreadable:
        return  # Go refuses what `syntax` tells already
    if snapshot.trouble and _TOO_NEW in snapshot.trouble and _is_too_new(analysis):
        return
    if snapshot.trouble:
        message = f"Go could not list the packages that the plugin compiles: {snapshot.trouble}"
    elif snapshot.build and snapshot.build.unresolved:
        message = _unresolved(snapshot.build)
    else:
        return
    yield Finding(CHECK.code, Severity.INFORMATION, message, snapshot.plugin.path, module_line(analysis))


def _is_too_new(analysis: Analysis) -> bool:
    """Whether `go-line-too-new` reports a module that is compiled, whose `go` line Go stumbles over as well."""
    go = host_go(analysis.snapshot.host)
    is_reported = analysis.severities.get("go-line-too-new", Severity.WARNING) is not None
    return is_reported and go is not None and any(too_new(analysis.snapshot, analysis.build_list, go))


def why_build_stops(snapshot: Snapshot) -> str:
    """Why `go build` stops before it compiles anything, and the cure; empty where it does not, or is not known."""
    build = snapshot.build
    if build is None or not build.stops or build.gomod.text != snapshot.gomod.text or _updates(snapshot):
        return ""
    if snapshot.vendored and _NO_SUM not in build.stops:
        stale = any(inconsistencies(snapshot.gomod, snapshot.vendored.modules))  # `vendor-stale` is about it
        return "" if stale else f"`go build` stops: {build.stops}; `go mod tidy && go mod vendor` cures it"
    if build.unsummed and _NO_SUM in build.stops:
        number, first = count(len(build.unsummed), "module"), build.unsummed[0]
        such = f", such as {first}" if len(build.unsummed) > 1 else f" ({first})"
        return f"go.sum has no entry for {number}{such}: `go build` stops; run `go mod tidy`"
    if _NO_SUM in build.stops:
        return f"go.sum is not complete: `go build` stops; run `go mod tidy`: {build.stops.partition(';')[0]}"
    return f"`go build` stops; run `go mod tidy`: {build.stops.partition(';')[0]}"


def _updates(snapshot: Snapshot) -> bool:
    """Whether the plugin's own build updates go.mod and go.sum before it compiles, or builds with `-mod=mod`."""
    if snapshot.local and re.search(_MOD, snapshot.local.flags):
        return True
    commands = (command for source in snapshot.builders for command in source.file.commands)
    if any(command.mod == "mod" for command in commands):
        return True
    return any(re.search(_UPDATE, source.index.text) for source in snapshot.builders)


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
