"""Selecting the host of a plugin, and reading it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.model.host_manifest import HostManifest, HostNotFound, HostUnreadable
from layerg_pin.engine.plugin_discovery import HostReference, find_host, find_plugins, is_plugin
from layerg_pin.engine.project_settings import read_project_file
from layerg_pin.engine.settings import Settings
from layerg_pin.go.module_cache import module_caches
from layerg_pin.go.queries import find_go
from layerg_pin.go.query_types import Cancellation
from layerg_pin.hosts.linked_packages import ensure_linked
from layerg_pin.hosts.references import Hosts, resolve
from tests.conftest import Examples

LAYERG = "module github.com/u2u-labs/layerg-core\n\ngo 1.23\n"
NAKAMA = "module github.com/heroiclabs/nakama/v3\n\ngo 1.26\n"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def found(
    plugin: Path, gomod: str = "module example.com/p\n", settings: Settings | None = None, folders: tuple[str, ...] = ()
) -> HostReference | HostNotFound:
    plugin.mkdir(parents=True, exist_ok=True)
    project = read_project_file(str(plugin))
    return find_host(str(plugin), parse_gomod(gomod), project, settings or Settings(), folders)


def read(path: Path) -> HostManifest:
    host = Hosts().read("REF", str(path))
    assert isinstance(host, HostManifest), host
    return host


IN_FILE = "`host` in layerg-pin.toml"


def test_a_setting_takes_precedence_over_the_project_file(tmp_path: Path) -> None:
    write(tmp_path / "p" / "layerg-pin.toml", 'host = "../by-file"\n')
    assert found(tmp_path / "p") == HostReference("../by-file", str(tmp_path / "by-file"), named_by=IN_FILE)
    settings = Settings(host="by-setting", base=str(tmp_path))
    by_setting = HostReference("by-setting", str(tmp_path / "by-setting"), named_by="the setting layergPin.host")
    assert found(tmp_path / "p", settings=settings) == by_setting


def test_the_project_file_takes_precedence_over_a_host_beside_the_plugin(tmp_path: Path) -> None:
    write(tmp_path / "layerg-core" / "go.mod", LAYERG)
    write(tmp_path / "p" / "layerg-pin.toml", 'host = "../elsewhere"\n')
    assert found(tmp_path / "p") == HostReference("../elsewhere", str(tmp_path / "elsewhere"), named_by=IN_FILE)


@pytest.mark.parametrize("gomod", [LAYERG, NAKAMA], ids=["layerg", "nakama"])
def test_a_known_host_beside_the_plugin_is_found(tmp_path: Path, gomod: str) -> None:
    write(tmp_path / "server" / "go.mod", gomod)
    write(tmp_path / "other" / "go.mod", "module example.com/other\n")
    assert found(tmp_path / "p") == HostReference("../server", str(tmp_path / "server"))


def test_a_workspace_folder_that_is_a_host_is_found(tmp_path: Path) -> None:
    write(tmp_path / "far" / "host" / "go.mod", NAKAMA)
    where = found(tmp_path / "near" / "p", folders=(str(tmp_path / "far" / "host"),))
    assert isinstance(where, HostReference)
    assert where.path == str(tmp_path / "far" / "host")


def test_a_replace_that_points_at_a_host_takes_precedence_over_siblings(tmp_path: Path) -> None:
    write(tmp_path / "sibling" / "go.mod", NAKAMA)
    write(tmp_path / "deep" / "layerg" / "go.mod", LAYERG)
    gomod = "module example.com/p\n\nreplace github.com/u2u-labs/layerg-core => ../deep/layerg\n"
    where = found(tmp_path / "p", gomod)
    assert isinstance(where, HostReference)
    assert where.path == str(tmp_path / "deep" / "layerg")


def test_a_workspace_that_uses_a_host_names_it(tmp_path: Path) -> None:
    write(tmp_path / "ws" / "host" / "src" / "go.mod", LAYERG)
    write(tmp_path / "ws" / "go.work", "go 1.23\n\nuse (\n\t./host/src\n\t./plugins/p\n)\n")
    where = found(tmp_path / "ws" / "plugins" / "p")
    assert isinstance(where, HostReference)
    assert where.path == str(tmp_path / "ws" / "host" / "src")


def test_two_hosts_are_not_guessed_between(tmp_path: Path) -> None:
    write(tmp_path / "a" / "go.mod", LAYERG)
    write(tmp_path / "b" / "go.mod", NAKAMA)
    where = found(tmp_path / "p")
    assert isinstance(where, HostNotFound)
    assert "../a, ../b" in where.message
    assert "layerg-pin init" in where.message


def test_no_host_says_how_to_name_one(tmp_path: Path) -> None:
    where = found(tmp_path / "p")
    assert isinstance(where, HostNotFound)
    assert "layergPin.host" in where.message


def test_a_vendored_folder_is_known_by_its_modules_txt(examples: Examples) -> None:
    host = read(examples.host)
    assert (host.kind, host.module, host.linked) == ("folder", "example.com/gameserver", False)
    assert host.modules["go.uber.org/zap"].version == "v1.27.0"
    assert str(host.modules["go.uber.org/zap"].origin).startswith("host vendor/modules.txt:")
    assert host.packages is not None
    assert host.packages["go.uber.org/zap/buffer"] == "go.uber.org/zap"


def test_a_folder_without_vendor_uses_its_go_mod_and_reports_what_is_missing(examples: Examples) -> None:
    (examples.host / "vendor" / "modules.txt").unlink()
    host = read(examples.host)
    assert host.packages is None
    assert host.modules["go.uber.org/zap"].version == "v1.27.0"
    assert "`go mod vendor` in REF" in host.advice


@pytest.mark.parametrize("name", ["vendor/modules.txt", "go.mod"])
def test_a_file_can_be_named(examples: Examples, name: str) -> None:
    host = read(examples.host / name)
    assert host.kind == Path(name).name
    assert host.modules["go.uber.org/multierr"].version == "v1.11.0"


@pytest.mark.parametrize("vendored", [True, False])
def test_go_lists_the_hosts_linked_packages(examples: Examples, vendored: bool) -> None:
    if not vendored:
        (examples.host / "vendor" / "modules.txt").unlink()
        (examples.host / "vendor").rename(examples.host / "old")
    go = find_go()
    assert go
    before = read(examples.host)
    host = ensure_linked(before, go, Cancellation())
    assert host.linked
    assert host.asked
    assert host.packages is not None
    assert host.packages["go.uber.org/zap"] == "go.uber.org/zap"
    assert host.packages["example.com/gameserver"] == "example.com/gameserver"
    assert "github.com/stretchr/testify/assert" not in host.packages, "only the host's tests import it"
    assert host.modules["go.uber.org/zap"].version == "v1.27.0"
    if before.packages is not None:
        assert "github.com/stretchr/testify/assert" in before.packages, "modules.txt lists it anyway"


def test_a_host_is_read_again_when_its_file_changes(examples: Examples) -> None:
    hosts = Hosts()
    first = hosts.read("REF", str(examples.host))
    assert hosts.read("REF", str(examples.host)) is first
    modules_txt = examples.host / "vendor" / "modules.txt"
    modules_txt.write_text(modules_txt.read_text().replace("go.uber.org/zap v1.27.0", "go.uber.org/zap v1.27.10"))
    second = hosts.read("REF", str(examples.host))
    assert isinstance(second, HostManifest)
    assert second.modules["go.uber.org/zap"].version == "v1.27.10"


def test_a_host_is_one_by_whatever_name(examples: Examples) -> None:
    hosts, go = Hosts(), find_go()
    assert go
    one, other = (hosts.read(name, str(examples.host)) for name in ("../host", "../../host"))
    assert (one.reference, other.reference) == ("../host", "../../host")
    assert hosts.read("../../host", str(examples.host)) is other
    assert isinstance(other, HostManifest)
    hosts.keep(other, ensure_linked(other, go, Cancellation()))
    again = hosts.read("../host", str(examples.host))
    assert isinstance(again, HostManifest)
    assert (again.reference, again.linked) == ("../host", True)


def test_a_vendor_folder_with_which_go_would_not_build_is_doubted(examples: Examples) -> None:
    gomod = examples.host / "go.mod"
    assert not Hosts().read("host", str(examples.host)).uncertainty  # type: ignore[union-attr]  # a HostManifest
    gomod.write_text(gomod.read_text() + "\nreplace go.uber.org/zap => ../zap\n")
    run = subprocess.run(("go", "list", "-mod=vendor", "."), cwd=examples.host, capture_output=True, text=True)
    assert "go.uber.org/zap: is replaced in go.mod, but not marked as replaced in vendor/modules.txt" in run.stderr
    host = Hosts().read("host", str(examples.host))
    assert isinstance(host, HostManifest)
    assert "is replaced in go.mod, but not marked as replaced in vendor/modules.txt" in host.uncertainty


def test_the_module_cache_may_be_set_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOMODCACHE", raising=False)
    monkeypatch.setenv("GOENV", str(tmp_path / "env"))
    cache = tmp_path / "cache"
    subprocess.run(("go", "env", "-w", f"GOMODCACHE={cache}"), check=True)
    assert module_caches()[0] == str(cache)
    assert Path(resolve("example.com/host@v1.0.0", "/")).is_relative_to(cache)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("go.uber.org/zap v1.27.0", "go.uber.org/zap v1.27.10"),
        ("go.uber.org/zap v1.27.0", "go.uber.org/zap v1.27.1"),
        ("go.uber.org/zap v1.27.0", "go.uber.org/zap v1.27.0 => ../zap"),
        ("go.uber.org/zap/buffer\n", ""),
        ("go.uber.org/zap/buffer\n", "go.uber.org/zap/buffer\n# example.com/new v1.0.0\nexample.com/new\n"),
        ("# go.uber.org/zap v1.27.0", "go.uber.org/zap v1.27.0"),
    ],
)
def test_a_host_that_changed_reads_as_one_that_is_read_for_the_first_time(
    examples: Examples, old: str, new: str
) -> None:
    hosts = Hosts()
    modules_txt = examples.host / "vendor" / "modules.txt"
    text = modules_txt.read_text()
    assert old in text
    for each in (text, text.replace(old, new), text):
        modules_txt.write_text(each)
        found, alone = hosts.read("REF", str(examples.host)), Hosts().read("REF", str(examples.host))
        assert isinstance(found, HostManifest)
        assert isinstance(alone, HostManifest)
        assert found.source.index.text == alone.source.index.text
        assert found._replace(source=alone.source) == alone


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "does not exist"),
        (lambda path: path.mkdir(), "neither vendor/modules.txt nor go.mod"),
        (lambda path: path.write_bytes(b"\x7fELF"), "cannot be used"),
    ],
    ids=["missing", "empty folder", "binary"],
)
def test_an_invalid_host_is_reported(tmp_path: Path, make: object, words: str) -> None:
    make(tmp_path / "h")  # type: ignore[operator]  # one of the functions above
    host = Hosts().read("h", str(tmp_path / "h"))
    assert isinstance(host, HostUnreadable)
    assert words in host.message


def test_references_are_relative_to_their_base_or_to_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "USERPROFILE"):  # the second on Windows
        monkeypatch.setenv(name, str(tmp_path))
    assert resolve("../h", "/a/b") == os.path.abspath("/a/h")
    assert resolve("~/h", "/a/b") == str(tmp_path / "h")


@pytest.mark.parametrize(
    ("gomod", "source", "toml", "expected"),
    [
        ("require github.com/heroiclabs/nakama-common v1.0.0\n", "", False, True),
        ("require github.com/u2u-labs/go-layerg-common v1.0.0\n", "", False, True),
        ("", "", True, True),
        ("", "package main\n\nfunc InitModule() {}\n", False, True),
        ("", "package main\n\nfunc main() {}\n", False, False),
        ("", "package other\n\nfunc InitModule() {}\n", False, False),
        ("", "//go:build ignore\n\npackage main\n\nfunc InitModule() {}\n", False, False),
        ("", "// package main\npackage other\n\nfunc InitModule() {}\n", False, False),
        ("", "/* package other */ package main\n\nfunc InitModule() {}\n", False, True),
        ("", "", False, False),
    ],
)
def test_what_a_plugin_is(tmp_path: Path, gomod: str, source: str, toml: bool, expected: bool) -> None:
    write(tmp_path / "go.mod", f"module example.com/p\n\n{gomod}")
    if source:
        write(tmp_path / "cmd" / "x" / "main.go", source)
    if toml:
        write(tmp_path / "layerg-pin.toml", "")
    project = read_project_file(str(tmp_path))
    assert is_plugin(str(tmp_path), parse_gomod((tmp_path / "go.mod").read_text()), project) is expected


def test_plugins_of_a_tree(examples: Examples) -> None:
    root = examples.plugin.parent
    assert find_plugins(str(root)) == (str(examples.plugin),), "the host is none"
    assert find_plugins(str(examples.plugin)) == (str(examples.plugin),)
    assert find_plugins(str(examples.host / "vendor")) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("host = 3\n", "host must be a string"),
        ("packages = 'x'\n", "packages must be a list"),
        (
            "severity = { version-mismatch = 'loud' }\n",
            "one of error, warning, information, hint, off for version-mismatch",
        ),
        ("severity = { typo = 'off' }\n", "typo is not one; the codes: version-mismatch"),
        ("severity = { unneded-pin = 'off' }\n", "unneded-pin is not one (did you mean unneeded-pin?); "),
        ("goPath = '/bin/sh'\n", "goPath is an editor setting and has no effect here; the keys are host, packages"),
        (
            "[severity]\nhost = '../host'\n",
            "layerg-pin.toml:1: severity must be a table of check codes, but host ",
        ),
        ("host = ../host\n", "layerg-pin.toml:1:8: invalid TOML: Invalid value, put strings in quotes"),
        ("hots = 'x'\n", "unknown key hots (did you mean host?); the keys are host"),
        ("host = \n", "layerg-pin.toml:1:8: invalid TOML: Invalid value"),
        ("\nhost = 3\n", "layerg-pin.toml:2: host must be"),
        ("# severity = 1\n[severity]\ntypo = 'off'\n", "layerg-pin.toml:2: severity must be"),
    ],
)
def test_an_invalid_project_file_is_reported(tmp_path: Path, text: str, words: str) -> None:
    write(tmp_path / "layerg-pin.toml", text)
    project = read_project_file(str(tmp_path))
    assert project
    assert words in "".join(project.problems)
    assert "layerg-pin.toml" in "".join(project.problems)
