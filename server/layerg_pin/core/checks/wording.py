"""Build findings about versions, with the phrases that they share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.build_list import UNKNOWN_REQUIRER
from layerg_pin.core.analysis.differences import ModuleDifference
from layerg_pin.core.analysis.fixes import single_fix
from layerg_pin.core.checks.check import Check
from layerg_pin.core.finding import Certainty, Finding, Fix, Fixes, Related, Severity, at_host
from layerg_pin.core.gomod.directives import Require
from layerg_pin.core.gomod.versions import is_higher
from layerg_pin.core.model.host_manifest import HostManifest, HostPlace
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.text import Span


def version_finding(
    check: Check,
    analysis: Analysis,
    difference: ModuleDifference,
    message: str,
    fixes: Callable[[], Iterable[Fix | None]],
    severity: Severity = Severity.ERROR,
) -> Finding:
    """A finding about a difference; a warning if the difference is only possible."""
    return Finding(
        code=check.code,
        severity=Severity.WARNING if difference.certainty is Certainty.POSSIBLE else severity,
        message=message + _shared(analysis, difference),
        path=analysis.snapshot.plugin.path,
        span=_place(analysis, difference),
        module=difference.plugin.path,
        package=difference.packages[0] if difference.packages else None,
        host_version=difference.host.version,
        plugin_version=difference.plugin.version,
        certainty=difference.certainty,
        related=_related(analysis, difference),
        fixes=Fixes(fixes),
    )


def pin_fixes(analysis: Analysis, pin: ModuleVersion | None) -> Iterator[Fix | None]:
    """The fix for the host's module alone, and the fix for all modules."""
    yield single_fix(analysis.snapshot, analysis.alignment, pin)
    yield align_fix(analysis, pin)


def align_fix(analysis: Analysis, pin: ModuleVersion | None) -> Fix | None:
    """The fix for all modules, if it includes this one."""
    return analysis.align_fix if pin in analysis.aligned else None


def host_place_uncertainty(analysis: Analysis) -> str:
    """Why the host may be built outside the plugin's workspace, which uses its folder; empty unless that is unclear."""
    host = analysis.snapshot.host
    if analysis.snapshot.host_place is not HostPlace.UNCLEAR or not isinstance(host, HostManifest) or not host.work:
        return ""
    return f"go.work uses the host too, but the host may be built outside the workspace: {host.work.uncertainty}"


def module_line(analysis: Analysis) -> Span:
    """The span of findings about the whole plugin: the module's path, else the first line."""
    module = analysis.snapshot.gomod.module
    return module.span if module else analysis.snapshot.plugin.index.line_span(0)


def at_module_line(analysis: Analysis, code: str, severity: Severity, message: str) -> Finding:
    """A finding about the plugin as a whole."""
    return Finding(
        code=code,
        severity=severity,
        message=message,
        path=analysis.snapshot.plugin.path,
        span=module_line(analysis),
    )


def requirer_words(analysis: Analysis, chain: tuple[ModuleVersion, ...]) -> str:
    """A phrase for the requirer of a version: ` by otlptracegrpc v1.47.0`; empty if unknown.

    The related places of a version finding name the line of go.mod and the modules in between.
    """
    if len(chain) < 2:
        return ""
    if chain[0] in analysis.build_list.roots.members:
        brings = "" if len(chain) == 2 else f", which {chain[-2]} requires"
        return f" by {chain[0].path} in the workspace{brings}"
    return f" by {chain[-2]}"


def required_by(analysis: Analysis, chain: tuple[ModuleVersion, ...], *, with_line: bool = False) -> str:
    """A phrase for the requirer of a version, and for the required module that brings it in; empty if unknown.

    `with_line` adds the line of go.mod: ` by otlptracegrpc v1.47.0 at go.mod:8`.
    """
    start = _start(analysis, chain) if len(chain) > 1 else None
    if start is None or chain[0] in analysis.build_list.roots.members:
        return requirer_words(analysis, chain)
    at = f" at go.mod:{analysis.snapshot.plugin.index.line_of(start.line.span.start) + 1}" if with_line else ""
    if len(chain) == 2:
        return f" by {chain[0]}{at}"
    return f" by {chain[-2]}, which {chain[0].path}{at} brings in"


def manual_remedy(analysis: Analysis, pin: ModuleVersion) -> str:
    """The reason why Go refuses the fix for a module, and the remedy by hand."""
    why = f"the host's version does not work: {analysis.refused[pin]}"
    requirer = analysis.build_list.requirer(pin.path)
    if not requirer or requirer[0] == UNKNOWN_REQUIRER or not is_higher(requirer[-1].version, pin.version):
        return why
    build = analysis.snapshot.build
    lower = build.lower.get((requirer[0].path, pin)) if build else None
    version = (
        f"{lower}, which does not require a higher one" if lower else "a version that does not require a higher one"
    )
    return f"{why}; by hand: require {requirer[0].path} at {version}"


def exclude_line(analysis: Analysis, pin: ModuleVersion) -> int:
    """The 1-based line of go.mod that excludes a pin's version; 0 if there is none."""
    for exclude in analysis.snapshot.gomod.excludes:
        if (exclude.module.text, exclude.version.text) == (pin.path, pin.version):
            return analysis.snapshot.plugin.index.line_of(exclude.line.span.start) + 1
    return 0


def _place(analysis: Analysis, difference: ModuleDifference) -> Span:
    return analysis.span_of(difference) or module_line(analysis)


def _related(analysis: Analysis, difference: ModuleDifference) -> tuple[Related, ...]:
    """The host's line, and the line that brings the version in where that is another than the finding's."""
    found = [*at_host(difference.host)]
    chain = analysis.build_list.chain(difference.plugin)
    start = _start(analysis, chain) if len(chain) > 1 else None
    if start:
        line = analysis.snapshot.plugin.index.line_of(start.line.span.start)
        between = "".join(f" -> {each}" for each in chain[1:-1])
        found.append(Related(analysis.snapshot.plugin.path, line, f"{chain[0]}{between} brings in {difference.plugin}"))
    return tuple(found)


def _shared(analysis: Analysis, difference: ModuleDifference) -> str:
    """Which packages are in both, or why that is not known."""
    if difference.certainty is not Certainty.POSSIBLE:
        more = len(difference.packages) - 1
        if not more and difference.packages[0] == difference.plugin.path:
            return "; linked into both"
        others = f" and {more} more" if more else ""
        return f"; linked into both: {difference.packages[0]}{others}"
    host = analysis.snapshot.host
    if reason := host_place_uncertainty(analysis):
        return f"; possible: {reason}"
    if difference.host.version is None and isinstance(host, HostManifest) and host.linked:
        return "; possible: `layerg-pin predict` compares the packages"
    if difference.packages and isinstance(host, HostManifest):
        advice = f", {host.advice}" if host.advice else ""
        return f"; possible: the packages that the host links are unknown{advice}"
    return "; possible: the packages that the plugin compiles are unknown"


def _start(analysis: Analysis, chain: tuple[ModuleVersion, ...]) -> Require | None:
    return analysis.snapshot.gomod.require(chain[0].path) if chain else None
