"""Compare two hosts: their facts, modules and linked packages, without a plugin."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from layerg_pin.core.known.known_hosts import known_host
from layerg_pin.core.known.releases import module_release_facts
from layerg_pin.core.model.host_manifest import HostBuild, HostManifest, HostModule

_FLOATING = " (unknown patch release)"
_LIBRARIES = {"glibc", "musl"}
"""C libraries without their version."""


class Change(NamedTuple):
    """A fact, or the version of a module, in both hosts."""

    name: str
    before: str | None
    """None if it is unknown, or for a module that the host does not have."""
    after: str | None
    is_certain: bool = True
    """Whether it is known whether the two agree; false if a side is unknown or too vague, such as `go1.23`."""


class HostDifference(NamedTuple):
    """What differs between two hosts, and what agrees."""

    facts: tuple[Change, ...]
    """All facts, including those that agree."""
    modules: tuple[Change, ...]
    """The modules that differ, by path."""
    same_modules: int
    packages: tuple[int, int, int] | None
    """The numbers of linked packages that the second host adds and removes, and that both have; None if unknown."""
    why_no_packages: str
    """Why the packages are not compared, as part of a sentence; empty if they are."""

    @property
    def changed(self) -> tuple[Change, ...]:
        """The modules that both hosts have, in other versions."""
        return tuple(each for each in self.modules if each.before is not None and each.after is not None)

    @property
    def added(self) -> tuple[Change, ...]:
        """The modules that only the second host has."""
        return tuple(each for each in self.modules if each.before is None)

    @property
    def removed(self) -> tuple[Change, ...]:
        """The modules that only the first host has."""
        return tuple(each for each in self.modules if each.after is None)


def host_difference(before: HostManifest, after: HostManifest) -> HostDifference:
    """Compare two hosts."""
    facts, others = dict(_facts(before)), dict(_facts(after))
    old, new = _versions(before.modules), _versions(after.modules)
    modules = [Change(path, old.get(path), new.get(path)) for path in sorted({**old, **new})]
    differing = tuple(each for each in modules if each.before != each.after)
    why = _why_no_packages(before, after)
    packages = None
    if before.packages is not None and after.packages is not None and not why:
        one, other = before.packages.keys(), after.packages.keys()
        packages = (len(other - one), len(one - other), len(one & other))
    return HostDifference(
        facts=tuple(_fact(name, value, others[name]) for name, value in facts.items()),
        modules=differing,
        same_modules=len(modules) - len(differing),
        packages=packages,
        why_no_packages=why,
    )


def _fact(name: str, before: str | None, after: str | None) -> Change:
    """A fact of both hosts. A floating Go release, or a C library without a version, may or may not equal the
    other host's.
    """
    if before is None or after is None:
        return Change(name, before, after, is_certain=False)
    one, other = before.removesuffix(_FLOATING), after.removesuffix(_FLOATING)
    is_vague = (one, other) != (before, after) or {one, other} & _LIBRARIES
    same_start = f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")
    may_agree = same_start or one.partition(" ")[0] == other.partition(" ")[0]
    return Change(name, before, after, is_certain=not (is_vague and may_agree))


def _facts(host: HostManifest) -> Iterator[tuple[str, str | None]]:
    """The facts of a host in words; None if unknown."""
    build, builder = host.build or HostBuild(), host.builder or HostBuild()
    yield "host", host.module
    yield "plugin API", _api(host)
    yield "Go release", _release(build)
    yield "builder's Go", _release(builder)
    yield "go line", host.go or None
    yield "platforms", _platforms(host, build)
    yield "C library", f"{build.libc} {build.libc_version}".strip() or None
    yield "builder's C library", f"{builder.libc} {builder.libc_version}".strip() or None
    yield "CGO_ENABLED", None if build.cgo is None else str(int(build.cgo))
    yield "-trimpath", _switch(build.trimpath)
    yield "-race", _switch(build.race)
    yield "-tags", None if build.tags is None else ",".join(build.tags) or "none"
    yield "-gcflags", None if build.gcflags is None else build.gcflags or "none"
    yield "GOEXPERIMENT", None if build.experiment is None else build.experiment or "none"
    yield "GOFIPS140", None if build.fips is None else build.fips or "none"
    yield "sanitizer", None if build.sanitizer is None else build.sanitizer or "none"


def _api(host: HostManifest) -> str | None:
    """The module that plugins import, with its version."""
    known = known_host(host.module, host.modules)
    modules = (host.modules.get(path) for path in known.api) if known else ()
    return next((f"{each.path} {_version(each)}" for each in modules if each and each.version), None)


def _release(build: HostBuild) -> str | None:
    if build.release:
        return build.release
    return f"go{build.minor}{_FLOATING}" if build.minor else None


def _platforms(host: HostManifest, build: HostBuild) -> str | None:
    facts = module_release_facts(host.module, host.version) if host.kind == "release" else None
    if facts:
        return ", ".join(facts.platforms)
    return f"{build.goos}/{build.goarch}" if build.goos and build.goarch else None


def _switch(is_set: bool | None) -> str | None:
    return None if is_set is None else "yes" if is_set else "no"


def _versions(modules: Mapping[str, HostModule]) -> dict[str, str]:
    """The version of each module, with its replacement; without the module of the host itself."""
    return {path: _version(each) for path, each in modules.items() if each.version is not None}


def _version(module: HostModule) -> str:
    return f"{module.version} => {module.replacement}" if module.replacement else module.version or ""


def _why_no_packages(before: HostManifest, after: HostManifest) -> str:
    for host in (before, after):
        if host.packages is None:
            return f"the packages of {host.reference} are not known"
    for host in (before, after):
        if not host.linked:
            return f"{host.reference} lists all packages that it can link, not those that it links"
    return ""
