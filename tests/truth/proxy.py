"""A Go module proxy on disk with small modules: no network, and all versions of all modules are known.

Source of the layout and of the checksums: https://go.dev/ref/mod#goproxy-protocol and golang.org/x/mod/sumdb/dirhash.
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
    """A module at a version. `packages` maps a folder, empty for the module's own, to the imports of its package."""

    path: str
    version: str
    packages: Mapping[str, tuple[str, ...]]
    requires: tuple[str, ...] = ()
    """Each as in a go.mod: `example.com/a v1.0.0`."""
    go: str = "1.18"
    """Below 1.21, which would raise the `go` line of modules that require it; at least 1.17, for graph pruning."""
    content: str = ""
    """Distinguishes its code from that of other versions; the version by default."""
    programs: frozenset[str] = frozenset()
    """The packages that are `package main`."""
    name: str = ""
    """The path in its go.mod, if different, as in a fork."""
    more: Mapping[str, str] | None = None
    """Further files."""

    def gomod(self) -> str:
        """Its go.mod. For a version without one, such as `+incompatible`, the proxy serves only the first line."""
        if self.version.endswith("+incompatible"):
            return f"module {self.path}\n"
        lines = [f"module {self.name or self.path}", "", f"go {self.go}", ""]
        lines += [f"require {each}" for each in self.requires]
        return "\n".join(lines).rstrip("\n") + "\n"

    def files(self) -> dict[str, str]:
        """All files of its zip."""
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
    """A package that uses all of its imports, with an exported function that is inlined into callers."""
    aliases = {path: f"p{number}" for number, path in enumerate(imports)}
    lines = [f"package {name}", ""]
    lines += [f'import {alias} "{path}"' for path, alias in aliases.items()]
    value = " + ".join([f'"{content} "', *(f"{alias}.Value()" for alias in aliases.values())])
    lines += ["", "// Value identifies this code.", f"func Value() string {{ return {value} }}"]
    return "\n".join(lines) + "\n"


def write_proxy(folder: Path, modules: Iterable[Module]) -> str:
    """Write the files of `GOPROXY=file://folder`. Returns a go.sum with all modules."""
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
