"""Predict plugin.Open from the paths of a host and a plugin. A plugin's folder is compiled by Go, but not linked."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence

from layerg_pin.binary.bounded_reader import BinaryError
from layerg_pin.binary.buildinfo import Module, records
from layerg_pin.binary.export import link_order, read_export
from layerg_pin.binary.go_binary import Binary, read_binary
from layerg_pin.binary.layouts import module_data_size
from layerg_pin.binary.predict import Prediction, Verdict, predict, predict_build, predict_unreadable
from layerg_pin.binary.sides import STD, HashDifference, Side
from layerg_pin.binary.symbols import find_unresolved_symbols, read_linkage
from layerg_pin.core.buildfiles.go_flags import package_flags
from layerg_pin.core.buildfiles.platforms import plugin_architecture
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.engine.project_settings import read_project_file
from layerg_pin.go.queries import compile_plugin
from layerg_pin.go.query_types import Cancellation, CompiledPackage, Go, GoCancelled, GoError
from layerg_pin.hosts.image_hosts import host_binary
from layerg_pin.source_tree.build_files import read_build_files
from layerg_pin.source_tree.main_packages import main_packages
from layerg_pin.system.text_files import FileError

_LISTED = 6
"""This many packages of a module are listed; the JSON has all."""
_PASSED_FLAGS = {
    "-race": re.compile("true"),
    "-trimpath": re.compile("true"),
    "-tags": re.compile(r"\w[\w.,]*"),
    "-gcflags": re.compile(r"[\w./-]+=(?:-[BNl]|\s)+"),
    "GOEXPERIMENT": re.compile(r"[a-z0-9]+(?:,[a-z0-9]+)*"),
}
"""Settings of a host that its plugins need, and the values that are safe to pass to Go: a host is an untrusted file."""
_REFUSED_FLAGS = ("-asan", "-msan", "GOFIPS140")


def predict_paths(host: str, plugin: str, go: Go | None, cancellation: Cancellation) -> Prediction:
    """Predict whether a host's binary accepts a plugin: its .so, or the folder of its main package or go.mod.

    Raises only GoCancelled: a file that cannot be read is part of the answer.
    """
    try:
        binary = read_binary(host)
    except BinaryError as error:
        return Prediction(Verdict.UNKNOWN, "", str(error))
    if os.path.isdir(plugin):
        try:
            return predict_build(binary, _compiled(binary, plugin, go, cancellation))
        except GoCancelled:
            raise
        except (BinaryError, GoError) as error:
            return Prediction(Verdict.UNKNOWN, "", str(error))
    try:
        read = read_binary(plugin)
        linkage = read_linkage(plugin)
    except BinaryError as error:
        return predict_unreadable(error)
    try:
        symbols = find_unresolved_symbols(read_linkage(host, {each.name for each in linkage.imports}), linkage)
    except BinaryError as error:
        return Prediction(Verdict.UNKNOWN, "", str(error))
    return predict(binary, read, symbols)


def predict_in_host(reference: str, path: str, plugin: str, go: Go | None, cancellation: Cancellation) -> Prediction:
    """Predict as `predict_paths` does, for a host that is a binary or an image at a path."""
    try:
        binary = host_binary(reference, path, architecture_of(plugin))
    except FileError as error:
        return Prediction(Verdict.UNKNOWN, "", str(error))
    return predict_paths(binary, plugin, go, cancellation)


def architecture_of(plugin: str) -> str:
    """The architecture that a plugin, its .so or its folder, is built for; empty if unknown."""
    if os.path.isdir(plugin):
        return plugin_architecture(read_build_files(os.path.abspath(plugin)))
    try:
        return read_binary(plugin).arch
    except BinaryError:
        return ""


def prediction_rows(found: Prediction) -> Iterator[str]:
    """The differences, by module and in plugin.Open's order, and the cures, line by line for people."""
    roots = [each for each in found.differing if each.root]
    yield from _groups(roots)
    follow = [each for each in found.differing if not each.root]
    if follow:
        yield "  differ only because they import these:"
        yield from _groups(follow)
    for cure in found.cures:
        yield f"  = {cure}"
    if found.shared:
        shared = f"{found.shared} shared {'package' if found.shared == 1 else 'packages'}"
        if found.differing and found.compared:
            shared = f"{len(found.differing)} of {shared} {'differs' if len(found.differing) == 1 else 'differ'}"
        yield f"{shared}; the host links {found.host_packages}, the plugin {found.plugin_packages}"


def _groups(differing: Sequence[HashDifference]) -> Iterator[str]:
    """The packages by module; modules are in plugin.Open's order of their first packages."""
    groups: dict[str, list[HashDifference]] = {}
    for each in differing:
        groups.setdefault(_versions_text(each), []).append(each)
    for title, members in groups.items():
        yield f"  {title}"
        yield from (f"    {each.package}" for each in members[:_LISTED])
        if len(members) > _LISTED:
            yield f"    and {len(members) - _LISTED} more"


def _versions_text(difference: HashDifference) -> str:
    host, plugin = difference.host, difference.plugin
    if host is None or plugin is None:
        return "module not known"
    if host.path != plugin.path:
        return f"{host} in the host, {plugin} in the plugin"
    if str(host) == str(plugin):
        return f"{host} in both"
    path = f"{host.path} "
    return f"{host} in the host, {str(plugin).removeprefix(path)} in the plugin"


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
        if name == "-gcflags" and not package_flags(value).reach(shareable):
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


def _compiled(host: Binary, folder: str, go: Go | None, cancellation: Cancellation) -> Side:
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
