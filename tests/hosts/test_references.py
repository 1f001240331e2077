"""Hosts that are binaries, profiles or a module@version."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerg_pin.cli.main import main
from layerg_pin.core.model.host_manifest import HostManifest, HostUnreadable
from layerg_pin.hosts.profile import ProfileError, read_profile, write_profile
from layerg_pin.hosts.references import Hosts, module_reference
from tests.conftest import Examples, go
from tests.real_go.test_open import build_host

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["version", "modules", "path", "packages", "replace", "build", "tags", "go", "linked"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@pytest.fixture
def built(examples: Examples) -> Path:
    """The example host's binary."""
    if sys.platform == "win32":
        pytest.skip("a host is built for Linux with cgo, for which Windows needs another C compiler")
    build_host(examples.host)
    return examples.host / "gameserver"


def findings(capsys: pytest.CaptureFixture[str], plugin: Path, host: str) -> list[dict[str, Any]]:
    main(["check", str(plugin), "--host", host, "--format", "json"])
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["plugins"][0]["findings"]
    return found


def test_a_binary_states_everything_and_is_certain(
    examples: Examples, built: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    by_folder = findings(capsys, examples.plugin, str(examples.host))
    moved = tmp_path / "moved"
    built.rename(moved)
    by_binary = findings(capsys, examples.plugin, str(moved))
    assert {each["certainty"] for each in by_binary} == {"certain"}
    kept = ("code", "severity", "range", "module", "package", "host_version", "plugin_version", "fixes")
    assert [{name: each[name] for name in kept} for each in by_binary] == [
        {name: each[name] for name in kept} for each in by_folder
    ]
    host = Hosts().read("moved", str(moved))
    assert isinstance(host, HostManifest)
    assert host.build
    assert host.build.trimpath
    assert (host.build.goos, host.build.cgo, host.build.race, host.build.tags) == ("linux", True, False, ())
    assert host.build.release == go(examples.host, "env", "GOVERSION").strip()
    assert "google.golang.org/protobuf/proto" in (host.packages or {})
    assert main(["fix", "--tidy", str(examples.plugin), "--host", str(moved)]) == 0


def test_another_release_is_reported_at_the_image(
    examples: Examples, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dockerfile = examples.plugin / "Dockerfile"
    dockerfile.write_text("FROM golang:1.21-alpine AS b\nRUN go build -buildmode=plugin -o /b.so .\n")
    found = {each["code"]: each for each in findings(capsys, examples.plugin, str(built))}
    assert found["toolchain-mismatch"]["file"] == "Dockerfile"
    assert found["toolchain-mismatch"]["severity"] == "error"
    assert found["toolchain-mismatch"]["range"]["start"] == {"line": 0, "character": 12}
    assert found["build-flags"]["message"] == "-trimpath is missing: the host is built with it"


def test_go_is_asked_about_the_hosts_platform(
    examples: Examples, built: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file for arm64 counts only if the host is built for arm64."""
    monkeypatch.chdir(examples.plugin)
    main(["host", "export", "--host", str(built)])
    capsys.readouterr()
    profile = Path("layerg-host.json")
    profile.write_text(re.sub(r'"goarch": "\w+"', '"goarch": "arm64"', profile.read_text()))
    main_go = Path("main.go")
    needless = '\t"google.golang.org/protobuf/types/known/structpb"\n'
    main_go.write_text(main_go.read_text().replace(needless, ""))
    Path("other_arm64.go").write_text(f"package main\n\nimport (\n\t_ {needless.strip()}\n)\n")
    found = findings(capsys, Path(), "layerg-host.json")
    assert "google.golang.org/protobuf" in {each["module"] for each in found}
    profile.write_text(profile.read_text().replace("arm64", "amd64"))
    found = findings(capsys, Path(), "layerg-host.json")
    assert "google.golang.org/protobuf" not in {each["module"] for each in found}


def test_a_host_without_plugin_support_is_reported(
    examples: Examples, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "tool"
    source.mkdir()
    (source / "main.go").write_text('package main\n\nfunc main() { println("hello") }\n')
    (source / "go.mod").write_text("module example.com/tool\n\ngo 1.23\n")
    with monkeypatch.context() as for_server:
        for_server.setenv("GOOS", "linux")
        for_server.setenv("CGO_ENABLED", "1")  # the default unless Go compiles for another system
        go(source, "build", "-o", "tool", ".")
    found = findings(capsys, examples.plugin, str(source / "tool"))
    assert "cannot open plugins: it never calls plugin.Open" in found[0]["message"]
    assert main(["check", str(examples.plugin), "--host", str(source / "tool")]) == 2


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "empty or truncated"), (b"#!/bin/sh\necho hello\n" * 9, "not a program or library")]
)
def test_a_file_that_is_not_a_host_is_reported(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "host"
    path.write_bytes(content)
    host = Hosts().read("./host", str(path))
    assert isinstance(host, HostUnreadable)
    assert words in host.message
    assert "layerg-host.json" in host.message


def test_a_profile_says_what_its_source_did(
    examples: Examples, built: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(examples.plugin)
    before = findings(capsys, examples.plugin, str(built))
    assert main(["host", "export", "--host", str(built)]) == 0
    assert main(["host", "export", "--host", str(built)]) == 0, "and again, over the old one"
    built.unlink()
    capsys.readouterr()
    after = findings(capsys, examples.plugin, "layerg-host.json")
    assert [each["message"].replace("gameserver", "") for each in before] == [
        each["message"].replace(f"layerg-host.json:{each['related'][0]['line'] + 1}", "") for each in after
    ]
    lines = Path("layerg-host.json").read_text().splitlines()
    for each in after:
        assert f'"path": "{each["module"]}"' in lines[each["related"][0]["line"]]
    assert main(["host", "show", "--host", "layerg-host.json"]) == 0
    shown = capsys.readouterr().out
    assert "linux/amd64 CGO_ENABLED=1 -trimpath" in shown or "linux/arm64" in shown
    Path("notes.json").write_text('{"mine": 1}')
    assert main(["host", "export", "--host", "layerg-host.json", "-o", "notes.json"]) == 2
    assert Path("notes.json").read_text() == '{"mine": 1}'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "invalid JSON"),
        ("[]", "the whole must be an object"),
        ('{"version": 2}', "version is 2, this layerg-pin reads 1"),
        ('{"version": 1, "modules": []}', "modules is empty"),
        ('{"version": 1, "modules": [{"path": 3}]}', r"modules\[0\].path must be a string"),
        ('{"version": 1, "modules": [{"path": "a.b/c", "version": []}]}', r"modules\[0\].version must be a string"),
        ('{"version": 1, "modules": [{"path": "a"}], "build": {"race": 1}}', "build.race must be true or false"),
        ("[" * 100_000, "nested too deeply|no JSON"),
    ],
)
def test_a_profile_of_another_form_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ProfileError, match=words):
        read_profile("p", "/x/layerg-host.json", text)


@given(JSON_VALUES)
def test_reading_a_profile_only_ever_refuses(value: object) -> None:
    text = json.dumps({"version": 1, "modules": [value], "build": value})
    try:
        host = read_profile("p", "/x/layerg-host.json", text)
    except ProfileError:
        return
    again = read_profile("p", "/x/layerg-host.json", write_profile(host))
    assert (again.packages, again.build, again.linked) == (host.packages, host.build, host.linked)
    assert {each.path: each.version for each in again.modules.values()} == {
        each.path: each.version for each in host.modules.values()
    }


def test_a_module_at_a_version(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GOSUMDB", "off")
    reference = "go.uber.org/zap@v1.27.0"
    assert main(["host", "show", "--offline", "--host", reference]) == 2
    assert "is not in Go's module cache" in capsys.readouterr().err
    assert main(["host", "show", "--host", reference]) == 0
    assert "read from     module@version" in capsys.readouterr().out
    monkeypatch.delenv("GOMODCACHE")
    go(examples.plugin, "list", "-m", reference)
    found = findings(capsys, examples.plugin, reference)
    assert {each["certainty"] for each in found} <= {"possible", None}
    for text in ("../host", "host.txt", "a.b/c@latest", "C:\\x@v1.0.0", "a@v1.0.0"):
        assert module_reference(text) is None, text


def test_a_doubtful_host_is_not_exported(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    """A comparison with a profile would not show the doubt."""
    listing = examples.host / "vendor" / "modules.txt"
    whole = listing.read_text()
    for text, says in (
        (whole.replace("## explicit", "##", 1), "the host's vendor folder is out of date"),
        (whole + "=======\nx y\n", "modules.txt:"),
    ):
        listing.write_text(text)
        assert main(["host", "export", str(examples.plugin), "-o", str(examples.plugin / "host.json")]) == 2
        errors = capsys.readouterr().err
        assert says in errors
        assert "nothing was written" in errors
        assert not (examples.plugin / "host.json").exists()


def test_an_unknown_platform_is_not_a_mismatch(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    main(["host", "export", str(examples.plugin), "-o", str(examples.plugin / "host.json")])
    profile = examples.plugin / "host.json"
    document = json.loads(profile.read_text())
    document["build"] = {"release": "go1.23.4", "trimpath": True}
    profile.write_text(json.dumps(document))
    capsys.readouterr()
    main(["check", "--format", "json", str(examples.plugin), "--host", str(profile)])
    found = {each["code"] for each in json.loads(capsys.readouterr().out)["plugins"][0]["findings"]}
    assert "version-mismatch" in found
    assert "platform-mismatch" not in found


def test_a_package_without_a_matching_module_gives_no_fix(
    examples: Examples, capsys: pytest.CaptureFixture[str]
) -> None:
    """Conflicting requested versions of one module used to cause overlapping edits."""
    packages = {"go.uber.org/multierr": "internal/detrand", "github.com/davecgh/go-spew": "internal/set"}
    modules = [
        {"path": path, "version": version, "packages": [f"google.golang.org/protobuf/{packages[path]}"]}
        for path, version in (("go.uber.org/multierr", "v1.11.0"), ("github.com/davecgh/go-spew", "v1.1.1"))
    ]
    profile = {"version": 1, "module": "example.com/h", "go": "1.23", "linked": False, "modules": modules}
    (examples.plugin / "host.json").write_text(json.dumps(profile))
    before = (examples.plugin / "go.mod").read_bytes()
    assert main(["fix", str(examples.plugin), "--host", str(examples.plugin / "host.json")]) == 1
    assert "2 errors against" in capsys.readouterr().out
    assert (examples.plugin / "go.mod").read_bytes() == before


def test_half_a_surrogate_pair_is_refused(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    profile = examples.plugin / "host.json"
    document = {"version": 1, "go": "1.\ud800", "linked": False, "modules": [{"path": "m", "version": "v1.0.0"}]}
    profile.write_text(json.dumps(document))
    assert main(["check", "--format", "json", str(examples.plugin), "--host", str(profile)]) == 2
    assert "go must be text without unpaired surrogates" in capsys.readouterr().out
