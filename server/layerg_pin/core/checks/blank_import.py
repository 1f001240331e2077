"""
# blank-import

A blank import in the plugin's main package brings in packages that the host refuses, or has no effect.

## Why it matters

Layerg's documentation recommends blank imports, which make a pin explicit.
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

## Cure

Remove the import with the quick fix `Remove the blank import of PACKAGE`.
If the plugin needs the import, pin the modules that it brings in: see `version-mismatch`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from weakref import WeakKeyDictionary

from layerg_pin.core.analysis.analyse import Analysis, Difference
from layerg_pin.core.analysis.blank_imports import BlankImport, blank_imports
from layerg_pin.core.checks.check import Check
from layerg_pin.core.finding import Certainty, FileEdits, Finding, Fix, Fixes, Related, Severity, at_host
from layerg_pin.core.gofile.go_file import remove_import_edits
from layerg_pin.core.model.plugin_build import PluginBuild
from layerg_pin.core.model.snapshot import MainPackage

_MOST_FIXES = 100
"""So many have a fix: working one out goes over all imports of the file."""


_Asked = tuple[str | None, tuple[MainPackage, ...], tuple[Difference, ...]]
_KNOWN: WeakKeyDictionary[PluginBuild, tuple[_Asked, tuple[Finding, ...]]] = WeakKeyDictionary()
"""What was found in builds, as long as these are held: to type in go.mod changes nothing of it."""


def _run(analysis: Analysis) -> tuple[Finding, ...]:
    snapshot, build = analysis.snapshot, analysis.snapshot.build
    if build is None:
        return ()
    module = snapshot.gomod.module
    asked = (module.text if module else None, snapshot.mains, analysis.differences)
    known = _KNOWN.get(build)
    if known is None or known[0] != asked:
        known = _KNOWN[build] = asked, tuple(_with_fixes(analysis))
    return known[1]


def _with_fixes(analysis: Analysis) -> Iterator[Finding]:
    for number, (blank, finding) in enumerate(_found(analysis)):
        yield finding._replace(fixes=Fixes(partial(_fixes, blank))) if number < _MOST_FIXES else finding


def _fixes(blank: BlankImport) -> Iterator[Fix]:
    source = blank.source
    if edits := remove_import_edits(source.file, (blank.imported,)):
        others = (FileEdits(source.path, source.file.text, edits),)
        yield Fix(f"Remove the blank import of {blank.package}", (), (), others)


def _found(analysis: Analysis) -> Iterator[tuple[BlankImport, Finding]]:
    known = [each for each in analysis.differences if each.certainty is not Certainty.POSSIBLE]
    differing = {package: difference for difference in known for package in difference.packages}
    for blank in blank_imports(analysis.snapshot):
        refused = sorted(blank.brings.intersection(differing))
        if refused:
            yield blank, _cause(blank, refused[0], len(refused), differing)
        elif blank.is_idle:
            message = (
                f"this blank import has no effect: {blank.package} is compiled in without it, "
                f"and {blank.module} is required directly anyway"
            )
            yield blank, _finding(blank, Severity.INFORMATION, message)


def _cause(blank: BlankImport, package: str, count: int, differing: Mapping[str, Difference]) -> Finding:
    difference = differing[package]
    host, plugin = difference.host, difference.plugin
    more = f" and {count - 1} more" if count > 1 else ""
    versions = f"{plugin.path} is {plugin.version}, host has {host.version}"
    if host.path != plugin.path:
        versions = f"the plugin takes it from {plugin}, the host from {host.path} {host.version}"
    message = f"this blank import alone brings in {package}{more}, which the host refuses: {versions} ({host.origin})"
    related = at_host(host)
    return _finding(blank, Severity.WARNING, message, difference, package, related)


def _finding(
    blank: BlankImport,
    severity: Severity,
    message: str,
    difference: Difference | None = None,
    package: str | None = None,
    related: tuple[Related, ...] = (),
) -> Finding:
    source = blank.source
    return Finding(
        CHECK.code,
        severity,
        message,
        source.path,
        blank.imported.span,
        difference.plugin.path if difference else blank.module,
        package or blank.package,
        difference.host.version if difference else None,
        difference.plugin.version if difference else None,
        difference.certainty if difference else None,
        related,
    )


CHECK = Check("blank-import", Severity.WARNING, __doc__, _run)
