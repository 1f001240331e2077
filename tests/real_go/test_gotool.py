"""Go's answers about plugins, and that asking for them changes none of the user's files."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.go.queries import find_go, go_env, list_plugin, list_vendored
from layerg_pin.go.query_types import Cancellation, Go, GoCancelled, GoError, GoPackages, PluginSource
from tests.conftest import Examples, contents, go, still_running


def offline() -> Go:
    found = find_go()
    assert found
    return found


def ask(folder: Path, text: str | None = None, overlay: dict[str, str] | None = None) -> GoPackages:
    """Ask about a plugin as the background does, with every file of the tree compared before and after."""
    on_disk = (folder / "go.mod").read_text()
    before = contents(folder.parent)
    source = PluginSource(str(folder), on_disk if text is None else text, text is not None, overlay or {})
    packages = list_plugin(offline(), source, ["."], Cancellation())
    assert contents(folder.parent) == before
    return packages


def test_packages_and_versions(examples: Examples) -> None:
    found = ask(examples.plugin)
    assert found.unresolved == ()
    assert found.packages["go.uber.org/zap/buffer"] == ModuleVersion("go.uber.org/zap", "v1.26.0")
    assert found.packages["go.uber.org/multierr"] == ModuleVersion("go.uber.org/multierr", "v1.10.0")
    assert found.packages["example.com/backend"] == ModuleVersion("example.com/backend", "")
    assert "fmt" not in found.packages, "the standard library is the toolchain's matter"
    assert "github.com/stretchr/testify/assert" not in found.packages, "tests are not linked"


def test_text_that_is_not_saved(examples: Examples) -> None:
    text = (examples.plugin / "go.mod").read_text().replace("zap v1.26.0", "zap v1.27.0")
    assert ask(examples.plugin, text).packages["go.uber.org/zap"] == ModuleVersion("go.uber.org/zap", "v1.27.0")


def test_an_overruled_pin_counts_at_its_selected_version(examples: Examples, tmp_path: Path) -> None:
    go(tmp_path, "mod", "download", "go.uber.org/multierr@v1.9.0")
    text = (examples.plugin / "go.mod").read_text().replace("multierr v1.10.0", "multierr v1.9.0")
    assert ask(examples.plugin, text).packages["go.uber.org/multierr"] == ModuleVersion(
        "go.uber.org/multierr", "v1.10.0"
    )


def test_in_a_workspace(examples: Examples) -> None:
    root = examples.plugin.parent
    library = root / "library"
    library.mkdir()
    (library / "go.mod").write_text("module example.com/library\n\ngo 1.23\n\nrequire go.uber.org/zap v1.27.0\n")
    shutil.copy(examples.host / "go.sum", library)
    (library / "library.go").write_text('package library\n\nimport _ "go.uber.org/zap"\n')
    (root / "go.work").write_text("go 1.23\n\nuse (\n\t./plugin\n\t./library // raises zap\n)\n")
    command = ("go", "list", "-deps", "./...")  # a workspace needs more of the module graph than go mod download brings
    env = {**os.environ, "GOFLAGS": "", "GOSUMDB": "off", "GOWORK": str(root / "go.work")}
    subprocess.run(command, cwd=examples.plugin, env=env, capture_output=True, check=True)
    (root / "go.work.sum").unlink(missing_ok=True)
    found = ask(examples.plugin)
    assert found.unresolved == ()
    assert found.packages["go.uber.org/zap"] == ModuleVersion("go.uber.org/zap", "v1.27.0")
    text = (examples.plugin / "go.mod").read_text().replace("protobuf v1.34.2", "protobuf v1.36.1")
    found = ask(examples.plugin, text)
    assert found.unresolved == ()
    assert found.packages["google.golang.org/protobuf/proto"] == ModuleVersion("google.golang.org/protobuf", "v1.36.1")


def test_a_workspace_that_does_not_use_the_plugin(examples: Examples) -> None:
    """Go then lists nothing, which must not be taken for an answer."""
    (examples.plugin.parent / "go.work").write_text("go 1.23\n\nuse ./host\n")
    with pytest.raises(GoError, match=r"not one of the workspace modules listed in go\.work"):
        ask(examples.plugin)


@pytest.mark.parametrize("around", ["alone", "workspace", "vendored"])
def test_an_import_that_is_not_saved(examples: Examples, around: str) -> None:
    if around == "workspace":
        (examples.plugin.parent / "go.work").write_text("go 1.23\n\nuse ./plugin\n")
    if around == "vendored":
        go(examples.plugin, "mod", "vendor")
    main = examples.plugin / "main.go"
    text = main.read_text().replace('\t"google.golang.org/protobuf/types/known/structpb"\n', "")
    assert text != main.read_text()
    assert "google.golang.org/protobuf/proto" in ask(examples.plugin).packages
    assert "google.golang.org/protobuf/proto" not in ask(examples.plugin, overlay={str(main): text}).packages
    if around != "vendored":
        added = {str(examples.plugin / "new.go"): 'package main\n\nimport _ "go.uber.org/zap/zaptest"\n'}
        assert "go.uber.org/zap/zaptest" in ask(examples.plugin, overlay=added).packages


def test_a_relative_replace_counts_from_the_plugin(examples: Examples) -> None:
    local = examples.plugin.parent / "local"
    local.mkdir()
    (local / "go.mod").write_text("module github.com/gorilla/mux\n\ngo 1.20\n")
    (local / "mux.go").write_text("package mux\n")
    text = (examples.plugin / "go.mod").read_text() + "\nreplace github.com/gorilla/mux => ../local\n"
    found = ask(examples.plugin, text)
    assert found.unresolved == ()
    assert found.packages["github.com/gorilla/mux"] == ModuleVersion("github.com/gorilla/mux", "v1.8.1")


def test_a_private_module_is_unknown_and_the_rest_is_answered(examples: Examples) -> None:
    main = examples.plugin / "private.go"
    main.write_text('package main\n\nimport _ "example.invalid/private/api"\n')
    text = (examples.plugin / "go.mod").read_text() + "\nrequire example.invalid/private v1.0.0\n"
    found = ask(examples.plugin, text)
    assert [each.package for each in found.unresolved] == ["example.invalid/private/api"]
    assert "not in the module cache" in found.unresolved[0].reason
    assert found.packages["go.uber.org/zap"] == ModuleVersion("go.uber.org/zap", "v1.26.0")


def test_a_vendored_plugin_needs_no_module_cache(
    examples: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go(examples.plugin, "mod", "vendor")
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "empty"))
    found = ask(examples.plugin)
    assert found.unresolved == ()
    assert found.packages["go.uber.org/zap"] == ModuleVersion("go.uber.org/zap", "v1.26.0")


def test_a_stale_vendor_folder_does_not_hide_go_mod(examples: Examples) -> None:
    go(examples.plugin, "mod", "vendor")
    gomod = examples.plugin / "go.mod"
    gomod.write_text(gomod.read_text().replace("zap v1.26.0", "zap v1.27.0"))
    assert ask(examples.plugin).packages["go.uber.org/zap"] == ModuleVersion("go.uber.org/zap", "v1.27.0")


def test_the_users_goflags_stay_in_force(examples: Examples, monkeypatch: pytest.MonkeyPatch) -> None:
    (examples.plugin / "tagged.go").write_text(
        '//go:build special\n\npackage main\n\nimport _ "go.uber.org/zap/zaptest"\n'
    )
    assert "go.uber.org/zap/zaptest" not in ask(examples.plugin).packages
    monkeypatch.setenv("GOFLAGS", "-tags=special -trimpath")
    assert "go.uber.org/zap/zaptest" in ask(examples.plugin).packages


def test_git_is_never_run(examples: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools, marker = tmp_path / "tools", tmp_path / "ran"
    tools.mkdir()
    (tools / "git").write_text(f"#!/bin/sh\ntouch {marker}\nexit 1\n")
    (tools / "git").chmod(0o755)
    subprocess.run(("git", "init", "--quiet", str(examples.plugin)), check=True)
    monkeypatch.setenv("PATH", str(tools), prepend=":")
    monkeypatch.setenv("GOFLAGS", "-buildvcs=true")
    assert ask(examples.plugin).packages
    assert not marker.exists()


def test_a_host_is_listed_from_its_vendor_folder(
    examples: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "empty"))
    before = contents(examples.host)
    found = list_vendored(offline(), str(examples.host), ["."], Cancellation())
    assert found.unresolved == ()
    assert found.packages["go.uber.org/zap"] == ModuleVersion("go.uber.org/zap", "v1.27.0")
    assert contents(examples.host) == before


def test_env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOMODCACHE", str(tmp_path))
    env = go_env(offline(), Cancellation())
    assert env.modcache == str(tmp_path)
    assert env.local.release.startswith("go1.")


def script(path: Path, body: str) -> Go:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return Go(str(path), timeout=0.5)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("sleep 63.0937", "did not answer within 0.5 seconds"),
        ("sleep 63.0937 & wait", "did not answer within 0.5 seconds"),
        ("sleep 63.0937 & exit 0", "did not answer within 0.5 seconds"),
        ("echo nonsense", "something other than JSON"),
        ("echo '[1]'", "something other than JSON objects"),
        ("echo '{}'; echo 'go: go.mod requires go >= 9.9' >&2; exit 1", "go.mod requires go >= 9.9"),
        ("exit 3", "exit code 3"),
        ("kill -9 $$", "exit code -9"),
        ("true", "printed no package"),
    ],
)
def test_a_go_that_misbehaves_is_an_error_in_words(examples: Examples, tmp_path: Path, body: str, words: str) -> None:
    with pytest.raises(GoError, match=words):
        list_vendored(script(tmp_path / "go", body), str(examples.host), ["."], Cancellation())
    assert still_running("63.0937") == []


def test_a_go_that_cannot_start(examples: Examples, tmp_path: Path) -> None:
    with pytest.raises(GoError, match="does not start"):
        list_vendored(Go(str(tmp_path / "none")), str(examples.host), ["."], Cancellation())


def test_a_go_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    script(tmp_path / "go", "true")
    found = find_go("~/go")
    assert found
    assert found.program == str(tmp_path / "go")


def test_cancelling_ends_the_run_and_its_children(examples: Examples, tmp_path: Path) -> None:
    started = tmp_path / "started"
    slow = script(tmp_path / "go", f"touch {started}; sleep 63.0937 & wait")
    cancellation = Cancellation()

    def cancel_once_started() -> None:
        while not started.exists():
            time.sleep(0.005)
        cancellation.cancel()

    canceller = threading.Thread(target=cancel_once_started)
    canceller.start()
    with pytest.raises(GoCancelled):
        list_vendored(Go(slow.program, timeout=60), str(examples.host), ["."], cancellation)
    canceller.join()
    assert still_running("63.0937") == []
    with pytest.raises(GoCancelled):
        list_vendored(slow, str(examples.host), ["."], cancellation)
