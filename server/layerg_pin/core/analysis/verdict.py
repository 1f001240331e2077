"""The verdict on a plugin in words: the host, what was compared, and why there may be no verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.analysis_cache import AnalysisCache
from layerg_pin.core.analysis.compared import compared_platform, compared_release, flags_not_compared
from layerg_pin.core.analysis.entry_symbols import find_entry_fault
from layerg_pin.core.analysis.host_release import identify
from layerg_pin.core.analysis.missing_build_mode import missing_build_mode
from layerg_pin.core.analysis.missing_vendor_folder import missing_vendor_folder
from layerg_pin.core.analysis.unknown_images import refusing_debug_server, unknown_images
from layerg_pin.core.checks.not_resolved import why_build_stops
from layerg_pin.core.finding import Certainty, Finding, Severity
from layerg_pin.core.gomod.vendor_folder import inconsistencies
from layerg_pin.core.known.known_hosts import PUBLICATIONS
from layerg_pin.core.model.host_manifest import HostManifest, HostNotFound, HostUnreadable
from layerg_pin.core.model.plugin_build import PluginBuild
from layerg_pin.core.model.snapshot import Snapshot
from layerg_pin.core.paths import slashed
from layerg_pin.core.text import count, reference_words

_GO_LINE = "go-line-too-new"
_MAJOR = r"/v[0-9]+$"
_SEPARATORS = r"[/\\]"


def host_name(host: HostManifest) -> str:
    """The host for people, with its version where that is known: `Nakama v3.22.0`, `gameserver`."""
    published = PUBLICATIONS.get(host.module or "")
    name = published.title if published else _last_element(host)
    version = host.version.removeprefix("v") if host.version and host.kind == "release" else host.version
    return f"{name} {version}" if version else name


def _last_element(host: HostManifest) -> str:
    name = re.sub(_MAJOR, "", host.module) if host.module else host.path
    return re.split(_SEPARATORS, name.rstrip("/\\"))[-1]


def _named(host: HostManifest) -> str:
    """The host as a verdict names it: `nakama v3.24.0`, `nakama ../nakama`, `../host`."""
    published = PUBLICATIONS.get(host.module or "")
    known = published.name if published else None
    if host.version:
        return f"{known or _last_element(host)} {host.version}"
    reference = reference_words(host.reference)
    return f"{known} {reference}" if known else reference


def compared_words(snapshot: Snapshot, host: HostManifest) -> str:
    """The host and the compared facts, such as `nakama v3.24.0 (271 linked packages, Go 1.23.2, linux/amd64)`."""
    return f"{_named(host)} ({compared_facts(snapshot, host)})"


def compared_facts(snapshot: Snapshot, host: HostManifest) -> str:
    """The facts that were compared, and those that were not because one side does not state them.

    As `271 linked packages, Go 1.23.2; not compared: platform`.
    """
    release, platform, flags = compared_release(snapshot), compared_platform(snapshot), flags_not_compared(snapshot)
    number = len(host.packages or ())
    kind = "linked" if host.linked else "listed"
    compared = [count(number, f"{kind} package") if host.packages is not None else count(host.required, "module")]
    compared += [f"Go {release}"] if release else []
    compared += [platform] if platform else []
    missing = [] if release else ["Go release"]
    missing += [] if platform else ["platform"]
    missing += [flags] if flags else []
    missing += ["contents of vendor/"] if snapshot.vendored and not snapshot.workspace else []
    entry = find_entry_fault(snapshot, host, AnalysisCache())
    missing += [entry.fact] if entry else []
    left = f"; not compared: {', '.join(missing)}" if missing else ""
    return f"{', '.join(compared)}{left}"


def uncertainties(analysis: Analysis, findings: Iterable[Finding]) -> tuple[str, ...]:
    """The reasons why there is no verdict, each with its remedy; empty if there is a verdict."""
    return tuple(dict.fromkeys(_uncertainties(analysis, tuple(findings))))


def _uncertainties(analysis: Analysis, findings: tuple[Finding, ...]) -> Iterator[str]:
    snapshot = analysis.snapshot
    host = snapshot.host
    if isinstance(host, HostNotFound | HostUnreadable):
        yield host.message
        return
    if host.uncertainty:
        remedy = "" if "`" in host.uncertainty else ": set the host to the server that opens the plugin"
        yield f"{host.uncertainty}{remedy}"
    if host.no_plugins_reason:
        yield host.no_plugins_reason
    yield from (f"{problem.message}" for _, problem in snapshot.not_read)
    if snapshot.go_failure and snapshot.not_read:
        return
    if snapshot.go_failure and snapshot.go_failure_target is not None:
        yield snapshot.go_failure
    elif snapshot.go_failure:
        yield f"Go could not list the packages that the plugin compiles: {go_failure_text(snapshot.go_failure)}"
    elif snapshot.build and snapshot.build.unresolved:
        yield unresolved_words(snapshot.build)
    if snapshot.compiled and snapshot.compiled.uncertainty:
        yield snapshot.compiled.uncertainty
    if reason := missing_build_mode(snapshot.builders, snapshot.folder):
        yield reason
    if reason := missing_vendor_folder(snapshot):
        yield reason
    entry = find_entry_fault(snapshot, host, analysis.cache)
    if entry and entry.is_certain:
        yield entry.reason
    if host.named_at:
        yield from _uncertainties_of_tags(snapshot, host)
    for source in snapshot.builders:
        if source.file.unread:
            name = _name(source.path, snapshot.folder)
            yield f"it is not known how the plugin is built: {name}: {source.file.unread.message}"
    if host.packages is None:
        yield (
            "it is not known which packages the host links: run `go mod vendor` in the host's folder, "
            "or use its binary or modules.txt as the host"
        )
    elif host.linked and any(
        each.certainty is Certainty.POSSIBLE and each.module and each.module == host.module for each in findings
    ):
        yield "it is not known whether both sides build the host's own module in one folder: run `layerg-pin predict`"
    elif any(each.certainty is Certainty.POSSIBLE and each.code != _GO_LINE for each in findings):
        if snapshot.complete:
            yield "it is not known for certain which packages the host links: use its binary as the host"
        elif snapshot.build is None and not snapshot.go_failure:
            yield "it is not known which packages the plugin compiles: install Go, which lists them"
    if any(each.certainty is Certainty.POSSIBLE and each.code == _GO_LINE for each in findings):
        yield "the host's Go release is not known: use its binary, or a source folder with build files, as the host"


def _uncertainties_of_tags(snapshot: Snapshot, host: HostManifest) -> Iterator[str]:
    """Why the release that a tag names may not be the one that runs or builds the plugin."""
    remedy = f"run `layerg-pin init --host {host.reference}` if it is this release"
    identity = identify(host)
    for reason in unknown_images(snapshot.builders, snapshot.folder, identity.host if identity else None):
        yield f"{reason}: {remedy}"
    is_debug = host.build is not None and bool(host.build.gcflags)
    if not is_debug and (reason := refusing_debug_server(snapshot.builders, snapshot.folder)):
        yield f"{reason}: run `layerg-pin init --host {host.reference}` to check against the other server only"


def _name(path: str, folder: str) -> str:
    """A path relative to a folder that contains it; otherwise its last element."""
    path = slashed(path)
    return path.removeprefix(f"{folder}/") if path.startswith(f"{folder}/") else path.rpartition("/")[2]


def go_failure_text(go_failure: str) -> str:
    """Why Go could not answer, with a remedy if Go's message has none."""
    has_remedy = "`" in go_failure or "; to " in go_failure or "install Go" in go_failure
    return go_failure if has_remedy else f"{go_failure}; check again once `go list -deps` works in the plugin's folder"


def unresolved_words(build: PluginBuild) -> str:
    """The number of packages that Go cannot load, the first of them, and the remedy."""
    first = build.unresolved[0]
    number = count(len(build.unresolved), "package")
    if any(each.needs_download for each in build.unresolved):
        remedy = "run `go mod download` in the plugin's folder, or check without --offline"
    else:
        remedy = "make `go list -deps` work in the plugin's folder; a private module needs GOPRIVATE and credentials"
    named = f"{first.package} ({first.reason})"
    such = ", such as" if len(build.unresolved) > 1 else ":"
    return f"{number} of the plugin cannot be loaded{such} {named}: {remedy}"


def cannot_be_built(analysis: Analysis) -> bool:
    """Whether `go build` stops at once because go.sum, go.mod or the vendor folder is out of date."""
    snapshot = analysis.snapshot
    is_read = snapshot.vendored and not snapshot.workspace and not snapshot.not_read
    stale = snapshot.vendored and is_read and any(inconsistencies(snapshot.gomod, snapshot.vendored.modules))
    return bool(stale or why_build_stops(snapshot))


def fixes_left(findings: Iterable[Finding]) -> list[Finding]:
    """The errors and warnings that still have a fix."""
    return [each for each in findings if each.severity in (Severity.ERROR, Severity.WARNING) and each.fixes]
