"""Format the result of a check as rows of text for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from layerg_pin.cli.output.display import display_path
from layerg_pin.cli.output.problems import project_file_problems
from layerg_pin.cli.output.upgrade_advice import UpgradeAdvice
from layerg_pin.core.analysis.verdict import cannot_be_built, compared_words, host_name, uncertainties
from layerg_pin.core.checks import count_silenced
from layerg_pin.core.finding import Finding, Fix, Severity
from layerg_pin.core.model.host_manifest import HostManifest, HostNotFound
from layerg_pin.core.text import LineIndex, count, printable, reference_words
from layerg_pin.engine.checked_plugin import Checked
from layerg_pin.system.shared_options import QUIET, is_set
from layerg_pin.system.terminal import Coloured, Row
from layerg_pin.system.text_files import LineIndexes

_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFORMATION: "36", Severity.HINT: "36"}
_TAB = "    "
_MAX_PART = 160
"""In characters: the parts of a line before, in and after a finding that are shown."""
_CUT = "..."


def report_rows(checked: Checked, name: str, *, is_fixed: bool = False) -> list[Row]:
    """The findings of one plugin, and then the verdict, unless the user wants only the findings.

    `name` is the plugin's in this report. If it `is_fixed`, the fixes that are left are marked as remaining.
    """
    findings = finding_rows(checked, is_fixed=is_fixed)
    return findings[:-1] if is_set(QUIET) else [*findings, _verdict(checked, name)]


def finding_rows(checked: Checked, *, is_fixed: bool = False) -> list[Row]:
    """The findings of one plugin with their lines, carets, related places and fixes; an empty row follows each."""
    indexes = LineIndexes(checked.analysis.snapshot.indexes())
    build_files = {source.path for source in checked.analysis.snapshot.builders}
    upgrade = UpgradeAdvice(checked)

    def fix_row(finding: Finding, fix: Fix) -> str:
        in_build_file = finding.path in build_files  # `fix` does not write build files
        command = upgrade.command_for(fix) if in_build_file else ""
        if is_fixed:
            run = f"run {command}, or " if command else ""
            return f"remaining fix: {fix.title}: {run}change {_edited_place(fix, checked)}"
        if in_build_file:
            return f"by hand, {f'in an editor, or with {command}' if command else 'or in an editor'}: {fix.title}"
        return f"fix: {fix.title}"

    return [row for each in checked.findings for row in (*_finding_rows(each, indexes, fix_row), "")]


def _edited_place(fix: Fix, checked: Checked) -> str:
    """The file and line of the first change that a fix makes."""
    plugin = checked.analysis.snapshot.plugin
    path, index, edits = plugin.path, plugin.index, fix.edits
    if not edits and fix.others:
        path, text, edits = fix.others[0]
        index = LineIndex(text)
    return f"{display_path(path)}:{index.line_of(edits[0].span.start) + 1}"


def _finding_rows(finding: Finding, indexes: LineIndexes, fix_row: Callable[[Finding, Fix], str]) -> Iterator[Row]:
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
            yield f"  {margin} = {fix_row(finding, fix)}"


def _edits_go(fix: Fix) -> bool:
    """Whether a fix also edits a Go file, which only an editor does."""
    return bool(fix.edits) and any(each.path.endswith(".go") for each in fix.others)


def _source_line(index: LineIndex, finding: Finding) -> tuple[str, str]:
    """The line with unprintable characters escaped, and carets under the finding's part of it.

    For a long line, only the part around the finding.
    """
    span = index.line_span(index.line_of(finding.span.start))
    start, end = finding.span.start, max(finding.span.start, min(finding.span.end, span.end))
    before, marked, after = index.text[span.start : start], index.text[start:end], index.text[end : span.end]
    if len(before) > _MAX_PART:
        before = _CUT + before[-_MAX_PART:]
    if len(marked) > _MAX_PART:
        marked, after = marked[:_MAX_PART] + _CUT, ""
    if len(after) > _MAX_PART:
        after = after[:_MAX_PART] + _CUT
    before, marked, after = map(_displayed, (before, marked, after))
    return f"{before}{marked}{after}", " " * len(before) + "^" * max(1, len(marked))


def _displayed(text: str) -> str:
    return printable(text.replace("\t", _TAB))


def _source_words(host: HostManifest, named_by: str) -> str:
    """The number of the host's modules and their source, such as `66 modules from ../host/vendor/modules.txt`.

    For a release it is the file that names it: a build file, or the project file `named_by`.
    """
    modules = count(host.required, "module")
    if host.kind == "module@version":
        return f"{modules} from its go.mod"  # not the module cache
    if host.kind == "profile" and display_path(host.source.path) == host.reference:
        return f"{host_name(host)}, {modules}"
    if host.kind != "release":
        return f"{modules} from {display_path(host.source.path)}"
    if named := host.named_at:
        return f"{modules}; {display_path(named.path)}:{(named.line or 0) + 1}"
    return f"{modules}; {display_path(named_by)}" if named_by else modules


def _verdict(checked: Checked, name: str) -> Row:
    snapshot = checked.analysis.snapshot
    host, project = snapshot.host, checked.project
    reference = "" if isinstance(host, HostNotFound) else host.reference
    named_by = project.host_path if project and reference and project.host == reference else ""
    if not isinstance(host, HostManifest):
        return f"{name}: not checked" + (f"; {display_path(named_by)} names the host" if named_by else "")
    against = f"{reference_words(host.reference)} ({_source_words(host, named_by)})"
    reasons = [*map(str, project_file_problems(checked)), *uncertainties(checked.analysis, checked.findings)]
    errors = sum(finding.severity is Severity.ERROR for finding in checked.findings)
    warnings = sum(finding.severity is Severity.WARNING for finding in checked.findings)
    silenced = count_silenced(checked.analysis)
    hidden = f"; {count(silenced, 'finding')} silenced" if silenced else ""
    if errors or warnings:
        found = " and ".join(count(*each) for each in ((errors, "error"), (warnings, "warning")) if each[0])
        return Coloured(name, "1"), f": {found} against {against}{hidden}"
    if reasons:
        return f"{name}: no differences found against {against}, but {reasons[0]}{hidden}"
    if cannot_be_built(checked.analysis):  # even if the finding is silenced
        return f"{name}: no differences found against {against}, but `go build` stops{hidden}"
    if silenced:
        return f"{name}: no problems found against {against}{hidden}"
    shared = count(checked.analysis.shared, "shared package")
    return Coloured(name, "32"), f": fits {compared_words(snapshot, host)}; {shared}"
