"""Messages of real hosts and of real Go runs are recognised."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from layerg_pin.core.explain.explanation import explain_line
from layerg_pin.core.explain.log_lines import recognise
from tests.conftest import Examples, go
from tests.real_go.test_open import build_host, build_plugin


def log_of(host: Path, plugins: Path) -> str:
    """All that a host writes when it opens a folder of plugins."""
    done = subprocess.run(
        (host / "gameserver", "check", "--runtime.path", plugins), capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    return done.stderr


def kinds(text: str) -> list[str]:
    return [message.kind.name for message in recognise(text)]


@pytest.fixture
def plugins(examples: Examples, tmp_path: Path) -> Path:
    build_host(examples.host)
    (tmp_path / "modules").mkdir()
    return tmp_path / "modules"


def test_a_refused_plugin(examples: Examples, plugins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build_plugin(examples.plugin, plugins)
    log = plugins / "host.log"
    log.write_text(log_of(examples.host, plugins))
    assert main(["explain", str(log), "--plugin", str(examples.plugin)]) == 0
    out = capsys.readouterr().out
    assert out.count("plugin was built with a different version of package") == 1
    assert "\n  cause: " in out
    assert "\n  then: 3 more findings" in out
    assert "(host)\n" in out


def test_a_plugin_built_without_trimpath(examples: Examples, plugins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After the versions agree: the causes that remain, the true one first."""
    assert main(["fix", "--tidy", str(examples.plugin)]) == 0
    go(examples.plugin, "build", "-buildmode=plugin", "-o", str(plugins / "backend.so"), ".")
    line = log_of(examples.host, plugins)
    capsys.readouterr()
    assert main(["explain", "--line", line, "--plugin", str(examples.plugin)]) == 0
    out = capsys.readouterr().out
    assert "-trimpath" in out.split("    1. ")[1].split(":")[0]
    assert "then: " not in out


def test_files_that_are_not_plugins_for_this_host(examples: Examples, plugins: Path) -> None:
    (plugins / "a.so").write_text("# no library, but a text that is long enough to hold the header of one\n" * 9)
    assert kinds(log_of(examples.host, plugins)) == ["invalid-elf-header"]
    (plugins / "a.so").write_text("tiny")
    assert kinds(log_of(examples.host, plugins)) == ["file-too-short"]
    shutil.copy(examples.host / "gameserver", plugins / "a.so")
    assert kinds(log_of(examples.host, plugins)) == ["executable"]
    damaged = bytearray((examples.host / "gameserver").read_bytes())
    damaged[7] = 9  # EI_OSABI
    (plugins / "a.so").write_bytes(damaged)
    assert kinds(log_of(examples.host, plugins)) == ["damaged-file"]
    (plugins / "a.so").unlink()
    (plugins / "a.so").symlink_to(plugins / "gone.so")
    assert kinds(log_of(examples.host, plugins)) == ["realpath-failed"]
    (plugins / "a.so").unlink()
    (plugins / "a.c").write_text("int nothing(void) { return 0; }\n")
    subprocess.run(("cc", "-shared", "-o", plugins / "a.so", plugins / "a.c"), check=True)
    assert "no-plugin-module-data" in kinds(log_of(examples.host, plugins))


def test_plugins_that_fit_but_cannot_be_used(examples: Examples, plugins: Path) -> None:
    main(["fix", "--tidy", str(examples.plugin)])
    build_plugin(examples.plugin, plugins)
    built = (plugins / "backend.so").read_bytes()
    (plugins / "copy.so").write_bytes(built)
    assert kinds(log_of(examples.host, plugins)) == ["already-loaded"]
    (plugins / "copy.so").unlink()
    (plugins / "backend.so").write_bytes(built[: len(built) // 2])
    assert "bus-error" in kinds(log_of(examples.host, plugins))
    source = examples.plugin / "main.go"
    source.write_text(source.read_text().replace("InitModule", "StartModule"))
    build_plugin(examples.plugin, plugins)
    line = log_of(examples.host, plugins)
    assert kinds(line) == ["symbol-not-found"]
    assert "does not export InitModule" in explain_line(line, None).meaning


def failing(folder: Path, *arguments: str, **environment: str) -> list[str]:
    """The kinds of Go's messages when it fails."""
    env = {**os.environ, "GOFLAGS": "", "GOWORK": "off", "GOPROXY": "off", "GOTOOLCHAIN": "local", **environment}
    done = subprocess.run(("go", *arguments), cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    return kinds(done.stderr)


BUILD = ("build", "-buildmode=plugin", "-o", "p.so", ".")
MOD = "module example.com/m\n\ngo 1.21\n"
MAIN = "package main\n\nfunc main() {}\n"


@pytest.mark.parametrize(
    ("files", "arguments", "environment", "wanted"),
    [
        ({}, BUILD, {"CGO_ENABLED": "0"}, ["cgo-not-enabled"]),
        ({}, BUILD, {"GOOS": "windows"}, ["mode-not-supported"]),
        ({"main.go": "package backend\n"}, BUILD, {}, ["not-one-main"]),
        ({"go.mod": "module example.com/m\n\ngo 1.99\n"}, BUILD, {}, ["go-too-old"]),
        ({"go.mod": "module example.com/m\n\ngo 1.21\n\nexclud x\n"}, BUILD, {}, ["unknown-directive"]),
        ({"go.mod": "module example.com/m\n\ngo v1.21\n"}, BUILD, {}, ["invalid-go-version"]),
        ({"go.mod": "module example.com/m\n\ngo 1.21\n\ntoolchain 1.22\n"}, BUILD, {}, ["invalid-toolchain"]),
        ({"go.mod": "module example.com/m\n\ngo 1.99.1\n"}, BUILD, {"GOTOOLCHAIN": "path"}, ["toolchain-unavailable"]),
        ({}, BUILD, {"GOTOOLCHAIN": "go1.99.1"}, ["toolchain-unavailable"]),
        ({}, BUILD, {"CC": "no-such-gcc", "CGO_ENABLED": "1"}, ["no-c-compiler"]),
        ({"main.go": MAIN.replace("func", 'import _ "no/such"\n\nfunc')}, BUILD, {}, ["not-in-std"]),
        ({"go.mod": f"{MOD}\ngodebugs (\n\tx=1\n)\n"}, BUILD, {}, ["unknown-directive"]),
        ({"go.mod": f"{MOD}\n<<<<<<< HEAD\n=======\n>>>>>>> b\n"}, BUILD, {}, ["merge-conflict"] * 3),
        ({"go.mod": f"{MOD}\nrequire (\n<<<<<<< HEAD\n)\n"}, BUILD, {}, ["merge-conflict"]),
        ({"main.go": "package main\n\n<<<<<<< HEAD\n"}, BUILD, {}, ["conflict-markers"]),
        ({"go.mod": f"{MOD}\nrequire example.com/f v2.0.0\n"}, BUILD, {}, ["wrong-major"]),
        ({"go.mod": f"{MOD}\nrequire example.com/f\n"}, BUILD, {}, ["bad-line"]),
        ({"go.mod": f"{MOD}\nreplace example.com/f => f\n"}, BUILD, {}, ["bad-replace"]),
        ({"go.mod": ""}, BUILD, {}, ["no-module-line"]),
        (
            {
                "go.mod": f"{MOD}\nrequire example.com/f v1.0.0\n\nreplace example.com/f => ../gone\n",
                "main.go": MAIN.replace("func", 'import _ "example.com/f"\n\nfunc'),
            },
            BUILD,
            {},
            ["replace-folder-missing"],
        ),
        (
            {
                "main.go": MAIN.replace("func", 'import _ "example.com/m/a"\n\nfunc'),
                "a/a.go": 'package a\n\nimport _ "example.com/m/a"\n',
            },
            BUILD,
            {},
            ["import-cycle"],
        ),
        ({"other.go": "package other\n"}, BUILD, {}, ["two-packages"]),
        ({"main.go": f"//go:build no_such_tag\n\n{MAIN}"}, BUILD, {}, ["all-files-excluded"]),
        ({"x.c": "int x;\n"}, BUILD, {}, ["c-files-without-cgo"]),
        ({"main.go": "package main\n\nfunc InitModule() {}\n"}, ("build", "-o", "p.so", "."), {}, ["no-main-function"]),
        ({"main.go": "package main\n\nfunc main() { foo() }\n"}, BUILD, {}, ["does-not-compile"]),
        ({}, (*BUILD[:-1], "./cmd/plugin"), {}, ["no-go-files"]),
        ({}, BUILD, {"GOFLAGS": "-trimpaht"}, ["wrong-flag"]),
        ({}, (*BUILD[:1], "-ldflags=-linkmode=internal", *BUILD[1:]), {}, ["wrong-link-mode"]),
        (
            {
                "main.go": MAIN.replace(
                    "func main() {}", 'import _ "embed"\n\n//go:embed gone.txt\nvar s string\n\nfunc main() {}'
                )
            },
            BUILD,
            {},
            ["embed-not-found"],
        ),
        (
            {"go.work": "go 1.18\n\nuse .\n", "go.mod": "module example.com/m\n\ngo 1.21\n"},
            BUILD,
            {"GOWORK": ""},
            ["go-work-too-old"],
        ),
        ({"go.work": "go 1.21\n\nuse .\n"}, ("mod", "vendor"), {"GOWORK": ""}, ["workspace-mod-flag"]),
        (
            {"main.go": MAIN.replace("func", '// #include <no_such.h>\nimport "C"\n\nfunc')},
            BUILD,
            {},
            ["c-header-missing"],
        ),
        (
            {"main.go": MAIN.replace("func", '// #cgo LDFLAGS: -lno_such\nimport "C"\n\nfunc')},
            BUILD,
            {},
            ["c-library-missing"],
        ),
        ({"main.go": MAIN.replace("func", 'import _ "example.com/none"\n\nfunc')}, BUILD, {}, ["no-module-provides"]),
        (
            {"main.go": MAIN.replace("func", 'import _ "example.com/m/tool"\n\nfunc'), "tool/main.go": MAIN},
            BUILD,
            {},
            ["import-of-program"],
        ),
    ],
)
def test_what_go_says(
    tmp_path: Path,
    files: Mapping[str, str],
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    wanted: list[str],
) -> None:
    for name, text in {"go.mod": MOD, "main.go": MAIN, **files}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert failing(tmp_path, *arguments, **environment) == wanted


def test_what_go_says_of_dependencies(examples: Examples) -> None:
    plugin = examples.plugin
    go(plugin, "mod", "vendor")
    gomod = (plugin / "go.mod").read_text()
    (plugin / "go.mod").write_text(gomod.replace("zap v1.26.0", "zap v1.27.0"))
    assert failing(plugin, *BUILD) == ["inconsistent-vendoring", "not-vendored", "vendored-only"]
    (plugin / "go.mod").write_text(gomod + "\nreplace go.uber.org/zap => ../zap\n")
    assert failing(plugin, *BUILD) == ["inconsistent-vendoring", "replace-not-vendored"]
    shutil.rmtree(plugin / "vendor")
    (plugin / "go.mod").write_text(gomod.replace("go.uber.org/multierr v1.10.0 // indirect", ""))
    assert failing(plugin, *BUILD) == ["updates-needed"]
    (plugin / "go.mod").write_text(gomod)
    (plugin / "go.sum").write_text("")
    assert set(failing(plugin, *BUILD)) == {"missing-sum"}
    (plugin / "go.sum").write_text("<<<<<<< HEAD\n")
    assert failing(plugin, *BUILD) == ["malformed-sum"]


def test_an_undefined_symbol_of_cgo(examples: Examples, plugins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The linker ignores the undefined symbol, and the host's loader reports it."""
    assert main(["fix", "--tidy", str(examples.plugin)]) == 0
    (examples.plugin / "c.go").write_text(
        "package main\n\n// #cgo LDFLAGS: -Wl,--unresolved-symbols=ignore-all\n// int no_such_symbol(void);\n"
        'import "C"\n\nvar _ = C.no_such_symbol()\n'
    )
    monkeypatch.setenv("CGO_LDFLAGS_ALLOW", "-Wl,--unresolved.*")
    build_plugin(examples.plugin, plugins)
    (message,) = recognise(log_of(examples.host, plugins))
    assert message.kind.name == "undefined-symbol"
    assert message.words["symbol"] == "no_such_symbol"
    assert message.file == str(plugins / "backend.so")
