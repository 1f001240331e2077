"""Describe a plugin and each of its modules: its version, the host's, what requires it, which packages are shared.

Suppressed differences are included, because hovers and hints state facts, not findings.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.differences import MemberDifference, ModuleDifference
from layerg_pin.core.analysis.shared_packages import host_module
from layerg_pin.core.analysis.verdict import cannot_be_built, host_name, uncertainties
from layerg_pin.core.checks import count_silenced
from layerg_pin.core.checks.wording import required_by
from layerg_pin.core.finding import Certainty, Finding, Severity
from layerg_pin.core.gomod.directives import Require
from layerg_pin.core.model.host_manifest import HostManifest, HostModule, HostNotFound, HostPlace, HostUnreadable
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.text import count, reference_words

_NAMED = 5
"""Limit on the packages that are named."""


class ModuleStatus(StrEnum):
    """The result of comparing a module of the plugin with the host's."""

    REFUSED = "refused"
    """Packages of it are linked into both from different versions."""
    POSSIBLE = "possible"
    """It differs, and it is unknown whether both sides link a package of it."""
    UNSHARED = "unshared"
    """It differs, but no package of it is in both."""
    AGREES = "agrees"
    NOT_ON_HOST = "not on host"
    """The host does not have it."""
    UNKNOWN = "unknown"
    """There is no host to compare with."""


class ModuleView(NamedTuple):
    """One module of the plugin."""

    path: str
    version: str | None
    """The version that the plugin's build selects; None if the build does not have the module."""
    host: HostModule | None
    """The host's module with the same packages, which may have another path."""
    shared: tuple[str, ...]
    """The packages that are, or may be, linked into both; sorted."""
    status: ModuleStatus
    verdict: str
    """A sentence that starts in lower case and has no final dot."""


class Overview:
    """A description of an analysis for people; expensive parts are computed on first use."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis

    @property
    def has_host(self) -> bool:
        """Whether there is a host to compare with."""
        return isinstance(self.analysis.snapshot.host, HostManifest)

    def module(self, path: str) -> ModuleView:
        """The view of a module, whether go.mod requires it or not."""
        snapshot, differences = self.analysis.snapshot, self._differences.get(path, ())
        version = self.analysis.build_list.selected.get(path)
        if not isinstance(snapshot.host, HostManifest):
            return ModuleView(
                path=path,
                version=version,
                host=None,
                shared=(),
                status=ModuleStatus.UNKNOWN,
                verdict=snapshot.host.message,
            )
        if snapshot.host_place is HostPlace.INSIDE:
            return self._built_together(path, snapshot.host.modules.get(path))
        if path in self._members:
            return self._member(path)
        shared = self._shared.get(path, ())
        host = snapshot.host.modules.get(path)
        if differences:
            worst = min(differences, key=lambda each: each.certainty is Certainty.POSSIBLE)
            host = host if any(each.host.path == path for each in differences) else worst.host
            version = worst.plugin.version
        elif shared and host:
            version = host.version
        status = _status(version, host, differences)
        verdict = self._verdict(status, host, shared, differences)
        return ModuleView(path=path, version=version, host=host, shared=shared, status=status, verdict=verdict)

    def requirement(self, path: str) -> str:
        """The requirement of the selected version in words, such as `required at go.mod:9`; empty if unknown."""
        gomod, index = self.analysis.snapshot.gomod, self.analysis.snapshot.plugin.index
        require, version = gomod.require(path), self.module(path).version
        if version is None:
            return ""
        chain = self.analysis.build_list.chain(ModuleVersion(path, version))
        by = required_by(self.analysis, chain, with_line=True)
        if require is None:
            return f"required{by}" if by else ""
        line = index.line_of(require.line.span.start) + 1
        if require.version.text != version:
            return f"raised from {require.version.text} at go.mod:{line}{by}"
        return f"required at go.mod:{line}" + (f" and{by}" if by and require.indirect else "")

    def shared_words(self, path: str) -> str:
        """The packages of a module that are linked into both, or why there are none; empty without a host."""
        view, host = self.module(path), self.analysis.snapshot.host
        if view.shared:
            return f"linked into both: {named_packages(view.shared)}"
        if view.host is None or not isinstance(host, HostManifest):
            return ""
        if host.packages is None:
            return "linked into both: not known, because the host's packages are not listed"
        compiled = self._compiled
        if compiled is None:
            return "linked into both: not known, because Go has not listed the plugin's packages"
        if path not in compiled:
            sure = self.analysis.snapshot.complete
            return "linked into both: none" + (", because the plugin compiles no package of it" if sure else " known")
        if path not in host.packages.values():
            return "linked into both: none, because the host has no package of it"
        return "linked into both: none, because plugin and host use different packages of it"

    def only_pins(self, path: str) -> bool:
        """Whether go.mod requires a module at the host's version, and the plugin is known to compile nothing of it."""
        snapshot, compiled = self.analysis.snapshot, self._compiled
        unused = snapshot.complete and compiled is not None and path not in compiled
        return unused and snapshot.gomod.require(path) is not None and self.module(path).status is ModuleStatus.AGREES

    def provider(self, package: str) -> str | None:
        """The module that provides a package in the plugin, by Go's answer, else by its path; None if none does."""
        build = self.analysis.snapshot.build
        if build and package in build.packages:
            return build.packages[package].path
        path = package
        while path:
            if path in self.analysis.build_list.selected:
                return path
            path = path.rpartition("/")[0]
        return None

    def is_compiled(self, package: str) -> bool:
        """Whether the plugin compiles a package of another module, by Go's answer."""
        build = self.analysis.snapshot.build
        return build is not None and package in build.packages

    def hints_and_lenses(self, findings: Iterable[Finding]) -> tuple[object, ...]:
        """The contents of inlay hints and code lenses, to detect whether they changed while the text did not."""
        host, fulfilled = self.analysis.snapshot.host, self.analysis.alignment.fulfilled
        return host_words(host), fit_words(self.analysis, findings), fulfilled, self._at_requires

    @cached_property
    def _at_requires(self) -> tuple[object, ...]:
        """The part of `hints_and_lenses` for each require."""
        requires = self.analysis.snapshot.gomod.requires
        views = ((self.module(require.module.text), require) for require in requires)
        return tuple((hint(view, require, agreeing=True), view.verdict) for view, require in views)

    def _built_together(self, path: str, host: HostModule | None) -> ModuleView:
        """A module of a plugin that one workspace builds together with the host, at one version."""
        version = self.analysis.build_list.selected.get(path)
        status = ModuleStatus.NOT_ON_HOST if host is None else ModuleStatus.AGREES
        shared = self._shared.get(path, ())
        verdict = "the versions agree: one go.work builds the plugin and the host"
        if host is None:
            verdict = self._verdict(status, None, (), ())
        return ModuleView(
            path=path,
            version=version,
            host=host and host._replace(version=version),
            shared=shared,
            status=status,
            verdict=verdict,
        )

    def _member(self, path: str) -> ModuleView:
        """A module that the plugin takes from a folder of its workspace, although the host links it too."""
        members = self._members[path]
        packages = tuple(sorted(package for each in members for package in each.packages))
        shared = count(len(packages), "package")
        possible = all(each.certainty is Certainty.POSSIBLE for each in members)
        verb = "may refuse" if possible else "refuses"
        verdict = f"the host {verb} the plugin: {shared} linked into both, built from a folder of the workspace"
        status = ModuleStatus.POSSIBLE if possible else ModuleStatus.REFUSED
        return ModuleView(
            path=path, version=None, host=members[0].host, shared=packages, status=status, verdict=verdict
        )

    @cached_property
    def _members(self) -> Mapping[str, tuple[MemberDifference, ...]]:
        found: dict[str, tuple[MemberDifference, ...]] = {}
        for each in self.analysis.members:
            found[each.module] = (*found.get(each.module, ()), each)
        return found

    @cached_property
    def _differences(self) -> Mapping[str, tuple[ModuleDifference, ...]]:
        found: dict[str, tuple[ModuleDifference, ...]] = {}
        for each in self.analysis.all_differences:
            found[each.plugin.path] = (*found.get(each.plugin.path, ()), each)
        return found

    @cached_property
    def _compiled(self) -> frozenset[str] | None:
        build = self.analysis.snapshot.build
        return frozenset(module.path for module in build.packages.values()) if build else None

    @cached_property
    def _shared(self) -> Mapping[str, tuple[str, ...]]:
        """The packages that are linked into both, by the plugin's module."""
        build, host = self.analysis.snapshot.build, self.analysis.snapshot.host
        if build is None or not isinstance(host, HostManifest) or host.packages is None:
            return {}
        found: dict[str, list[str]] = {}
        for package, module in build.packages.items():
            if host_module(host, package, module.path):
                found.setdefault(module.path, []).append(package)
        return {path: tuple(sorted(packages)) for path, packages in found.items()}

    def _verdict(
        self,
        status: ModuleStatus,
        host: HostModule | None,
        shared: tuple[str, ...],
        differences: Iterable[ModuleDifference],
    ) -> str:
        known = self.analysis.snapshot.build is not None
        match status:
            case ModuleStatus.REFUSED if host and host.version is None:
                return (
                    "the host refuses the plugin: this is the host's own module, and a plugin cannot share its packages"
                )
            case ModuleStatus.REFUSED if all(each.is_replaced for each in differences):
                return "the host refuses the plugin unless both replacements have the same source"
            case ModuleStatus.REFUSED:
                refused = sum(len(each.packages) for each in differences)
                return f"the host refuses the plugin: {_linked(refused)} from different versions"
            case ModuleStatus.POSSIBLE:
                side = "the host links" if any(each.packages for each in differences) else "the plugin compiles"
                return f"the host may refuse the plugin: it is not known which packages {side}"
            case ModuleStatus.UNSHARED:
                return "the versions may differ: no package of it is linked into both"
            case ModuleStatus.AGREES if shared:
                return f"the versions agree: {_linked(len(shared))}"
            case ModuleStatus.AGREES:
                return "the versions agree" + (
                    ", and no package of it is known to be linked into both" if known else ""
                )
            case _:
                return "the host does not have this module, so any version fits"


def _linked(number: int) -> str:
    return f"{count(number, 'package')} {'is' if number == 1 else 'are'} linked into both"


def _status(version: str | None, host: HostModule | None, differences: tuple[ModuleDifference, ...]) -> ModuleStatus:
    if any(each.certainty is not Certainty.POSSIBLE for each in differences):
        return ModuleStatus.REFUSED
    if differences:
        return ModuleStatus.POSSIBLE
    if host is None:
        return ModuleStatus.NOT_ON_HOST
    return ModuleStatus.AGREES if host.version == version else ModuleStatus.UNSHARED


def named_packages(packages: tuple[str, ...]) -> str:
    """The names of the first packages, and the number of the others."""
    more = len(packages) - _NAMED
    return ", ".join(packages[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def hint(view: ModuleView, require: Require, *, agreeing: bool) -> str | None:
    """The inlay hint after a require if versions differ; with `agreeing`, even if they agree."""
    if view.status is ModuleStatus.AGREES:
        return "✓" if agreeing else None
    if view.host is None:
        return None
    if view.host.version == view.version and view.host.path == view.path:
        return f"host => {view.host.replacement}" if view.host.replacement else "host: not replaced"
    selected = f"selected {view.version}, " if view.version and view.version != require.version.text else ""
    other = f"{view.host.path} " if view.host.path != view.path else ""
    unshared = ", not shared" if view.status is ModuleStatus.UNSHARED else ""
    return f"{selected}host {other}{view.host.version or 'itself'}{unshared}"


def host_words(host: HostManifest | HostNotFound | HostUnreadable) -> str:
    """The host in words: `Nakama v3.22.0, binary, go1.22.4`, or `Layerg core, modules.txt, go 1.23`."""
    if isinstance(host, HostUnreadable):
        return f"host {reference_words(host.reference)} cannot be read"
    if isinstance(host, HostNotFound):
        return "no host chosen"
    if host.kind == "release":
        return _release_words(host)
    source = re.split(r"[/\\]", host.source.path)[-1] if host.kind == "folder" else host.kind
    language = host.go and (host.go if host.go.startswith("go") else f"go {host.go}")
    release = (host.build.release or (host.build.minor and f"go {host.build.minor}")) if host.build else language
    return ", ".join(each for each in (host_name(host), source, release) if each)


def _release_words(host: HostManifest) -> str:
    """A release in words: `Nakama 3.22.0 (Dockerfile), Go 1.22.4`."""
    where = f" ({host.named_at.label})" if host.named_at else ""
    build = host.build
    release = build.release.removeprefix("go") or build.minor if build else ""
    return f"{host_name(host)}{where}, Go {release}"


def fit_words(analysis: Analysis, findings: Iterable[Finding]) -> str:
    """The result for the plugin in words: `everything fits`, `2 modules do not fit`."""
    findings = tuple(findings)
    wrong = [each for each in findings if each.severity in (Severity.ERROR, Severity.WARNING)]
    modules = {each.module for each in wrong if each.module}
    others = sum(each.module is None for each in wrong)
    if modules:
        return f"{count(len(modules), 'module')} {'does' if len(modules) == 1 else 'do'} not fit"
    if others:
        return count(others, "problem")
    if not _is_certain(analysis, findings):
        return "no known differences"
    silenced = count_silenced(analysis)
    return f"no problems, {count(silenced, 'finding')} silenced" if silenced else "everything fits"


def fits(analysis: Analysis, findings: Iterable[Finding]) -> bool:
    """Whether the whole plugin was compared and can be built, without errors, warnings, uncertainties or silenced
    findings.
    """
    findings = tuple(findings)
    wrong = any(each.severity in (Severity.ERROR, Severity.WARNING) for each in findings)
    return not wrong and _is_certain(analysis, findings) and not count_silenced(analysis)


def _is_certain(analysis: Analysis, findings: Iterable[Finding]) -> bool:
    """Whether the whole plugin was compared, and can be built."""
    return analysis.snapshot.complete and not uncertainties(analysis, findings) and not cannot_be_built(analysis)
