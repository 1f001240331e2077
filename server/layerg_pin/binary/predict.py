"""Predict the outcome of plugin.Open for a plugin in a host. Pure.

It follows the loader and the runtime: first the platform and the kind of file, then the undefined symbols (symbols.py),
then the layout of the runtime's `moduledata` (layouts.py), then one hash for each package that both link.
Source: Go: plugin/plugin_dlopen.go, runtime/plugin.go; glibc's elf/dl-load.c for the loader's messages.
Root causes: a package is a root if its own module differs (another module, version or replacement). If its module
agrees, its difference follows from its imports, provided that a root precedes it: plugin.Open's order has dependencies
first. Otherwise it is a root too, and the cause is the toolchain, a flag, or files edited in place.
"""

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from layerg_pin.binary.advice import suggest_remedies
from layerg_pin.binary.bounded_reader import BinaryError
from layerg_pin.binary.go_binary import Binary, Format, PluginSupport, Role
from layerg_pin.binary.layouts import Layouts, compare_layouts
from layerg_pin.binary.sides import HashDifference, Side, side_of
from layerg_pin.binary.symbols import UnresolvedSymbols
from layerg_pin.core.gomod.versions import parse_go_release

_DIFFERS = "plugin was built with a different version of package"
_STUB = "plugin: not implemented"
_MUSL = "musl"
_NO_ELF = "invalid ELF header"
_NOT_THERE = "cannot open shared object file: No such file or directory"
_NO_MODULE_DATA = "fatal error: runtime: no plugin module data"
_SIGSEGV = "signal SIGSEGV: segmentation violation"
FIRST_WITH_HASHES = (1, 18)
"""The first supported release, and the first with the current encoding of the build info."""
_NO_SYMBOLS = UnresolvedSymbols()


class Verdict(StrEnum):
    """The predicted outcome."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """plugin.Open returns an error."""
    CRASH = "crash"
    """The host crashes."""
    UNKNOWN = "unknown"


class Prediction(NamedTuple):
    """The predicted outcome of plugin.Open, with its reasons."""

    verdict: Verdict
    error: str = ""
    """The error of plugin.Open after the plugin's name, or the message of the host's crash; empty if there is none or
    it is unknown.
    """
    why: str = ""
    """An explanation that the error does not give."""
    differing: tuple[HashDifference, ...] = ()
    """In the order in which plugin.Open reports them, one after another as each is fixed."""
    shared: int = 0
    host_packages: int | None = 0
    """None if unknown."""
    plugin_packages: int = 0
    remedies: tuple[str, ...] = ()
    """Advice, one line each."""
    compared: bool = True
    """Whether plugin.Open gets as far as comparing hashes. If not, `differing` has the packages that will still differ
    by version once the obstacle is removed.
    """

    compiled_with: str = ""
    """The Go release that compiled the plugin's folder, such as `go1.23.4`; empty for a .so."""
    built_with: tuple[tuple[str, str], ...] = ()
    """How build files build the plugin, as far as known: the Go release, such as `go1.23.4` or only `go1.23`, and the
    place, such as `Dockerfile:1`.
    """

    @property
    def reason(self) -> str | None:
        """The complete reason of the verdict; None for a plugin that is accepted."""
        return f"{self.error} ({self.why})" if self.error and self.why else self.error or self.why or None


def predict(host: Binary, plugin: Binary, symbols: UnresolvedSymbols = _NO_SYMBOLS) -> Prediction:
    """Predict for a linked plugin, whose undefined symbols were compared with the host's."""
    sides = side_of(host), side_of(plugin)
    obstacle = _unfit_host(host) or _unfit_plugin(host, plugin) or _missing_symbols(symbols)
    found = _with_differences(obstacle or _other_layout(*sides), *sides)
    if found.verdict is not Verdict.ACCEPTED or not symbols.uncertainties:
        return found
    why = f"it depends on the server's libraries: {'; '.join(symbols.uncertainties)}"
    remedy = "Build the plugin in the host's image, and install the libraries that it needs there"
    return found._replace(verdict=Verdict.UNKNOWN, why=why, remedies=(remedy, *found.remedies))


def predict_build(host: Binary, plugin: Side) -> Prediction:
    """Predict for a plugin that is compiled but not linked."""
    side = side_of(host)
    obstacle = _unfit_host(host) or _other_platform(side, plugin) or _unread(host) or _other_layout(side, plugin)
    return _with_differences(obstacle, side, plugin)._replace(compiled_with=plugin.go)


def predict_unreadable(error: BinaryError) -> Prediction:
    """Predict for a file that is not a readable plugin."""
    verdict = Verdict.CRASH if error.fatal else Verdict.REJECTED if error.refusal else Verdict.UNKNOWN
    return Prediction(verdict, error.fatal or error.refusal, str(error), compared=False)


def _with_differences(obstacle: Prediction | None, host: Side, plugin: Side) -> Prediction:
    shared = [package for package in plugin.order if package in host.hashes]
    differing = tuple(_differences(host, plugin, shared))
    if obstacle is None:
        verdict, error = (
            (Verdict.REJECTED, f"{_DIFFERS} {differing[0].package}") if differing else (Verdict.ACCEPTED, "")
        )
        todo = suggest_remedies(host, plugin, differing, flags=True) if differing else _accepted_by_luck(host, plugin)
        found = Prediction(verdict, error, remedies=todo)
    else:
        # Differences that another toolchain or platform causes are not reported, only those that remain with the right
        # one.
        known = obstacle.verdict is not Verdict.UNKNOWN
        differing = tuple(each for each in differing if each.own_cause and known)
        todo = (*obstacle.remedies, *suggest_remedies(host, plugin, differing, flags=known and not obstacle.remedies))
        found = obstacle._replace(remedies=todo, compared=False)
    return found._replace(
        differing=differing,
        shared=len(shared),
        host_packages=len(host.hashes),
        plugin_packages=len(plugin.hashes),
    )


def _differences(host: Side, plugin: Side, shared: list[str]) -> Iterator[HashDifference]:
    rooted = False
    for package in shared:
        if host.hashes[package] != plugin.hashes[package]:
            found = HashDifference(package, host.modules.get(package), plugin.modules.get(package))
            root = found.own_cause or not rooted
            rooted |= root
            yield replace(found, root=root)


def _unfit_host(host: Binary) -> Prediction | None:
    release = parse_go_release(host.go)
    if host.role is not Role.EXECUTABLE:
        return _unknown(f"{host.path} is a {host.role}, not a host: use the server's binary")
    if host.format is Format.MACHO or host.plugin_support is PluginSupport.SHARING:
        return None
    if host.plugin_support is PluginSupport.UNKNOWN:
        return _unknown(f"{host.path} is not a Go program: use the server's binary")
    if release is None or release.release < FIRST_WITH_HASHES:
        return _unknown(
            f"{host.path} is built with {host.go or 'an unknown Go'}: package hashes can be read since go1.18"
        )
    if host.plugin_support is PluginSupport.STUB:
        remedy = "Build the host with CGO_ENABLED=1"
        return Prediction(Verdict.REJECTED, _STUB, "the host is built with CGO_ENABLED=0", remedies=(remedy,))
    if host.plugin_support is PluginSupport.HIDING:
        why = "the host is linked so that plugins cannot share its packages"
        remedy = "Build the host without -linkmode=internal and without -extldflags=-static"
        return Prediction(Verdict.CRASH, _NO_MODULE_DATA, why, remedies=(remedy,))
    why = "the host opens no plugin: it does not call plugin.Open"
    return Prediction(Verdict.REJECTED, "", why, remedies=("Use the server's binary: this one opens no plugins",))


def _unfit_plugin(host: Binary, plugin: Binary) -> Prediction | None:
    if obstacle := _other_platform(side_of(host), side_of(plugin)):
        foreign = host.format is Format.ELF and plugin.format is not Format.ELF
        return obstacle._replace(error=_NO_ELF) if foreign else obstacle
    if obstacle := _unread(host):
        return obstacle
    remedy = "Build the plugin with `go build -buildmode=plugin`"
    if plugin.refusal:
        return Prediction(Verdict.REJECTED, plugin.refusal, f"{plugin.path} is not a plugin", remedies=(remedy,))
    if plugin.role is Role.PLUGIN:
        return _other_libc(host, plugin)
    why = f"{plugin.path} is not a Go plugin" if plugin.info else f"{plugin.path} was not built by Go"
    if plugin.info and plugin.info.settings.get("-buildmode") == "plugin":
        why, remedy = (
            f"{plugin.path} is linked so that it shares no packages with a host",
            f"{remedy} without -Bsymbolic",
        )
    return Prediction(Verdict.CRASH, _NO_MODULE_DATA, why, remedies=(remedy,))


def _unread(host: Binary) -> Prediction | None:
    return _unknown("the package hashes of macOS binaries are not read") if host.format is Format.MACHO else None


def _other_libc(host: Binary, plugin: Binary) -> Prediction | None:
    """The result for different C libraries: musl has another file name, which systems with glibc do not have."""
    musl, host_musl = (_MUSL in each.libc for each in (plugin, host))
    if musl == host_musl or not host.libc or not plugin.libc:
        return None
    why = f"the plugin is linked with {plugin.libc}, the host with {host.libc}"
    remedy = f"Build the plugin in the host's image{' rather than on Alpine' if musl else ', on Alpine'}"
    if not musl:
        return Prediction(Verdict.UNKNOWN, "", f"{why}: it is unknown whether musl can load it", remedies=(remedy,))
    return Prediction(Verdict.REJECTED, f"{plugin.libc}: {_NOT_THERE}", why, remedies=(remedy,))


def _other_platform(host: Side, plugin: Side) -> Prediction | None:
    other_os = host.os and plugin.os and host.os != plugin.os
    if not other_os and host.arch == plugin.arch:
        return None
    error = "" if other_os else _NOT_THERE
    why = f"the plugin is built for {plugin.platform}, the host for {host.platform}"
    remedy = f"Build the plugin with GOOS={host.os or plugin.os} GOARCH={host.arch} CGO_ENABLED=1"
    return Prediction(Verdict.REJECTED, error, why, remedies=(remedy,))


def _missing_symbols(symbols: UnresolvedSymbols) -> Prediction | None:
    if not symbols.missing:
        return None
    others = [each.name for each in symbols.missing[1:]]
    more = f", nor {', '.join(others[:2])}{f' and {len(others) - 2} more' if len(others) > 2 else ''}" if others else ""
    why = f"neither the host nor a library of the plugin defines it{more}"
    remedy = "Link the library that defines it (#cgo LDFLAGS), without -Wl,--unresolved-symbols=ignore-all"
    return Prediction(Verdict.REJECTED, f"undefined symbol: {symbols.missing[0]}", why, remedies=(remedy,))


def _other_layout(host: Side, plugin: Side) -> Prediction | None:
    """The crash caused by different layouts; None if plugin.Open gets as far as comparing hashes."""
    runtime = host.hashes.get("runtime")
    if runtime and runtime == plugin.hashes.get("runtime"):
        return None  # the same runtime
    host_go, plugin_go = host.go or "an unknown Go", plugin.go or "a Go before 1.21, which left no build info"
    why = f"the host is built with {host_go}, the plugin with {plugin_go}"
    match compare_layouts((host.go, host.module_data), (plugin.go, plugin.module_data)):
        case Layouts.SAME:
            return None
        case Layouts.OTHER_SIZE:
            return Prediction(Verdict.CRASH, _NO_MODULE_DATA, why)
        case Layouts.OTHER_FIELDS:
            silent = "a server that defers os.Exit(0), as Nakama does, can end silently with exit code 0"
            return Prediction(Verdict.CRASH, _SIGSEGV, f"{why}; {silent}")
        case Layouts.UNKNOWN:
            return _unknown(f"{why}: the host refuses it or crashes; the layout of one of their runtimes is not known")


def _accepted_by_luck(host: Side, plugin: Side) -> tuple[str, ...]:
    if host.go == plugin.go or not host.go or not plugin.go:
        return ()
    return (f"Accepted by luck: build the plugin with the host's {host.go} rather than {plugin.go}",)


def _unknown(why: str) -> Prediction:
    return Prediction(Verdict.UNKNOWN, "", why)
