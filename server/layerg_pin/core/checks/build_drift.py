"""
# build-drift

A build step changes module versions, so that the build differs from what was checked.

## Why it breaks

layerg-pin compares the host with the committed go.mod.
`go get` and `go get -u` in the build select other versions, often the newest, which the host then refuses.
So do `go mod edit`, `go work use`, and `go mod init` after go.mod was removed.
A build with `-modfile` or `-overlay` reads other files than those that were checked.
So does a build after a command that edits or replaces go.mod, go.sum or vendor, such as `patch`, `sed -i`, `>`, or a
`cp` or `COPY` of another file over one of them. To copy the plugin's own files into an image is no drift.
It does not matter whether the Dockerfile, make or a script runs the command.
`go env -w GOTOOLCHAIN=…` makes the build use another Go release.
`go env -w GOFLAGS=-mod=mod` lets it change go.mod.

`go mod download`, `go mod tidy`, `go mod vendor` and `go install TOOL@VERSION` keep the versions of a complete go.mod.

## Example

```
RUN go get -u ./... && go build -buildmode=plugin -trimpath -o backend.so .
```

## How to fix it

Remove the step from the build.
If it changes go.mod, go.sum or other files, run it once in the source tree first, then check and commit them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.buildfiles.build_file import BuildCommand, BuildSource, BuildStep
from layerg_pin.core.checks.check import Check
from layerg_pin.core.finding import Finding, Related, Severity

_OWN = ("go.mod", "go.sum", "go.work", "go.work.sum", "vendor", "modules.txt")
_MAX_PATH = 500
"""In characters; longer than any real package path."""


def _run(analysis: Analysis) -> Iterator[Finding]:
    requires: dict[str, str] = {}
    if any(source.file.drifts for source in analysis.snapshot.builders):
        requires = {each.module.text: each.version.text for each in analysis.snapshot.gomod.requires}
    folder = analysis.snapshot.plugin.path.replace("\\", "/").rpartition("/")[0]
    for source in analysis.snapshot.builders:
        for command in source.file.commands:
            yield from _other_files(source, command)
        for step, build in source.file.drifts:
            line = source.index.line_of(build.start)
            related: tuple[Related, ...] = (Related(source.path, line, "the plugin is built here"),)
            if step.calls:
                caller, place = step, _called(analysis.snapshot.builders, step, requires, folder)
                if place is None:
                    continue
                called, step = place
                message = (
                    f"`{caller.text}` runs `{step.text}`, which changes the build that was checked: {_advice(step)}"
                )
                where = Related(called.path, called.index.line_of(step.span.start), "the step that it runs")
                yield Finding(
                    code=CHECK.code,
                    severity=Severity.WARNING,
                    message=message,
                    path=source.path,
                    span=caller.span,
                    related=(where, *related),
                )
            elif not _is_harmless(requires, step, folder):
                message = f"`{step.text}` changes the build that was checked: {_advice(step)}"
                yield Finding(
                    code=CHECK.code,
                    severity=Severity.WARNING,
                    message=message,
                    path=source.path,
                    span=step.span,
                    related=related,
                )


def _advice(step: BuildStep) -> str:
    if step.text.startswith(("rm ", "go env ")):  # leaves no files to commit
        return "remove this command"
    return "remove this command, or run it once and commit the changed files"


def _other_files(source: BuildSource, command: BuildCommand) -> Iterator[Finding]:
    """Flags with which Go reads files other than those that were checked."""
    for name in ("modfile", "overlay"):
        value = command.flags.get(name, "")
        if value != "":
            flag = f"-{name}={value}" if value else f"-{name}"
            what = "another go.mod" if name == "modfile" else "other files"
            message = f"`{flag}` builds with {what} than was checked: build with the go.mod that is checked"
            yield Finding(
                code=CHECK.code, severity=Severity.WARNING, message=message, path=source.path, span=command.span
            )


def _called(
    sources: Sequence[BuildSource], caller: BuildStep, requires: Mapping[str, str], folder: str
) -> tuple[BuildSource, BuildStep] | None:
    """The first relevant step of the Makefile target or script that another step runs."""
    is_make = caller.calls[0] == "make"
    for source in sources:
        name = source.path.replace("\\", "/").rpartition("/")[2]
        if is_make == name.endswith(".sh"):
            continue
        if not is_make and name != caller.calls[0].rpartition("/")[2]:
            continue
        targets = (caller.calls[1:] if is_make else ()) or ("",)
        for step in (step for target in targets for step in source.file.steps.get(target, ())):
            if not step.calls and not _is_harmless(requires, step, folder):
                return source, step
    return None


def _is_harmless(requires: Mapping[str, str], step: BuildStep, folder: str) -> bool:
    """Whether a step changes nothing that was checked: it keeps the versions of go.mod, or copies the plugin's own
    files.
    """
    own = step.sources and all(
        each and f"{folder}/{each.rpartition('/')[2]}".endswith(f"/{each}") and each.rpartition("/")[2] in _OWN
        for each in step.sources
    )
    return bool(own) or _selected_already(requires, step)


def _selected_already(requires: Mapping[str, str], step: BuildStep) -> bool:
    """Whether `go get` names exactly the versions that go.mod requires."""
    return bool(step.modules) and all(_required(requires, path, version) for path, version in step.modules)


def _required(requires: Mapping[str, str], path: str, version: str) -> bool:
    """Whether the module that provides a package is required at exactly this version."""
    if len(path) > _MAX_PATH:
        return False
    while path not in requires and "/" in path:
        path = path.rpartition("/")[0]
    return requires.get(path) == version


CHECK = Check("build-drift", Severity.WARNING, __doc__, _run)
