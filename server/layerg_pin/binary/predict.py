"""What plugin.Open will say of a plugin in a host: all of it, before anything is started. Pure.

It follows the loader and the runtime: first the platform and the kind of file, then the layout of the runtime's
`moduledata`, by whose last field a host finds what was loaded, then one hash for each package that both link. A plugin of
another minor release with the same layout is compared, and refused for a hash; with another layout the host dies.
Source: Go: plugin/plugin_dlopen.go, runtime/plugin.go; glibc's elf/dl-load.c for the words of the loader.

Which differences are root causes: a package whose module differs itself - another module, version or replacement - has
a cause of its own and is a root. One whose module agrees only follows from what it imports, if a root stands before it:
plugin.Open's order has dependencies first. With no root before it, it is one: then neither it nor what it imports
differs by version, and the cause is the toolchain, a flag, or files edited in place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from layerg_pin.binary.cures import cures
from layerg_pin.binary.read import Binary, Format, Role
from layerg_pin.binary.reader import BinaryError
from layerg_pin.binary.sides import Difference, Side, minor, side_of
from layerg_pin.core.versions import parse_go_release

_DIFFERS = "plugin was built with a different version of package"
_NO_MODULE_DATA = "fatal error: runtime: no plugin module data"
_FIRST_WITH_HASHES = (1, 20)
"""Earlier releases call their hashes otherwise."""


class Verdict(StrEnum):
    """What becomes of a plugin."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """plugin.Open returns an error."""
    CRASH = "crash"
    """The host dies."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Prediction:
    """What plugin.Open will say, and why."""

    verdict: Verdict
    reason: str | None
    """What plugin.Open says, or why that is not known; None for a plugin that is accepted."""
    differing: tuple[Difference, ...] = ()
    """In the order in which plugin.Open comes upon them, one after another as each is mended."""
    shared: int = 0
    host_packages: int = 0
    plugin_packages: int = 0
    cures: tuple[str, ...] = ()
    """What to do, a line each."""
    compared: bool = True
    """Whether plugin.Open gets as far as the hashes. Where it does not, `differing` holds what will still differ by
    version once that is mended.
    """


def predict(host: Binary, plugin: Binary) -> Prediction:
    """What the host will say of a plugin's file."""
    sides = side_of(host), side_of(plugin)
    return _weighed(_unfit_host(host) or _unfit_plugin(host, plugin) or _other_layout(*sides), *sides)


def predict_build(host: Binary, plugin: Side) -> Prediction:
    """What the host will say of a plugin that is compiled but not linked."""
    side = side_of(host)
    return _weighed(_unfit_host(host) or _other_platform(side, plugin) or _other_layout(side, plugin), side, plugin)


def predict_unreadable(error: BinaryError) -> Prediction:
    """What a host says of a file that is no plugin at all."""
    if error.fatal:
        return Prediction(Verdict.CRASH, f"the host dies of {error.fatal} ({error})")
    if error.refusal:
        return Prediction(Verdict.REJECTED, f"{error.refusal} ({error})")
    return Prediction(Verdict.UNKNOWN, str(error))


def _weighed(obstacle: Prediction | None, host: Side, plugin: Side) -> Prediction:
    shared = [package for package in plugin.order if package in host.hashes]
    counts = Prediction(Verdict.ACCEPTED, None, (), len(shared), len(host.hashes), len(plugin.hashes))
    differing = tuple(_differences(host, plugin, shared))
    if obstacle:
        # What another toolchain or platform changes says nothing; what will still differ with the right one does.
        kept = tuple(each for each in differing if each.own_cause) if obstacle.verdict is not Verdict.UNKNOWN else ()
        found = replace(counts, verdict=obstacle.verdict, reason=obstacle.reason, differing=kept, compared=False)
        return replace(found, cures=(*obstacle.cures, *cures(host, plugin, kept, flags=not obstacle.cures)))
    if not differing:
        return replace(counts, cures=_luck(host, plugin))
    reason = f"{_DIFFERS} {differing[0].package}"
    return replace(
        counts,
        verdict=Verdict.REJECTED,
        reason=reason,
        differing=differing,
        cures=cures(host, plugin, differing, flags=True),
    )


def _differences(host: Side, plugin: Side, shared: list[str]) -> Iterator[Difference]:
    rooted = False
    for package in shared:
        if host.hashes[package] != plugin.hashes[package]:
            found = Difference(package, host.modules.get(package), plugin.modules.get(package))
            root = found.own_cause or not rooted
            rooted |= root
            yield replace(found, root=root)


def _unfit_host(host: Binary) -> Prediction | None:
    release = parse_go_release(host.go)
    if host.role is not Role.EXECUTABLE:
        return Prediction(Verdict.UNKNOWN, f"{host.path} is a {host.role}, no host: name the server's binary")
    if host.format is Format.MACHO:
        return None
    if host.stub:
        return Prediction(
            Verdict.REJECTED,
            "plugin: not implemented: the host is built with CGO_ENABLED=0",
            cures=("Build the host with CGO_ENABLED=1",),
        )
    if host.hashes:
        return None
    if host.info is None:
        return Prediction(Verdict.UNKNOWN, f"{host.path} is no Go program: name the server's binary")
    if release is None or release.release < _FIRST_WITH_HASHES:
        return Prediction(
            Verdict.UNKNOWN, f"{host.path} is built with {host.go or 'an unknown Go'}: hashes are read since go1.20"
        )
    return Prediction(
        Verdict.REJECTED,
        "the host opens no plugin: package plugin is not linked into it",
        cures=("Name the server's binary: this one never calls plugin.Open",),
    )


def _unfit_plugin(host: Binary, plugin: Binary) -> Prediction | None:
    if obstacle := _other_platform(side_of(host), side_of(plugin)):
        return obstacle
    if host.format is Format.MACHO:
        return Prediction(Verdict.UNKNOWN, "the package hashes of macOS binaries are not read")
    build = ("Build the plugin with `go build -buildmode=plugin`",)
    if plugin.refusal:
        return Prediction(Verdict.REJECTED, f"{plugin.refusal} ({plugin.path} is no plugin)", cures=build)
    if plugin.role is Role.PLUGIN:
        return None
    if plugin.info is not None and plugin.info.settings.get("-buildmode") == "plugin":
        return Prediction(Verdict.UNKNOWN, f"{plugin.path} is a plugin without a table of hashes that can be read")
    what = "is no Go plugin" if plugin.info else "is not built by Go"
    return Prediction(Verdict.CRASH, f"{_NO_MODULE_DATA} ({plugin.path} {what})", cures=build)


def _other_platform(host: Side, plugin: Side) -> Prediction | None:
    same_os = host.os == plugin.os or not host.os or not plugin.os
    if same_os and host.arch == plugin.arch:
        return None
    said = "" if not same_os else "cannot open shared object file: No such file or directory: "
    return Prediction(
        Verdict.REJECTED,
        f"{said}the plugin is built for {plugin.platform}, the host for {host.platform}",
        cures=(f"Build the plugin with GOOS={host.os or plugin.os} GOARCH={host.arch} CGO_ENABLED=1",),
    )


def _other_layout(host: Side, plugin: Side) -> Prediction | None:
    known = host.module_data is not None and plugin.module_data is not None
    same = host.module_data == plugin.module_data if known else minor(host.go) == minor(plugin.go)
    if same:
        return None
    return Prediction(
        Verdict.CRASH,
        f"{_NO_MODULE_DATA} (the host is built with {host.go or 'an unknown Go'}, "
        f"the plugin with {plugin.go or 'an unknown Go'})",
    )


def _luck(host: Side, plugin: Side) -> tuple[str, ...]:
    if host.go == plugin.go or not host.go or not plugin.go:
        return ()
    return (f"Accepted by luck: build the plugin with the host's {host.go} rather than {plugin.go}",)
