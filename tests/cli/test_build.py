"""`check --build` and `fix --build`: what the compiler says, at its line, with the module whose API changed."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from layerg_pin.core.model.host_manifest import HostBuild, HostManifest
from layerg_pin.engine.compilation import compile_for_host
from layerg_pin.engine.plugin_check import Checker
from layerg_pin.engine.settings import Settings
from layerg_pin.go.queries import find_go
from layerg_pin.go.query_types import Cancellation, GoFailed
from tests.cli.test_check import checked
from tests.conftest import contents, go
from tests.platform_marks import cross_compiles
from tests.truth.proxy import Module, write_proxy

API = "example.com/api"
OLD = "Create(ctx context.Context, id string) error"
NEW = "Create(ctx context.Context, id string, ranks bool) error"
MAIN = """package main

import (
	"context"

	"example.com/api/runtime"
)

type hooks struct{}

func (hooks) Start() error { return nil }

var _ runtime.Hooks = hooks{}

// InitModule is called by the host.
func InitModule(ctx context.Context, nk runtime.Module) error {
	return nk.Create(ctx, "best")
}
"""


@dataclass(frozen=True)
class Sides:
    host: Path
    plugin: Path

    @property
    def main(self) -> Path:
        return self.plugin / "main.go"


def api(version: str, create: str, hooks: str) -> Module:
    text = f'package runtime\n\nimport "context"\n\ntype Module interface{{ {create} }}\n\n'
    return Module(
        API, version, {}, more={"runtime/runtime.go": f"{text}type Hooks interface{{ Start() error{hooks} }}\n"}
    )


@pytest.fixture
def sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sides:
    """A host with the newer version of an API, and a plugin written for the older one."""
    sums = write_proxy(tmp_path / "proxy", (api("v1.0.0", OLD, ""), api("v1.1.0", NEW, "; Stop() error")))
    for name, value in {"GOPROXY": (tmp_path / "proxy").as_uri(), "GOSUMDB": "off", "GOFLAGS": "-modcacherw"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modcache"))
    found = Sides(tmp_path / "host", tmp_path / "plugin")
    found.host.mkdir()
    (found.host / "go.mod").write_text(f"module example.com/server\n\ngo 1.21\n\nrequire {API} v1.1.0\n")
    (found.host / "go.sum").write_text(sums)
    imports = f'import (\n\t"plugin"\n\n\t"{API}/runtime"\n)\n'
    (found.host / "main.go").write_text(
        f'package main\n\n{imports}\nvar M runtime.Module\n\nfunc main() {{ plugin.Open("p") }}\n'
    )
    go(found.host, "mod", "vendor")
    found.plugin.mkdir()
    (found.plugin / "go.mod").write_text(f"module example.com/plugin\n\ngo 1.21\n\nrequire {API} v1.0.0\n")
    (found.plugin / "go.sum").write_text("".join(each for each in sums.splitlines(True) if " v1.0.0" in each))
    (found.plugin / "layerg-pin.toml").write_text('host = "../host"\n')
    found.main.write_text(MAIN)
    monkeypatch.chdir(found.plugin)  # paths are shown relative to it
    return found


@cross_compiles
def test_fix_says_what_no_longer_compiles(sides: Sides, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--build", str(sides.plugin)]) == 1
    assert "does-not-compile" not in capsys.readouterr().out, "unchanged it compiles, though it does not fit"
    assert main(["fix", "--build", str(sides.plugin)]) == 1
    out = capsys.readouterr().out
    changed = f"({API} v1.0.0 → v1.1.0) [does-not-compile]"
    assert f"{sides.main.name}:13:23: error: cannot use hooks{{}} (value of struct type hooks) as" in out
    assert f"(missing method Stop) {changed}" in out
    assert (
        f"{sides.main.name}:17:24: error: not enough arguments in call to nk.Create; have (context.Context, string); "
        in out
    )
    assert f"want (context.Context, string, bool) {changed}" in out
    text = MAIN.replace('"best")', '"best", true)').replace(
        "\nvar _", "\nfunc (hooks) Stop() error { return nil }\n\nvar _"
    )
    sides.main.write_text(text)
    assert main(["fix", "--build", "--tidy", str(sides.plugin)]) == 0
    assert "fits ../host" in capsys.readouterr().out


@cross_compiles
def test_a_diff_is_compiled_before_it_is_written(sides: Sides, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(sides.plugin)
    assert main(["fix", "--diff", "--build", str(sides.plugin)]) == 1
    out, errors = capsys.readouterr()
    assert f"+require {API} v1.1.0\n" in out
    assert f"{sides.main.name}:17:24: error: not enough arguments in call to nk.Create" in errors
    assert contents(sides.plugin) == before


@cross_compiles
def test_check_knows_the_version_before_from_go_sum(sides: Sides, capsys: pytest.CaptureFixture[str]) -> None:
    gomod = sides.plugin / "go.mod"
    gomod.write_text(gomod.read_text().replace("v1.0.0", "v1.1.0"))
    code, document = checked(capsys, "--build", str(sides.plugin))
    assert code == 1
    found = [each for each in document["plugins"][0]["findings"] if each["code"] == "does-not-compile"]
    assert [(each["file"], each["range"]["start"]["line"], each["module"]) for each in found] == [
        ("main.go", 12, API),
        ("main.go", 16, API),
    ]
    assert all(each["message"].endswith(f"({API} v1.0.0 → v1.1.0)") for each in found)


@cross_compiles
def test_a_mistake_of_the_plugin_names_no_module(sides: Sides, capsys: pytest.CaptureFixture[str]) -> None:
    sides.main.write_text(f"{MAIN}\nfunc wrong() {{ unused := 1 }}\n")
    main(["check", "--build", str(sides.plugin)])
    assert ":20:16: error: declared and not used: unused [does-not-compile]" in capsys.readouterr().out


@cross_compiles
def test_without_a_c_compiler_nothing_is_known(
    sides: Sides, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plugin fits, but it is unknown whether it compiles, so there is no verdict."""
    sides.main.write_text(MAIN.replace('"best")', '"best", true)').replace("\nvar _ runtime.Hooks = hooks{}\n", ""))
    assert main(["fix", "--tidy", str(sides.plugin)]) == 0
    program = shutil.which("go")
    assert program
    (sides.plugin.parent / "bin").mkdir()
    (sides.plugin.parent / "bin" / "go").symlink_to(program)
    monkeypatch.setenv("PATH", str(sides.plugin.parent / "bin"))
    monkeypatch.setenv("GOCACHE", str(sides.plugin.parent / "cache"))
    capsys.readouterr()
    assert main(["check", "--build", "--format", "json", str(sides.plugin)]) == 2
    out, errors = capsys.readouterr()
    said = "cgo needs the C compiler gcc, which is not installed: install it, and try again"
    assert f"it is not known whether the plugin compiles: {said}" in errors
    assert any(said in each["message"] for each in json.loads(out)["problems"])


def test_another_system_than_the_hosts_needs_another_c_compiler(sides: Sides, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = Checker(Settings(), network=False).check(str(sides.plugin)).analysis.snapshot
    go_here = find_go(network=True)
    assert go_here
    assert snapshot.local
    monkeypatch.setenv("PATH", str(sides.plugin))
    monkeypatch.setenv("GOCACHE", str(sides.plugin.parent / "cache"))
    elsewhere = snapshot._replace(local=snapshot.local._replace(goos="windows"))
    compiled = compile_for_host(go_here, elsewhere, (), {}, Cancellation())
    assert compiled.uncertainty.endswith(
        "cgo needs a C compiler for linux: install one and set CC to it, or compile in a container"
    )


@cross_compiles
def test_a_release_that_is_not_installed_is_named(sides: Sides) -> None:
    """It is compiled anyway, and a remark says so."""
    checker = Checker(Settings(), network=False)
    snapshot = checker.check(str(sides.plugin)).analysis.snapshot
    assert isinstance(snapshot.host, HostManifest)
    go_here = find_go(network=True)
    assert go_here
    host = snapshot.host._replace(
        build=HostBuild(release="go1.20.99", goos="linux", goarch="amd64", cgo=True, trimpath=True, race=False, tags=())
    )
    compiled = compile_for_host(go_here, snapshot._replace(host=host), (), {}, Cancellation())
    assert (compiled.errors, compiled.uncertainty) == ((), "")
    assert "not with the host's go1.20.99, which is not available: " in compiled.remark


@cross_compiles
def test_the_go_that_compiled_is_named(sides: Sides, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--build", str(sides.plugin)]) == 1
    assert "the host's Go release is not known" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["check", "fix"])
def test_a_checksum_that_differs_says_nothing_about_the_code(
    option: str, sides: Sides, capsys: pytest.CaptureFixture[str]
) -> None:
    sums = sides.plugin / "go.sum"
    sums.write_text(re.sub("h1:....", "h1:AAAA", (sides.host / "go.sum").read_text()))
    shutil.rmtree(sides.plugin.parent / "modcache")  # otherwise the sums are not compared
    gomod = sides.plugin / "go.mod"
    gomod.write_text(gomod.read_text().replace("v1.0.0", "v1.1.0"))
    assert main([option, "--build", str(sides.plugin)]) == 2
    out, errors = capsys.readouterr()
    assert "does-not-compile" not in out
    assert "it is not known whether the plugin compiles: " in errors
    assert "checksum mismatch" in errors


@pytest.mark.parametrize(
    ("text", "is_known"),
    [
        (
            "go: golang.org/toolchain@v0.0.1-go1.22.4.linux-amd64: verifying module: checksum database disabled by "
            "GOSUMDB=off",
            False,
        ),
        ("main.go:6:2: example.com/a@v1.0.0: verifying module: checksum mismatch\n\nSECURITY ERROR\n", False),
        ("go: go.mod requires go >= 1.99 (running go 1.26.8; GOTOOLCHAIN=local)", False),
        ("go: example.com/a@v1.0.0 requires go >= 1.99 (running go 1.26.8; GOTOOLCHAIN=local)", False),
        ("go: download go1.99 for linux/amd64: toolchain not available", False),
        ('go: cannot find "go1.99.1" in PATH', False),
        ('go: invalid GOTOOLCHAIN "1.22"', False),
        ("# example.com/plugin\n./main.go:3:7: undefined: x (checksum mismatch)", True),
        ("main.go:6:2: no required module provides package example.com/b; to add it:\n\tgo get example.com/b", True),
        ("# example.com/plugin\n/usr/bin/ld: undefined reference to `f'", True),
    ],
)
def test_an_error_outside_the_plugin_says_nothing_about_its_code(
    text: str, is_known: bool, sides: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = Checker(Settings(), network=False).check(str(sides.plugin)).analysis.snapshot
    go_here = find_go(network=True)
    assert go_here

    def fail(*_: object) -> bytes:
        raise GoFailed(text, text=text)

    monkeypatch.setattr("layerg_pin.engine.compilation.run_go", fail)
    compiled = compile_for_host(go_here, snapshot, (), {}, Cancellation())
    assert (bool(compiled.errors), bool(compiled.uncertainty)) == (is_known, not is_known)
    assert is_known or (text in compiled.uncertainty and not compiled.remark)
