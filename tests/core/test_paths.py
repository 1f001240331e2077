"""Paths of Windows and of POSIX systems are related by their own rules, on any system."""

from __future__ import annotations

import pytest

from layerg_pin.core.gomod.edits import Changes, gomod_edits, gowork_edits
from layerg_pin.core.gomod.parser import parse_gomod, parse_gowork
from layerg_pin.core.gomod.replaces import absolute
from layerg_pin.core.model.modules import ModuleVersion, Replacement
from layerg_pin.core.paths import joined, parent_folder, relative_path, slashed
from layerg_pin.core.text import apply_edits


@pytest.mark.parametrize(
    ("path", "folder", "expected"),
    [
        ("/srv/host/go.mod", "/srv/plugin", "../host/go.mod"),
        ("/srv/a\\b/go.mod", "/srv", "a\\b/go.mod"),
        ("C:\\srv\\host", "C:\\srv\\plugin", "../host"),
        ("c:\\srv\\host", "C:/srv/plugin", "../host"),
        ("C:\\Srv\\host\\go.mod", "c:\\srv\\host", "go.mod"),
        ("D:\\host", "C:\\srv\\plugin", "D:/host"),
        ("\\\\wsl$\\Debian\\host", "\\\\wsl$\\Debian\\plugin", "../host"),
        ("\\\\wsl$\\Debian\\host", "C:\\plugin", "//wsl$/Debian/host"),
    ],
)
def test_a_relative_path_where_there_is_one(path: str, folder: str, expected: str) -> None:
    assert relative_path(path, folder) == expected


def test_paths_with_slashes() -> None:
    assert slashed("C:\\a\\b") == "C:/a/b"
    assert slashed("/a\\b") == "/a\\b"
    assert parent_folder("C:\\a\\go.work") == "C:/a"
    assert joined("c:\\a", "..\\lib") == joined("C:/a", "../lib") == "C:/lib"
    assert joined("C:/a", "d:\\lib") == absolute("C:/a", "D:/lib") == "D:/lib"
    assert joined("/a", "../lib") == "/lib"


@pytest.mark.parametrize("folder", ["C:/ws", "c:\\ws"])
@pytest.mark.parametrize("use", ["./lib", ".\\\\lib", "C:/ws/lib"])
def test_a_use_of_windows_leaves_go_work(folder: str, use: str) -> None:
    text = f'go 1.23\n\nuse (\n\t./plugin\n\t"{use}"\n)\n'
    edits = gowork_edits(parse_gowork(text), folder, ["C:/ws/lib"], ())
    assert apply_edits(text, edits) == "go 1.23\n\nuse (\n\t./plugin\n)\n"


@pytest.mark.parametrize(
    ("target", "written"), [("D:/lib", "D:/lib"), ("c:/ws/lib", "../lib"), ("C:/ws/plugin/lib", "./lib")]
)
def test_a_replace_on_windows(target: str, written: str) -> None:
    gomod = parse_gomod("module example.com/p\n\ngo 1.23\n")
    replaces = ((ModuleVersion("example.com/lib", "v1.0.0"), Replacement(target, None)),)
    edits = gomod_edits(gomod, Changes(replaces=replaces), "C:/ws/plugin")
    assert apply_edits(gomod.text, edits).endswith(f"replace example.com/lib v1.0.0 => {written}\n")
