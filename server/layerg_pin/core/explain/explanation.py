"""Explain a message of a log: its meaning, the likely cause, the remedies, and the failures that will follow."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.checks import run_checks
from layerg_pin.core.explain.causes import Cause, likeliest_first, reported_cause
from layerg_pin.core.explain.log_lines import Message, recognise
from layerg_pin.core.explain.messages_host import DIFFERENT_PACKAGE
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.known.known_hosts import KnownHost, declaration, hosts_with_symbol, known_host
from layerg_pin.core.model.host_manifest import HostManifest, HostModule
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.text import reference_words

_BUILD_CODES = (
    *("toolchain-mismatch", "platform-mismatch", "build-flags", "host-mismatch", "build-drift"),
    *("go-line-too-new", "workspace-module"),
)
"""The codes of findings about how the two sides are built, which precede causes that are only likely."""

_STOPPING_CODES = ("not-resolved", "vendor-stale", "does-not-compile", "syntax")
"""The codes of findings that make `go build` fail, so that there is no plugin to load."""
_OTHER_CODES = ("host-unreadable", "unshared-difference", "unneeded-pin", "newer-release")
"""The codes of findings that neither stop the build nor by themselves make the host refuse the plugin, whatever their
severity.
"""

_NOT_OF_THIS_KIND = (
    "the plugin was loaded, but its package main does not export this symbol, so the host does not use it as a plugin "
    "of this kind"
)
_OTHER_HOST = "name the host that wrote this line, with --host or the setting layergPin.host"
"""The remedy if the line is of another host; the command line and editors show it."""


class Explanation(NamedTuple):
    """The explanation of a message. Sentences have no final dot; fields that do not apply are empty."""

    kind: str
    """The name of the message's kind; `unknown` for an unknown message."""
    message: str
    """The message as written in the line."""
    meaning: str
    likely_cause: str = ""
    """What is probably wrong, or where."""
    sides: tuple[str, ...] = ()
    """The module and version of plugin and host, with their origins."""
    finding: Finding | None = None
    """The finding that is the cause."""
    causes: tuple[Cause, ...] = ()
    """The possible causes if no finding is the cause: reported ones, then the likeliest first."""
    remedies: tuple[str, ...] = ()
    following: tuple[Finding, ...] = ()
    """The other findings that would make the host refuse the plugin, or its build fail, in file order."""

    @property
    def known(self) -> bool:
        """Whether the message is known."""
        return self.kind != "unknown"


def explain_line(text: str, analysis: Analysis | None) -> Explanation:
    """The explanation of the first message in a line; `analysis` is that of the plugin and its host, if known."""
    messages = recognise(text)
    if messages:
        return explain(messages[0], analysis)
    shown = text.strip()
    return Explanation(
        "unknown",
        shown if len(shown) <= 200 else f"{shown[:200]}…",
        "layerg-pin does not know this message: it explains messages of plugin.Open, of hosts and of plugin builds",
        remedies=("look for the first error in the log: later errors are often its consequences",),
    )


def uses_plugin(message: Message) -> bool:
    """Whether the explanation of a message depends on the plugin and its host."""
    return message.kind.is_open_error or "symbol" in message.words


def explain(message: Message, analysis: Analysis | None) -> Explanation:
    """The explanation of a recognised message; `analysis` is the plugin's, if `uses_plugin` and one is known."""
    if message.kind.name == DIFFERENT_PACKAGE.name:
        package = message.words["package"]
        findings = run_checks(analysis) if analysis else ()
        return _different_package(message, package, analysis, findings)
    kind = message.kind
    symbol = message.words.get("symbol") if not kind.remedies else None
    hosts = _looking_up(symbol, analysis) if symbol else ()
    optional = any(host.optional for host in hosts)  # all of the host's symbols share one explanation
    return Explanation(
        kind.name,
        message.text,
        _NOT_OF_THIS_KIND if optional else kind.meaning.format_map(message.words),
        kind.likely_cause.format_map(message.words),
        remedies=tuple(remedy.format_map(message.words) for remedy in kind.remedies)
        or (_entry_remedies(symbol, hosts) if symbol else ()),
        following=_refused(run_checks(analysis)) if analysis and kind.is_open_error else (),
    )


def explanation_rows(explanation: Explanation, placed: Callable[[Finding], str]) -> Iterator[str]:
    """The lines of an explanation without its message; `placed` formats a finding with its place."""
    yield f"means: {explanation.meaning}"
    if explanation.likely_cause:
        yield f"likely cause: {explanation.likely_cause}"
    yield from explanation.sides
    if explanation.finding:
        yield f"cause: {placed(explanation.finding)}"
    if explanation.causes:
        yield (
            "cause: one of these, most likely first"
            if not explanation.finding
            else "or one of these, most likely first"
        )
    for number, cause in enumerate(explanation.causes, 1):
        yield f"  {number}. {cause.row(placed)}"
    yield from (f"fix: {remedy}" for remedy in explanation.remedies)
    stopping = [each for each in explanation.following if each.code in _STOPPING_CODES]
    if refused := [each for each in explanation.following if each not in stopping]:
        more = "finding keeps" if len(refused) == 1 else "findings keep"
        yield f"then: {len(refused)} more {more} the host from loading this plugin"
        yield from (f"  {placed(finding)}" for finding in refused)
    if stopping:
        more = "1 finding stops" if len(stopping) == 1 else f"{len(stopping)} findings stop"
        yield f"build: {more} `go build` of this plugin"
        yield from (f"  {placed(finding)}" for finding in stopping)


def is_standard(package: str) -> bool:
    """Whether an import path belongs to the standard library: its first element has no dot.

    Go: cmd/go/internal/search.IsStandardImportPath.
    """
    return package != "" and "." not in package.split("/", 1)[0]


def _looking_up(symbol: str, analysis: Analysis | None) -> tuple[KnownHost, ...]:
    """The known hosts that can have looked up a symbol: the plugin's host, if it is known, else those that do so."""
    manifest = analysis.snapshot.host if analysis else None
    if isinstance(manifest, HostManifest):
        host = known_host(manifest.module, manifest.modules)
        return (host,) if host else ()
    return hosts_with_symbol(symbol)


def _entry_remedies(symbol: str, hosts: tuple[KnownHost, ...]) -> tuple[str, ...]:
    """The remedies for a symbol that the host did not find, or found with another type."""
    if any(declaration(host, symbol) is None for host in hosts):
        names = ", ".join(each.name for each in hosts[0].symbols)
        return (f"{hosts[0].name} looks up {names}, not {symbol}: {_OTHER_HOST}",)
    if not hosts:
        return (
            f"declare an exported function or variable {symbol} in package main, with the type that the host expects",
        )
    return tuple(remedy for host in hosts for remedy in _declared(host, symbol))


def _declared(host: KnownHost, symbol: str) -> tuple[str, ...]:
    note = f"; {host.note}" if host.note else ""
    if not host.optional:
        return (f"for {host.name}, declare `{declaration(host, symbol)}` in package main{note}",)
    codes = " or ".join(f"`{each.declaration}`" for each in host.symbols)
    return (
        f"if the plugin declares another of them, ignore this: {host.name} looks up each one in every plugin",
        f"otherwise declare {codes} in package main, as the plugin's kind requires{note}",
    )


def _different_package(
    message: Message, package: str, analysis: Analysis | None, findings: tuple[Finding, ...]
) -> Explanation:
    kind = message.kind
    explained = Explanation(kind=kind.name, message=message.text, meaning=kind.meaning, likely_cause=kind.likely_cause)
    host = analysis.snapshot.host if analysis else None
    if analysis is None or not isinstance(host, HostManifest) or not package:
        sides = (host.message,) if host is not None and not isinstance(host, HostManifest) else ()
        standard = is_standard(package)
        causes = likeliest_first(package, standard=standard, equal=False)
        return explained._replace(
            sides=sides,
            causes=causes,
            following=_refused(findings),
        )
    own = analysis.snapshot.gomod.module.text if analysis.snapshot.gomod.module else None
    plugin, on_host = _on_plugin(analysis, package), _on_host(host, package)
    if plugin is None and on_host is None and is_standard(package) and not _within(package, own):
        causes = (*_known(findings), *likeliest_first(package, standard=True, equal=True))
        sides = (f"{package} belongs to Go's standard library, so no module version is the cause",)
        return explained._replace(
            sides=sides,
            causes=causes,
            following=_following(findings),
        )
    return _of_module(explained, package, analysis, host, plugin, on_host, findings)


def _of_module(
    explained: Explanation,
    package: str,
    analysis: Analysis,
    host: HostManifest,
    plugin: ModuleVersion | None,
    on_host: HostModule | None,
    findings: tuple[Finding, ...],
) -> Explanation:
    snapshot = analysis.snapshot
    own = snapshot.gomod.module.text if snapshot.gomod.module else None
    sides: tuple[str, ...] = (_plugin_side(analysis, package, plugin), _host_side(host, package, on_host))
    causes: tuple[Cause, ...] = ()
    remedies: tuple[str, ...] = ()
    finding = None
    if plugin and on_host and (plugin.path, plugin.version) != (on_host.path, on_host.version):
        finding = _finding_of(plugin, findings)
        remedies = _remedies(finding, plugin, on_host)
    elif plugin and on_host:
        finding = _finding_of(plugin, findings)
        remedies = tuple(fix.title for fix in finding.fixes) if finding else ()
        replaced = [each for each in snapshot.gomod.replaces if each.module.text == plugin.path and finding is None]
        lines = [snapshot.plugin.index.line_of(each.line.span.start) + 1 for each in replaced]
        others = tuple(each for each in findings if each is not finding)
        causes = (*_known(others), *likeliest_first(package, standard=False, equal=True, replaced=lines))
    elif on_host is None:
        given = reference_words(host.reference)
        remedies = (f"{_OTHER_HOST}: it links {package}, and {given} does not",)
    elif _within(package, own):
        remedies = (f"move the shared code out of {own} into a module that host and plugin require at one version",)
    elif snapshot.complete:
        remedies = (
            f"build the plugin again: its source does not compile {package} now, so the host opened an older build",
        )
    else:
        remedies = (f"make `go list` work for the plugin ({_obstacle(analysis)}), then run this command again",)
    if why := host.uncertainty or host.no_plugins_reason:
        sides = (*sides, why)
    following = _following(findings, finding) if causes else _refused(findings, finding)
    return explained._replace(
        sides=sides,
        finding=finding,
        causes=causes,
        remedies=remedies,
        following=following,
    )


def _on_plugin(analysis: Analysis, package: str) -> ModuleVersion | None:
    """The module that provides a package in the plugin, at the version selected by the current text."""
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
    """The module with the longest path that is a prefix of the package's path."""
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
        return f"plugin: {package} is in its own module {snapshot.gomod.module.text}, which has no version"
    if snapshot.complete:
        return f"plugin: does not compile {package}"
    return f"plugin: not known whether it compiles {package}: {_obstacle(analysis)}"


def _host_side(host: HostManifest, package: str, on_host: HostModule | None) -> str:
    if on_host is None:
        links = "does not link" if host.linked else "does not list"
        return f"host: {reference_words(host.reference)} {links} {package}"
    return f"host: {on_host.path} {on_host.version or '(its own module, which has no version)'} ({on_host.origin})"


def _obstacle(analysis: Analysis) -> str:
    """Why Go's list of the packages that the plugin compiles is missing or incomplete."""
    snapshot = analysis.snapshot
    if snapshot.go_failure:
        return snapshot.go_failure
    unresolved = snapshot.build.unresolved if snapshot.build else ()
    return f"{unresolved[0].package}: {unresolved[0].reason}" if unresolved else "`go list` has not run yet"


def _finding_of(plugin: ModuleVersion, findings: tuple[Finding, ...]) -> Finding | None:
    return next((each for each in _refused(findings) if each.module == plugin.path), None)


def _remedies(finding: Finding | None, plugin: ModuleVersion, on_host: HostModule) -> tuple[str, ...]:
    titles = tuple(fix.title for fix in finding.fixes) if finding else ()
    again = "build the plugin again with -trimpath, and copy it to the host"
    if titles or on_host.version is None:
        return (*titles, again)
    return (f"require {on_host.path} {on_host.version}, and no dependency that requires a higher version", again)


def _known(findings: Iterable[Finding]) -> tuple[Cause, ...]:
    """The findings about how the two sides are built, as causes."""
    return tuple(reported_cause(each) for each in _refused(findings) if each.code in _BUILD_CODES)


def _following(findings: Iterable[Finding], cause: Finding | None = None) -> tuple[Finding, ...]:
    """The findings that follow, without those listed as causes."""
    return tuple(each for each in _refused(findings, cause) if each.code not in _BUILD_CODES)


def _refused(findings: Iterable[Finding], cause: Finding | None = None) -> tuple[Finding, ...]:
    """The findings that make a build or the host fail or may do so, without the one that is the cause."""
    return tuple(
        each
        for each in findings
        if each.severity in (Severity.ERROR, Severity.WARNING)
        and each.code not in _OTHER_CODES
        and not (each.code == "syntax" and each.severity is Severity.WARNING)  # a comment, or a build file
        and each is not cause
    )
