"""
# not-resolved

Go could not list all packages that the plugin compiles and the versions that its build selects; or `go build` stops
before it compiles anything, because go.sum or go.mod must be updated first.

## Why it matters

Only a package that is linked into both the plugin and the host can break the plugin.
If Go cannot load a package, the dependencies of that package are unknown: differences in the modules of these
dependencies are then reported as *possible*, and some may be missed.
All other findings are valid.
Go is not run if it would read something that is not a regular file, such as a pipe or a device named go.mod, or a
file of extreme size.
Only the beginning of a go.mod or go.work is read if it is larger than 512 KiB or longer than 6,000 lines.
`go build` changes neither go.mod nor go.sum. If go.sum has no entry for a module, or does not exist, the build stops.
layerg-pin warns of that, unless the plugin's own build runs `go mod tidy`, `go mod vendor` or `go get`, or builds with
`-mod=mod`.

## Example

A plugin imports a package of a private module, which cannot be downloaded here:

```
1 package cannot be loaded, so its dependencies are unknown: github.com/u2u-labs/go-layerg-common/runtime (…)
```

A version in go.mod was raised without running `go mod tidy`:

```
go.sum has no entry for 2 modules, such as go.uber.org/zap v1.27.0, so `go build` stops: run `go mod tidy`
```

## How to fix it

Run `go mod tidy`, or `layerg-pin fix --tidy`, if go.sum lacks entries.
If the `go` line is below what a module needs, use `Raise the go line to VERSION`; if the `toolchain` line repeats the
`go` line, use `Remove the toolchain line`: Go stops at both with `updates to go.mod needed`.
Otherwise do what the message says: run `go mod download` in the plugin's folder so that the modules are in Go's module
cache, set `GOPRIVATE` and the credentials for private modules, install Go or set its path, or run `go mod vendor`
in the plugin's folder if its vendor folder is out of date.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.fixes import update_fix
from layerg_pin.core.analysis.plugin_builders import updates_gomod
from layerg_pin.core.checks.check import Check
from layerg_pin.core.checks.wording import at_module_line, module_line
from layerg_pin.core.finding import NO_FIXES, Finding, Fixes, Severity
from layerg_pin.core.gomod.go_lines import NO_UPDATE, host_go, module_above_go_line, too_new
from layerg_pin.core.gomod.vendor_folder import inconsistencies
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.plugin_build import PluginBuild, Unresolved
from layerg_pin.core.model.snapshot import Snapshot
from layerg_pin.core.text import Span, count

_NO_SUM = "missing go.sum entry"
_TOO_NEW = " requires go >= "


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    for path, problem in snapshot.not_read:
        yield Finding(
            code=CHECK.code, severity=Severity.INFORMATION, message=problem.message, path=path, span=problem.span
        )
    stop = why_build_stops(snapshot) if snapshot.complete else ""  # other Go errors are reported first
    if stop and not (snapshot.build and NO_UPDATE in snapshot.build.build_error and _is_too_new(analysis)):
        fix = update_fix(snapshot)
        line = snapshot.gomod.go if module_above_go_line(snapshot) else snapshot.gomod.toolchain
        span = line.span if line and fix else module_line(analysis)
        fixes = Fixes(lambda: (fix,)) if fix else NO_FIXES
        yield Finding(
            code=CHECK.code, severity=Severity.WARNING, message=stop, path=snapshot.plugin.path, span=span, fixes=fixes
        )
    if not isinstance(snapshot.host, HostManifest):
        return
    if snapshot.go_failure and (snapshot.unreadable or snapshot.not_read):
        # `syntax` reports what Go refuses, and the loop above what was not given to Go.
        return
    if snapshot.go_failure and snapshot.go_failure_target is not None:
        path, span = _leading_to(snapshot.go_failure_target, analysis)
        yield Finding(code=CHECK.code, severity=Severity.INFORMATION, message=snapshot.go_failure, path=path, span=span)
        return
    if snapshot.go_failure and _TOO_NEW in snapshot.go_failure and _is_too_new(analysis):
        return
    if snapshot.go_failure:
        message = f"Go could not list the packages that the plugin compiles: {snapshot.go_failure}"
    elif snapshot.build and snapshot.build.unresolved:
        message = _unresolved(snapshot.build)
    else:
        return
    yield at_module_line(analysis, CHECK.code, Severity.INFORMATION, message)


def _leading_to(folder: str, analysis: Analysis) -> tuple[str, Span]:
    """The file and span of the `replace` or `use` line that names a folder; else the module line of go.mod."""
    snapshot, work = analysis.snapshot, analysis.snapshot.workspace
    places = [(snapshot.plugin.path, each.target) for each in snapshot.gomod.replaces]
    places += [(work.path, token) for token in work.work.uses] if work else []
    places += [(work.path, each.target) for each in work.work.replaces] if work else []
    found = ((path, token.span) for path, token in places if folder and token.text == folder)
    return next(found, (snapshot.plugin.path, module_line(analysis)))


def _is_too_new(analysis: Analysis) -> bool:
    """Whether `go-line-too-new` reports the compiled module that makes Go fail."""
    go = host_go(analysis.snapshot.host)
    is_reported = analysis.severities.get("go-line-too-new", Severity.WARNING) is not None
    return is_reported and go is not None and any(too_new(analysis.snapshot, analysis.build_list, go))


def why_build_stops(snapshot: Snapshot) -> str:
    """The message why `go build` stops before compiling anything, with the remedy; empty if it does not stop or if that
    is unknown.
    """
    build = snapshot.build
    if build is None or not build.build_error or build.gomod.text != snapshot.gomod.text or updates_gomod(snapshot):
        return ""
    go, short = host_go(snapshot.host), module_above_go_line(snapshot) if NO_UPDATE in build.build_error else None
    if short and go and go.is_known and not go.enforces:
        return ""  # the host's Go does not require that
    if short and snapshot.gomod.go and not snapshot.vendored:
        module, needed = short
        return f"go {snapshot.gomod.go.text} is below the go {needed} that {module} needs, so `go build` stops"
    if NO_UPDATE in build.build_error and snapshot.gomod.toolchain and update_fix(snapshot):
        return f"toolchain {snapshot.gomod.toolchain.text} repeats the go line, so `go build` stops: remove it"
    if snapshot.vendored and _NO_SUM not in build.build_error:
        stale = any(inconsistencies(snapshot.gomod, snapshot.vendored.modules))  # `vendor-stale` reports it
        return "" if stale else f"`go build` stops: {build.build_error}; run `go mod tidy && go mod vendor`"
    if build.missing_sums and _NO_SUM in build.build_error:
        number, first = count(len(build.missing_sums), "module"), build.missing_sums[0]
        such = f", such as {first}" if len(build.missing_sums) > 1 else f" ({first})"
        return f"go.sum has no entry for {number}{such}, so `go build` stops: run `go mod tidy`"
    reason = _cause(build.build_error)
    if snapshot.gomod.go is None and not snapshot.workspace:
        line = f"go {go.line}" if go else "one"
        remedy = f"add {line} and run `go mod tidy`"
        return f"go.mod has no go line, so Go reads every dependency's go.mod, and `go build` stops: {reason}; {remedy}"
    if _NO_SUM in build.build_error:
        return f"go.sum is incomplete, so `go build` stops: {reason}; run `go mod tidy`"
    return f"`go build` stops: {reason}; run `go mod tidy`"


def _cause(build_error: str) -> str:
    """The part of Go's words that says what is missing, without the modules that require it and the remedy."""
    parts = build_error.split("; ")
    return next((each for each in parts if not each.endswith(" requires")), parts[0])


def _unresolved(build: PluginBuild) -> str:
    count = len(build.unresolved)
    subject = (
        "1 package cannot be loaded, so its dependencies"
        if count == 1
        else f"{count} packages cannot be loaded, so their dependencies"
    )
    named = "; ".join(_grouped(build.unresolved[:3]))
    rest = f" and {count - 3} more" if count > 3 else ""
    return f"{subject} are unknown: {named}{rest}"


def _grouped(packages: Sequence[Unresolved]) -> Iterator[str]:
    """The packages with their reasons; those with one reason together."""
    for reason in dict.fromkeys(each.reason for each in packages):
        yield f"{', '.join(each.package for each in packages if each.reason == reason)} ({reason})"


CHECK = Check("not-resolved", Severity.INFORMATION, __doc__, _run)
