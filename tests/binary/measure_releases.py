"""Measure plugin.Open for pairs of Go releases, and write the results to releases.json beside this file.

Run it with `python -m tests.binary.measure_releases [RELEASE …]`. It downloads each release through the Go module proxy
(240 MB each) and builds two hosts and up to two plugins with it. `test_releases.py` reads the table.
"""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from layerg_pin.binary.go_binary import read_binary
from tests.built_binaries import toolchain

TABLE = Path(__file__).with_name("releases.json")
RELEASES = (
    "go1.18.10", "go1.19.13", "go1.20.14", "go1.21.13", "go1.22.12", "go1.23.12", "go1.24.11", "go1.25.5", "go1.26.8",
    "go1.27.0",
)  # fmt: skip
"""One of each minor release; each is loaded into each."""
PATCHES = (
    ("go1.18", "go1.18.10"), ("go1.19", "go1.19.13"), ("go1.20", "go1.20.14"), ("go1.21.0", "go1.21.13"),
    ("go1.22.0", "go1.22.12"), ("go1.23.0", "go1.23.12"), ("go1.23.2", "go1.23.4"), ("go1.24.0", "go1.24.11"),
    ("go1.25.0", "go1.25.5"), ("go1.25.8", "go1.25.5"), ("go1.26.0", "go1.26.8"), ("go1.26.1", "go1.26.8"),
    ("go1.26.5", "go1.26.8"), ("go1.27.0", "go1.27.1"),
)  # fmt: skip
"""Pairs within one minor release, loaded both ways."""
HOST = """\
package main

import (
	"os"
	"plugin"
)

func main() {
	%s
	if _, err := plugin.Open(os.Args[1]); err != nil {
		os.Stdout.WriteString(err.Error() + "\\n")
		os.Exit(1)
	}
	os.Stdout.WriteString("accepted\\n")
}
"""
HOSTS = {"host": HOST % "", "deferring": HOST % "defer os.Exit(0) // as Nakama's main does"}
PLUGIN = 'package main\n\nfunc InitModule() string { return "started" }\n'
_DIFFERS = "plugin was built with a different version of package "


def build(root: Path, release: str, kind: str, env: Mapping[str, str] | None = None) -> Path | str:
    """The host or plugin of a release, or Go's error if it does not build."""
    folder = root / f"{release}-{kind}"
    target = folder / "built"
    if target.is_file():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    name = "plugin" if kind.startswith("plugin") else "host"
    (folder / "go.mod").write_text(f"module example.com/{name}\n\ngo 1.18\n")
    (folder / "main.go").write_text(HOSTS.get(kind, PLUGIN))
    base = {"GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false", "GOWORK": "off", "CGO_ENABLED": "1"}
    mode = ("-buildmode=plugin",) if name == "plugin" else ()
    done = subprocess.run(
        (toolchain(release), "build", "-trimpath", *mode, "-o", "built", "."),
        cwd=folder, env={**os.environ, **base, **(env or {})}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return target if done.returncode == 0 else done.stderr.strip()


def load(host: Path, plugin: Path) -> str:
    """The result: `accepted`, `silent`, `refused: PACKAGE`, or the message with which the host crashes."""
    done = subprocess.run(
        (host, plugin), capture_output=True, text=True, errors="replace", check=False, timeout=60, cwd="/"
    )
    if done.returncode == 0:
        return "accepted" if done.stdout == "accepted\n" else "silent"
    if done.returncode == 1:
        return f"refused: {done.stdout.strip().rpartition(_DIFFERS)[2]}"
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    signal = next((line for line in lines if line.startswith("[signal SIG")), "")
    return f"died: {signal[1:].partition(' code=')[0]}" if signal else f"died: {lines[0] if lines else done.returncode}"


def measure(root: Path, releases: tuple[str, ...]) -> dict[str, Any]:
    """Build and load all of them."""
    every = dict.fromkeys((*releases, *(release for pair in PATCHES for release in pair if releases == RELEASES)))
    built: dict[str, dict[str, Any]] = {}
    for release in every:
        built[release] = {kind: build(root, release, kind) for kind in (*HOSTS, "plugin")}
        built[release]["cgo-less"] = build(root, release, "plugin-cgo-less", {"CGO_ENABLED": "0"})
    pairs = [(host, plugin) for host in releases for plugin in releases]
    if releases == RELEASES:
        pairs += [pair for first, last in PATCHES for pair in ((first, last), (last, first))]
    return {
        "source": "measured by tests/binary/measure_releases.py on linux/amd64, glibc; -trimpath on both sides",
        "date": datetime.date.today().isoformat(),
        "releases": {release: _facts(kinds) for release, kinds in built.items()},
        "pairs": [
            {
                "host": host,
                "plugin": plugin,
                "result": load(built[host]["host"], built[plugin]["plugin"]),
                "with_deferred_exit": load(built[host]["deferring"], built[plugin]["plugin"]),
            }
            for host, plugin in pairs
        ],
    }


def _facts(kinds: Mapping[str, Any]) -> dict[str, Any]:
    host, plugin = (read_binary(str(kinds[kind])) for kind in ("host", "plugin"))
    cgo_less = kinds["cgo-less"]
    return {
        "module_data": host.module_data,
        "plugin_has_build_info": plugin.info is not None,
        "host_settings": dict(host.info.settings) if host.info else {},
        "cgo_less_plugin": load(kinds["host"], cgo_less) if isinstance(cgo_less, Path) else f"no build: {cgo_less}",
    }


def main() -> None:
    """Write the table."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(os.environ.get("MEASURE_FOLDER", scratch))
        table = measure(root, tuple(sys.argv[1:]) or RELEASES)
    pairs = table.pop("pairs")
    text = json.dumps(table, indent=1)
    rows = ",\n".join(f"  {json.dumps(row)}" for row in pairs)
    TABLE.write_text(f'{text[:-2]},\n "pairs": [\n{rows}\n ]\n}}\n')


if __name__ == "__main__":
    main()
