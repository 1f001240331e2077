"""
# newer-release

layerg-pin knows a newer patch release of the plugin's host.

## Why it matters

It does not break anything, so this check is off by default. To turn it on:
`severity = { newer-release = "information" }` in `layerg-pin.toml`, or the setting `layergPin.severity` of the editor.
A patch release corrects faults of the server, and its plugins usually need few changes, but they must be built again:
even a patch release can have another Go release or other versions of shared modules.

## Example

```
FROM heroiclabs/nakama:3.24.0
```

when Nakama 3.24.2 is out.

## How to fix it

`layerg-pin upgrade RELEASE` moves the plugin, and the exact tags and settings that name its host, to the release; with
`--diff` it shows what would change, and writes nothing.
In an editor, the action `Upgrade to …` at the same line shows what would change, and then makes the change.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.newer_releases import host_release, movable_release, newest_patch
from layerg_pin.core.checks.check import Check
from layerg_pin.core.checks.wording import at_module_line
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.model.host_manifest import HostManifest


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    present = host_release(snapshot.host)
    newer = newest_patch(present) if present else None
    if present is None or newer is None:
        return
    message = f"the host is {present.title}, and {newer.title} is a newer patch release"
    if movable_release(snapshot):
        message = f"{message}: `layerg-pin upgrade {newer.name}` moves the plugin to it"
    found = at_module_line(analysis, CHECK.code, Severity.INFORMATION, message)
    place = snapshot.host.named_at if isinstance(snapshot.host, HostManifest) else None
    for source in snapshot.builders if place else ():
        for image in source.file.images:
            if place and source.path == place.path and source.index.line_of(image.span.start) == place.line:
                yield found._replace(path=source.path, span=image.span)
                return
    yield found


CHECK = Check("newer-release", None, __doc__, _run)
