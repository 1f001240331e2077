"""Suggest remedies for the differences of a prediction, one line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from layerg_pin.binary.buildinfo import DEVEL, Module, records
from layerg_pin.binary.sides import HashDifference, Side
from layerg_pin.core.buildfiles.go_flags import package_flags
from layerg_pin.core.gomod.versions import parse_go_release

_FIRST_LANGUAGE_ONLY = (1, 21)
"""Since this release, `go1.21` is a version of the language, and no longer a toolchain (https://go.dev/doc/toolchain)."""
_FLAGS = (
    "-trimpath",
    "-race",
    "-msan",
    "-asan",
    "-tags",
    "-compiler",
    "-gcflags",
    "GOEXPERIMENT",
    "GOFIPS140",
)
"""Settings that can change a package's hash. All are measured, except for the rarer sanitizers. -asmflags cannot change
it, because the hash covers only what the compiler exports.
"""


def suggest_remedies(host: Side, plugin: Side, differing: Sequence[HashDifference], *, flags: bool) -> tuple[str, ...]:
    """The lines of advice: for the toolchain, for the flags, then for each module, without duplicates."""
    found = [*(_build(host, plugin) if flags else ())]
    found += [line for each in differing if each.own_cause for line in _module(host, each)]
    if not found and differing and _is_untrimmed(host):
        found.append(
            "Build both sides with -trimpath: without it a package contains the path of its "
            "folder, which differs between vendor/ and the module cache"
        )
    elif not found and differing:
        found.append(
            "Build both sides again from clean caches: Go release, flags and versions agree, so the source of "
            f"{differing[0].package} differs: it is generated, or was edited in vendor/, a replacement or GOROOT"
        )
    return tuple(dict.fromkeys(found))


def same_build(host: Side, plugin: Side) -> bool:
    """Whether both sides have the same Go release and flags, as far as they record them."""
    return host.go == plugin.go and next(_build(host, plugin), None) is None


def _build(host: Side, plugin: Side) -> Iterator[str]:
    release = parse_go_release(host.go)
    if release and len(release.release) == 2 and release.release >= _FIRST_LANGUAGE_ONLY and plugin.go != host.go:
        now = f" (now {plugin.go})" if plugin.go else ""
        yield f"Build the plugin in the host's image, with Go {host.go.removeprefix('go')}{now}"
    elif host.go != plugin.go and host.go and plugin.go:
        yield f"Build the plugin with the host's {host.go} (now {plugin.go}): GOTOOLCHAIN={host.go}, or its image"
    elif host.go and not plugin.go:
        yield f"Build the plugin with the host's {host.go}, flags and module versions: it does not record its own"
    if host.settings is None or plugin.settings is None:
        return
    shared = [package for package in plugin.order if package in host.hashes]
    for flag in _FLAGS:
        if not (records(host.go, host.settings, flag) and records(plugin.go, plugin.settings, flag)):
            continue
        wanted, given = host.settings.get(flag, ""), plugin.settings.get(flag, "")
        if flag == "-gcflags":
            wanted, given = (value if package_flags(value).applies_to(shared) else "" for value in (wanted, given))
        if wanted == given:
            continue
        if flag == "-trimpath" and given:
            yield "Build the host with -trimpath too: otherwise a plugin fits only if built in the host's folders"
        elif wanted:
            now = f" (now {flag}={given})" if given else ""
            yield f"Build the plugin with {_flag(flag, wanted)}, as the host is{now}"
        else:
            yield f"Build the plugin without {_flag(flag, given)}, as the host is"


def _is_untrimmed(side: Side) -> bool:
    settings = side.settings
    return settings is not None and records(side.go, settings, "-trimpath") and not settings.get("-trimpath")


def _flag(flag: str, value: str) -> str:
    return flag if value == "true" else f"{flag}={value}"


def _module(host: Side, difference: HashDifference) -> Iterator[str]:
    wanted, given = difference.host, difference.plugin
    if wanted is None or given is None:
        return
    if wanted.path == host.main:
        yield (
            f"Build the plugin in a go.work that uses the folder of {wanted.path}, the host's own module, "
            "or move the shared code into a module of its own"
        )
    elif wanted.path != given.path:
        yield (
            f"Pin {wanted.path} to {wanted.version} (host): {difference.package} comes from {given.path} "
            f"{given.version} in the plugin"
        )
    elif wanted.version != given.version and given.version in DEVEL:
        yield f"Take {wanted.path} out of the workspace: build the plugin with GOWORK=off"
    elif wanted.version != given.version:
        yield f"Pin {wanted.path} to {wanted.version} (host)"
    else:
        yield from _replacement(wanted)


def _replacement(wanted: Module) -> Iterator[str]:
    if wanted.replace is None:
        yield f"Remove the replace of {wanted.path}"
    else:
        yield f"Replace {wanted.path} as the host does: => {wanted.replace}"
