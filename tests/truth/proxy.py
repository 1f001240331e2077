"""A Go module proxy on disk, made of small modules: no network, and every version of every module is known.

Source of the layout and of the sums: https://go.dev/ref/mod#goproxy-protocol and golang.org/x/mod/sumdb/dirhash.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_TIME = "2024-01-02T03:04:05Z"


@dataclass(frozen=True, slots=True)
class Module:
    """A module at a version. `packages` maps a folder, empty for the module's own, to what its package imports."""

    path: str
    version: str
    packages: Mapping[str, tuple[str, ...]]
    requires: tuple[str, ...] = ()
    """Each as in a go.mod: `example.com/a v1.0.0`."""
    go: str = "1.18"
    """Below 1.21, from where on it would raise the `go` line of who requires it; at least 1.17, to be pruned."""
    content: str = ""
    """What tells its code from another's; the version where it is not given."""
    programs: frozenset[str] = frozenset()
    """The packages that are `package main`."""
    name: str = ""
    """The path that its go.mod declares, where that is another: a fork's."""
    more: Mapping[str, str] | None = None
    """Further files."""

    def gomod(self) -> str:
        """Its go.mod; what the proxy serves for a version that has none, such as `+incompatible`, is the first line."""
        if self.version.endswith("+incompatible"):
            return f"module {self.path}\n"
        lines = [f"module {self.name or self.path}", "", f"go {self.go}", ""]
        lines += [f"require {each}" for each in self.requires]
        return "\n".join(lines).rstrip("\n") + "\n"

    def files(self) -> dict[str, str]:
        """Every file that its zip holds."""
        found = {} if self.version.endswith("+incompatible") else {"go.mod": self.gomod()}
        for folder, imports in self.packages.items():
            name = "main" if folder in self.programs else package_name(f"{self.name or self.path}/{folder}".rstrip("/"))
            text = package_source(name, self.content or self.version, imports)
            if folder in self.programs:
                text += "\nfunc main() {}\n"
            found[f"{folder}/{name}.go".lstrip("/")] = text
        return {**found, **(self.more or {})}


def package_name(path: str) -> str:
    """A Go name for the package at an import path."""
    parts = [part for part in path.split("/") if not (part[0] == "v" and part[1:].isdigit())]
    return parts[-1].lower()


def package_source(name: str, content: str, imports: Iterable[str]) -> str:
    """A package that uses every package it imports, and whose exported function is inlined into its callers."""
    aliases = {path: f"p{number}" for number, path in enumerate(imports)}
    lines = [f"package {name}", ""]
    lines += [f'import {alias} "{path}"' for path, alias in aliases.items()]
    value = " + ".join([f'"{content} "', *(f"{alias}.Value()" for alias in aliases.values())])
    lines += ["", "// Value tells which code this is.", f"func Value() string {{ return {value} }}"]
    return "\n".join(lines) + "\n"


def write_proxy(folder: Path, modules: Iterable[Module]) -> str:
    """Write what `GOPROXY=file://folder` serves. Returns a go.sum that knows all of it."""
    sums, versions = [], dict[Path, list[str]]()
    for module in modules:
        place = folder / _escaped(module.path) / "@v"
        place.mkdir(parents=True, exist_ok=True)
        versions.setdefault(place, []).append(module.version)
        prefix = f"{module.path}@{module.version}"
        files = {f"{prefix}/{name}": text.encode() for name, text in module.files().items()}
        (place / f"{module.version}.info").write_text(json.dumps({"Version": module.version, "Time": _TIME}))
        (place / f"{module.version}.mod").write_text(module.gomod())
        with zipfile.ZipFile(place / f"{module.version}.zip", "w") as archive:
            for name, data in files.items():
                archive.writestr(zipfile.ZipInfo(name, (2024, 1, 2, 3, 4, 4)), data)
        sums.append(f"{module.path} {module.version} {_sum(files)}")
        sums.append(f"{module.path} {module.version}/go.mod {_sum({'go.mod': module.gomod().encode()})}")
    for place, known in versions.items():
        (place / "list").write_text("".join(f"{version}\n" for version in known))
    return "".join(f"{line}\n" for line in sums)


def _sum(files: Mapping[str, bytes]) -> str:
    lines = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return "h1:" + base64.b64encode(hashlib.sha256("".join(lines).encode()).digest()).decode()


def _escaped(path: str) -> str:
    """Upper-case letters as `!` and the lower-case letter."""
    return "".join(f"!{char.lower()}" if char.isupper() else char for char in path)
