"""
# replace-mismatch

Host and plugin replace a shared module differently, though the versions agree.

## Why it breaks

A `replace` keeps the version left of `=>` in the file names that the compiler records, but compiles another source.
`plugin.Open` compares what the source exports, so it accepts the plugin only if both sources are the same.
Only the host's binary shows whether they are, so this is a warning.

## Example

The host's `vendor/modules.txt` says

```
# github.com/hashicorp/raft v1.7.0 => github.com/example/raft v1.7.1-patched
```

and the plugin requires `github.com/hashicorp/raft v1.7.0` without a replace.

## How to fix it

Use `Replace MODULE as the host does`, or `Remove the replace of MODULE` if the host has none.
If the host replaces the module with a folder, that folder must exist when the plugin is built, and contain the source
that the host was built from.
A replace in go.work overrides those in go.mod: change it there, or build with `GOWORK=off`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.differences import ModuleDifference
from layerg_pin.core.checks.check import Check
from layerg_pin.core.checks.wording import pin_fixes, version_finding
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.model.modules import Replacement


def _run(analysis: Analysis) -> Iterator[Finding]:
    for difference in analysis.differences:
        if difference.code == CHECK.code:
            fixes = partial(pin_fixes, analysis, difference.pin)
            message = _message(analysis, difference)
            yield version_finding(CHECK, analysis, difference, message, fixes, Severity.WARNING)


def _message(analysis: Analysis, difference: ModuleDifference) -> str:
    mine, host = difference.replacement, difference.host
    here = f"is replaced by {mine}" if mine else "is not replaced"
    if difference.in_workspace:
        here += " in go.work"
    there = f"replaces it by {host.replacement}" if host.replacement else "does not replace it"
    refused = analysis.refused.get(difference.pin) if difference.pin else None
    obstacle = f"; matching the host does not work: {refused}" if refused else ""
    return f"{difference.plugin} {here}, but the host {there} ({host.origin}){_folder(host.replacement)}{obstacle}"


def _folder(replacement: Replacement | None) -> str:
    if replacement is None or replacement.version is not None:
        return ""
    return f"; the plugin matches only if {replacement.path} contains the host's source"


CHECK = Check("replace-mismatch", Severity.WARNING, __doc__, _run)
