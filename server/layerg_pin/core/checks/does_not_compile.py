"""
# does-not-compile

The plugin does not compile with the versions of its go.mod.
Only `layerg-pin check --build` and `layerg-pin fix --build` report this, because they run `go build`.

## Why it breaks

The host's version of a module can have another API than the version that the plugin was written for.
The plugin's versions then fit the host, but the plugin does not build.
layerg-pin compiles it like the host: for its platform, with its flags, and with its Go release if that is installed or
can be downloaded.

## Example

```
main.go:14:9: not enough arguments in call to nk.LeaderboardCreate; have (…); want (…) (github.com/heroiclabs/nakama-common v1.30.1 → v1.45.0)
```

## How to fix it

Adapt the code at the reported line to the new version of the module.
The module's release notes list what changed.
"""  # noqa: E501  # an error of Go is one line

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.checks.check import Check
from layerg_pin.core.checks.wording import module_line
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.text import Span


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    compiled, build = snapshot.compiled, snapshot.build
    if compiled is None:
        return
    from layerg_pin.core.analysis.compile_errors import changed_module  # imported here: only `--build` needs it

    packages = build.packages if build else {}
    versions = {package: (module.path, module.version) for package, module in packages.items()}
    for error in compiled.errors:
        imported = [each.path.text for each in error.file.imports] if error.file else []
        changed = changed_module(error, imported, versions, compiled.before)
        module = versions.get(error.package, (None, ""))[0] if not error.path else None
        path = error.path or snapshot.plugin.path
        span = error.span if error.path else _require(analysis, module)
        what = error.message if error.path else f"the plugin does not compile: {error.message}"
        message = f"{what} ({changed})" if changed else what
        yield Finding(
            code=CHECK.code,
            severity=Severity.ERROR,
            message=message,
            path=path,
            span=span,
            module=changed.partition(" ")[0] or module,
        )


def _require(analysis: Analysis, module: str | None) -> Span:
    """The span of the require of a module that does not compile, else the module line."""
    require = analysis.snapshot.gomod.require(module) if module else None
    return require.line.span if require else module_line(analysis)


CHECK = Check("does-not-compile", Severity.ERROR, __doc__, _run)
