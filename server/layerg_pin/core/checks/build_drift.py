"""
# build-drift

A build step changes module versions, so that the build differs from what was checked.

## Why it breaks

layerg-pin compares the host with the committed go.mod.
`go get` and `go get -u` in the build select other versions, often the newest, which the host then refuses.
So do `go mod edit`, `go work use`, and `go mod init` after go.mod was removed.
`go env -w` with `GOTOOLCHAIN` or `-mod=mod` makes the build use another Go release or another go.mod.

`go mod download`, `go mod tidy`, `go mod vendor` and `go install TOOL@VERSION` keep the versions of a complete go.mod.

## Example

```
RUN go get -u ./... && go build -buildmode=plugin -trimpath -o backend.so .
```

## Cure

Run the step once in the source tree, check and commit go.mod and go.sum, and remove the step from the build.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from layerg_pin.core.analysis import Analysis
from layerg_pin.core.builder import BuildStep
from layerg_pin.core.check import Check
from layerg_pin.core.finding import Finding, Related, Severity

_MAX_PATH = 500
"""In characters; longer than any real path of a package."""


def _run(analysis: Analysis) -> Iterator[Finding]:
    requires = {each.module.text: each.version.text for each in analysis.snapshot.gomod.requires}
    for source in analysis.snapshot.builders:
        for step, build in source.file.drifts:
            if not _selected_already(requires, step):
                message = (
                    f"`{step.text}` changes the build after the check: run it "
                    "in the source tree instead, and commit go.mod and go.sum"
                )
                line = source.index.line_of(build.start)
                related = (Related(source.path, line, "the plugin is built here"),)
                yield Finding(CHECK.code, Severity.WARNING, message, source.path, step.span, related=related)


def _selected_already(requires: Mapping[str, str], step: BuildStep) -> bool:
    """Whether `go get` names just the versions that go.mod requires, by module."""
    return bool(step.modules) and all(_required(requires, path, version) for path, version in step.modules)


def _required(requires: Mapping[str, str], path: str, version: str) -> bool:
    """Whether the module that provides a package is required at just this version."""
    if len(path) > _MAX_PATH:
        return False
    while path not in requires and "/" in path:
        path = path.rpartition("/")[0]
    return requires.get(path) == version


CHECK = Check("build-drift", Severity.WARNING, __doc__, _run)
