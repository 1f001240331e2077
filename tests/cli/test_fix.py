"""`layerg-pin fix` and `init`: what they write, and what they do not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from layerg_pin.cli.output.fix_advice import command_line
from layerg_pin.system.text_files import FileError, write_text
from tests.cli.test_check import ALL_AT_HOST, align_by_hand
from tests.conftest import Examples, go, go_build
from tests.platform_marks import uses_git, uses_links, uses_odd_bytes


def test_diff_writes_nothing(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    gomod = examples.plugin / "go.mod"
    before = gomod.read_bytes()
    assert main(["fix", "--diff", str(examples.plugin)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert gomod.read_bytes() == before
    assert [line for line in out if line.startswith("-\t")] == [
        "-\tgithub.com/gofrs/uuid v3.3.0+incompatible",
        "-\tgo.uber.org/zap v1.26.0",
        "-\tgoogle.golang.org/protobuf v1.34.2",
        "-\tgo.uber.org/multierr v1.10.0 // indirect",
    ]
    assert len([line for line in out if line.startswith("+\t")]) == 4


def test_the_diff_is_a_patch(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(examples.plugin)
    main(["fix", "--diff"])
    patch = capsys.readouterr().out
    assert patch.startswith("--- a/go.mod\n+++ b/go.mod\n@@ ")


def test_fix_changes_versions_and_nothing_else(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    gomod = examples.plugin / "go.mod"
    expected = gomod.read_text()
    for old, new in ALL_AT_HOST:
        expected = expected.replace(old, new)
    assert main(["fix", str(examples.plugin)]) == 1, "go.sum lacks the sums of these versions"
    out = capsys.readouterr().out
    assert gomod.read_text() == expected
    assert "go.mod: 4 modules set to the host's version" in out
    assert "go.uber.org/zap v1.26.0 -> v1.27.0" in out
    assert (
        "go.sum has no entry for 4 modules, such as github.com/gofrs/uuid v4.0.0+incompatible, so `go build` stops"
        in out
    )
    assert f"run `layerg-pin fix --tidy {examples.plugin}`: until then the plugin cannot be built" in out
    assert main(["fix", str(examples.plugin)]) == 1
    with pytest.raises(AssertionError, match=r"missing go\.sum entry"):
        go_build(examples.plugin)
    go(examples.plugin, "mod", "tidy")
    assert main(["fix", str(examples.plugin)]) == 0
    go_build(examples.plugin)
    assert gomod.read_text() == expected, "a second time there is nothing to do"


def test_line_endings_and_comments_stay(examples: Examples) -> None:
    gomod = examples.plugin / "go.mod"
    text = gomod.read_text().replace("zap v1.26.0", "zap  v1.26.0 // höher: nie").replace("\n", "\r\n")
    gomod.write_bytes(text.encode())
    assert main(["fix", str(examples.plugin)]) == 1
    for old, new in (*ALL_AT_HOST, ("zap  v1.26.0", "zap  v1.27.0")):
        text = text.replace(old, new)
    assert gomod.read_bytes() == text.encode()


def test_tidy_brings_the_sums(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOSUMDB", "off")
    gosum = examples.plugin / "go.sum"
    assert main(["fix", "--tidy", str(examples.plugin)]) == 0
    assert "go.uber.org/zap v1.27.0 h1:" in gosum.read_text()
    fixed = (examples.plugin / "go.mod").read_text()
    go(examples.plugin, "mod", "tidy")
    assert (examples.plugin / "go.mod").read_text() == fixed
    go(examples.plugin, "mod", "verify")


def test_tidy_keeps_crlf(examples: Examples, monkeypatch: pytest.MonkeyPatch) -> None:
    """`go mod tidy` writes LF, which would change every line of a checkout on Windows."""
    monkeypatch.setenv("GOSUMDB", "off")
    files = [examples.plugin / name for name in ("go.mod", "go.sum")]
    for file in files:
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert main(["fix", "--tidy", str(examples.plugin)]) == 0
    for file in files:
        content = file.read_bytes()
        assert content.count(b"\r\n") == content.count(b"\n") > 1
    go(examples.plugin, "mod", "verify")


def test_a_failing_tidy_is_reported_in_gos_words(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    align_by_hand(examples.plugin)
    (examples.plugin / "extra.go").write_text('package main\n\nimport _ "example.invalid/nowhere"\n')
    assert main(["fix", "--tidy", "--offline", str(examples.plugin)]) == 2
    assert "example.invalid/nowhere" in capsys.readouterr().err


def test_a_difference_that_a_pin_cannot_fix_is_held(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    """zap requires multierr v1.10.0, so a require alone cannot select the host's v1.9.0."""
    modules_txt = examples.host / "vendor" / "modules.txt"
    text = modules_txt.read_text().replace("# go.uber.org/multierr v1.11.0", "# go.uber.org/multierr v1.9.0")
    host = examples.host.parent / "modules.txt"
    host.write_text(text)
    assert main(["fix", "--tidy", str(examples.plugin), "--host", str(host)]) == 0
    assert "excluded: go.uber.org/multierr v1.10.0" in capsys.readouterr().out
    gomod = (examples.plugin / "go.mod").read_text()
    assert "go.uber.org/multierr v1.9.0 // indirect" in gomod
    assert "\nexclude go.uber.org/multierr v1.10.0\n" in gomod
    go(examples.plugin, "mod", "tidy")
    assert (examples.plugin / "go.mod").read_text() == gomod


def test_differences_without_a_fix_are_left_and_exit_with_1(
    examples: Examples, capsys: pytest.CaptureFixture[str]
) -> None:
    """An exclude of the host's very version was somebody's decision."""
    gomod = examples.plugin / "go.mod"
    gomod.write_text(gomod.read_text() + "\nexclude go.uber.org/zap v1.27.0\n")
    assert main(["fix", str(examples.plugin)]) == 1
    assert "a pin has no effect while go.mod:20 excludes v1.27.0" in capsys.readouterr().out
    assert "go.uber.org/zap v1.26.0" in gomod.read_text()


def test_a_file_that_changed_in_the_meantime_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "go.mod"
    path.write_text("module a\n")
    with pytest.raises(FileError, match="changed in the meantime"):
        write_text(path, "module b\n", "module c\n")
    assert path.read_text() == "module a\n"


@uses_links
def test_writing_keeps_mode_and_links(tmp_path: Path) -> None:
    path = tmp_path / "real"
    path.write_text("a\n")
    path.chmod(0o640)
    (tmp_path / "link").symlink_to(path)
    write_text(tmp_path / "link", "a\n", "b\n")
    assert (tmp_path / "link").is_symlink()
    assert path.read_text() == "b\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link", "real"]


def test_bytes_that_are_not_utf8_survive(examples: Examples) -> None:
    gomod = examples.plugin / "go.mod"
    before = gomod.read_bytes() + b"// caf\xe9\n"
    gomod.write_bytes(before)
    assert main(["fix", str(examples.plugin)]) == 1
    expected = before
    for old, new in ALL_AT_HOST:
        expected = expected.replace(old.encode(), new.encode())
    assert gomod.read_bytes() == expected


def test_init_names_the_host(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = examples.plugin / "layerg-pin.toml"
    project.unlink()
    assert main(["check", str(examples.plugin)]) == 2
    assert "layerg-pin init" in capsys.readouterr().out
    monkeypatch.chdir(examples.plugin.parent)
    assert main(["init", "plugin", "--host", "host"]) == 0
    assert 'host = "../host"\n' in project.read_text()
    assert main(["check", str(examples.plugin)]) == 1
    capsys.readouterr()
    assert main(["init", "plugin", "--host", "host"]) == 0
    assert capsys.readouterr().out.endswith("layerg-pin.toml already sets this host\n")
    project.write_text('host = "../other"\n')
    assert main(["init", "plugin", "--host", "host"]) == 2
    assert 'sets `host` already: change it to "../host"' in capsys.readouterr().err
    project.write_text("[severity]\r\nbuild-drift = 'off'\r\n", newline="")
    assert main(["init", "plugin", "--host", "host"]) == 0
    assert project.read_bytes() == b"host = \"../host\"\r\n[severity]\r\nbuild-drift = 'off'\r\n"
    project.write_text("[severity\n")
    assert main(["init", "plugin", "--host", "host"]) == 2
    assert "layerg-pin.toml:1:10: invalid TOML: Expected ']'" in capsys.readouterr().err
    assert project.read_text() == "[severity\n"
    assert main(["init", "plugin", "--host", "plugin"]) == 2
    assert "the host plugin is this plugin itself: set the host to the server" in capsys.readouterr().err


@pytest.mark.parametrize("name", [pytest.param("h\udcff", marks=uses_odd_bytes), "~"])
def test_init_writes_what_can_be_read_again(examples: Examples, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    toml = examples.plugin / "layerg-pin.toml"
    toml.unlink()
    host = examples.host.rename(examples.plugin / name)
    code = main(["init", str(examples.plugin), "--host", str(host)])
    if name == "~":
        assert code == 0
        assert 'host = "./~"\n' in toml.read_text()
        assert main(["check", str(examples.plugin)]) == 1
    else:
        assert code == 2
        assert "is not UTF-8 and cannot be written to layerg-pin.toml: use --host" in capsys.readouterr().err
        assert not toml.exists()


def test_init_refuses_an_invalid_host(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    assert main(["init", str(folder), "--host", str(folder / "nowhere")]) == 2
    assert "contains no go.mod" in capsys.readouterr().err
    (folder / "go.mod").write_text("module example.com/p\n")
    assert main(["init", str(folder), "--host", str(folder / "nowhere")]) == 2
    assert "does not exist" in capsys.readouterr().err
    assert main(["init", str(folder)]) == 2
    assert "is not known" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["go.mod"]


def test_init_takes_the_host_that_is_found(examples: Examples) -> None:
    project = examples.plugin / "layerg-pin.toml"
    project.unlink()
    gomod = examples.host / "go.mod"
    gomod.write_text(gomod.read_text().replace("example.com/gameserver", "github.com/u2u-labs/layerg-core"))
    assert main(["init", str(examples.plugin / "go.mod")]) == 0
    assert 'host = "../host"\n' in project.read_text()


def test_fix_writes_nothing_if_a_file_is_unreadable(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    gomod = examples.plugin / "go.mod"
    whole = gomod.read_text()
    gomod.write_text(whole + "<<<<<<< HEAD\n")
    before = gomod.read_bytes()
    assert main(["fix", str(examples.plugin)]) == 2
    assert (
        f"go.mod:{len(whole.splitlines()) + 1}: merge conflict: resolve it first; nothing was"
        in capsys.readouterr().err
    )
    assert gomod.read_bytes() == before
    gomod.write_text(whole)
    modules_txt = examples.host / "vendor" / "modules.txt"
    modules_txt.write_text(modules_txt.read_text() + "=======\nx y\n")
    assert main(["fix", str(examples.plugin)]) == 2
    assert "`go mod vendor` in the host's folder" in capsys.readouterr().err
    assert gomod.read_text() == whole


def test_fix_refuses_an_unreadable_file_even_if_the_check_is_silenced(
    examples: Examples, capsys: pytest.CaptureFixture[str]
) -> None:
    (examples.plugin / "layerg-pin.toml").write_text('host = "../host"\nseverity = { syntax = "off" }\n')
    gomod = examples.plugin / "go.mod"
    gomod.write_text(gomod.read_text() + "require example.com/y 1.2\n")
    before = gomod.read_bytes()
    assert main(["check", str(examples.plugin)]) == 2, "Go refuses to list its packages"
    assert "layerg-pin fix" not in capsys.readouterr().out
    assert main(["fix", str(examples.plugin)]) == 2
    assert "nothing was written, fix it first" in capsys.readouterr().err
    assert gomod.read_bytes() == before


def test_a_read_only_go_mod_is_not_written(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    gomod = examples.plugin / "go.mod"
    before = gomod.read_bytes()
    gomod.chmod(0o444)
    assert main(["fix", str(examples.plugin)]) == 2
    assert "is read-only" in capsys.readouterr().err
    assert gomod.read_bytes() == before


def test_a_vendored_plugin_is_advised_to_vendor_again(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    go(examples.plugin, "mod", "vendor")
    assert main(["fix", str(examples.plugin)]) == 1
    out = capsys.readouterr().out
    assert "run `go mod tidy && go mod vendor` [vendor-stale]" in out
    assert f"run `layerg-pin fix --vendor {examples.plugin}`: until then the plugin cannot be built" in out
    with pytest.raises(AssertionError, match=r"github.com/gofrs/uuid@v4.0.0\+incompatible: is explicitly required"):
        go_build(examples.plugin)
    assert main(["fix", "--vendor", str(examples.plugin)]) == 0
    out = capsys.readouterr().out
    assert "ran `go mod vendor`" in out
    assert "vendor-stale" not in out
    go_build(examples.plugin)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_the_diff_has_the_line_endings_of_the_file(examples: Examples, end: bytes) -> None:
    """Its own lines end with LF, as `git apply` demands."""
    gomod = examples.plugin / "go.mod"
    gomod.write_bytes(gomod.read_bytes().replace(b"\n", end))
    command = [sys.executable, "-m", "layerg_pin", "fix", "--diff"]
    done = subprocess.run(command, cwd=examples.plugin, capture_output=True, check=True)
    lines = done.stdout.splitlines(keepends=True)
    own = [line for line in lines if line.startswith((b"---", b"+++", b"@@"))]
    assert len(own) >= 3
    assert not any(line.endswith(b"\r\n") for line in own)
    assert all(line.endswith(end) for line in lines if line not in own)
    assert (b"\r" in done.stdout) == (b"\r" in end)


@uses_git
@pytest.mark.parametrize("change", [("\n", "\r\n"), ("\n)\n", "\n)")], ids=["crlf", "no final newline"])
def test_the_diff_applies(examples: Examples, change: tuple[str, str]) -> None:
    gomod = examples.plugin / "go.mod"
    text = gomod.read_text()
    gomod.write_bytes((text.replace(*change) if change[0] == "\n" else text.rstrip("\n")).encode())
    expected = gomod.read_bytes()
    for old, new in ALL_AT_HOST:
        expected = expected.replace(old.encode(), new.encode())
    layerg_pin = str(Path(sys.executable).with_name("layerg-pin"))
    done = subprocess.run([layerg_pin, "fix", "--diff"], cwd=examples.plugin, capture_output=True, check=True)
    patch = examples.plugin / "p.patch"
    patch.write_bytes(done.stdout)
    subprocess.run(["git", "apply", str(patch)], cwd=examples.plugin, check=True)
    assert gomod.read_bytes() == expected


def test_nothing_is_tidied_for_a_host_that_is_not_known(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    (examples.plugin / "layerg-pin.toml").unlink()
    (examples.plugin / "go.sum").unlink()
    before = (examples.plugin / "go.mod").read_bytes()
    assert main(["fix", "--tidy", str(examples.plugin)]) == 2
    out = capsys.readouterr().out
    assert "the host of this plugin is not known" in out
    assert "go mod tidy" not in out
    assert (examples.plugin / "go.mod").read_bytes() == before
    assert not (examples.plugin / "go.sum").exists()


def test_a_lowered_go_line_is_reported(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    gomod = examples.plugin / "go.mod"
    host = go(examples.host, "env", "GOVERSION").strip().replace("go", "go ")
    gomod.write_text(gomod.read_text().replace("\ngo 1.23", "\ngo 1.99", 1))
    assert main(["check", str(examples.plugin)]) == 1
    assert f"sets 4 modules to the host's version and sets the go line to {host[3:]}\n" in capsys.readouterr().out
    assert main(["fix", str(examples.plugin)]) == 1
    assert f"  go 1.99 -> {host}\n" in capsys.readouterr().out
    assert f"\n{host}\n" in gomod.read_text()


def test_a_go_mod_without_a_module_line_is_not_edited(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    gomod = examples.plugin / "go.mod"
    gomod.write_text(gomod.read_text().replace("module example.com/backend", "", 1))
    before = gomod.read_bytes()
    assert main(["fix", "--tidy", str(examples.plugin)]) == 2
    assert "go.mod: no module line: nothing was written, add one first" in capsys.readouterr().err
    assert gomod.read_bytes() == before


BUILD = """FROM golang:1.21.0-bookworm
COPY . .
RUN go build -buildmode=plugin -trimpath -o p.so .
FROM heroiclabs/nakama:3.22.0
COPY --from=0 /go/p.so /nakama/data/modules/
"""


def test_a_fix_that_is_left_names_the_command_or_the_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "go.mod").write_text("module example.com/p\n\ngo 1.21\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc InitModule() {}\n\nfunc main() {}\n")
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text(BUILD)
    monkeypatch.chdir(tmp_path)
    title, upgrade = "Build with golang:1.22.4-bookworm (host)", command_line("upgrade", "nakama@3.22.0")
    assert main(["check"]) == 1
    assert f"= by hand, in an editor, or with {upgrade}: {title}\n" in capsys.readouterr().out
    assert main(["fix"]) == 1
    assert f"= remaining fix: {title}: run {upgrade}, or change Dockerfile:1\n" in capsys.readouterr().out
    assert main(["host", "export", "-o", "layerg-host.json"]) == 0
    capsys.readouterr()
    assert main(["fix", "--host", "layerg-host.json"]) == 1
    assert f"= remaining fix: {title}: change Dockerfile:1\n" in capsys.readouterr().out
    (tmp_path / "layerg-host.json").unlink()
    main(["upgrade", "nakama@3.22.0"])
    assert dockerfile.read_text() == BUILD.replace("1.21.0-bookworm", "1.22.4-bookworm")
    capsys.readouterr()
    main(["check"])
    assert "Dockerfile:1" not in capsys.readouterr().out


@pytest.mark.parametrize("tag", ["", ":latest", ":3", ":3.22"])
def test_an_upgrade_is_not_named_for_a_tag_that_it_leaves(
    tag: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "go.mod").write_text("module example.com/p\n\ngo 1.21\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc InitModule() {}\n\nfunc main() {}\n")
    (tmp_path / "Dockerfile").write_text(
        BUILD.replace("golang:1.21.0-bookworm", f"heroiclabs/nakama-pluginbuilder{tag}")
    )
    monkeypatch.chdir(tmp_path)
    title = "Build with heroiclabs/nakama-pluginbuilder:3.22.0 (host)"
    main(["check"])
    assert f"= by hand, or in an editor: {title}\n" in capsys.readouterr().out
    main(["fix"])
    assert f"= remaining fix: {title}: change Dockerfile:1\n" in capsys.readouterr().out
    main(["upgrade", "nakama@3.22.0"])
    assert f"= remaining fix: {title}: change Dockerfile:1\n" in capsys.readouterr().out
    (tmp_path / "Dockerfile").write_text(BUILD)  # an upgrade changes the Go of this one
    main(["upgrade", "--diff", "nakama@3.22.0"])
    assert "run `layerg-pin upgrade" not in capsys.readouterr().err
