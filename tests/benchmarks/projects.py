"""What is measured on: a plugin's folder, its host, and a module cache that holds all they need."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REAL_INPUTS = "LAYERG_PIN_REAL_INPUTS"
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Python may cache the bytecode, as it does for an installed program."""
_LISTED = 5000
"""The number of modules that a generated host lists, 10 lines each."""
_IMPORTED = 50
_REAL_IMPORTS = (
    "github.com/heroiclabs/nakama-common/runtime",
    "go.uber.org/zap",
    "google.golang.org/grpc",
    "google.golang.org/protobuf/proto",
)


@dataclass(frozen=True)
class Project:
    """A plugin. `listing` is its host's modules.txt; the environment is that of every server."""

    name: str
    folder: Path
    listing: Path
    environment: dict[str, str]

    @property
    def gomod(self) -> Path:
        return self.folder / "go.mod"


def projects(root: Path) -> Iterator[Project]:
    """All projects, made in `root`. Those with real files are included only if LAYERG_PIN_REAL_INPUTS is set."""
    inputs, plugin = os.environ.get(REAL_INPUTS), nakama_plugin(root)
    if inputs and plugin:
        yield plugin
        yield _real(root, Path(inputs), "nakama's go.mod", None)
    else:
        print(f"left out: the Nakama plugin and Nakama's go.mod ({REAL_INPUTS} names no folder with them)")
    yield from (made_up(root, count) for count in (1000, _LISTED))


def nakama_plugin(root: Path) -> Project | None:
    """A plugin of Nakama's, made in `root`, where a variable names a folder with the real files."""
    inputs = os.environ.get(REAL_INPUTS)
    if not inputs:
        return None
    return _real(root, Path(inputs), "nakama plugin", Path(inputs, "plugins", "nakama-plugin-fresh"))


def _real(root: Path, inputs: Path, name: str, plugin: Path | None) -> Project:
    """A real plugin against Nakama's modules.txt; without a plugin, Nakama's own go.mod is one."""
    host = inputs / "hosts" / "nakama-3.40.0"
    base = root / name.replace(" ", "-").replace("'", "")
    folder, listing = base / "plugin", base / "host" / "vendor" / "modules.txt"
    listing.parent.mkdir(parents=True)
    shutil.copyfile(host / "modules.txt", listing)
    shutil.copyfile(host / "go.mod", base / "host" / "go.mod")
    folder.mkdir()
    if plugin:
        for file in plugin.iterdir():
            shutil.copyfile(file, folder / file.name)
    else:
        lines = (host / "go.mod").read_text().splitlines(keepends=True)  # the host's own go.mod is not a plugin's
        text = "".join("module example.com/plugin\n" if line.startswith("module ") else line for line in lines)
        (folder / "go.mod").write_text(text)
        _write_main(folder, _REAL_IMPORTS)
    (folder / "layerg-pin.toml").write_text('host = "../host"\n')
    environment = {**_ENVIRONMENT, "GOSUMDB": "off", "GOWORK": "off", "GOFLAGS": ""}
    command = ("go", "list", "-buildvcs=false", "-mod=mod", "-deps", ".")
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return Project(name, folder, listing, {**environment, "GOPROXY": "off"})


def made_up(root: Path, count: int) -> Project:
    """A plugin of `count` requires, every tenth of which differs, against a modules.txt of 50,000 lines."""
    base = root / f"requires-{count}"
    folder, listing, cache = base / "plugin", base / "host" / "vendor" / "modules.txt", base / "modcache"
    listing.parent.mkdir(parents=True)
    folder.mkdir()
    names = [f"example.com/team{number % 40}/module{number}" for number in range(_LISTED)]
    versions = [f"v1.{number % 30}.0" for number in range(_LISTED)]
    listed = []
    for number, name in enumerate(names):
        packages = "".join(f"{name}/part{part}\n" for part in range(1, 8))
        listed.append(f"# {name} v1.{number % 30 + (number % 10 == 0)}.0\n## explicit; go 1.21\n{name}\n{packages}")
    listing.write_text("".join(listed))
    requires = "".join(f"\t{names[number]} {versions[number]}\n" for number in range(count))
    (folder / "go.mod").write_text(f"module example.com/plugin\n\ngo 1.23\n\nrequire (\n{requires})\n")
    sums = [_cached(cache, names[number], versions[number]) for number in range(count)]
    (folder / "go.sum").write_text("".join(sums))
    _write_main(folder, names[:: count // _IMPORTED][:_IMPORTED])
    (folder / "layerg-pin.toml").write_text('host = "../host"\n')
    offline = {"GOMODCACHE": str(cache), "GOPROXY": "off", "GOSUMDB": "off", "GOWORK": "off", "GOFLAGS": ""}
    return Project(f"{count:,} requires", folder, listing, {**_ENVIRONMENT, **offline})


def _cached(cache: Path, name: str, version: str) -> str:
    """Put a module of one package into the module cache as Go would; returns its lines of go.sum."""
    source, entry = cache / f"{name}@{version}", cache / "cache" / "download" / name / "@v"
    source.mkdir(parents=True)
    entry.mkdir(parents=True)
    gomod = f"module {name}\n\ngo 1.21\n"
    (source / "go.mod").write_text(gomod)
    (source / "module.go").write_text(f"package {name.rpartition('/')[2]}\n")
    (entry / f"{version}.mod").write_text(gomod)
    (entry / f"{version}.info").write_text(f'{{"Version":"{version}"}}')
    whole, own = _hash("module.go", name), _hash("go.mod", gomod)
    (entry / f"{version}.ziphash").write_text(whole)
    return f"{name} {version} {whole}\n{name} {version}/go.mod {own}\n"


def _hash(file: str, text: str) -> str:
    """The h1 hash of one file (Go: golang.org/x/mod/sumdb/dirhash)."""
    line = f"{hashlib.sha256(text.encode()).hexdigest()}  {file}\n"
    return f"h1:{base64.b64encode(hashlib.sha256(line.encode()).digest()).decode()}"


def _write_main(folder: Path, imports: tuple[str, ...] | list[str]) -> None:
    lines = "".join(f'\t_ "{each}"\n' for each in imports)
    (folder / "main.go").write_text(f"package main\n\nimport (\n{lines})\n\nfunc InitModule() {{}}\n")
