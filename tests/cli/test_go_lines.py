"""Go lines of the plugin and of its dependencies against the host's Go: what check says, and what fix leaves, by Go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from tests.truth.proxy import Module, package_source, write_proxy

_MODULES = (
    Module("example.com/mod", "v0.0.0", {"": ()}, go="1.20"),
    Module("example.com/mod", "v0.1.0", {"": ()}, go="1.21.3"),
    Module("example.com/mod", "v0.2.0", {"": ()}, go="1.22.0"),
    Module("example.com/tools", "v1.0.0", {"": ("example.com/mod",)}, ("example.com/mod v0.1.0",)),
    Module("example.com/tools", "v1.1.0", {"": ("example.com/mod",)}, ("example.com/mod v0.2.0",)),
    Module("example.com/only", "v1.0.0", {"": ()}, go="1.22.0"),
    Module("example.com/shared", "v1.0.0", {"": ()}),
    Module("example.com/kit", "v1.0.0", {"": ("example.com/tools",)}, ("example.com/tools v1.0.0",), go="1.16"),
    Module("example.com/kit", "v1.1.0", {"": ("example.com/tools",)}, ("example.com/tools v1.1.0",), go="1.16"),
    Module("example.com/kit", "v1.2.0", {"": ("example.com/tools",)}, ("example.com/tools v1.1.0",), go="1.16"),
    Module("example.com/early", "v1.0.0", {"": ()}),
    Module("example.com/early", "v1.1.0-rc.1", {"": ()}),
    Module("example.com/early", "v1.1.0", {"": ()}, go="1.22.0"),
    Module("example.com/far", "v1.0.0", {"": ()}),
    Module("example.com/far", "v1.1.0", {"": ()}, go="1.9999"),
)


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a plugin whose host, a profile, is built with Go 1.21.6."""
    sums = write_proxy(tmp_path / "proxy", _MODULES)
    monkeypatch.setenv("GOPROXY", (tmp_path / "proxy").as_uri())
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modcache"))
    monkeypatch.setenv("GOFLAGS", "-modcacherw")
    monkeypatch.setenv("GOSUMDB", "off")
    folder = tmp_path / "plugin"
    folder.mkdir()
    (folder / "go.sum").write_text(sums)
    build = {"release": "go1.21.6", "goos": "linux", "goarch": "amd64", "cgo": True, "trimpath": True}
    shared = {"path": "example.com/shared", "version": "v1.0.0", "packages": ["example.com/shared"]}
    host = {
        "version": 1,
        "module": "example.com/host",
        "go": "1.21",
        "build": build,
        "linked": True,
        "modules": [shared],
    }
    (folder / "layerg-host.json").write_text(json.dumps(host))
    (folder / "layerg-pin.toml").write_text('host = "layerg-host.json"\n[severity]\ntoolchain-mismatch = "off"\n')
    return folder


def write(folder: Path, go: str, *requires: str, imports: tuple[str, ...]) -> None:
    lines = "".join(f"require {each}\n" for each in requires)
    (folder / "go.mod").write_text(f"module example.com/plugin\n\ngo {go}\n\n{lines}")
    source = package_source("main", "plugin", imports)
    (folder / "main.go").write_text(f"{source}\nfunc InitModule() string {{ return Value() }}\n\nfunc main() {{}}\n")


def found(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, list[str]]:
    capsys.readouterr()
    code = main(["check", "--format", "json", *options, str(folder)])
    (checked,) = json.loads(capsys.readouterr().out)["plugins"]
    return code, [each["message"] for each in checked["findings"] if each["code"] == "go-line-too-new"]


def builds(folder: Path) -> str:
    """Go's error for a build that must not change go.mod; empty if it builds."""
    command = ["go", "build", "-mod=readonly", "-o", os.devnull, "."]
    if sys.platform == "win32":  # wine 8 deletes no program that Go built; `go list` refuses the same go.mod
        command = ["go", "list", "-mod=readonly", "-deps", "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stderr


def test_a_dependency_is_lowered_to_what_the_hosts_go_builds(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(plugin, "1.20", "example.com/mod v0.2.0", imports=("example.com/mod",))
    code, messages = found(plugin, capsys)
    assert code == 1
    assert messages == ["example.com/mod v0.2.0 needs go 1.22.0, above the host's go1.21.6"]
    assert main(["fix", "--tidy", str(plugin)]) == 0, capsys.readouterr()
    gomod = (plugin / "go.mod").read_text()
    assert "example.com/mod v0.1.0" in gomod
    assert "go 1.21.3" in gomod, "tidy raises the go line to what the dependency needs"
    assert builds(plugin) == ""
    assert found(plugin, capsys) == (0, [])


def test_through_another_dependency_both_are_lowered(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(plugin, "1.20", "example.com/tools v1.1.0", "example.com/mod v0.2.0", imports=("example.com/tools",))
    assert found(plugin, capsys)[0] == 1
    assert main(["fix", "--tidy", str(plugin)]) == 0, capsys.readouterr()
    gomod = (plugin / "go.mod").read_text()
    assert "example.com/tools v1.0.0" in gomod
    assert "example.com/mod v0.1.0" in gomod
    assert builds(plugin) == ""


def test_no_fix_is_offered_if_no_version_can_be_built(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(plugin, "1.22.0", "example.com/only v1.0.0", imports=("example.com/only",))
    code, messages = found(plugin, capsys)
    before = (plugin / "go.mod").read_text()
    assert code == 1
    assert any("above the host's go1.21.6" in each for each in messages)
    assert main(["fix", str(plugin)]) in (1, 2)
    assert "= fix:" not in capsys.readouterr().out
    assert (plugin / "go.mod").read_text() == before


@pytest.mark.parametrize("line", ["1.21.7", "1.22", "1.23.0"])
def test_a_go_line_above_the_hosts_is_lowered(line: str, plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(plugin, line, "example.com/shared v1.0.0", imports=("example.com/shared",))
    assert found(plugin, capsys)[0] == 1
    assert main(["fix", str(plugin)]) == 0
    assert "\ngo 1.21.6\n" in (plugin / "go.mod").read_text()
    assert found(plugin, capsys) == (0, [])


@pytest.mark.parametrize("line", ["1.18", "1.20", "1.21", "1.21.0", "1.21.6"])
def test_a_go_line_up_to_the_hosts_is_not_reported(line: str, plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(plugin, line, "example.com/shared v1.0.0", imports=("example.com/shared",))
    assert found(plugin, capsys) == (0, [])


def test_each_offered_fix_is_applied_or_the_exit_code_is_1(
    plugin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A host of which only go.mod is known may be built with a newer Go: no fix is offered, and none is made."""
    host = tmp_path / "host"
    host.mkdir()
    (host / "go.mod").write_text("module example.com/host\n\ngo 1.22.5\n\nrequire example.com/shared v1.0.0\n")
    (plugin / "layerg-pin.toml").write_text('host = "../host"\n[severity]\ntoolchain-mismatch = "off"\n')
    write(plugin, "1.23.0", "example.com/shared v1.0.0", imports=("example.com/shared",))
    before = (plugin / "go.mod").read_text()
    assert main(["fix", str(plugin)]) == 2
    out = capsys.readouterr().out
    assert "the host's Go release is not known" in out
    assert "= fix:" not in out
    assert (plugin / "go.mod").read_text() == before


def test_the_go_line_is_raised_to_what_the_lowered_dependency_needs(
    plugin: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise Go stops with `updates to go.mod needed`."""
    write(plugin, "1.20", "example.com/mod v0.2.0", imports=("example.com/mod",))
    assert main(["fix", str(plugin)]) == 0, capsys.readouterr()
    assert "\ngo 1.21.3\n" in (plugin / "go.mod").read_text()
    assert builds(plugin) == ""


def test_go_line_and_dependency_are_lowered_together(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(plugin, "1.22.0", "example.com/mod v0.2.0", imports=("example.com/mod",))
    assert main(["fix", str(plugin)]) == 0, capsys.readouterr()
    gomod = (plugin / "go.mod").read_text()
    assert "example.com/mod v0.1.0" in gomod
    assert "\ngo 1.21.6\n" in gomod
    assert builds(plugin) == ""


def test_a_module_that_brings_it_in_indirectly_is_lowered(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """kit requires tools, which requires mod. The highest kit is chosen that leads to a mod that can be built."""
    write(plugin, "1.20", "example.com/kit v1.2.0", imports=("example.com/kit",))
    _, messages = found(plugin, capsys)
    assert messages == [
        "example.com/mod v0.2.0 needs go 1.22.0, above the host's go1.21.6; "
        "brought in by example.com/tools v1.1.0, which example.com/kit brings in"
    ]
    assert main(["fix", "--tidy", str(plugin)]) == 0, capsys.readouterr()
    gomod = (plugin / "go.mod").read_text()
    assert "example.com/kit v1.0.0" in gomod
    assert builds(plugin) == ""
    assert found(plugin, capsys) == (0, [])


def test_all_modules_that_require_it_are_lowered(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    requires = ("example.com/kit v1.2.0", "example.com/tools v1.1.0", "example.com/mod v0.2.0")
    write(plugin, "1.20", *requires, imports=("example.com/kit", "example.com/tools", "example.com/mod"))
    assert main(["fix", "--tidy", str(plugin)]) == 0, capsys.readouterr()
    gomod = (plugin / "go.mod").read_text()
    assert [each in gomod for each in ("kit v1.0.0", "tools v1.0.0", "mod v0.1.0")] == [True] * 3
    assert builds(plugin) == ""


def test_a_release_is_preferred_to_a_higher_prerelease(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(plugin, "1.20", "example.com/early v1.1.0", imports=("example.com/early",))
    assert main(["fix", str(plugin)]) == 0, capsys.readouterr()
    assert "example.com/early v1.0.0" in (plugin / "go.mod").read_text()


def test_a_module_that_is_replaced_is_not_lowered(
    plugin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The go.mod of the replacing folder counts, whatever version is required."""
    fork = tmp_path / "fork"
    fork.mkdir()
    (fork / "go.mod").write_text("module example.com/mod\n\ngo 1.22.0\n")
    (fork / "mod.go").write_text(package_source("mod", "fork", ()))
    write(plugin, "1.20", "example.com/mod v0.1.0", imports=("example.com/mod",))
    with (plugin / "go.mod").open("a") as stream:
        stream.write("\nreplace example.com/mod => ../fork\n")
    before = (plugin / "go.mod").read_text()
    code, messages = found(plugin, capsys)
    assert code == 1
    assert "example.com/mod v0.1.0 needs go 1.22.0, above the host's go1.21.6" in messages[0]
    assert main(["fix", str(plugin)]) == 1
    assert (plugin / "go.mod").read_text() == before


def test_the_require_is_named_even_if_this_go_has_the_hosts_release(
    plugin: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Go then lists nothing: it refuses the dependency as the host's Go would, and is asked about a lower one."""
    monkeypatch.setenv("GOTOOLCHAIN", "local")
    version = subprocess.run(("go", "env", "GOVERSION"), capture_output=True, text=True, check=True).stdout.strip()
    profile = plugin / "layerg-host.json"
    profile.write_text(profile.read_text().replace("go1.21.6", version))
    write(plugin, "1.20", "example.com/far v1.1.0", imports=("example.com/far",))
    assert "requires go >= 1.9999" in builds(plugin)
    for options in ((), ("--offline",)):
        code, messages = found(plugin, capsys, *options)
        assert (code, messages) == (1, [f"example.com/far v1.1.0 needs go 1.9999, above the host's {version}"])
    assert main(["fix", str(plugin)]) == 0, capsys.readouterr()
    assert "example.com/far v1.0.0" in (plugin / "go.mod").read_text()
    assert builds(plugin) == ""


def test_check_announces_what_fix_does(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(plugin, "1.22.0\n\ntoolchain go1.22.3", "example.com/mod v0.2.0", imports=("example.com/mod",))
    main(["check", str(plugin)])
    plan = "sets the go line to 1.21.6 and removes the toolchain line\n"
    assert plan in capsys.readouterr().out
    assert main(["fix", str(plugin)]) == 0
    out = capsys.readouterr().out
    assert "1 module lowered to a version that the host's Go can build\n" in out
    assert "  go 1.22.0 -> go 1.21.6\n  removed toolchain: go1.22.3\n" in out
    assert builds(plugin) == ""


@pytest.mark.parametrize("silence", ["off", "comment"])
def test_a_silenced_module_is_not_lowered(silence: str, plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    comment = " // layerg-pin:ignore go-line-too-new built by hand" if silence == "comment" else ""
    write(plugin, "1.22.0", f"example.com/mod v0.2.0{comment}", imports=("example.com/mod",))
    if silence == "off":
        with (plugin / "layerg-pin.toml").open("a") as stream:
            stream.write('go-line-too-new = "off"\n')
    main(["check", str(plugin)])
    assert "lowers" not in capsys.readouterr().out
    main(["fix", str(plugin)])
    assert "example.com/mod v0.2.0" in (plugin / "go.mod").read_text()


@pytest.mark.parametrize(
    ("line", "says", "left"),
    [
        ("1.21.6\n\ntoolchain go1.21.6", "toolchain go1.21.6 repeats the go line", "go 1.21.6\n\nrequire"),
        ("1.21.4\n\ntoolchain default", "toolchain default repeats the go line", "go 1.21.4\n\nrequire"),
        ("1.20", "go 1.20 is below the go 1.21.3 that example.com/mod v0.1.0 needs", "go 1.21.3\n\nrequire"),
        (
            "1.21\n\ntoolchain go1.21.3",
            "go 1.21 is below the go 1.21.3 that example.com/mod v0.1.0",
            "go 1.21.3\n\nreq",
        ),
    ],
)
def test_fix_updates_the_lines_if_go_requires_it(
    line: str, says: str, left: str, plugin: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(plugin, line, "example.com/mod v0.1.0", imports=("example.com/mod",))
    assert "updates to go.mod needed" in builds(plugin)
    main(["check", str(plugin)])
    out = capsys.readouterr().out
    assert says in out
    assert "fits" not in out
    assert main(["fix", str(plugin)]) == 0, capsys.readouterr()
    assert left in (plugin / "go.mod").read_text()
    assert builds(plugin) == ""


def test_an_old_host_needs_no_go_line_update(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Go before 1.21 builds a dependency with a higher go line, and could not read that line in go.mod."""
    profile = plugin / "layerg-host.json"
    profile.write_text(profile.read_text().replace("go1.21.6", "go1.20.14"))
    write(plugin, "1.20", "example.com/mod v0.1.0", imports=("example.com/mod",))
    assert main(["check", "--strict", str(plugin)]) == 0, capsys.readouterr()
