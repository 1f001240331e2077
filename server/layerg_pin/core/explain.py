"""From a line of a log to what it means, whose fault it can be, what else will follow, and the cure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from layerg_pin.core.analysis import Analysis
from layerg_pin.core.causes import Cause, likeliest_first
from layerg_pin.core.checks import run_checks
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.logline import Message, recognise
from layerg_pin.core.manifest import HostManifest, HostModule, ModuleVersion
from layerg_pin.core.messages import DIFFERENT_PACKAGE

_BUILD_CODES = (
    *("toolchain-mismatch", "platform-mismatch", "build-flags", "host-mismatch", "build-drift"),
    *("go-line-too-new", "workspace-module"),
)
"""What the checks find of how both sides are built: it comes before what might be."""


class Explanation(NamedTuple):
    """What a message means. Sentences are without a dot at their end; what does not apply is empty."""

    kind: str
    """Of what sort the message is; `unknown` for one that is not known."""
    message: str
    """As it stands in the line."""
    meaning: str
    fault: str = ""
    """Whose fault it can be."""
    sides: tuple[str, ...] = ()
    """What plugin and host have: module, version, and where that stands."""
    finding: Finding | None = None
    """The finding that is the cause."""
    causes: tuple[Cause, ...] = ()
    """What the cause can be where no finding is it, by what is known of the two sides and then by what is likely."""
    cures: tuple[str, ...] = ()
    following: tuple[Finding, ...] = ()
    """What the host will refuse the plugin for afterwards, in the order of the files."""

    @property
    def known(self) -> bool:
        """Whether the message is known."""
        return self.kind != "unknown"


def explain_line(text: str, analysis: Analysis | None) -> Explanation:
    """The explanation of the first message in a line, in the light of the plugin and host it came from, if known."""
    messages = recognise(text)
    if messages:
        return explain(messages[0], analysis)
    shown = text.strip()
    return Explanation(
        "unknown",
        shown if len(shown) <= 200 else f"{shown[:200]}…",
        "this is no message that layerg-pin knows, neither plugin.Open's nor one of Go about versions, vendoring "
        "or plugins",
        cures=("look for the first error of the log: those after it are often only its consequence",),
    )


def explain(message: Message, analysis: Analysis | None) -> Explanation:
    """What a recognised message means."""
    if message.kind is DIFFERENT_PACKAGE:
        package = message.words["package"]
        findings = run_checks(analysis) if analysis else ()
        return _different_package(message, package, analysis, findings)
    kind = message.kind
    return Explanation(
        kind.name,
        message.text,
        kind.meaning.format_map(message.words),
        kind.fault.format_map(message.words),
        cures=tuple(cure.format_map(message.words) for cure in kind.cures),
        following=_refused(run_checks(analysis)) if analysis and kind.opening else (),
    )


def explanation_rows(explanation: Explanation, placed: Callable[[Finding], str]) -> Iterator[str]:
    """An explanation line by line for people, without the message; `placed` says a finding with its place."""
    yield f"means: {explanation.meaning}"
    if explanation.fault:
        yield f"fault: {explanation.fault}"
    yield from explanation.sides
    if explanation.finding:
        yield f"cause: {placed(explanation.finding)}"
    if explanation.causes:
        yield "cause: one of these, the likeliest first" if not explanation.finding else "or else, the likeliest first"
    for number, cause in enumerate(explanation.causes, 1):
        yield f"  {number}. {cause.text}" + (f": {cause.cure}" if cause.cure else "")
    yield from (f"cure: {cure}" for cure in explanation.cures)
    if explanation.following:
        more = len(explanation.following)
        yield f"then: {more} more {'finding' if more == 1 else 'findings'} in the way of this plugin"
        yield from (f"  {placed(finding)}" for finding in explanation.following)


def is_standard(package: str) -> bool:
    """Whether an import path is the standard library's: its first element has no dot.

    Go: cmd/go/internal/search.IsStandardImportPath.
    """
    return package != "" and "." not in package.split("/", 1)[0]


def _different_package(
    message: Message, package: str, analysis: Analysis | None, findings: tuple[Finding, ...]
) -> Explanation:
    kind = message.kind
    host = analysis.snapshot.host if analysis else None
    if analysis is None or not isinstance(host, HostManifest) or not package:
        sides = (host.message,) if host is not None and not isinstance(host, HostManifest) else ()
        standard = is_standard(package)
        causes = likeliest_first(package, standard=standard, equal=False)
        return Explanation(
            kind.name, message.text, kind.meaning, kind.fault, sides, None, causes, (), _refused(findings)
        )
    own = analysis.snapshot.gomod.module.text if analysis.snapshot.gomod.module else None
    plugin, on_host = _on_plugin(analysis, package), _on_host(host, package)
    if plugin is None and on_host is None and is_standard(package) and not _within(package, own):
        causes = (*_known(findings), *likeliest_first(package, standard=True, equal=True))
        sides = (f"{package} is of Go's standard library: no module's version has to do with it",)
        return Explanation(
            kind.name, message.text, kind.meaning, kind.fault, sides, None, causes, (), _following(findings)
        )
    return _of_module(message, package, analysis, host, plugin, on_host, findings)


def _of_module(
    message: Message,
    package: str,
    analysis: Analysis,
    host: HostManifest,
    plugin: ModuleVersion | None,
    on_host: HostModule | None,
    findings: tuple[Finding, ...],
) -> Explanation:
    kind, snapshot = message.kind, analysis.snapshot
    own = snapshot.gomod.module.text if snapshot.gomod.module else None
    sides: tuple[str, ...] = (_plugin_side(analysis, package, plugin), _host_side(host, package, on_host))
    causes: tuple[Cause, ...] = ()
    cures: tuple[str, ...] = ()
    finding = None
    if plugin and on_host and (plugin.path, plugin.version) != (on_host.path, on_host.version):
        finding = _finding_of(plugin, findings)
        cures = _cures(finding, plugin, on_host)
    elif plugin and on_host:
        finding = _finding_of(plugin, findings)
        cures = tuple(fix.title for fix in finding.fixes) if finding else ()
        replaced = [each for each in snapshot.gomod.replaces if each.module.text == plugin.path and finding is None]
        lines = [snapshot.plugin.index.line_of(each.line.span.start) + 1 for each in replaced]
        others = tuple(each for each in findings if each is not finding)
        causes = (*_known(others), *likeliest_first(package, standard=False, equal=True, replaced=lines))
    elif on_host is None:
        cures = (
            f"name the host that wrote this line with --host: it links {package}, and {host.reference} is not known to",
        )
    elif _within(package, own):
        cures = (f"move what both sides need out of {own} into a module that both require at one version",)
    elif snapshot.complete:
        cures = (f"build the plugin again: as it is now it does not compile {package}, so an older build was opened",)
    else:
        cures = (f"let Go list what the plugin compiles ({_obstacle(analysis)}), and ask again",)
    if host.doubt:
        sides = (*sides, host.doubt)
    following = _following(findings, finding) if causes else _refused(findings, finding)
    return Explanation(kind.name, message.text, kind.meaning, kind.fault, sides, finding, causes, cures, following)


def _on_plugin(analysis: Analysis, package: str) -> ModuleVersion | None:
    """The module that provides a package in the plugin, at the version that the current text selects."""
    for difference in analysis.differences:
        if package in difference.packages:
            return difference.plugin
    build = analysis.snapshot.build
    if build and package in build.packages:
        return build.packages[package]
    if build and not build.unresolved:
        return None
    path = _longest(package, analysis.build_list.selected)
    return ModuleVersion(path, analysis.build_list.selected[path]) if path else None


def _on_host(host: HostManifest, package: str) -> HostModule | None:
    """The module that provides a package on the host."""
    if host.packages is not None and package in host.packages:
        return host.modules.get(host.packages[package])
    path = _longest(package, host.modules) if host.packages is None else None
    return host.modules[path] if path else None


def _longest(package: str, modules: Iterable[str]) -> str | None:
    """The module with the longest path that a package's begins with."""
    return max((path for path in modules if _within(package, path)), key=len, default=None)


def _within(package: str, module: str | None) -> bool:
    return module is not None and f"{package}/".startswith(f"{module}/")


def _plugin_side(analysis: Analysis, package: str, plugin: ModuleVersion | None) -> str:
    snapshot = analysis.snapshot
    if plugin:
        require = snapshot.gomod.require(plugin.path)
        line = snapshot.plugin.index.line_of(require.line.span.start) + 1 if require else 0
        at = f" (go.mod:{line})" if require and require.version.text == plugin.version else ""
        return f"plugin: {plugin}{at}"
    if snapshot.gomod.module and _within(package, snapshot.gomod.module.text):
        return f"plugin: {package} is its own, of the module {snapshot.gomod.module.text}, which has no version"
    if snapshot.complete:
        return f"plugin: does not compile {package}"
    return f"plugin: whether it compiles {package} is not known: {_obstacle(analysis)}"


def _host_side(host: HostManifest, package: str, on_host: HostModule | None) -> str:
    if on_host is None:
        links = "does not link" if host.linked else "does not list"
        return f"host: {host.reference} {links} {package}"
    return f"host: {on_host.path} {on_host.version or '(its own module, without a version)'} ({on_host.origin})"


def _obstacle(analysis: Analysis) -> str:
    """Why Go has not told all that the plugin compiles."""
    snapshot = analysis.snapshot
    if snapshot.trouble:
        return snapshot.trouble
    unresolved = snapshot.build.unresolved if snapshot.build else ()
    return f"{unresolved[0].package}: {unresolved[0].reason}" if unresolved else "Go has not been asked yet"


def _finding_of(plugin: ModuleVersion, findings: tuple[Finding, ...]) -> Finding | None:
    return next((each for each in _refused(findings) if each.module == plugin.path), None)


def _cures(finding: Finding | None, plugin: ModuleVersion, on_host: HostModule) -> tuple[str, ...]:
    titles = tuple(fix.title for fix in finding.fixes) if finding else ()
    again = "build the plugin again, with -trimpath, and copy it to the host"
    if titles or on_host.version is None:
        return (*titles, again)
    return (f"require {on_host.path} {on_host.version}, and nothing that asks for more", again)


def _known(findings: Iterable[Finding]) -> tuple[Cause, ...]:
    """What the checks know of how the two sides are built."""
    return tuple(
        Cause(each.message, ", ".join(fix.title for fix in each.fixes))
        for each in _refused(findings)
        if each.code in _BUILD_CODES
    )


def _following(findings: Iterable[Finding], cause: Finding | None = None) -> tuple[Finding, ...]:
    """What follows where the causes that are known are told apart."""
    return tuple(each for each in _refused(findings, cause) if each.code not in _BUILD_CODES)


def _refused(findings: Iterable[Finding], cause: Finding | None = None) -> tuple[Finding, ...]:
    """The findings, but for the one that is the cause, for which a build or the host fails, or may fail."""
    return tuple(
        each
        for each in findings
        if each.severity in (Severity.ERROR, Severity.WARNING) and each.code != "host-unreadable" and each is not cause
    )
