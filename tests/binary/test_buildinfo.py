"""Build info read from binaries equals what Go itself reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from layerg_pin.binary.bounded_reader import BinaryError
from layerg_pin.binary.buildinfo import BuildInfo, Module, go_release, parse_build_info
from layerg_pin.binary.go_binary import Format, Role, read_binary
from tests.built_binaries import BuiltBinaries
from tests.conftest import go

MACOS = {"GOOS": "darwin", "GOARCH": "arm64", "CGO_ENABLED": "0"}


def as_go_has_it(module: Module) -> dict[str, Any]:
    found: dict[str, Any] = {"Path": module.path, "Version": module.version}
    if module.sum:
        found["Sum"] = module.sum
    if module.replace:
        found["Replace"] = as_go_has_it(module.replace)
    return found


def assert_as_go_says(path: Path) -> BuildInfo:
    said = json.loads(go(path.parent, "version", "-m", "-json", str(path)))
    info = read_binary(str(path)).info
    assert info
    assert info.go == said["GoVersion"]
    assert info.path == said["Path"]
    assert info.main == (Module(said["Main"]["Path"], said["Main"]["Version"]) if said["Main"].get("Path") else None)
    assert [as_go_has_it(module) for module in info.deps] == said.get("Deps", [])
    assert list(info.settings.items()) == [(each["Key"], each.get("Value", "")) for each in said["Settings"]]
    return info


@pytest.mark.parametrize("name", ["plain", "stripped", "pie", "nocgo", "replacing", "minor", "arm64"])
def test_hosts(built_binaries: BuiltBinaries, name: str) -> None:
    info = assert_as_go_says(built_binaries.host(name))
    assert info.main == Module("example.com/host", "(devel)")
    assert any(module.replace for module in info.deps)


@pytest.mark.parametrize("name", ["plain", "stripped", "files", "untrimmed", "experiment", "workspace", "debug"])
def test_plugins(built_binaries: BuiltBinaries, name: str) -> None:
    assert_as_go_says(built_binaries.plugin(name))


@pytest.mark.parametrize(
    ("name", "flags", "env"),
    [
        ("macos", (), MACOS),
        ("macos-stripped", ("-trimpath", "-ldflags=-s -w"), MACOS),
        ("macos-amd64", (), {**MACOS, "GOARCH": "amd64"}),
        ("quoted", ("-ldflags=-X 'main.name=a \"b\"\tc`d\u00e9'", "-tags=one,two"), {}),
        ("static", ("-ldflags=-s -w",), {"CGO_ENABLED": "0"}),
    ],
)
def test_programs(built_binaries: BuiltBinaries, name: str, flags: tuple[str, ...], env: dict[str, str]) -> None:
    path = built_binaries.program(name, *flags, **env)
    assert_as_go_says(path)
    found = read_binary(str(path))
    assert (found.format, found.role) == (Format.MACHO if "GOOS" in env else Format.ELF, Role.EXECUTABLE)


def test_the_first_architecture_of_a_universal_file_is_read(built_binaries: BuiltBinaries, tmp_path: Path) -> None:
    single = built_binaries.program("macos", **MACOS).read_bytes()
    fat = bytearray(b"\xca\xfe\xba\xbe" + (1).to_bytes(4, "big"))
    fat += b"".join(value.to_bytes(4, "big") for value in (0x0100000C, 0, 4096, len(single), 12))
    (tmp_path / "fat").write_bytes(fat.ljust(4096, b"\0") + single)
    assert_as_go_says(tmp_path / "fat")


def test_what_is_quoted() -> None:
    text = 'build\t-ldflags="-X main.a=\\"b\\" \\u00e9\\x21\\t"\nbuild\t"odd key"=`raw "text"`\nbuild\tempty=\n'
    assert parse_build_info("host", "go1.26.8", text).settings == {
        "-ldflags": '-X main.a="b" \u00e9!\t',
        "odd key": 'raw "text"',
        "empty": "",
    }


@pytest.mark.parametrize(
    "line",
    ["dep\texample.com/lib", "=>\texample.com/lib\tv1.0.0\th1:", "build\tnothing", "build\t=value", 'build\ta="open'],
)
def test_lines_that_cannot_be_read(line: str) -> None:
    with pytest.raises(BinaryError, match="host is damaged: line 2 of its build info cannot be read"):
        parse_build_info("host", "go1.26.8", f"path\texample.com/host\n{line}\n")


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("go1.26.8", "go1.26.8"),
        ("go1.26.8-X:newinliner", "go1.26.8"),
        ("go1.22.1 X:boringcrypto", "go1.22.1"),
        ("devel go1.27-abcdef", "devel go1.27-abcdef"),
    ],
)
def test_releases(version: str, release: str) -> None:
    assert go_release(version) == release


def test_the_format_before_go_1_18_is_named_as_such(built_binaries: BuiltBinaries, tmp_path: Path) -> None:
    content = bytearray(built_binaries.program("static", "-ldflags=-s -w", CGO_ENABLED="0").read_bytes())
    at = content.index(b"\xff Go buildinf:")
    content[at + 15] &= ~2
    (tmp_path / "old").write_bytes(content)
    with pytest.raises(BinaryError, match=r"old was built by a Go before 1\.18, which is not supported"):
        read_binary(str(tmp_path / "old"))
