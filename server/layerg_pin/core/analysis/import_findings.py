"""Findings at the imports of open Go files: the differences that are reported at the requires in go.mod.

This is not a check, because the command line reports a difference once, in go.mod.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from layerg_pin.core.analysis.overview import Overview
from layerg_pin.core.finding import Finding, Related, Severity
from layerg_pin.core.ignore_comments import suppressed_lines
from layerg_pin.core.model.snapshot import SourceFile
from layerg_pin.core.text import LineIndex

_CODES = ("version-mismatch", "pin-overruled", "replace-mismatch")
_PROMINENT = (Severity.ERROR, Severity.WARNING)


def import_findings(
    overview: Overview, findings: Sequence[Finding], sources: Sequence[SourceFile]
) -> Iterator[Finding]:
    """A finding of severity information at each import of a module that differs, with the fixes for the one in go.mod.

    `findings` are the plugin's; `sources` are files of its module. An import is reported if the plugin compiles the
    package, or if Go could not list the packages. Imports that already have a finding get no other.
    """
    if not sources:
        return
    snapshot = overview.analysis.snapshot
    marked = {(each.path, each.span) for each in findings}
    in_gomod = {each.module: each for each in findings if each.code in _CODES and each.path == snapshot.plugin.path}
    for source in sources if in_gomod else ():
        index = LineIndex(source.file.text)
        suppressed = suppressed_lines(index, source.file.comments)
        for each in source.file.imports:
            package = each.path.text
            found = in_gomod.get(overview.provider(package))
            if found is None or not (overview.is_compiled(package) or not snapshot.complete):
                continue
            line_of_import = index.line_of(each.span.start)
            if (source.path, each.span) not in marked and (found.code, line_of_import) not in suppressed:
                line = snapshot.plugin.index.line_of(found.span.start)
                yield found._replace(
                    severity=Severity.INFORMATION if found.severity in _PROMINENT else found.severity,
                    message=f"{_versions(found)}: see go.mod:{line + 1}",
                    path=source.path,
                    span=each.span,
                    package=package,
                    related=(Related(snapshot.plugin.path, line, found.message), *found.related),
                )


def _versions(found: Finding) -> str:
    plugin = f"{found.module} is {found.plugin_version}"
    if found.code == "replace-mismatch":
        return f"{found.module} {found.plugin_version} is replaced differently on the host"
    return f"{plugin}, host has {found.host_version}" if found.host_version else f"{plugin}, the host's own module"
