"""`layerg-pin inspect` and `layerg-pin predict`: what binaries say of themselves and of each other."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from typing import Any

from layerg_pin.binary.bounded_reader import BinaryError
from layerg_pin.binary.buildinfo import Module
from layerg_pin.binary.go_binary import Binary, Format, PluginSupport, Role, read_binary
from layerg_pin.binary.predict import Prediction, Verdict
from layerg_pin.binary.sides import HashDifference
from layerg_pin.cli.output.report import display_path
from layerg_pin.core.text import count
from layerg_pin.engine.prediction import predict_paths, prediction_rows
from layerg_pin.go.queries import find_go
from layerg_pin.go.query_types import BUILD_MEMORY, Cancellation
from layerg_pin.system.terminal import Coloured, Row, print_error, print_json, print_rows
from layerg_pin.system.text_files import FileError

_COMPILE_TIMEOUT = 600.0
_EXIT = {Verdict.ACCEPTED: 0, Verdict.REJECTED: 1, Verdict.CRASH: 1, Verdict.UNKNOWN: 2}
_COLOURS = {Verdict.ACCEPTED: "32", Verdict.REJECTED: "31", Verdict.CRASH: "31", Verdict.UNKNOWN: "33"}
_OPENINGS = {
    PluginSupport.SHARING: "a host that opens plugins",
    PluginSupport.HIDING: "a host that cannot open plugins because of how it is linked",
    PluginSupport.STUB: "a host that opens no plugins, being built with CGO_ENABLED=0",
    PluginSupport.NONE: "an executable that opens no plugins",
    PluginSupport.UNKNOWN: "an executable",
}


def inspect(options: argparse.Namespace) -> int:
    """Print what a binary is. Raises FileError."""
    try:
        binary = read_binary(options.file)
    except BinaryError as error:
        raise FileError(str(error)) from error
    if options.format == "json":
        print_json(_inspect_json(binary))
    else:
        print_rows(*_inspect_rows(binary))
    return 0


def predict(options: argparse.Namespace, cancellation: Cancellation) -> int:
    """Print what plugin.Open will say; returns the exit code. Raises GoCancelled, and FileError for a name that is
    mistyped, of which plugin.Open would say that there is no such file.
    """
    if not os.path.lexists(options.plugin):
        raise FileError(f"{options.plugin} does not exist: pass a plugin's .so or its folder")
    go = find_go(timeout=_COMPILE_TIMEOUT, network=True)
    go = go._replace(memory=BUILD_MEMORY) if go else None
    found = predict_paths(options.host, options.plugin, go, cancellation)
    if options.format == "json":
        print_json(_predict_json(found))
    else:
        against = f"{display_path(options.plugin)} in {display_path(options.host)}"
        verdict = Coloured(found.verdict, _COLOURS[found.verdict])
        print_rows((f"{against}: ", verdict, f": {found.reason}" if found.reason else ""))
        print_rows(*prediction_rows(found))
    if found.verdict is Verdict.UNKNOWN:
        cures = ", or ".join(found.cures) or "fix that, and predict again"
        print_error(f"no verdict: {found.reason}; {cures}")
    return _EXIT[found.verdict]


def _inspect_rows(binary: Binary) -> Iterator[Row]:
    info = binary.info
    yield Coloured(display_path(binary.path), "1"), f": {_what(binary)}"
    if info is None:
        if binary.hashes:
            yield "  no build info: it was removed, or the plugin was built with a Go before 1.21"
            yield _hashes_text(binary)
        else:
            yield "  no build info: not built by Go, or built without it"
        return
    rows = [("go", info.go), ("package", info.path), ("module", str(info.main) if info.main else "")]
    rows += [(key, value) for key, value in info.settings.items()]
    width = max(len(key) for key, _ in rows)
    yield from (f"  {key:{width}}  {value}".rstrip() for key, value in rows if value)
    for module in info.deps:
        yield f"  dep  {module}"
    yield _hashes_text(binary)


def _what(binary: Binary) -> str:
    platform = "/".join(filter(None, (binary.os, binary.arch)))
    if binary.role is not Role.EXECUTABLE:
        what = "a Go plugin" if binary.role is Role.PLUGIN else "a library, not a Go plugin"
        return f"{what} for {platform}"
    return f"{_OPENINGS[binary.opening]}, for {platform}"


def _hashes_text(binary: Binary) -> str:
    if binary.hashes:
        return f"  hashes of {count(len(binary.hashes), 'package')}: `--format json` lists them"
    if binary.format is Format.MACHO:
        return "  the package hashes of macOS binaries are not read"
    return "  no package hashes"


def _inspect_json(binary: Binary) -> dict[str, Any]:
    info = binary.info
    return {
        "version": 1,
        "file": binary.path.replace(os.sep, "/"),
        "format": binary.format,
        "kind": binary.role,
        "opens_plugins": binary.opens_plugins,
        "os": binary.os or None,
        "arch": binary.arch,
        "go": info.go if info else None,
        "path": info.path or None if info else None,
        "main": _module_json(info.main) if info and info.main else None,
        "deps": [_module_json(module) for module in info.deps] if info else [],
        "settings": dict(info.settings) if info else {},
        "packages": {package: binary.hashes[package] for package in binary.order or sorted(binary.hashes)},
    }


def _module_json(module: Module) -> dict[str, Any]:
    return {
        "path": module.path,
        "version": module.version,
        "sum": module.sum or None,
        "replace": _module_json(module.replace) if module.replace else None,
    }


def _predict_json(found: Prediction) -> dict[str, Any]:
    return {
        "version": 1,
        "verdict": found.verdict,
        "reason": found.reason,
        "differing": [_difference_json(each) for each in found.differing],
        "shared": found.shared,
        "host_packages": found.host_packages,
        "plugin_packages": found.plugin_packages,
    }


def _difference_json(difference: HashDifference) -> dict[str, Any]:
    """The module is the host's; the plugin's version is null where it has the package from another module."""
    host, plugin = difference.host, difference.plugin
    same = host and plugin and host.path == plugin.path
    return {
        "package": difference.package,
        "module": host.path if host else None,
        "host_version": host.version or None if host else None,
        "plugin_version": plugin.version or None if plugin and same else None,
        "root": difference.root,
    }
