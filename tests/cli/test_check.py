"""`layerg-pin check`: what it prints and how it exits, on the example plugin and host."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from layerg_pin.cli.main import main
from layerg_pin.source_tree.build_files import read_build_files
from tests.conftest import Examples, go
from tests.platform_marks import uses_links

COMMAND = str(Path(sys.executable).with_name("layerg-pin"))
ALL_AT_HOST = (
    ("gofrs/uuid v3.3.0+incompatible", "gofrs/uuid v4.0.0+incompatible"),
    ("zap v1.26.0", "zap v1.27.0"),
    ("protobuf v1.34.2", "protobuf v1.36.1"),
    ("multierr v1.10.0", "multierr v1.11.0"),
)
NO_GO = os.pathsep.join(["/nonexistent"])


def align_by_hand(plugin: Path, *, tidied: bool = True) -> None:
    """Set the host's versions, and unless it is not `tidied`, bring their sums into go.sum."""
    gomod = plugin / "go.mod"
    text = gomod.read_text()
    for old, new in ALL_AT_HOST:
        assert old in text
        text = text.replace(old, new)
    gomod.write_text(text)
    if tidied:
        go(plugin, "mod", "tidy")


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["check", *arguments, "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def test_text_reads_like_a_compiler(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(examples.plugin)
    assert main(["check"]) == 1
    out = capsys.readouterr().out
    gomod = (examples.plugin / "go.mod").read_text().splitlines()
    line = next(index for index, text in enumerate(gomod, 1) if "go.uber.org/zap v1.26.0" in text)
    modules_txt = (examples.host / "vendor" / "modules.txt").read_text().splitlines()
    host_line = modules_txt.index("# go.uber.org/zap v1.27.0") + 1
    margin = " " * len(str(line))
    assert (
        f"go.mod:{line}:18: error: go.uber.org/zap is v1.26.0, host has v1.27.0 (host vendor/modules.txt:{host_line}); "
        f"linked into both: go.uber.org/zap and 8 more [version-mismatch]\n"
        f"  {line} |     go.uber.org/zap v1.26.0\n"
        f"  {margin} |                     ^^^^^^^\n"
        f"  {margin} = {Path('../host/vendor/modules.txt')}:{host_line}: host: go.uber.org/zap v1.27.0\n"
        f"  {margin} = fix: Pin go.uber.org/zap to v1.27.0 (host)\n"
    ) in out
    assert "example.com/backend: 4 errors against ../host" in out
    assert "`layerg-pin fix --tidy` sets 4 modules" in out
    assert "\x1b" not in out


def test_only_a_part_of_a_long_line_is_shown(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    (examples.plugin / "build.sh").write_text(f"{'a ' * 4000}; go build -buildmode=plugin {'-v ' * 4000}\n")
    main(["check", str(examples.plugin)])
    rows = capsys.readouterr().out.splitlines()
    (number,) = (number for number, row in enumerate(rows) if row.startswith("  1 | ...a "))
    source, carets = rows[number], rows[number + 1]
    assert source[carets.index("^") :].startswith("go build -buildmode=plugin -v ")
    assert source.endswith("...")
    assert max(map(len, rows)) < 600


def test_json_is_the_contract(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    code, document = checked(capsys, str(examples.plugin))
    assert code == 1
    assert list(document) == ["version", "plugins", "summary", "problems"]
    assert document["version"] == 1
    assert document["problems"] == []
    assert document["summary"] == {"error": 4, "warning": 0, "information": 0, "hint": 0}
    (plugin,) = document["plugins"]
    assert list(plugin) == ["dir", "module", "go", "host", "complete", "silenced", "findings"]
    assert (plugin["dir"], plugin["module"], plugin["go"], plugin["complete"]) == (
        ".",
        "example.com/backend",
        "1.23",
        True,
    )
    assert plugin["host"] == {
        "reference": "../host",
        "kind": "folder",
        "go": "1.23",
        "modules": plugin["host"]["modules"],
    }
    assert plugin["host"]["modules"] >= 8
    finding = next(each for each in plugin["findings"] if each["module"] == "go.uber.org/multierr")
    gomod = (examples.plugin / "go.mod").read_text().splitlines()
    line = next(index for index, text in enumerate(gomod) if "multierr" in text)
    modules_txt = (examples.host / "vendor" / "modules.txt").read_text().splitlines()
    host_line = modules_txt.index("# go.uber.org/multierr v1.11.0")
    zap_line = next(index for index, text in enumerate(gomod) if "go.uber.org/zap" in text)
    assert finding == {
        "code": "version-mismatch",
        "severity": "error",
        "message": finding["message"],
        "file": "go.mod",
        "range": {
            "start": {"line": line, "character": gomod[line].index("v1.10.0")},
            "end": {"line": line, "character": gomod[line].index("v1.10.0") + len("v1.10.0")},
        },
        "module": "go.uber.org/multierr",
        "package": "go.uber.org/multierr",
        "host_version": "v1.11.0",
        "plugin_version": "v1.10.0",
        "certainty": "certain",
        "related": [
            {
                "file": (examples.host / "vendor" / "modules.txt").as_posix(),
                "line": host_line,
                "message": "host: go.uber.org/multierr v1.11.0",
            },
            {
                "file": "go.mod",
                "line": zap_line,
                "message": "go.uber.org/zap v1.26.0 brings in go.uber.org/multierr v1.10.0",
            },
        ],
        "fixes": [
            "Pin go.uber.org/multierr to v1.11.0 (host)",
            "Pin go.uber.org/multierr to v1.11.0 (host) and import it blank",
            "Align all 4 modules with the host",
        ],
    }


def test_a_tree_of_plugins(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    root = examples.plugin.parent
    second = root / "games" / "chess"
    second.parent.mkdir()
    examples.plugin.rename(second)
    (second / "layerg-pin.toml").write_text('host = "../../host"\n')
    third = root / "games" / "go"
    third.mkdir()
    (third / "go.mod").write_text("module example.com/go\n\ngo 1.23\n")
    (third / "main.go").write_text("package main\n\nfunc InitModule() {}\n")
    code, document = checked(capsys, str(root))
    assert code == 1
    assert [plugin["dir"] for plugin in document["plugins"]] == ["games/chess", "games/go"]
    assert document["plugins"][0]["findings"][0]["file"] == "games/chess/go.mod"
    assert document["plugins"][0]["findings"][0]["related"][0]["file"] == "host/vendor/modules.txt"
    assert document["plugins"][1]["host"] is None
    assert [finding["code"] for finding in document["plugins"][1]["findings"]] == ["host-not-found"]


def test_a_plugin_that_fits(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    align_by_hand(examples.plugin)
    assert main(["check", str(examples.plugin), "--strict"]) == 0
    release = go(examples.host, "env", "GOVERSION").strip().removeprefix("go")
    left = "platform, build flags (the host is built with -trimpath)"
    compared = f"42 linked packages, Go {release}; not compared: {left}"
    if sys.platform == "win32":  # Go for Windows builds no plugins
        compared = f"42 linked packages; not compared: Go release, {left}"
    words = f"fits ../host ({compared}); 41 shared packages"
    assert capsys.readouterr().out == f"example.com/backend: {words}\n"


def test_with_the_hosts_go_mod_alone_differences_are_possible(
    examples: Examples, capsys: pytest.CaptureFixture[str]
) -> None:
    host = str(examples.host / "go.mod")
    code, document = checked(capsys, str(examples.plugin), "--host", host)
    assert code == 2
    assert document["summary"]["warning"] >= 4
    assert {finding["certainty"] for finding in document["plugins"][0]["findings"]} == {"possible"}
    assert main(["check", str(examples.plugin), "--host", host, "--strict"]) == 1


def test_with_modules_txt_differences_are_likely(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    host = str(examples.host / "vendor" / "modules.txt")
    code, document = checked(capsys, str(examples.plugin), "--host", host)
    assert code == 1
    assert {finding["certainty"] for finding in document["plugins"][0]["findings"]} == {"likely"}


def test_without_go_there_is_no_verdict(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", NO_GO)
    code, document = checked(capsys, str(examples.plugin))
    assert code == 2
    (plugin,) = document["plugins"]
    assert plugin["complete"] is False
    assert [each["code"] for each in plugin["findings"]].count("not-resolved") == 1
    assert {each["severity"] for each in plugin["findings"] if each["code"] == "version-mismatch"} == {"warning"}


def test_offline_a_missing_version_is_reported(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "empty"))
    code, document = checked(capsys, str(examples.plugin), "--offline")
    assert code == 2
    said = [each["message"] for each in document["plugins"][0]["findings"] if each["code"] == "not-resolved"]
    assert len(said) == 1
    assert "not in the module cache; run `go mod download`" in said[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["empty"], "empty contains no plugin"),
        (["plugin", "--host", "nowhere"], "nowhere does not exist"),
    ],
)
def test_no_verdict_exits_with_2(
    examples: Examples,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(examples.plugin.parent)
    Path("empty").mkdir()
    assert main(["check", *arguments]) == 2
    captured = capsys.readouterr()
    assert words in captured.out + captured.err


@pytest.mark.parametrize("arguments", [[], ["frobnicate"], ["check", "--format", "xml"], ["init", "a", "b"]])
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: layerg-pin" in capsys.readouterr().err


def test_help_names_commands_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert all(f"    {command} " in out for command in ("check", "fix", "init", "lsp"))
    assert "2 no verdict" in out


@uses_links
def test_a_plugin_that_cannot_be_read_does_not_hide_the_others(
    examples: Examples, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = examples.plugin.parent / "broken"
    broken.mkdir()
    (broken / "main.go").write_text("package main\n\nfunc InitModule() {}\n")
    (broken / "go.mod").symlink_to(examples.plugin.parent / "nowhere")
    code, document = checked(capsys, str(examples.plugin.parent))
    assert code == 1
    assert [plugin["dir"] for plugin in document["plugins"]] == ["plugin"]


def test_control_characters_never_reach_the_terminal(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    gomod = examples.plugin / "go.mod"
    gomod.write_text(gomod.read_text() + "\nfrob \x1b[31m\u202enice // \x1b]0;title\x07\n")
    assert main(["check", str(examples.plugin)]) == 1
    out = capsys.readouterr().out
    assert not set(out) & {"\x1b", "\x07", "\u202e"}
    assert "frob \\x1b[31m\\u202enice" in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('host = "../host\n', "layerg-pin.toml:1:16: invalid TOML: Illegal character"),
        ("\nhost = 3\n", "layerg-pin.toml:2: host must be a string"),
    ],
)
def test_no_other_host_replaces_an_unreadable_one(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    """Another host is beside the plugin. It is found if no project file names a host, and the plugin fits it."""
    align_by_hand(examples.plugin)
    nakama = examples.plugin.parent / "nakama"
    (nakama / "vendor").mkdir(parents=True)
    (nakama / "go.mod").write_text(
        "module github.com/heroiclabs/nakama/v3\n\ngo 1.23\n\nrequire example.com/x v1.0.0\n"
    )
    (nakama / "vendor" / "modules.txt").write_text("# example.com/x v1.0.0\n## explicit; go 1.23\nexample.com/x\n")
    monkeypatch.chdir(examples.plugin)
    (examples.plugin / "layerg-pin.toml").unlink()
    assert main(["check"]) == 0
    (examples.plugin / "layerg-pin.toml").write_text(text)
    capsys.readouterr()
    assert main(["check", "--format", "json"]) == 2
    out, errors = capsys.readouterr()
    assert f"layerg-pin: {said}" in errors
    (plugin,) = json.loads(out)["plugins"]
    (finding,) = plugin["findings"]
    assert finding["code"] == "host-not-found"
    assert said in finding["message"]
    assert main(["fix"]) == 2
    assert "nothing was written: fix layerg-pin.toml" in capsys.readouterr().err
    assert main(["host", "show"]) == 2
    assert said in capsys.readouterr().err
    assert main(["check", "--host", "../host"]) == 2, "what else the file says is not known"
    out = capsys.readouterr().out
    assert "no differences found" in out
    assert f"but {said}" in out


def test_a_wrong_setting_is_not_passed_over(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(examples.plugin)
    project = examples.plugin / "layerg-pin.toml"
    project.write_text(project.read_text() + 'severity = { version-mismach = "off" }\n')
    assert main(["check"]) == 1, "what differs goes first"
    align_by_hand(examples.plugin)
    assert main(["check"]) == 2
    assert "layerg-pin.toml:3: severity must be a table of check codes" in capsys.readouterr().err


def test_check_does_not_advise_fix_where_fix_refuses(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(examples.plugin)
    assert main(["check"]) == 1
    assert "`layerg-pin fix --tidy` sets" in capsys.readouterr().out
    (examples.plugin / "go.mod").write_text((examples.plugin / "go.mod").read_text() + "requires nothing\n")
    assert main(["check"]) == 1
    assert "layerg-pin fix" not in capsys.readouterr().out


def test_a_host_that_is_not_there(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(examples.plugin)
    assert main(["check", "--host", "../hots"]) == 2
    assert "the host ../hots does not exist; correct --host [" in capsys.readouterr().out
    Path("layerg-pin.toml").write_text('host = "../hots"\n')
    assert main(["check"]) == 2
    assert "the host ../hots does not exist; correct `host` in layerg-pin.toml [" in capsys.readouterr().out
    assert main(["host", "diff", "../hots", "nakama@3.22.0"]) == 2
    assert capsys.readouterr().err == "layerg-pin: the host ../hots does not exist; correct this argument\n"


def test_silenced_differences_are_counted(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    (examples.plugin / "layerg-pin.toml").write_text('host = "../host"\nseverity = { version-mismatch = "off" }\n')
    assert main(["check", str(examples.plugin)]) == 0
    out = capsys.readouterr().out
    assert "example.com/backend: no problems found against ../host" in out
    assert "; 4 findings silenced" in out


ENTRY = "package main\n\ntype T int\n\nfunc InitModule(_, _, _, _, _ T) error { return nil }\n\nfunc main() {}\n"
"""It declares the entry symbol, with types that reading the file does not show."""
NO_ENTRY = "package main\n\nfunc main() {}\n"
BUILD = """FROM golang:1.22.4-bookworm
COPY . .
{comment}RUN go build -buildmode=plugin -o p.so .
FROM heroiclabs/nakama:3.22.0
COPY --from=0 /p.so /nakama/data/modules/
"""


@pytest.mark.parametrize(
    ("main_go", "reason"),
    [
        ("func InitModul() {}\n", " (it declares InitModul): rename InitModul"),
        ("// InitModule is called by Nakama.\nfunc Start() {}\n", ": declare it there"),
    ],
)
def test_a_plugin_without_the_entry_symbol_never_fits(
    main_go: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "go.mod").write_text("module example.com/p\n\ngo 1.21\n")
    (tmp_path / "main.go").write_text(f"package main\n\n{main_go}\nfunc main() {{}}\n")
    (tmp_path / "Dockerfile").write_text(BUILD.format(comment="").replace("go build", "go build -trimpath"))
    assert main(["check", str(tmp_path)]) == 2
    missing = "but Nakama looks up InitModule, which package main does not declare"
    assert f"{missing}{reason}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("build", "line"),
    [
        ("go build -trimpath -o p.so .", "as a program, which no server can open: add -buildmode=plugin"),
        ("go build -trimpath -buildmode=exe -o /p.so .", "as a program, which no server can open: add"),
        ("go build -trimpath -buildmode=c-shared -o p.so .", "with -buildmode=c-shared, which no server can open: use"),
        ("go build -trimpath -buildmode=plugin -o p.so .", " fits "),
        ("go build -trimpath -o tool . && go build -trimpath -buildmode=plugin -o p.so .", " fits "),
    ],
)
def test_a_build_without_the_build_mode_never_fits(
    build: str, line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "go.mod").write_text("module example.com/p\n\ngo 1.21\n")
    (tmp_path / "main.go").write_text(ENTRY)
    given = BUILD.format(comment="").replace("golang:1.22.4-bookworm", "heroiclabs/nakama-pluginbuilder:3.22.0")
    (tmp_path / "Dockerfile").write_text(given.replace("go build -buildmode=plugin -o p.so .", build))
    assert main(["check", str(tmp_path)]) == (0 if line == " fits " else 2)
    assert (line if line == " fits " else f"Dockerfile:3 builds p.so {line}") in capsys.readouterr().out


VENDORED = "go build -trimpath -mod=vendor -buildmode=plugin -o p.so ."
NO_VENDOR = "without a vendor/modules.txt beside go.mod, so `go build` stops: run `go mod vendor` and commit the folder"


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("Dockerfile", f"FROM {{builder}}\nCOPY . .\nRUN {VENDORED}\n", "Dockerfile:3"),
        ("Dockerfile", f"FROM {{builder}}\nWORKDIR /b\nCOPY . .\nRUN {VENDORED}\n", "Dockerfile:4"),
        (
            "Dockerfile",
            f"FROM {{builder}}\nENV GOFLAGS=-mod=vendor\nCOPY . .\nRUN {VENDORED.replace('-mod=vendor ', '')}\n",
            "Dockerfile:2",
        ),
        ("Makefile", f"p.so:\n\tdocker run --rm {{builder}} sh -c '{VENDORED}'\n", "Makefile:2"),
        ("Dockerfile", f"FROM {{builder}}\nCOPY . .\nRUN go mod vendor && {VENDORED}\n", ""),
        ("Dockerfile", f"FROM {{builder}}\nCOPY . .\nCOPY --from=deps /b/vendor vendor\nRUN {VENDORED}\n", ""),
        ("Dockerfile", f"FROM {{builder}}\nCOPY . .\nRUN make tools && {VENDORED}\n", "Dockerfile:3"),
        ("Dockerfile", f"FROM {{builder}}\nCOPY . .\n# go mod vendor\nRUN {VENDORED}\n", "Dockerfile:4"),
        ("Dockerfile", f"FROM {{builder}}\nCOPY . /b\nWORKDIR /b/other\nRUN {VENDORED}\n", ""),
        ("Makefile", f"other:\n\tdocker run --rm {{builder}} sh -c 'cd other && {VENDORED}'\n", ""),
        ("Dockerfile", f"FROM {{builder}}\nCOPY . .\nRUN {VENDORED.replace('mod=vendor', 'mod=readonly')}\n", ""),
    ],
)
def test_a_build_from_a_missing_vendor_folder_never_fits(
    name: str, text: str, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "layerg-pin.toml").write_text('host = "nakama@3.22.0"\n')
    gomod = "module example.com/p\n\ngo 1.21\n\nrequire example.com/x v0.0.0\n\nreplace example.com/x => ./x\n"
    (tmp_path / "go.mod").write_text(gomod)
    (tmp_path / "main.go").write_text(ENTRY)
    (tmp_path / "x").mkdir()
    (tmp_path / "x/go.mod").write_text("module example.com/x\n\ngo 1.21\n")
    (tmp_path / name).write_text(text.format(builder="heroiclabs/nakama-pluginbuilder:3.22.0"))
    assert main(["check", str(tmp_path)]) == (2 if place else 0)
    line = f"but {place} builds with -mod=vendor {NO_VENDOR}, or remove -mod=vendor\n" if place else " fits "
    assert line in capsys.readouterr().out
    if place:
        (tmp_path / "go.mod").write_text(gomod.partition("\nrequire")[0])
        assert main(["check", str(tmp_path)]) == 0, "without a require, Go needs no folder"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("build.sh", "go mod vendor\ndocker build -t x .\n"),
        ("Makefile", "vendor:\n\t$(GO) mod vendor\n"),
        (".gitlab-ci.yml", "build:\n  script:\n    - go mod vendor\n    - docker build .\n"),
    ],
)
def test_a_file_that_only_makes_the_vendor_folder(name: str, text: str, tmp_path: Path) -> None:
    """Such a file is no reason to treat go.sum as complete."""
    (tmp_path / "go.mod").write_text("module example.com/p\n\ngo 1.21\n\nrequire example.com/x v0.0.0\n")
    (tmp_path / "Dockerfile").write_text(f"FROM golang:1.22.4\nCOPY . .\nRUN {VENDORED}\n")
    (tmp_path / name).write_text(text)
    found = {Path(each.path).name: each for each in read_build_files(str(tmp_path))}
    assert {each: source.makes_vendor for each, source in found.items()} == {"Dockerfile": False, name: True}
    assert not any(each.updates_gomod for each in found.values())


def test_in_a_workspace_the_vendor_folder_is_beside_go_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plugin = tmp_path / "p"
    (plugin / "x").mkdir(parents=True)
    gomod = "module example.com/p\n\ngo 1.22\n\nrequire example.com/x v0.0.0\n\nreplace example.com/x => ./x\n"
    (plugin / "go.mod").write_text(gomod)
    (plugin / "main.go").write_text(ENTRY)
    (plugin / "x/go.mod").write_text("module example.com/x\n\ngo 1.21\n")
    (tmp_path / "go.work").write_text("go 1.22\n\nuse ./p\n")
    (tmp_path / ".git").mkdir()
    run = "docker run --rm heroiclabs/nakama-pluginbuilder:3.22.0 sh -c"
    (tmp_path / "Makefile").write_text(f"p.so:\n\t{run} 'cd p && {VENDORED}'\n")
    command = ["check", str(plugin), "--host", "nakama@3.22.0"]
    assert main(command) == 2
    reason = NO_VENDOR.replace("go.mod", "go.work").replace("`go mod", "`go work")
    assert f"but ../Makefile:2 builds with -mod=vendor {reason}" in capsys.readouterr().out
    (tmp_path / "vendor").mkdir()
    listing = "## workspace\n# example.com/x v0.0.0 => ./p/x\n## explicit; go 1.21\n# example.com/x => ./p/x\n"
    (tmp_path / "vendor/modules.txt").write_text(listing)  # as `go work vendor` writes it
    assert main(command) == 0
    assert " fits " in capsys.readouterr().out


def in_modules(folder: Path, files: Mapping[str, str], build: str, settings: str = "") -> int:
    """Write a plugin that a Dockerfile builds with the command `build`, and check it against a release."""
    for name, text in {"go.mod": "module example.com/p\n\ngo 1.21\n", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "layerg-pin.toml").write_text(f'host = "nakama@3.22.0"\n{settings}')
    command = BUILD.format(comment="").replace("golang:1.22.4-bookworm", "heroiclabs/nakama-pluginbuilder:3.22.0")
    (folder / "Dockerfile").write_text(command.replace("go build -buildmode=plugin -o p.so .", build))
    return main(["check", str(folder)])


TWO_MAINS = {"cmd/a/main.go": NO_ENTRY, "cmd/b/main.go": ENTRY, "lib/lib.go": "package lib\n"}


@pytest.mark.parametrize(
    ("build", "built"),
    [
        ("go build -trimpath -buildmode=plugin -o p.so ./cmd/a", "./cmd/a"),
        ("go build -trimpath -buildmode=plugin -o p.so example.com/p/cmd/a", "./cmd/a"),
        ("go build -C cmd -trimpath -buildmode=plugin -o p.so ./a", "./cmd/a"),
        ("cd cmd/a && go build -trimpath -buildmode=plugin -o /p.so .", "./cmd/a"),
        ("cd /cmd/a && go build -trimpath -buildmode=plugin -o /p.so", "./cmd/a"),
        ("go build -trimpath -buildmode=plugin -o p.so ./cmd/b", ""),
        ("cd cmd/b && go build -trimpath -buildmode=plugin -o /p.so .", ""),
        ("cd cmd/$X && go build -trimpath -buildmode=plugin -o /p.so .", ""),
        ("go build -trimpath -buildmode=plugin -o p.so ./cmd/$X", ""),
        ("go build -trimpath -buildmode=plugin -o a.so ./cmd/a && go build -trimpath -buildmode=plugin ./cmd/b", ""),
    ],
)
def test_the_main_package_that_is_built_has_the_entry_symbol(
    build: str, built: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert in_modules(tmp_path, TWO_MAINS, build) == (2 if built else 0)
    line = f"but Dockerfile:3 builds {built}, which does not declare it: build ./cmd/b" if built else " fits "
    assert line in capsys.readouterr().out


@pytest.mark.parametrize(
    ("packages", "line"),
    [
        ('"./..."', " fits "),
        ('"./cmd/..."', " fits "),
        ('"./cmd/b/"', " fits "),
        ('"./cmd/a"', "which no package in `packages` declares: list ./cmd/b, which declares it, in `packages`"),
        ('"./lib"', "`packages` lists ./lib, where no package main is: list the folder"),
        ('"./lib/..."', "`packages` lists ./lib/..., where no package main is: list the folder"),
        ('"./cmd/b", "./lib"', " fits "),
    ],
)
def test_the_packages_of_the_settings_have_the_entry_symbol(
    packages: str, line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = "go build -trimpath -buildmode=plugin -o p.so ./cmd/$X"
    code = in_modules(tmp_path, TWO_MAINS, build, f"packages = [{packages}]\n")
    assert line in capsys.readouterr().out
    assert code == (0 if line == " fits " else 2)


@pytest.mark.parametrize(
    ("files", "line"),
    [
        (
            {"start_windows.go": ENTRY.partition("func main")[0]},
            "start_windows.go:5 declares, but `_windows` in its name leaves that file out",
        ),
        ({"start.go": f"//go:build windows\n\n{ENTRY.partition('func main')[0]}"}, "start.go:7 declares"),
        ({"start_linux.go": ENTRY.partition("func main")[0]}, " fits "),
        ({"start_test.go": ENTRY.partition("func main")[0]}, "InitModule, which package main does not declare"),
        (
            {"start.go": "package main\n\nvar InitModule = main\n"},
            "start.go:3 declares a variable: write `func InitModule(",
        ),
        (
            {"start.go": "package main\n\nfunc InitModule() {}\n"},
            "start.go:3 declares with other types: write `func InitModule(",
        ),
    ],
)
def test_the_entry_symbol_is_built_and_has_the_types_that_the_server_asserts(
    files: Mapping[str, str], line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = "go build -trimpath -buildmode=plugin -o p.so ."
    code = in_modules(tmp_path, {"main.go": NO_ENTRY, **files}, build)
    assert line in capsys.readouterr().out
    assert code == (0 if line == " fits " else 2)


@pytest.mark.parametrize(
    ("settings", "comment", "verdict"),
    [
        ("", "", "1 error against"),
        ("", "# layerg-pin:ignore build-flags known\n", "no problems found against"),
        ('severity = { build-flags = "off" }\n', "", "no problems found against"),
        ('severity = { build-flags = "information" }\n', "", "no problems found against"),
        ('severity = { unneeded-pin = "warning" }\n', "", "1 error against"),
    ],
)
@pytest.mark.parametrize("table", [False, True])
def test_a_silenced_finding_about_the_build_never_fits(
    table: bool, settings: str, comment: str, verdict: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "go.mod").write_text("module example.com/p\n\ngo 1.21\n")
    (tmp_path / "main.go").write_text(ENTRY)
    (tmp_path / "Dockerfile").write_text(BUILD.format(comment=comment))
    (tmp_path / "layerg-pin.toml").write_text(f'host = "nakama@3.22.0"\n{settings}')
    hosts = ["--host", "nakama@3.22.0", "--host", "nakama@3.22.0"] if table else []
    assert main(["check", str(tmp_path), *hosts]) == int("error" in verdict)
    out = capsys.readouterr().out
    if table:
        verdict = verdict.removesuffix(" against")
    assert verdict in out
    assert " fits " not in out
    assert ("; 1 finding silenced" in out) is not ("error" in verdict)
    main(["check", str(tmp_path), "--format", "json"])
    assert json.loads(capsys.readouterr().out)["plugins"][0]["silenced"] == int("error" not in verdict)


@pytest.mark.parametrize("table", [False, True])
@pytest.mark.parametrize("comment", ["", "# layerg-pin:ignore build-flags known\n"])
def test_silenced_findings_are_counted_beside_others(
    comment: str, table: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "go.mod").write_text("module example.com/p\n\ngo 1.99\n")  # above the host's
    (tmp_path / "main.go").write_text(ENTRY)
    (tmp_path / "Dockerfile").write_text(BUILD.format(comment=comment))
    hosts = ["--host", "nakama@3.22.0"] * (2 if table else 1)
    assert main(["check", str(tmp_path), *hosts]) == 1
    lines = capsys.readouterr().out.splitlines()
    line = next(each for each in lines if each.startswith("example.com/p") and " error" in each)
    errors = "1 error" if comment else "2 errors"
    assert errors in line
    assert line.endswith("; 1 finding silenced") is bool(comment)


def test_a_main_package_that_reads_like_an_import_path(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    (examples.plugin / "cmd").mkdir()
    (examples.plugin / "layerg-pin.toml").write_text('host = "../host"\npackages = ["cmd"]\n')
    assert main(["check", str(examples.plugin)]) == 2
    assert "`packages` lists cmd, which Go takes for an import path: write ./cmd" in capsys.readouterr().out


def test_a_workspace_that_does_not_use_the_plugin(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    (examples.plugin.parent / "go.work").write_text("go 1.23\n\nuse ./host\n")
    assert main(["check", str(examples.plugin)]) == 2
    assert "go work use .; or set GOWORK=off to build and check it alone" in capsys.readouterr().out


def test_a_module_is_named_with_its_version(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(examples.plugin), "--host", "github.com/heroiclabs/nakama/v3"]) == 2
    assert "; a module needs a version, as in example.com/server@v1.2.3; correct" in capsys.readouterr().out


def test_a_package_that_is_not_there_is_named(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(examples.plugin)
    project = examples.plugin / "layerg-pin.toml"
    project.write_text(project.read_text() + 'packages = [".", "./nosuch"]\n')
    assert main(["check"]) == 2
    assert "`packages` lists ./nosuch, which does not exist [not-resolved]" in capsys.readouterr().out


def test_modules_that_are_not_downloaded_give_no_verdict(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The versions that it requires are unknown, but a download would show them."""
    align_by_hand(examples.plugin)
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "empty"))
    code, document = checked(capsys, str(examples.plugin), "--offline")
    (plugin,) = document["plugins"]
    assert (code, plugin["complete"]) == (2, False)
    assert [finding["code"] for finding in plugin["findings"]] == ["not-resolved"]


def test_the_advice_names_what_the_command_named(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(examples.plugin.parent)
    (examples.plugin / "layerg-pin.toml").unlink()
    assert main(["check", "--host", "host", "plugin"]) == 1
    assert "`layerg-pin fix --tidy --host host plugin` sets 4 modules" in capsys.readouterr().out
    go(examples.plugin, "mod", "vendor")
    assert main(["check", "--host", "host", "plugin"]) == 1
    assert "`layerg-pin fix --vendor --host host plugin` sets 4 modules" in capsys.readouterr().out


def test_the_host_in_a_tree_is_not_a_plugin(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server may require the plugin API, as plugins do."""
    monkeypatch.chdir(examples.plugin.parent)
    align_by_hand(examples.plugin)
    (examples.host / "layerg-pin.toml").write_text("")
    assert main(["check"]) == 0
    assert "example.com/gameserver" not in capsys.readouterr().out
    assert main(["check", "host", "--host", "host"]) == 2
    assert "the host host is this plugin itself: set the host to the server that opens it" in capsys.readouterr().out


def test_in_a_folder_inside_a_module_the_module_is_named(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = examples.host.parent / "library" / "inner"
    inner.mkdir(parents=True)
    (inner.parent / "go.mod").write_text("module example.com/library\n\ngo 1.21\n")
    monkeypatch.chdir(inner)
    assert main(["check"]) == 2
    assert capsys.readouterr().err.endswith(": it is part of the module in ..\n")
