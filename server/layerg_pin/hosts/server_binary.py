"""Read the host manifest of a server binary, which is complete and certain."""

from __future__ import annotations

import os

from layerg_pin.binary.bounded_reader import BinaryError
from layerg_pin.binary.buildinfo import DEVEL, BuildInfo, Module, records
from layerg_pin.binary.go_binary import Binary, PluginSupport, Role, read_binary
from layerg_pin.binary.sides import STD, package_modules
from layerg_pin.core.buildfiles.go_flags import covers_shared
from layerg_pin.core.model.host_manifest import HostBuild, HostManifest, HostModule, HostUnreadable
from layerg_pin.core.model.modules import Origin, Replacement, Source
from layerg_pin.core.text import LineIndex

_NEVER_OPENS = "it never calls plugin.Open"
"""Such a binary is probably not the server, so there is no verdict."""
_NOT_SHARING = "it is linked statically, or by Go's own linker"


def read_host_binary(
    reference: str, path: str, kind: str = "binary", place: Origin | None = None
) -> HostManifest | HostUnreadable:
    """The manifest of the host with the binary at an absolute path. `place` is where it is from, if it is a copy."""
    try:
        binary = read_binary(path)
    except BinaryError as error:
        remedy = "or use the host's folder, vendor/modules.txt, go.mod or layerg-host.json"
        return HostUnreadable(
            reference, f"the host {reference} cannot be used: {str(error).replace(path, 'it', 1)}; {remedy}"
        )
    info = binary.info
    if binary.role is not Role.EXECUTABLE:
        return HostUnreadable(reference, f"the host {reference} is a plugin or a library, not a program")
    if info is None:
        return HostUnreadable(
            reference,
            f"the host {reference} was not built by Go, or its build info was removed: use its source folder",
        )
    return _manifest(reference, binary, info, kind, place or Origin(path, None, os.path.basename(path)))


def _manifest(reference: str, binary: Binary, info: BuildInfo, kind: str, origin: Origin) -> HostManifest:
    build = _build(binary, info)
    # A dependency without a version is a member of the workspace in which the host was built.
    modules = {
        dep.path: HostModule(
            dep.path, None if dep.version in DEVEL and dep.replace is None else dep.version, origin, _replacement(dep)
        )
        for dep in info.deps
    }
    main = info.main.path if info.main else None
    if main:
        modules[main] = HostModule(main, None, origin)
    packages = {
        package.replace("%2e", ".").replace("%25", "%"): module.path  # undo the linker's escapes
        for package, module in package_modules(binary.hashes, info).items()
        if module.path != STD and module.path in modules
    }
    if main and _main_package(info):
        packages[info.path] = main  # the linker calls it `main`
    return HostManifest(
        reference=reference,
        path=origin.path,
        kind=kind,
        module=main,
        go=binary.go or None,
        modules=modules,
        packages=packages if binary.hashes else None,
        linked=bool(binary.hashes),
        asked=True,
        source=Source(origin.path, LineIndex("")),
        uncertainty=f"the host {reference} cannot open plugins: {_NEVER_OPENS}"
        if binary.plugin_support is PluginSupport.NONE and build.cgo is not False
        else "",
        build=build,
        main=_main_package(info),
    )


def _replacement(dep: Module) -> Replacement | None:
    if dep.replace is None:
        return None
    folder = dep.replace.version in DEVEL
    return Replacement(dep.replace.path, None if folder else dep.replace.version)


def _build(binary: Binary, info: BuildInfo) -> HostBuild:
    cgo = info.settings.get("CGO_ENABLED")
    trimpath, race, tags = _setting(info, "-trimpath"), _setting(info, "-race"), _setting(info, "-tags")
    return HostBuild(
        release=binary.go,
        goos=binary.os,
        goarch=binary.arch,
        cgo=False if binary.plugin_support is PluginSupport.STUB else cgo == "1" if cgo else None,
        trimpath=None if trimpath is None else trimpath == "true",
        race=None if race is None else race == "true",
        tags=None if tags is None else tuple(filter(None, tags.split(","))),
        experiment=_setting(info, "GOEXPERIMENT"),
        gcflags=_gcflags(info),
        libc=_libc(binary.libc),
        linking=_NOT_SHARING if binary.plugin_support is PluginSupport.HIDING else "",
        fips=_setting(info, "GOFIPS140"),
        sanitizer=_sanitizer(info),
    )


def _setting(info: BuildInfo, name: str) -> str | None:
    """The value of a build setting, empty if it was not set; None if this Go release does not record it."""
    return info.settings.get(name, "") if records(info.release, info.settings, name) else None


def _gcflags(info: BuildInfo) -> str | None:
    """The compiler flags that reach shared packages; official builds give others to the main package alone."""
    value = _setting(info, "-gcflags")
    return value if value is None or covers_shared(value) else ""


def _main_package(info: BuildInfo) -> str:
    """The main package relative to its module, such as `.` or `./cmd/server`; empty if unknown."""
    module = info.main.path if info.main else ""
    if module and info.path == module:
        return "."
    return f"./{info.path.removeprefix(f'{module}/')}" if module and info.path.startswith(f"{module}/") else ""


def _sanitizer(info: BuildInfo) -> str | None:
    """The sanitizer that the program is built with, or an empty string; None if it is not recorded."""
    if not records(info.release, info.settings, "-asan"):
        return None
    return next((name for name in ("asan", "msan") if info.settings.get(f"-{name}") == "true"), "")


def _libc(name: str) -> str:
    """The C library of a binary's dependency: `libc.so.6`, or `libc.musl-x86_64.so.1`."""
    if name.startswith("libc.musl"):
        return "musl"
    return "glibc" if name.startswith("libc.so.") else ""
