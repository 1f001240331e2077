"""`layerg-pin inspect` and `layerg-pin predict` as they are used."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from layerg_pin.binary.go_binary import read_binary
from layerg_pin.cli.main import main
from tests.built_binaries import BuiltBinaries
from tests.conftest import go


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def predicted(capsys: pytest.CaptureFixture[str], host: Path, plugin: Path) -> tuple[int, dict[str, Any]]:
    code, out, _ = run(capsys, "predict", "--host", host, plugin, "--format", "json")
    return code, json.loads(out)


def test_inspect_as_json(built_binaries: BuiltBinaries, capsys: pytest.CaptureFixture[str]) -> None:
    path = built_binaries.plugin("stripped")
    code, out, _ = run(capsys, "inspect", path, "--format", "json")
    found = json.loads(out)
    said = json.loads(go(path.parent, "version", "-m", "-json", str(path)))
    assert code == 0
    assert (found["version"], found["format"], found["kind"]) == (1, "elf", "plugin")
    assert (found["go"], found["path"]) == (said["GoVersion"], said["Path"])
    assert (found["os"], found["arch"], found["opens_plugins"]) == ("linux", "amd64", False)
    assert found["settings"] == {each["Key"]: each.get("Value", "") for each in said["Settings"]}
    assert {each["path"]: each["version"] for each in found["deps"]} == {
        each["Path"]: each["Version"] for each in said["Deps"]
    }
    assert len(found["packages"]["fmt"]) == 16


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("plain", "a host that opens plugins, for linux/amd64"),
        ("nocgo", "a host that cannot open plugins because it is built with CGO_ENABLED=0, for linux/amd64"),
        ("arm64", "a host that opens plugins, for linux/arm64"),
    ],
)
def test_inspect_as_text(
    built_binaries: BuiltBinaries, capsys: pytest.CaptureFixture[str], name: str, says: str
) -> None:
    code, out, _ = run(capsys, "inspect", built_binaries.host(name))
    assert code == 0
    assert out.splitlines()[0].endswith(says)
    assert "dep  example.com/lib v1.0.0 => ../lib" in out
    assert "\x1b" not in out


def test_inspect_of_a_file_that_is_not_a_binary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "go.mod").write_text("module example.com/host\n")
    code, out, err = run(capsys, "inspect", tmp_path / "go.mod")
    assert (code, out) == (2, "")
    assert "go.mod is not a program or library for Linux or macOS: pass a host's binary, or a .so" in err


def test_accepted(built_binaries: BuiltBinaries, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = predicted(capsys, built_binaries.host("plain"), built_binaries.plugin("plain"))
    assert code == 0
    assert list(found) == [
        "version", "verdict", "reason", "differing", "shared", "host_packages", "plugin_packages", "compiled_with",
        "built_with",
    ]  # fmt: skip
    assert (found["version"], found["verdict"], found["reason"], found["differing"]) == (1, "accepted", None, [])
    assert found["host_packages"] > found["shared"] > 50


def test_rejected(built_binaries: BuiltBinaries, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = predicted(capsys, built_binaries.host("plain"), built_binaries.plugin("multierr"))
    assert code == 1
    assert found["verdict"] == "rejected"
    assert found["reason"] == "plugin was built with a different version of package go.uber.org/multierr"
    assert found["differing"] == [
        {
            "package": "go.uber.org/multierr",
            "module": "go.uber.org/multierr",
            "host_version": "v1.11.0",
            "plugin_version": "v1.10.0",
            "root": True,
        },
        {
            "package": "go.uber.org/zap/zapcore",
            "module": "go.uber.org/zap",
            "host_version": "v1.27.0",
            "plugin_version": "v1.27.0",
            "root": False,
        },
    ]


def test_rejected_as_text(built_binaries: BuiltBinaries, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "predict", "--host", built_binaries.host("plain"), built_binaries.plugin("multierr"))
    first, *rest = out.splitlines()
    assert code == 1
    assert first.endswith("rejected: plugin was built with a different version of package go.uber.org/multierr")
    assert rest[:-1] == [
        "  go.uber.org/multierr v1.11.0 in the host, v1.10.0 in the plugin",
        "    go.uber.org/multierr",
        "  differ only because they import these:",
        "  go.uber.org/zap v1.27.0 in both",
        "    go.uber.org/zap/zapcore",
        "  = Pin go.uber.org/multierr to v1.11.0 (host)",
    ]
    assert rest[-1].startswith("2 of ")


def test_a_folder(
    built_binaries: BuiltBinaries, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOWORK", "off")
    code, of_file = predicted(capsys, built_binaries.host("plain"), built_binaries.plugin("both"))
    assert (code, of_file["compiled_with"], of_file["built_with"]) == (1, None, [])
    code, of_folder = predicted(capsys, built_binaries.host("plain"), built_binaries.folder("both"))
    assert of_folder["compiled_with"].startswith("go1.")
    assert (code, of_folder | {"compiled_with": None}) == (1, of_file)


def with_dockerfile(plugin: Path, folder: Path, start: str) -> Path:
    """Copy a plugin to `folder`, with a Dockerfile that begins with `start`, unless that is empty."""
    shutil.copytree(plugin, folder)
    gomod = folder / "go.mod"
    gomod.write_text(gomod.read_text().replace("../", f"{plugin.parent.as_posix()}/"))
    if start:
        (folder / "Dockerfile").write_text(f"{start}COPY . .\nRUN go build -buildmode=plugin -o p.so .\n")
    return folder


@pytest.mark.parametrize(
    ("dockerfile", "words"),
    [
        ("", "; no build file states which Go builds the plugin"),
        ("FROM golang:{own}\n", ", as Dockerfile:1 builds the plugin"),
        ("FROM golang:{line}\n", ", as Dockerfile:1 builds the plugin"),
        ("FROM golang:{own}\n{again}", ", as Dockerfile:1 and Dockerfile:4 build the plugin"),
        ("FROM golang:{own}\n{again}{again}", ", as Dockerfile:1, Dockerfile:4 and Dockerfile:7 build the plugin"),
        (
            "# syntax=docker/dockerfile:1\nFROM golang:1.20.3\n",
            ", but Dockerfile:2 builds the plugin with go1.20.3: to predict that build, set GOTOOLCHAIN=go1.20.3, "
            "or pass its .so",
        ),
        ("FROM golang:1.20\n", ", but Dockerfile:1 builds the plugin with go1.20: to predict that build, pass its .so"),
        (
            "FROM heroiclabs/nakama-pluginbuilder:3.22.0\n",
            ", but Dockerfile:1 builds the plugin with go1.22.4: to predict that build, set GOTOOLCHAIN=go1.22.4, "
            "or pass its .so",
        ),
    ],
)
def test_the_go_that_compiles_a_folder_is_named(
    dockerfile: str,
    words: str,
    built_binaries: BuiltBinaries,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GOWORK", "off")
    own = read_binary(str(built_binaries.plugin("plain"))).go.removeprefix("go")
    again = f"COPY . .\nRUN go build -buildmode=plugin -o p.so .\nFROM golang:{own}\n"
    text = dockerfile.format(own=own, line=own.rpartition(".")[0], again=again)
    folder = with_dockerfile(built_binaries.folder("plain"), tmp_path / "plugin", text)
    code, out, _ = run(capsys, "predict", "--host", built_binaries.host("plain"), folder)
    assert out.splitlines()[1] == f"  compiled with go{own} on this machine{words}"
    assert code == (2 if ", but " in words else 0)


@pytest.mark.parametrize(("plugin", "expected"), [("plain", (2, "unknown")), ("both", (1, "rejected"))])
def test_only_versions_decide_if_a_build_file_has_another_go(
    plugin: str,
    expected: tuple[int, str],
    built_binaries: BuiltBinaries,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GOWORK", "off")
    folder = with_dockerfile(built_binaries.folder(plugin), tmp_path / "plugin", "FROM golang:1.20.3\n")
    code, found = predicted(capsys, built_binaries.host("plain"), folder)
    assert (code, found["verdict"]) == expected
    assert found["built_with"] == ["go1.20.3"]
    if code == 2:
        assert found["reason"].startswith("Dockerfile:1 builds the plugin with another Go than this machine")


def test_the_host_dies(built_binaries: BuiltBinaries, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = predicted(capsys, built_binaries.host("plain"), built_binaries.plugin("minor"))
    assert (code, found["verdict"]) == (1, "crash")
    assert found["reason"].startswith("fatal error: runtime: no plugin module data (the host is built with go1.26")


def test_a_host_that_cannot_be_read(
    built_binaries: BuiltBinaries, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = predicted(capsys, tmp_path / "nowhere", built_binaries.plugin("plain"))
    assert (code, found["verdict"]) == (2, "unknown")
    assert "nowhere cannot be read: " in found["reason"]
    _, _, errors = run(capsys, "predict", "--host", tmp_path / "nowhere", built_binaries.plugin("plain"))
    assert errors == f"layerg-pin: no verdict: {found['reason']}; fix that, and predict again\n"


def test_a_plugin_that_is_not_there(
    built_binaries: BuiltBinaries, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "predict", "--host", built_binaries.host("plain"), tmp_path / "nowhere")
    assert (code, out) == (2, "")
    assert "nowhere does not exist: pass a plugin's .so or its folder" in err


def test_without_go_a_folder_is_not_known(
    built_binaries: BuiltBinaries, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    host, folder = built_binaries.host("plain"), built_binaries.folder("plain")
    monkeypatch.setenv("PATH", str(tmp_path))
    code, found = predicted(capsys, host, folder)
    assert (code, found["verdict"]) == (2, "unknown")
    assert found["reason"] == "no go command was found to compile the plugin: install Go, or pass its .so"


def test_file_content_never_controls_the_terminal(
    built_binaries: BuiltBinaries, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = built_binaries.plugin("multierr").read_bytes()
    at = content.index(b"dep\tgo.uber.org/multierr\tv1.10.0") + len(b"dep\tgo.uber.org/multierr\t")
    (tmp_path / "odd.so").write_bytes(content[:at] + b"v\x1b[2J.0" + content[at + 7 :])
    for arguments in (("inspect",), ("predict", "--host", built_binaries.host("plain"))):
        _, out, _ = run(capsys, *arguments, tmp_path / "odd.so")
        assert "v\\x1b[2J.0" in out
        assert "\x1b" not in out


def test_other_commands_do_not_load_the_binary_package() -> None:
    modules = "layerg_pin.cli.main, layerg_pin.cli.check_command, layerg_pin.cli.fix_command"
    script = f"import sys, {modules}; sys.exit(any('layerg_pin.binary' in name for name in sys.modules))"
    assert subprocess.run((sys.executable, "-c", script), check=False).returncode == 0
