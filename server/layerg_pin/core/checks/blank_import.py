"""
# blank-import

A blank import in the plugin's main package brings in packages that the host refuses, or has no effect.

## Why it matters

Layerg's documentation recommends blank imports, so that a pinned module is a direct requirement.
A blank import of a package that is compiled into the plugin anyway does no harm.
A blank import of any other package links that package, and everything that it imports, into the plugin.
If the host links one of these packages from another module version, the blank import makes `plugin.Open` refuse the
plugin.

## Example

```
import (
        _ "go.uber.org/zap/zapgrpc"
)
```

where nothing else in the plugin uses zapgrpc, and the host has another version of a package that it imports.

## How to fix it

Remove the import with the quick fix `Remove the blank import of PACKAGE`.
If the plugin needs the import, pin the modules that it brings in: see `version-mismatch`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.differences import ModuleDifference
from layerg_pin.core.checks.check import Check
from layerg_pin.core.finding import Certainty, FileEdits, Finding, Fix, Fixes, Related, Severity, at_host
from layerg_pin.core.model.plugin_build import PluginBuild
from layerg_pin.core.model.snapshot import MainPackage

if TYPE_CHECKING:
    from layerg_pin.core.analysis.blank_imports import BlankImport  # the first diagnostics do not need it

_MAX_FIXES = 100
"""Limit on the findings that have a fix: computing one goes over all imports of the file."""


def _run(analysis: Analysis) -> tuple[Finding, ...]:
    snapshot = analysis.snapshot
    build, module = snapshot.build, snapshot.gomod.module
    if build is None or module is None:
        return ()
    return analysis.cache.result(_findings, build, module.text, snapshot.mains, analysis.differences)


def _findings(
    build: PluginBuild, module: str, mains: tuple[MainPackage, ...], differences: tuple[ModuleDifference, ...]
) -> tuple[Finding, ...]:
    from layerg_pin.core.analysis.blank_imports import blank_imports

    found = _found(blank_imports(build, module, mains), differences)
    return tuple(
        finding._replace(fixes=Fixes(partial(_fixes, blank))) if number < _MAX_FIXES else finding
        for number, (blank, finding) in enumerate(found)
    )


def _fixes(blank: BlankImport) -> Iterator[Fix]:
    from layerg_pin.core.gofile.import_edits import remove_import_edits

    source = blank.source
    if edits := remove_import_edits(source.file, (blank.imported,)):
        others = (FileEdits(source.path, source.file.text, edits),)
        yield Fix(f"Remove the blank import of {blank.package}", (), (), others)


def _found(
    blanks: Iterable[BlankImport], differences: tuple[ModuleDifference, ...]
) -> Iterator[tuple[BlankImport, Finding]]:
    known = [each for each in differences if each.certainty is not Certainty.POSSIBLE]
    differing = {package: difference for difference in known for package in difference.packages}
    for blank in blanks:
        refused = sorted(blank.brings.intersection(differing))
        if refused:
            yield blank, _cause(blank, refused[0], len(refused), differing)
        elif blank.is_redundant:
            message = (
                f"this blank import has no effect: {blank.package} is compiled in without it, "
                f"and {blank.module} is required directly anyway"
            )
            yield blank, _finding(blank, Severity.INFORMATION, message)


def _cause(blank: BlankImport, package: str, count: int, differing: Mapping[str, ModuleDifference]) -> Finding:
    difference = differing[package]
    host, plugin = difference.host, difference.plugin
    more = f" and {count - 1} more" if count > 1 else ""
    versions = f"{plugin.path} is {plugin.version}, host has {host.version}"
    if host.path != plugin.path:
        versions = f"the plugin takes it from {plugin}, the host from {host.path} {host.version}"
    message = f"only this blank import brings in {package}{more}, which the host refuses: {versions} ({host.origin})"
    related = at_host(host)
    return _finding(blank, Severity.WARNING, message, difference, package, related)


def _finding(
    blank: BlankImport,
    severity: Severity,
    message: str,
    difference: ModuleDifference | None = None,
    package: str | None = None,
    related: tuple[Related, ...] = (),
) -> Finding:
    source = blank.source
    return Finding(
        code=CHECK.code,
        severity=severity,
        message=message,
        path=source.path,
        span=blank.imported.span,
        module=difference.plugin.path if difference else blank.module,
        package=package or blank.package,
        host_version=difference.host.version if difference else None,
        plugin_version=difference.plugin.version if difference else None,
        certainty=difference.certainty if difference else None,
        related=related,
    )


CHECK = Check("blank-import", Severity.WARNING, __doc__, _run)
