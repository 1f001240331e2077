"""Compile the folder of a plugin with the flags of its host, without linking it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from layerg_pin.binary.buildinfo import Module, records
from layerg_pin.binary.export import link_order, read_export
from layerg_pin.binary.go_binary import Binary
from layerg_pin.binary.layouts import module_data_size
from layerg_pin.binary.sides import STD, Side
from layerg_pin.core.buildfiles.go_flags import package_flags
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.engine.project_settings import read_project_file
from layerg_pin.go.compiling import compile_plugin
from layerg_pin.go.query_types import Cancellation, CompiledPackage, Go, GoError
from layerg_pin.source_tree.main_packages import main_packages

_PASSED_FLAGS = {
    "-race": re.compile("true"),
    "-trimpath": re.compile("true"),
    "-tags": re.compile(r"\w[\w.,]*"),
    "-gcflags": re.compile(r"[\w./-]+=(?:-[BNl]|\s)+"),
    "GOEXPERIMENT": re.compile(r"[a-z0-9]+(?:,[a-z0-9]+)*"),
}
"""Settings of a host that its plugins need, and the values that are safe to pass to Go: a host is an untrusted file."""
_REFUSED_FLAGS = ("-asan", "-msan", "GOFIPS140")


def host_flags(host: Binary) -> tuple[tuple[str, ...], dict[str, str]]:
    """The flags and the environment of `go build` that a plugin of this host needs. Raises GoError."""
    settings: Mapping[str, str] = host.info.settings if host.info else {}
    for name in _REFUSED_FLAGS:
        if settings.get(name):
            raise GoError(
                f"{host.path} is built with {name}={settings[name]}: build the plugin the same way, and pass its .so"
            )
    main = host.info.main.path if host.info and host.info.main else "main"
    shareable = [package for package in host.hashes if not f"{package}/".startswith(f"{main}/")]
    flags, env = [], {"GOOS": host.os or "linux", "GOARCH": host.arch, "CGO_ENABLED": "1"}
    for name, safe in _PASSED_FLAGS.items():
        value = settings.get(name, "")
        if name == "-gcflags" and not package_flags(value).applies_to(shareable):
            continue
        if not value and not records(host.go, settings, name):
            raise GoError(
                f"{host.path} does not record whether it is built with {name}: build the plugin, and pass its .so"
            )
        if value and not safe.fullmatch(value):
            raise GoError(f"{host.path} is built with {name}={value}: build the plugin the same way, and pass its .so")
        if value and name.startswith("-"):
            flags.append(name if value == "true" else f"{name}={value}")
        elif value:
            env[name] = value
    return tuple(flags), env


def compile_unlinked(host: Binary, folder: str, go: Go | None, cancellation: Cancellation) -> Side:
    """The packages of the plugin in `folder`, compiled with the host's flags. Raises GoError and BinaryError."""
    if go is None:
        raise GoError("no go command was found to compile the plugin: install Go, or pass its .so")
    flags, env = host_flags(host)
    main, compiled = compile_plugin(go, os.path.abspath(folder), _main_package(folder), flags, env, cancellation)
    exports = {package: read_export(each.file) for package, each in compiled.items()}
    release = exports[main].go
    return Side(
        os=env["GOOS"],
        arch=env["GOARCH"],
        go=release,
        hashes={package: export.fingerprint for package, export in exports.items()},
        order=link_order(main, exports),
        modules={package: _module(each, release) for package, each in compiled.items()},
        module_data=module_data_size(release),
    )


def _main_package(folder: str) -> str:
    """The main package of a folder, in the form that Go takes. Raises GoError."""
    if not os.path.isfile(os.path.join(folder, "go.mod")):
        return "."
    project = read_project_file(folder)
    mains = (project.settings.packages if project else ()) or main_packages(folder)
    if len(mains) == 1:
        return mains[0]
    if not mains:
        raise GoError(f"{folder} contains no main package: pass a plugin's folder or .so")
    raise GoError(f"{folder} contains {len(mains)} main packages: pass the folder of one, such as {mains[0]}")


def _module(package: CompiledPackage, release: str) -> Module:
    if package.module is None:
        return Module(STD, release)
    replaced = package.replaced
    version = "(devel)" if package.main else package.module.version
    return Module(package.module.path, version, "", _replacement(replaced) if replaced else None)


def _replacement(replaced: ModuleVersion) -> Module:
    return Module(replaced.path, replaced.version or "(devel)")
