"""
# syntax

A line of go.mod or go.work, or of the host's go.mod or modules.txt, cannot be read; a build file is not read to its
end; or a `layerg-pin:ignore` comment has no valid check code, or is where the format has no comments.

## Why it matters

Go refuses a go.mod with such a line, and every command on the plugin fails.
The module of a broken line in the host's file is unknown, and is not compared.
All other lines are still checked.
If a file has the markers of a merge conflict, that is the only finding for the file.
This includes go.sum, Go files of the main package, and build files.
A `layerg-pin:ignore` comment without effect is a warning.
A Dockerfile, Makefile, compose file or script that exceeds a limit, or is not a regular file, is also reported as a
warning: how it builds the plugin is unknown, and `check` exits with 2.
The limits are far above real files: 256 KiB, 500 images, services and go commands, 20,000 words from variables.

## Example

```
require go.uber.org/zap 1.27.0
```

The version lacks its `v`.

## How to fix it

Correct the line as the message says; resolve a merge conflict first.
If the host's `vendor/modules.txt` is broken, run `go mod vendor` in the host's folder.
If a build file is too large, move the parts that do not build the plugin to another file.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.checks.check import Check
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.ignore_comments import build_comments, misplaced_comments, unknown_codes
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.snapshot import Snapshot
from layerg_pin.core.text import LineIndex, Problem, conflict_or_problems, count, merge_conflict

_MAX_REPORTED = 200
"""Limit on the invalid lines of a file that are reported individually."""


def _run(analysis: Analysis) -> Iterator[Finding]:
    for path, text, problems in _texts(analysis.snapshot):
        reportable = conflict_or_problems(text, problems)
        for problem in reportable[:_MAX_REPORTED]:
            yield Finding(
                code=CHECK.code, severity=Severity.ERROR, message=problem.message, path=path, span=problem.span
            )
        if more := reportable[_MAX_REPORTED:]:
            words = f"{count(len(more), 'more line')} from here on cannot be read"
            yield Finding(code=CHECK.code, severity=Severity.ERROR, message=words, path=path, span=more[0].span)
    for source in analysis.snapshot.builders:
        if unread_part := source.file.unread:
            yield Finding(
                code=CHECK.code,
                severity=Severity.WARNING,
                message=unread_part.message,
                path=source.path,
                span=unread_part.span,
            )
    for path, problem in _conflicts(analysis.snapshot):
        yield Finding(code=CHECK.code, severity=Severity.ERROR, message=problem.message, path=path, span=problem.span)
    for path, problem in _ineffective_comments(analysis.snapshot):
        yield Finding(code=CHECK.code, severity=Severity.WARNING, message=problem.message, path=path, span=problem.span)


def _texts(snapshot: Snapshot) -> Iterator[tuple[str, str, tuple[Problem, ...]]]:
    """The checked files, each with its text and its problems."""
    yield snapshot.plugin.path, snapshot.gomod.text, snapshot.gomod.problems
    if snapshot.workspace:
        yield snapshot.workspace.path, snapshot.workspace.work.text, snapshot.workspace.work.problems
    for source in snapshot.conflicted:
        conflict = merge_conflict(source.index.text)
        yield source.path, source.index.text, (conflict,) if conflict else ()
    if isinstance(snapshot.host, HostManifest):
        yield snapshot.host.source.path, snapshot.host.source.index.text, snapshot.host.problems


def _conflicts(snapshot: Snapshot) -> Iterator[tuple[str, Problem]]:
    """The merge conflicts in the Go files of the main packages, which make `go build` fail."""
    for source in {each.path: each for main in snapshot.mains for each in main.files}.values():
        text = source.file.text
        conflict = merge_conflict(text)
        if conflict is None:
            continue
        at = conflict.span.start
        in_comment = any(each.start <= at < each.end for each in source.file.comments)
        in_text = text.count("`", 0, at) % 2 == 1
        if not in_comment and not in_text and text.rfind("/*", 0, at) <= text.rfind("*/", 0, at):
            yield source.path, conflict


def _ineffective_comments(snapshot: Snapshot) -> Iterator[tuple[str, Problem]]:
    from layerg_pin.core.checks import CHECKS  # imported here: the list of checks contains this one

    codes = [check.code for check in CHECKS]
    plugin = snapshot.plugin
    yield from ((plugin.path, each) for each in unknown_codes(plugin.index, snapshot.gomod.syntax.comments, codes))
    for builder in snapshot.builders:
        comments = build_comments(builder.index.text, builder.file)
        yield from ((builder.path, each) for each in unknown_codes(builder.index, comments, codes))
        yield from ((builder.path, each) for each in misplaced_comments(builder.index.text, builder.file))
    for source in {each.path: each for main in snapshot.mains for each in main.files}.values():
        found = unknown_codes(LineIndex(source.file.text), source.file.comments, codes)
        yield from ((source.path, each) for each in found)


CHECK = Check("syntax", Severity.ERROR, __doc__, _run)
