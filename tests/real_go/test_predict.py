"""Predictions equal the results of plugin.Open: hosts and plugins of many kinds are built, read, and opened."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from layerg_pin.binary.go_binary import read_binary
from layerg_pin.binary.predict import Prediction, Verdict
from layerg_pin.engine.prediction import predict_paths
from layerg_pin.go.queries import find_go
from layerg_pin.go.query_types import Cancellation
from tests.built_binaries import PLUGINS, BuiltBinaries

DIFFERS = re.compile(r"plugin was built with a different version of package (\S+)")
PAIRS = [
    *(("plain", plugin) for plugin in PLUGINS),
    ("stripped", "plain"),
    ("stripped", "both"),
    ("pie", "plain"),
    ("pie", "both"),
    ("untrimmed", "plain"),
    ("untrimmed", "untrimmed"),
    ("untrimmed", "both-untrimmed"),
    ("race", "race"),
    ("race", "plain"),
    ("tagged", "plain"),
    ("tagged", "netgo"),
    ("nocgo", "plain"),
    ("internal", "plain"),
    ("static", "plain"),
    ("patch", "patch"),
    ("patch", "both"),
    ("minor", "minor"),
    ("minor", "plain"),
    ("replacing", "plain"),
    ("replacing", "multierr"),
    ("replacing", "replacing"),
]


def predicted(host: Path, plugin: Path) -> Prediction:
    return predict_paths(str(host), str(plugin), find_go(timeout=300), Cancellation())


def opened(host: Path, plugin: Path) -> tuple[Verdict, str]:
    """The result of plugin.Open, and its message."""
    done = subprocess.run((host, plugin), capture_output=True, text=True, check=False)
    if done.returncode == 0:
        assert done.stdout == "accepted\n"
        return Verdict.ACCEPTED, ""
    if done.returncode == 1:
        assert done.stdout.startswith("plugin"), done.stdout + done.stderr
        return Verdict.REJECTED, done.stdout
    died = "SIGBUS" if done.returncode == -7 else done.stderr
    return Verdict.CRASH, died


def assert_agrees(host: Path, plugin: Path) -> Prediction:
    found = predicted(host, plugin)
    verdict, said = opened(host, plugin)
    assert (found.verdict, bool(found.error)) == (verdict, bool(said)), f"{found}\n{said}"
    assert found.error in said
    first = DIFFERS.search(said)
    if first:
        assert found.differing[0].package == first[1]
        assert found.differing[0].root
    return found


@pytest.mark.parametrize(("host", "plugin"), PAIRS, ids=lambda name: name)
def test_prediction_agrees_with_plugin_open(built_binaries: BuiltBinaries, host: str, plugin: str) -> None:
    assert_agrees(built_binaries.host(host), built_binaries.plugin(plugin))


def test_the_kinds_differ_as_intended(built_binaries: BuiltBinaries) -> None:
    """Otherwise all could be accepted because nothing differs."""
    crashing = {"minor", "minor-both", "symbolic"}
    accepted = {"plain", "stripped", "files", "idle-tag", "copied"}
    for name in PLUGINS.keys() - {"arm64"}:
        verdict, _ = opened(built_binaries.host("plain"), built_binaries.plugin(name))
        expected = Verdict.ACCEPTED if name in accepted else Verdict.CRASH if name in crashing else Verdict.REJECTED
        assert verdict is expected, name


@pytest.mark.parametrize(
    ("name", "roots", "follow"),
    [
        ("multierr", ["go.uber.org/multierr"], ["go.uber.org/zap/zapcore"]),
        ("uuid", ["github.com/gofrs/uuid"], []),
        ("both", ["github.com/gofrs/uuid", "go.uber.org/multierr"], ["go.uber.org/zap/zapcore"]),
        ("edited", ["example.com/lib"], []),
        ("relabelled", ["example.com/lib"], []),
    ],
)
def test_root_causes_and_what_follows(
    built_binaries: BuiltBinaries, name: str, roots: list[str], follow: list[str]
) -> None:
    found = predicted(built_binaries.host("plain"), built_binaries.plugin(name)).differing
    assert sorted(each.package for each in found if each.root) == roots
    assert [each.package for each in found if not each.root] == follow


def test_all_of_them_are_named_not_only_the_first(built_binaries: BuiltBinaries) -> None:
    """As each root cause is fixed, plugin.Open names the next one that was predicted."""
    host = built_binaries.host("plain")
    roots = [each.package for each in predicted(host, built_binaries.plugin("both")).differing if each.root]
    assert len(roots) == 2
    left = {"go.uber.org/multierr": "uuid", "github.com/gofrs/uuid": "multierr"}[roots[0]]
    _, said = opened(host, built_binaries.plugin(left))
    assert said.rstrip().endswith(roots[1])


@pytest.mark.parametrize(
    ("host", "plugin", "remedies"),
    [
        (
            "plain",
            "both",
            ["Pin go.uber.org/multierr to v1.11.0 (host)", "Pin github.com/gofrs/uuid to v4.0.0+incompatible (host)"],
        ),
        ("plain", "untrimmed", ["Build the plugin with -trimpath, as the host is"]),
        ("plain", "race", ["Build the plugin without -race, as the host is"]),
        ("plain", "netgo", ["Build the plugin without -tags=netgo, as the host is"]),
        ("plain", "debug", ["Build the plugin without -gcflags=all=-N -l, as the host is"]),
        ("plain", "experiment", ["Build the plugin without GOEXPERIMENT=newinliner, as the host is"]),
        ("plain", "workspace", ["Take example.com/lib out of the workspace: build the plugin with GOWORK=off"]),
        ("plain", "edited", ["Replace example.com/lib as the host does: => ../lib"]),
        ("plain", "replacing", ["Remove the replace of go.uber.org/multierr"]),
        ("replacing", "plain", ["Replace go.uber.org/multierr as the host does: => go.uber.org/multierr v1.10.0"]),
        ("plain", "plain", []),
        ("plain", "arm64", ["Build the plugin with GOOS=linux GOARCH=amd64 CGO_ENABLED=1"]),
        ("nocgo", "plain", ["Build the host with CGO_ENABLED=1"]),
    ],
)
def test_what_to_do(built_binaries: BuiltBinaries, host: str, plugin: str, remedies: list[str]) -> None:
    found = predicted(built_binaries.host(host), built_binaries.plugin(plugin))
    assert sorted(found.remedies) == sorted(remedies)


def test_another_go_release_is_reported_before_versions(built_binaries: BuiltBinaries) -> None:
    found = predicted(built_binaries.host("plain"), built_binaries.plugin("minor-both"))
    assert found.verdict is Verdict.CRASH
    assert "go1.25.5" in (found.reason or "")
    assert found.remedies[0].startswith("Build the plugin with the host's go1.26")
    assert {each.package for each in found.differing} == {"go.uber.org/multierr", "github.com/gofrs/uuid"}
    assert len(found.remedies) == 3


def test_an_arm64_host_and_plugin_are_read_as_others_are(built_binaries: BuiltBinaries) -> None:
    found = predicted(built_binaries.host("arm64"), built_binaries.plugin("arm64"))
    assert (found.verdict, found.shared > 50) == (Verdict.ACCEPTED, True)
    assert predicted(built_binaries.host("arm64"), built_binaries.plugin("plain")).verdict is Verdict.REJECTED
    orders = [read_binary(str(built_binaries.plugin(name))).order for name in ("arm64", "plain")]
    assert [name for name in orders[0] if name in orders[1]] == [name for name in orders[1] if name in orders[0]]


FILES = (
    "text", "empty", "short", "half", "undebugged", "windows", "macos", "narrow", "executable", "pie", "c-library",
    "c-shared", "folder", "missing",
)  # fmt: skip


def odd_file(kind: str, built_binaries: BuiltBinaries, folder: Path) -> Path:
    """A file that is not a plugin for this host, or an unusual one that is."""
    plain, target = built_binaries.plugin("plain").read_bytes(), folder / "odd.so"
    match kind:
        case "text":
            target.write_text("#!/bin/sh\n" + "# no plugin\n" * 40)
        case "empty":
            target.touch()
        case "short":
            target.write_bytes(plain[:40])
        case "half":
            target.write_bytes(plain[: len(plain) // 2])
        case "undebugged":
            target.write_bytes(plain[: loaded_end(plain)])
        case "windows":
            return built_binaries.program("windows", GOOS="windows")
        case "macos":
            return built_binaries.program("macos", GOOS="darwin", GOARCH="arm64")
        case "narrow":
            return built_binaries.program("narrow", GOARCH="386", CGO_ENABLED="0")
        case "executable":
            return built_binaries.program("executable")
        case "pie":
            return built_binaries.program("pie", "-buildmode=pie")
        case "c-library":
            (folder / "library.c").write_text("int answer(void) { return 42; }\n")
            subprocess.run(("gcc", "-shared", "-fPIC", "-o", target, folder / "library.c"), check=True)
        case "c-shared":
            return built_binaries.program("c-shared", "-buildmode=c-shared")
        case "folder":
            target.mkdir()
    return target


def loaded_end(content: bytes) -> int:
    """Where the last segment of an ELF file ends."""
    count = int.from_bytes(content[56:58], "little")
    headers = [content[64 + 56 * index : 120 + 56 * index] for index in range(count)]
    loaded = [header for header in headers if header[0] == 1]
    return max(int.from_bytes(each[8:16], "little") + int.from_bytes(each[32:40], "little") for each in loaded)


@pytest.mark.parametrize("kind", [kind for kind in FILES if kind != "folder"])
def test_files_that_are_not_plugins(built_binaries: BuiltBinaries, tmp_path: Path, kind: str) -> None:
    found = assert_agrees(built_binaries.host("plain"), odd_file(kind, built_binaries, tmp_path))
    assert (found.verdict is Verdict.ACCEPTED) == (kind == "undebugged")


def test_a_plugin_that_was_built_on_alpine(built_binaries: BuiltBinaries, tmp_path: Path) -> None:
    """It needs a C library with a name that other systems do not have."""
    name = "libc.musl-x86_64.so.1"
    (tmp_path / "libc.c").write_text("int musl_only(void) { return 1; }\n")
    subprocess.run(
        ("gcc", "-shared", "-nostdlib", f"-Wl,-soname,{name}", "-o", name, "libc.c"), cwd=tmp_path, check=True
    )
    flags = f"-ldflags=-extldflags '-Wl,--no-as-needed {tmp_path / name}'"
    plugin = built_binaries.program("musl", "-trimpath", "-buildmode=plugin", flags)
    found = assert_agrees(built_binaries.host("plain"), plugin)
    assert found.verdict is Verdict.REJECTED
    assert found.remedies[0] == "Build the plugin in the host's image rather than on Alpine"


COMPILED = [
    ("plain", "plain"), ("plain", "both"), ("plain", "edited"), ("plain", "relabelled"), ("plain", "workspace"),
    ("plain", "replacing"), ("stripped", "multierr"), ("patch", "both"), ("minor", "both"), ("nocgo", "plain"),
]  # fmt: skip


@pytest.mark.parametrize(("host", "plugin"), COMPILED)
def test_a_folder_is_predicted_without_linking(
    built_binaries: BuiltBinaries, monkeypatch: pytest.MonkeyPatch, host: str, plugin: str
) -> None:
    """The same packages in the same order as of the linked .so, and nothing written beside the sources."""
    folder = built_binaries.folder(plugin)
    monkeypatch.setenv("GOWORK", str(folder / "go.work") if plugin == "workspace" else "off")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    of_folder, of_file = (
        predicted(built_binaries.host(host), folder),
        predicted(built_binaries.host(host), built_binaries.plugin(plugin)),
    )
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert of_folder.verdict is of_file.verdict
    assert of_folder.reason == of_file.reason
    assert [(each.package, each.root) for each in of_folder.differing] == [
        (each.package, each.root) for each in of_file.differing
    ]
    assert (of_folder.shared, of_folder.plugin_packages) == (of_file.shared, of_file.plugin_packages)


@pytest.mark.parametrize(("host", "same"), [("race", "race"), ("untrimmed", "untrimmed")])
def test_a_folder_is_compiled_with_the_flags_of_the_host(built_binaries: BuiltBinaries, host: str, same: str) -> None:
    folder = built_binaries.folder("plain")
    found = predicted(built_binaries.host(host), folder)
    assert found.verdict is Verdict.ACCEPTED
    assert found.shared == predicted(built_binaries.host(host), built_binaries.plugin(same)).shared


def test_a_folder_that_does_not_compile_is_not_known(built_binaries: BuiltBinaries, tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module example.com/broken\n\ngo 1.23\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc InitModule() { return 1 }\n")
    found = predicted(built_binaries.host("plain"), tmp_path)
    assert found.verdict is Verdict.UNKNOWN
    assert "main.go:3" in (found.reason or "")
