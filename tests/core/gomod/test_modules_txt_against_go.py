"""Our reading of a modules.txt written by `go mod vendor` equals that of `go list -mod=vendor`."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from layerg_pin.core.gomod.modules_txt import ModulesTxt, parse_modules_txt
from tests.core.go_reading import ask_go

MODULES = {
    ("example.com/a", "v1.0.0"): {
        "go.mod": "module example.com/a\n\ngo 1.21\n\nrequire example.com/d v1.1.0\n",
        "a.go": 'package a\n\nimport _ "example.com/d"\n',
        "sub/sub.go": "package sub\n",
        "unused/unused.go": "package unused\n",
        "internal/x/x.go": "package x\n",
    },
    ("example.com/b", "v1.2.0"): {"go.mod": "module example.com/b\n", "b.go": "package b\n"},
    ("example.com/fork", "v1.2.1"): {
        "go.mod": "module example.com/b\n\ngo 1.17\n",
        "b.go": 'package b\n\nimport _ "example.com/b/Upper+er"\n',
        "Upper+er/u.go": "package upper\n",
    },
    ("example.com/d", "v1.1.0"): {"go.mod": "module example.com/d\n", "d.go": "package d\n"},
    ("example.com/d", "v1.2.0-0.20210101000000-abcdefabcdef"): {
        "go.mod": "module example.com/d\n\ngo 1.18\n",
        "d.go": "package d\n",
    },
    ("example.com/old", "v2.0.0+incompatible"): {"go.mod": "module example.com/old\n", "old.go": "package old\n"},
}
"""Modules on a module proxy of files; `example.com/c` is a folder instead."""

GOMOD = """\
module example.com/main

go 1.21

require (
	example.com/a v1.0.0
	example.com/b v1.2.0
	example.com/c v0.0.0
	example.com/d v1.2.0-0.20210101000000-abcdefabcdef // indirect
	example.com/old v2.0.0+incompatible
)

replace (
	example.com/b v1.2.0 => example.com/fork v1.2.1
	example.com/c => ../c
	example.com/nowhere => ../nowhere
)
"""

MAIN = """\
package main

import (
	_ "example.com/a"
	_ "example.com/a/sub"
	_ "example.com/b"
	_ "example.com/c"
	_ "example.com/old"
)

func main() {}
"""


@dataclass(frozen=True)
class World:
    """A folder with main modules, and the environment in which Go finds their dependencies."""

    folder: Path
    environment: dict[str, str]

    def go(self, folder: Path, *arguments: str) -> str:
        return ask_go(folder, *arguments, **self.environment)


@pytest.fixture
def world(tmp_path: Path) -> World:
    proxy = tmp_path / "proxy"
    for (path, version), files in MODULES.items():
        target = proxy / path / "@v"
        target.mkdir(parents=True, exist_ok=True)
        (target / f"{version}.info").write_text(json.dumps({"Version": version}))
        (target / f"{version}.mod").write_text(files["go.mod"])
        with zipfile.ZipFile(target / f"{version}.zip", "w") as archive:
            for name, text in files.items():
                archive.writestr(f"{path}@{version}/{name}", text)
    environment = {
        "GOFLAGS": "-modcacherw -buildvcs=false",
        "GOMODCACHE": str(tmp_path / "modcache"),
        "GOPROXY": proxy.as_uri(),
    }
    _write(tmp_path / "c", {"go.mod": "module example.com/c\n\ngo 1.20\n", "c.go": "package c\n"})
    _write(tmp_path / "main", {"go.mod": GOMOD, "main.go": MAIN})
    return World(tmp_path, environment)


def test_a_vendored_module_reads_as_go_lists_it(world: World) -> None:
    main = world.folder / "main"
    world.go(main, "mod", "tidy")
    world.go(main, "mod", "vendor")
    read = _read(main)
    assert not read.workspace
    listed = list(_listed(world, main, "./..."))
    assert len(listed) == 7
    _assert_same(read, listed)
    required = {"example.com/a", "example.com/b", "example.com/c", "example.com/d", "example.com/old"}
    assert {module.path for module in read.modules if module.explicit} == required


def test_a_replacement_of_an_unused_module_is_last(world: World) -> None:
    main = world.folder / "main"
    world.go(main, "mod", "tidy")
    world.go(main, "mod", "vendor")
    trailing = [(module.path, module.replacement) for module in _read(main).modules if module.version is None]
    assert ("example.com/nowhere", "../nowhere") in trailing


def test_a_vendored_workspace_reads_as_go_lists_it(world: World) -> None:
    _write(
        world.folder / "other",
        {
            "go.mod": "module example.com/other\n\ngo 1.21\n\nrequire example.com/d v1.1.0\n",
            "other.go": 'package main\n\nimport _ "example.com/d"\n\nfunc main() {}\n',
        },
    )
    (world.folder / "go.work").write_text("go 1.21\n\nuse ./main\nuse ./other\n")
    environment = {**world.environment, "GOWORK": str(world.folder / "go.work")}
    inside = World(world.folder, environment)
    inside.go(world.folder / "main", "work", "vendor")
    read = _read(world.folder)
    assert read.workspace
    listed = list(_listed(inside, world.folder, "./main/...", "./other/..."))
    assert len(listed) == 7
    _assert_same(read, listed)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_go_and_we_pass_over_the_same_junk(world: World, line_end: str) -> None:
    main = world.folder / "main"
    world.go(main, "mod", "tidy")
    world.go(main, "mod", "vendor")
    path = main / "vendor" / "modules.txt"
    junk = ["<<<<<<< HEAD", "=======", "two words", "/rooted", "a//b", "##"]
    lines = path.read_text().splitlines()
    mixed = [line for number, each in enumerate(lines) for line in (each, "", junk[number % len(junk)])]
    path.write_bytes("".join(f"{line}{line_end}" for line in (*mixed, "## later; unknown")).encode())
    read = _read(main)
    assert len(read.problems) == len(lines) > len(junk)
    _assert_same(read, list(_listed(world, main, "./...")))


def _write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)


def _read(folder: Path) -> ModulesTxt:
    return parse_modules_txt((folder / "vendor" / "modules.txt").read_bytes().decode())


def _listed(world: World, folder: Path, *packages: str) -> Iterator[dict[str, Any]]:
    """The packages of other modules that the build in `folder` compiles."""
    fields = "-json=ImportPath,Module,Standard"
    output = world.go(folder, "list", "-mod=vendor", "-deps", fields, *packages)
    decoder, at = json.JSONDecoder(), 0
    while at < len(output.rstrip()):
        package, at = decoder.raw_decode(output, at)
        at += 1
        if not package.get("Standard") and not package["Module"].get("Main"):
            yield package


def _assert_same(read: ModulesTxt, listed: list[dict[str, Any]]) -> None:
    ours = {
        package: (module.path, module.version, module.replacement, module.replacement_version, module.go)
        for module in read.modules
        for package in module.packages
    }
    assert ours == {package["ImportPath"]: _module(package["Module"]) for package in listed}


def _module(module: dict[str, Any]) -> tuple[str, str, str | None, str | None, str | None]:
    replacement = module.get("Replace", {})
    go = module.get("GoVersion")
    return module["Path"], module["Version"], replacement.get("Path"), replacement.get("Version"), go
