"""`layerg-pin inspect` and `layerg-pin predict`: what binaries say of themselves and of each other."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from typing import Any

from layerg_pin.binary.buildinfo import Module
from layerg_pin.binary.predict import Prediction, Verdict
from layerg_pin.binary.read import Binary, Format, Opening, Role, read_binary
from layerg_pin.binary.reader import BinaryError
from layerg_pin.binary.sides import Difference
from layerg_pin.files import FileError
from layerg_pin.gotool import find_go
from layerg_pin.gotypes import BUILD_MEMORY, Cancellation
from layerg_pin.prediction import predict_paths, prediction_rows
from layerg_pin.report import count, display_path, json_text, paint, printable

_COMPILE_TIMEOUT = 600.0
_EXIT = {Verdict.ACCEPTED: 0, Verdict.REJECTED: 1, Verdict.CRASH: 1, Verdict.UNKNOWN: 2}
_COLOURS = {Verdict.ACCEPTED: "32", Verdict.REJECTED: "31", Verdict.CRASH: "31", Verdict.UNKNOWN: "33"}
_OPENINGS = {
    Opening.SHARING: "a host that opens plugins",
    Opening.HIDING: "a host that is linked so that no plugin can be opened",
    Opening.STUB: "a host that opens no plugins, being built with CGO_ENABLED=0",
    Opening.NONE: "an executable that opens no plugins",
    Opening.UNKNOWN: "an executable",
}


def inspect(options: argparse.Namespace, *, colour: bool) -> int:
    """Print what a binary is. Raises FileError."""
    try:
        binary = read_binary(options.file)
    except BinaryError as error:
        raise FileError(str(error)) from error
    print(_inspect_json(binary) if options.format == "json" else "\n".join(_inspect_text(binary, colour=colour)))
    return 0


def predict(options: argparse.Namespace, cancellation: Cancellation, *, colour: bool) -> int:
    """Print what plugin.Open will say; returns the exit code. Raises GoCancelled, and FileError for a name that is
    mistyped, of which plugin.Open would say that there is no such file.
    """
    if not os.path.lexists(options.plugin):
        raise FileError(f"{options.plugin} is not there: name a plugin's .so or its folder")
    go = find_go(timeout=_COMPILE_TIMEOUT, network=True)
    go = go._replace(memory=BUILD_MEMORY) if go else None
    found = predict_paths(options.host, options.plugin, go, cancellation)
    if options.format == "json":
        print(_predict_json(found))
    else:
        against = f"{display_path(options.plugin)} in {display_path(options.host)}"
        verdict = paint(found.verdict, _COLOURS[found.verdict], colour=colour)
        print(f"{printable(against)}: {verdict}" + (f": {printable(found.reason)}" if found.reason else ""))
        print("\n".join(map(printable, prediction_rows(found))))
    if found.verdict is Verdict.UNKNOWN:
        cures = ", or ".join(found.cures) or "mend that, and predict again"
        print(printable(f"layerg-pin: no verdict: {found.reason}; {cures}"), file=sys.stderr)
    return _EXIT[found.verdict]


def _inspect_text(binary: Binary, *, colour: bool) -> Iterator[str]:
    info = binary.info
    yield f"{paint(printable(display_path(binary.path)), '1', colour=colour)}: {_what(binary)}"
    if info is None:
        if binary.hashes:
            yield "  no build info: removed, or never written, as in plugins that are built with a Go before 1.21"
            yield _hashes_text(binary)
        else:
            yield "  no build info: not built by Go, or built without it"
        return
    rows = [("go", info.go), ("package", info.path), ("module", str(info.main) if info.main else "")]
    rows += [(key, value) for key, value in info.settings.items()]
    width = max(len(key) for key, _ in rows)
    yield from (f"  {printable(key):{width}}  {printable(value)}".rstrip() for key, value in rows if value)
    for module in info.deps:
        yield f"  dep  {printable(str(module))}"
    yield _hashes_text(binary)


def _what(binary: Binary) -> str:
    platform = "/".join(filter(None, (binary.os, binary.arch)))
    if binary.role is not Role.EXECUTABLE:
        what = "a Go plugin" if binary.role is Role.PLUGIN else "a library, no Go plugin"
        return f"{what} for {printable(platform)}"
    return f"{_OPENINGS[binary.opening]}, for {printable(platform)}"


def _hashes_text(binary: Binary) -> str:
    if binary.hashes:
        return f"  hashes of {count(len(binary.hashes), 'package')}: `--format json` lists them"
    if binary.format is Format.MACHO:
        return "  the package hashes of macOS binaries are not read"
    return "  no package hashes"


def _inspect_json(binary: Binary) -> str:
    info = binary.info
    return json_text(
        {
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
    )


def _module_json(module: Module) -> dict[str, Any]:
    return {
        "path": module.path,
        "version": module.version,
        "sum": module.sum or None,
        "replace": _module_json(module.replace) if module.replace else None,
    }


def _predict_json(found: Prediction) -> str:
    return json_text(
        {
            "version": 1,
            "verdict": found.verdict,
            "reason": found.reason,
            "differing": [_difference_json(each) for each in found.differing],
            "shared": found.shared,
            "host_packages": found.host_packages,
            "plugin_packages": found.plugin_packages,
        }
    )


def _difference_json(difference: Difference) -> dict[str, Any]:
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
