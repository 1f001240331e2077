"""Format the results of `check`: rows of text for people, values of JSON for programs."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from layerg_pin.core.analysis.soundness import unsound as unsound_snapshot
from layerg_pin.core.analysis.verdict import cannot_be_built, compared_words, doubts
from layerg_pin.core.finding import Finding, Fix, Severity
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.text import LineIndex, printable
from layerg_pin.core.text import count as count  # for all that prints
from layerg_pin.engine.checked_plugin import Checked
from layerg_pin.engine.planned_changes import changed_lines, changed_versions, lowered_modules, planned
from layerg_pin.system.terminal import Coloured, Row
from layerg_pin.system.text_files import FileError, LineIndexes

_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFORMATION: "36", Severity.HINT: "36"}
_TAB = "    "
_LINE = r"[^\n]*\n|[^\n]+"


def display_path(path: str) -> str:
    """A path as people write it: relative to the working folder, unless that is longer."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(path) else path


class Trouble(NamedTuple):
    """A reason why a plugin has no verdict: for the JSON's `problems` and for standard error."""

    message: str
    """The reason and its cure."""
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


def as_rows(checked: Checked, *, is_fixed: bool = False) -> list[Row]:
    """One plugin's findings: each with its place, the line, carets, the host's place and the fix; then a verdict.

    If the plugin `is_fixed`, fixes that are left are marked as remaining.
    """
    indexes = _indexes(checked)
    build_files = {source.path for source in checked.analysis.snapshot.builders}

    def mark(finding: Finding) -> str:
        if is_fixed:
            return "remaining fix"
        return "by hand, or in an editor" if finding.path in build_files else "fix"  # `fix` does not write build files

    found = [row for each in checked.findings for row in (*_finding_rows(each, indexes, mark(each)), "")]
    return [*found, _verdict(checked)]


def as_json(root: str, plugins: Sequence[Checked], problems: Iterable[Trouble]) -> dict[str, Any]:
    """The contract of `check --format json`, version 1; lines are 0-based, characters UTF-16.

    `problems` says why there is no verdict, or none on some plugin.
    """
    counts = {severity.value: 0 for severity in Severity}
    for checked in plugins:
        for finding in checked.findings:
            counts[finding.severity] += 1
    return {
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


def advice(plugins: Iterable[Checked], folder: str, host: str) -> str:
    """The `fix` command and its effect; empty if it would change nothing or refuse.

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
    return f"`{' '.join(map(_shell_word, words))}`"


def _shell_word(word: str) -> str:
    """A word as a shell reads it; what cannot be shown in ANSI-C quotes, which bash and zsh read."""
    if printable(word) == word:
        return shlex.quote(word)
    return f"$'{''.join(map(_shell_byte, os.fsencode(word)))}'"


def _shell_byte(byte: int) -> str:
    char = chr(byte)
    return char if char.isascii() and char.isprintable() and char not in "'\\" else f"\\x{byte:02x}"


def unsound(checked: Checked) -> str:
    """Which line of go.mod, or of the host's file, cannot be read, and the cure; empty if all can. What such a file
    says cannot be relied on, whether the check of it is silenced or not.
    """
    found = unsound_snapshot(checked.analysis.snapshot)
    return found.described(display_path(found.path)) if found else ""


def unified_diff(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """The change of files, by absolute path, as a patch, line endings and a missing last one included."""
    for path, text in before.items():
        yield from _file_diff(path, text, after.get(path, text))


def _file_diff(path: str, before: str, after: str) -> Iterator[str]:
    name = display_path(path).replace(os.sep, "/")
    old, new = re.findall(_LINE, before), re.findall(_LINE, after)
    import difflib  # late: `check` shows no diffs

    rows = difflib.unified_diff(old, new)
    for mark, side, _ in zip(("---", "+++"), "ab", rows, strict=False):
        yield f"{mark} {_patch_name(f'{side}/{name}')}\n"
    for row in rows:
        yield row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n"


def _patch_name(name: str) -> str:
    """A file's name in the head of a patch, as Git and GNU patch read it: in quotes where it has what cannot be shown,
    and ended by a tab where it has blanks (Git: quote.c, diff.c).
    """
    if printable(name) == name and not set(name) & {'"', "\\"}:
        return f"{name}\t" if " " in name else name
    return f'"{"".join(map(_patch_byte, os.fsencode(name)))}"'


def _patch_byte(byte: int) -> str:
    char = chr(byte)
    return char if char.isascii() and char.isprintable() and char not in '"\\' else f"\\{byte:03o}"


def _indexes(checked: Checked) -> LineIndexes:
    return LineIndexes(checked.analysis.snapshot.indexes())


def _finding_rows(finding: Finding, indexes: LineIndexes, mark: str) -> Iterator[Row]:
    index = indexes.of(finding.path)
    line, character = index.position(finding.span.start, "utf-32")
    colour = _COLOURS[finding.severity]
    source, carets = _source_line(index, finding)
    margin = " " * len(str(line + 1))
    place = Coloured(f"{display_path(finding.path)}:{line + 1}:{character + 1}", "1")
    yield place, ": ", Coloured(f"{finding.severity}:", colour), f" {finding.message} [{finding.code}]"
    yield f"  {line + 1} | {source}"
    yield f"  {margin} | ", Coloured(carets, colour)
    for each in finding.related:
        yield f"  {margin} = {display_path(each.path)}:{each.line + 1}: {each.message}"
    for fix in finding.fixes:
        if not fix.title.startswith("Align all ") and not _edits_go(fix):
            yield f"  {margin} = {mark}: {fix.title}"


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


def _verdict(checked: Checked) -> Row:
    snapshot = checked.analysis.snapshot
    name = snapshot.gomod.module.text if snapshot.gomod.module else display_path(checked.folder)
    host = snapshot.host
    if not isinstance(host, HostManifest):
        return f"{name}: not checked"
    against = f"{host.reference} ({count(host.required, 'module')} from {display_path(host.source.path)})"
    reasons = doubts(checked.analysis, checked.findings)
    errors = sum(finding.severity is Severity.ERROR for finding in checked.findings)
    warnings = sum(finding.severity is Severity.WARNING for finding in checked.findings)
    if errors or warnings:
        found = " and ".join(count(*each) for each in ((errors, "error"), (warnings, "warning")) if each[0])
        return Coloured(name, "1"), f": {found} against {against}"
    silenced = len(checked.analysis.all_differences) - len(checked.analysis.differences)
    hidden = f"; {count(silenced, 'difference')} silenced" if silenced else ""
    if reasons:
        return f"{name}: no differences found against {against}, but {reasons[0]}{hidden}"
    if cannot_be_built(checked.analysis):  # even if the finding is silenced
        return f"{name}: no differences found against {against}, but `go build` stops{hidden}"
    if silenced:
        return f"{name}: no problems found against {against}{hidden}"
    shared = count(checked.analysis.shared, "shared package")
    return Coloured(name, "32"), f": fits {compared_words(snapshot, host)}; {shared}"


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
