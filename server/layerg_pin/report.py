"""What `check` prints: text for people, JSON for programs."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from layerg_pin.checker import Checked, changed_lines, changed_versions, lowered_modules, planned
from layerg_pin.core.finding import Finding, Fix, Severity
from layerg_pin.core.gomod import parse_gomod
from layerg_pin.core.manifest import HostManifest, Source
from layerg_pin.core.text import LineIndex, Problem, merge_conflict
from layerg_pin.core.text import count as count  # for all that prints, as the next
from layerg_pin.core.text import printable as printable
from layerg_pin.core.verdict import cannot_be_built, compared_words, doubts
from layerg_pin.files import FileError, LineIndexes

_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFORMATION: "36", Severity.HINT: "36"}
_TAB = "    "
_LINE = r"[^\n]*\n|[^\n]+"


def display_path(path: str) -> str:
    """A path as people write it: relative to the working folder, unless that is longer."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(path) else path


class Trouble(NamedTuple):
    """Why there is no verdict, or not on everything: for the JSON's `problems` and for standard error."""

    message: str
    """With what would make it a verdict."""
    path: str | None = None
    """Absolute; None where no file is at fault."""
    line: int | None = None
    """0-based."""
    column: int | None = None
    """Likewise, for people."""
    is_doubt: bool = False
    """Whether it only keeps a plugin from a verdict, rather than being wrong itself."""

    def __str__(self) -> str:
        if self.path is None or display_path(self.path) in self.message:
            return self.message
        numbers = "".join(f":{each + 1}" for each in (self.line, self.column) if each is not None)
        return f"{display_path(self.path)}{numbers}: {self.message}"


def file_trouble(error: FileError) -> Trouble:
    """What a file that cannot be read or written leaves unknown."""
    return Trouble(f"{error}; fix it, and check again", os.path.abspath(error.path) if error.path else None)


def project_troubles(checked: Checked) -> list[Trouble]:
    """What is wrong with the plugin's layerg-pin.toml."""
    faults = checked.project.faults if checked.project else ()
    return [Trouble(each.message, each.path, each.line, each.column) for each in faults]


def troubles(checked: Checked) -> list[Trouble]:
    """Why there is no verdict on a plugin, or none that can be relied on; none where there is one."""
    snapshot = checked.analysis.snapshot
    name = snapshot.gomod.module.text if snapshot.gomod.module else display_path(checked.folder)
    found = doubts(checked.analysis, checked.findings)
    path = snapshot.plugin.path
    compiled = snapshot.compiled
    remarks = [Trouble(f"{name}: {compiled.remark}", path)] if compiled and compiled.remark else []
    no_verdict = [Trouble(f"no verdict on {name}: {each}", path, is_doubt=True) for each in found]
    return project_troubles(checked) + remarks + no_verdict


def project_problems(checked: Checked) -> list[str]:
    """What is wrong with the plugin's layerg-pin.toml, each with the file as people write it."""
    return [str(each) for each in project_troubles(checked)]


def as_text(checked: Checked, *, colour: bool, is_fixed: bool = False) -> str:
    """One plugin's findings: each with its place, the line, carets, the host's place and the fix; then a verdict.

    Where the plugin `is_fixed`, what could still be done is left to the person.
    """
    indexes = _indexes(checked)
    build_files = {source.path for source in checked.analysis.snapshot.builders}

    def mark(finding: Finding) -> str:
        if is_fixed:
            return "remaining fix"
        return "by hand, or in an editor" if finding.path in build_files else "fix"  # `fix` does not write build files

    blocks = [_finding_text(finding, indexes, mark(finding), colour=colour) for finding in checked.findings]
    return "\n".join((*blocks, _verdict(checked, colour=colour)))


def as_json(root: str, plugins: Sequence[Checked], problems: Iterable[Trouble]) -> str:
    """The contract of `check --format json`, version 1; lines are 0-based, characters UTF-16.

    `problems` says why there is no verdict, or none on some plugin.
    """
    counts = {severity.value: 0 for severity in Severity}
    for checked in plugins:
        for finding in checked.findings:
            counts[finding.severity] += 1
    return json_text(
        {
            "version": 1,
            "plugins": [_plugin_json(root, checked) for checked in plugins],
            "summary": counts,
            "problems": [
                {
                    "file": None if each.path is None else _relative(root, each.path),
                    "line": each.line,
                    "message": each.message,
                }
                for each in problems
            ],
        }
    )


def json_text(document: Mapping[str, Any]) -> str:
    """JSON for programs: what standard output's encoding cannot hold is escaped, and half a surrogate pair, which no
    encoding can hold, replaced.
    """
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    text = json.dumps(document, indent=2, ensure_ascii=False)
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole if is_unicode else json.dumps(json.loads(whole), indent=2)


def advice(plugins: Iterable[Checked], folder: str, host: str) -> str:
    """The command that mends what can be mended, and what it will do; empty where it would do nothing, or refuse to.

    `folder` and `host` are those of the command that found it, as they were given.
    """
    sound = (each for each in plugins if not unsound(each))
    mended = [(checked, texts) for checked, texts in planned(sound) if texts != checked.texts]
    if not mended:
        return ""
    after = "--vendor" if all(each.analysis.snapshot.vendored for each, _ in mended) else "--tidy"
    return f"{fix_command(after, folder, host)} {_enumerated(_planned(mended))}"


def _planned(plugins: Iterable[tuple[Checked, Mapping[str, str]]]) -> Iterator[str]:
    """What `fix` will do to plugins, as it announces it when it has done it."""
    versions, lowered, excluded, replaced, left, unreplaced = 0, 0, 0, 0, 0, 0
    go: dict[str, None] = {}
    toolchains = 0
    for checked, texts in plugins:
        snapshot = checked.analysis.snapshot
        plugin = snapshot.plugin.path
        old, new = snapshot.gomod, parse_gomod(texts[plugin])
        changed = list(changed_versions(old, new))
        lower = lowered_modules(changed, snapshot.host)
        versions, lowered = versions + len(changed) - lower, lowered + lower
        excluded += len(new.excludes) - len(old.excludes)
        rows = list(changed_lines(checked.texts, texts, plugin, plugin))
        replaced += sum(row.startswith(("replaced: ", "removed replace: ")) for row in rows)
        if new.go and (old.go is None or old.go.text != new.go.text):
            go[new.go.text] = None
        toolchains += old.toolchain is not None and new.toolchain is None
        if work := snapshot.workspace:
            rows = list(changed_lines(checked.texts, texts, work.path, plugin))
            left += sum(row.startswith("removed use: ") for row in rows)
            unreplaced += sum(row.startswith("removed replace: ") for row in rows)
    if versions:
        yield f"sets {count(versions, 'module')} to the host's version"
    if lowered:
        yield f"lowers {count(lowered, 'module')} to what the host's Go builds"
    if go:
        yield f"sets the go line to {' and '.join(go)}"
    if toolchains:
        yield "removes the toolchain line"
    if excluded > 0:
        yield f"excludes {count(excluded, 'version')}"
    if replaced:
        yield f"changes {count(replaced, 'replace')}"
    if left:
        yield f"takes {count(left, 'module')} out of the workspace"
    if unreplaced:
        yield f"removes {count(unreplaced, 'replace')} from go.work"


def _enumerated(parts: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = (*parts,) or ("makes the plugin's files agree with the host",)
    return f"{', '.join(most)} and {last}" if most else last


def fix_command(option: str, folder: str, host: str) -> str:
    """The command as it is to be typed, for the folder and the host that another command was given."""
    words = ["layerg-pin", "fix", option, *(("--host", host) if host else ()), *((folder,) if folder != "." else ())]
    return f"`{shlex.join(words)}`"


def unsound(checked: Checked) -> str:
    """Which line of go.mod, or of the host's file, cannot be read, and the cure; empty if all can. What such a file
    says cannot be relied on, whether the check of it is silenced or not.
    """
    snapshot = checked.analysis.snapshot
    if snapshot.gomod.problems:
        return broken(snapshot.plugin, snapshot.gomod.problems)
    if snapshot.workspace and snapshot.workspace.work.problems:
        work = snapshot.workspace
        return broken(Source(work.path, LineIndex(work.work.text)), work.work.problems)
    if snapshot.conflicted:
        return broken(snapshot.conflicted[0], ())
    if snapshot.gomod.module is None:
        return f"{display_path(snapshot.plugin.path)}: no module line: nothing was written, add one first"
    host = snapshot.host
    if isinstance(host, HostManifest) and host.problems:
        return broken(host.source, host.problems)
    return ""


def broken(source: Source, problems: tuple[Problem, ...]) -> str:
    """That nothing was written for a line of a file that cannot be read, with its place and the cure."""
    conflict = merge_conflict(source.index.text)
    problem = conflict or problems[0]
    line = source.index.line_of(problem.span.start) + 1
    if conflict:
        return f"{display_path(source.path)}:{line}: {problem.message}; nothing was written"
    vendors = "run `go mod vendor` in the host's folder"
    cure = vendors if source.path.endswith(".txt") else "fix it first"
    return f"{display_path(source.path)}:{line}: {problem.message}: nothing was written, {cure}"


def unified_diff(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """The change of files, by absolute path, as a patch, line endings and a missing last one included."""
    for path, text in before.items():
        yield from _file_diff(path, text, after.get(path, text))


def _file_diff(path: str, before: str, after: str) -> Iterator[str]:
    name = display_path(path).replace(os.sep, "/")
    old, new = re.findall(_LINE, before), re.findall(_LINE, after)
    import difflib  # late: `check` shows no diffs

    for row in difflib.unified_diff(old, new, f"a/{name}", f"b/{name}"):
        whole = row.endswith("\n")
        kept = "\t\r"
        text = "".join(char if char in kept else printable(char) for char in row.removesuffix("\n"))
        yield f"{text}\n" if whole else f"{text}\n\\ No newline at end of file\n"


def paint(text: str, code: str, *, colour: bool) -> str:
    """The text in a terminal's colour, where colours are shown."""
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text


def _indexes(checked: Checked) -> LineIndexes:
    return LineIndexes(checked.analysis.snapshot.indexes())


def _finding_text(finding: Finding, indexes: LineIndexes, mark: str, *, colour: bool) -> str:
    index = indexes.of(finding.path)
    line, character = index.position(finding.span.start, "utf-32")
    place = f"{display_path(finding.path)}:{line + 1}:{character + 1}"
    label = paint(f"{finding.severity}:", _COLOURS[finding.severity], colour=colour)
    source, carets = _source_line(index, finding)
    margin = " " * len(str(line + 1))
    carets = paint(carets, _COLOURS[finding.severity], colour=colour)
    rows = [
        f"{paint(printable(place), '1', colour=colour)}: {label} {printable(finding.message)} [{finding.code}]",
        f"  {line + 1} | {source}",
        f"  {margin} | {carets}",
    ]
    rows += [
        f"  {margin} = {printable(f'{display_path(each.path)}:{each.line + 1}: {each.message}')}"
        for each in finding.related
    ]
    own = [fix.title for fix in finding.fixes if not fix.title.startswith("Align all ") and not _edits_go(fix)]
    rows += [f"  {margin} = {mark}: {printable(title)}" for title in own]
    return "\n".join(rows) + "\n"


def _edits_go(fix: Fix) -> bool:
    """Whether a fix also edits a Go file, which only an editor does."""
    return bool(fix.edits) and any(each.path.endswith(".go") for each in fix.others)


def _source_line(index: LineIndex, finding: Finding) -> tuple[str, str]:
    """The line as it can be shown, and carets under the finding's part of it."""
    span = index.line_span(index.line_of(finding.span.start))
    text = index.text
    before = _shown(text[span.start : finding.span.start])
    marked = _shown(text[finding.span.start : min(finding.span.end, span.end)])
    after = _shown(text[max(finding.span.start, min(finding.span.end, span.end)) : span.end])
    return f"{before}{marked}{after}", " " * len(before) + "^" * max(1, len(marked))


def _shown(text: str) -> str:
    return printable(text.replace("\t", _TAB))


def _verdict(checked: Checked, *, colour: bool) -> str:
    snapshot = checked.analysis.snapshot
    name = printable(snapshot.gomod.module.text if snapshot.gomod.module else display_path(checked.folder))
    host = snapshot.host
    if not isinstance(host, HostManifest):
        return f"{name}: not checked"
    modules, source = count(host.required, "module"), printable(display_path(host.source.path))
    against = f"{printable(host.reference)} ({modules} from {source})"
    reasons = doubts(checked.analysis, checked.findings)
    errors = sum(finding.severity is Severity.ERROR for finding in checked.findings)
    warnings = sum(finding.severity is Severity.WARNING for finding in checked.findings)
    if errors or warnings:
        found = " and ".join(count(*each) for each in ((errors, "error"), (warnings, "warning")) if each[0])
        return f"{paint(name, '1', colour=colour)}: {found} against {against}"
    silenced = len(checked.analysis.everything) - len(checked.analysis.differences)
    hidden = f"; {count(silenced, 'difference')} silenced" if silenced else ""
    if reasons:
        return f"{name}: no differences found against {against}, but {printable(reasons[0])}{hidden}"
    if cannot_be_built(checked.analysis):  # though nobody wants to hear of it
        return f"{name}: no differences found against {against}, but `go build` stops{hidden}"
    if silenced:
        return f"{name}: no problems found (host: {printable(host.reference)}, {modules} from {source}){hidden}"
    shared = count(checked.analysis.shared, "shared package")
    return f"{paint(name, '32', colour=colour)}: fits {printable(compared_words(snapshot, host))}; {shared}"


def _plugin_json(root: str, checked: Checked) -> dict[str, Any]:
    snapshot = checked.analysis.snapshot
    host = snapshot.host
    indexes = _indexes(checked)
    return {
        "dir": _relative(root, checked.folder),
        "module": snapshot.gomod.module.text if snapshot.gomod.module else None,
        "go": snapshot.gomod.go.text if snapshot.gomod.go else None,
        "host": {"reference": host.reference, "kind": host.kind, "go": host.go, "modules": host.required}
        if isinstance(host, HostManifest)
        else None,
        "complete": snapshot.complete,
        "findings": [_finding_json(root, finding, indexes) for finding in checked.findings],
    }


def _finding_json(root: str, finding: Finding, indexes: LineIndexes) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "file": _relative(root, finding.path),
        "range": _range(indexes.of(finding.path), (finding.span.start, finding.span.end)),
        "module": finding.module,
        "package": finding.package,
        "host_version": finding.host_version,
        "plugin_version": finding.plugin_version,
        "certainty": finding.certainty,
        "related": [
            {"file": _relative(root, each.path), "line": each.line, "message": each.message} for each in finding.related
        ],
        "fixes": [fix.title for fix in finding.fixes],
    }


def _range(index: LineIndex, offsets: Iterable[int]) -> dict[str, dict[str, int]]:
    positions = (index.position(offset, "utf-16") for offset in offsets)
    return {
        name: {"line": line, "character": character}
        for name, (line, character) in zip(("start", "end"), positions, strict=True)
    }


def _relative(root: str, path: str) -> str:
    relative = os.path.relpath(path, root)
    inside = relative != os.pardir and not relative.startswith(os.pardir + os.sep)
    return (relative if inside else path).replace(os.sep, "/")
