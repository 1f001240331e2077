"""`layerg-pin inspect`: print what a host's binary or a plugin's .so is built from."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from typing import Any

from layerg_pin.binary.bounded_reader import BinaryError
from layerg_pin.binary.buildinfo import Module
from layerg_pin.binary.go_binary import Binary, Format, PluginSupport, Role, read_binary
from layerg_pin.cli.exit_codes import OK
from layerg_pin.cli.output.display import display_path
from layerg_pin.cli.targets import binary_or_image, cancel_on_signals
from layerg_pin.core.text import count
from layerg_pin.go.query_types import Cancellation
from layerg_pin.hosts.image_hosts import host_binary
from layerg_pin.hosts.image_references import image_reference
from layerg_pin.system.terminal import Coloured, Row, print_json, print_rows
from layerg_pin.system.text_files import FileError

_KINDS = {
    PluginSupport.SHARING: "a host that opens plugins",
    PluginSupport.HIDING: "a host that cannot open plugins because of how it is linked",
    PluginSupport.STUB: "a host that cannot open plugins because it is built with CGO_ENABLED=0",
    PluginSupport.NONE: "an executable that opens no plugins",
    PluginSupport.UNKNOWN: "an executable",
}


def run(options: argparse.Namespace) -> int:
    """Print the report; returns the exit code. Raises FileError."""
    cancellation = Cancellation()
    cancel_on_signals(cancellation)
    path = binary_or_image(options.file, "", cancellation)
    try:
        binary = read_binary(host_binary(options.file, path, ""))
    except BinaryError as error:
        raise FileError(str(error)) from error
    if options.format == "json":
        print_json(_json(binary))
    else:
        print_rows(*_rows(binary, options.file if image_reference(options.file) else display_path(binary.path)))
    return OK


def _rows(binary: Binary, name: str) -> Iterator[Row]:
    info = binary.info
    yield Coloured(name, "1"), f": {_kind(binary)}"
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


def _kind(binary: Binary) -> str:
    platform = "/".join(filter(None, (binary.os, binary.arch)))
    if binary.role is not Role.EXECUTABLE:
        kind = "a Go plugin" if binary.role is Role.PLUGIN else "a library, not a Go plugin"
        return f"{kind} for {platform}"
    return f"{_KINDS[binary.plugin_support]}, for {platform}"


def _hashes_text(binary: Binary) -> str:
    if binary.hashes:
        return f"  hashes of {count(len(binary.hashes), 'package')}: `--format json` lists them"
    if binary.format is Format.MACHO:
        return "  the package hashes of macOS binaries are not read"
    return "  no package hashes"


def _json(binary: Binary) -> dict[str, Any]:
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
