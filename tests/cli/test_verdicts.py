"""The verdicts of `check`: when it says that a plugin fits, and what it says if it cannot decide."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from tests.cli.test_check import NO_GO, align_by_hand, checked
from tests.conftest import Examples, go, go_build
from tests.platform_marks import builds_plugins, uses_links


def test_a_go_sum_that_lacks_entries_does_not_fit(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    align_by_hand(examples.plugin, tidied=False)
    assert main(["check", str(examples.plugin)]) == 0, "it is a warning, as in a plugin whose vendor folder is stale"
    out = capsys.readouterr().out
    assert "go.mod:1:8: warning: go.sum has no entry for 4 modules, such as github.com/gofrs/uuid v4.0.0+incom" in out
    assert "fits" not in out
    assert main(["check", "--strict", str(examples.plugin)]) == 1
    (examples.plugin / "go.sum").unlink()
    capsys.readouterr()
    main(["check", str(examples.plugin)])
    assert "go.sum has no entry for 5 modules" in capsys.readouterr().out
    with pytest.raises(AssertionError, match=r"missing go\.sum entry"):
        go_build(examples.plugin)


def test_a_go_mod_that_is_not_tidy_does_not_fit(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    """Go selects higher versions than go.mod requires, and does not write them to go.mod during a build."""
    align_by_hand(examples.plugin)
    gomod = examples.plugin / "go.mod"
    gomod.write_text(gomod.read_text().replace("\tgo.uber.org/multierr v1.11.0 // indirect\n", ""))
    main(["check", str(examples.plugin)])
    out = capsys.readouterr().out
    assert "`go build` stops: " in out
    assert "fits" not in out
    with pytest.raises(AssertionError, match=r"missing go\.sum entry|updates to go\.mod needed"):
        go_build(examples.plugin)


def test_sums_do_not_matter_to_a_vendored_plugin(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    align_by_hand(examples.plugin)
    go(examples.plugin, "mod", "vendor")
    (examples.plugin / "go.sum").unlink()
    assert main(["check", "--strict", str(examples.plugin)]) == 0
    assert "example.com/backend: fits ../host" in capsys.readouterr().out
    assert main(["fix", str(examples.plugin)]) == 0
    go_build(examples.plugin)


@builds_plugins
def test_sums_do_not_matter_where_go_may_change_them(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    align_by_hand(examples.plugin, tidied=False)
    monkeypatch.setenv("GOFLAGS", "-mod=mod")
    assert main(["check", "--strict", str(examples.plugin)]) == 0
    assert "fits" in capsys.readouterr().out


def test_the_answer_that_is_kept_says_whether_it_can_be_built(examples: Examples) -> None:
    align_by_hand(examples.plugin, tidied=False)
    assert [main(["check", "--strict", str(examples.plugin)]) for _ in range(2)] == [1, 1]
    go(examples.plugin, "mod", "tidy")
    assert main(["check", "--strict", str(examples.plugin)]) == 0


def test_a_comparison_by_module_alone_never_fits(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    align_by_hand(examples.plugin)
    assert main(["check", str(examples.plugin), "--host", str(examples.host / "go.mod")]) == 2
    out, errors = capsys.readouterr()
    assert "fits" not in out
    remedy = "run `go mod vendor` in the host's folder, or use its binary or modules.txt as the host"
    assert "example.com/backend: no differences found against" in out
    assert f", but it is not known which packages the host links: {remedy}\n" in out
    assert f"no verdict on example.com/backend: it is not known which packages the host links: {remedy}\n" in errors


def test_the_verdict_names_what_was_not_compared(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    align_by_hand(examples.plugin)
    host = examples.host / "vendor" / "modules.txt"
    shutil.rmtree(examples.host / "build")
    assert main(["check", str(examples.plugin), "--host", str(host)]) == 0
    listed = len([line for line in host.read_text().splitlines() if line[:1] != "#"])
    out = capsys.readouterr().out
    assert f"fits {host} ({listed} listed packages; not compared: Go release, platform, build flags); " in out


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize(
    ("name", "said", "file"),
    [
        ("nowhere", "nowhere does not exist", "."),
        ("empty", "empty contains no plugin", "."),
        ("plugin/go.mod/x", "plugin/go.mod/x does not exist", "."),
        pytest.param("broken", "go.mod cannot be read: No such file or directory", "go.mod", marks=uses_links),
    ],
)
def test_what_cannot_be_read_is_a_problem(
    examples: Examples,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    form: str,
    name: str,
    said: str,
    file: str,
) -> None:
    monkeypatch.chdir(examples.plugin.parent)
    Path("empty").mkdir()
    Path("broken").mkdir()
    Path("broken", "main.go").write_text("package main\n\nfunc InitModule() {}\n")
    Path("broken", "go.mod").symlink_to("nowhere")
    if form == "text":
        assert main(["check", name]) == 2
    else:
        code, document = checked(capsys, name)
        assert (code, document["plugins"], document["summary"]["error"]) == (2, [], 0)
        (problem,) = document["problems"]
        assert said in problem["message"]
        assert (problem["file"], problem["line"]) == (file, None)
        main(["check", name, "--format", "json"])
    assert said in capsys.readouterr().err


def test_faults_of_the_project_file_are_problems(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    align_by_hand(examples.plugin)
    toml = examples.plugin / "layerg-pin.toml"
    toml.write_text('host = "../host"\n\npackage = ["."]\nseverity = { syntax = "loud" }\n')
    code, document = checked(capsys, str(examples.plugin))
    assert code == 2
    assert [(each["file"], each["line"]) for each in document["problems"]] == [
        ("layerg-pin.toml", 3),
        ("layerg-pin.toml", 2),
    ]
    levels = "error, warning, information, hint, off"
    assert document["problems"][0]["message"] == f"severity must be one of {levels} for syntax"
    toml.write_text('<<<<<<< HEAD\nhost = "../host"\n=======\nhost = "../other"\n>>>>>>> feature\n')
    code, document = checked(capsys, str(examples.plugin))
    assert code == 2
    first = document["problems"][0]
    assert first == {"file": "layerg-pin.toml", "line": 0, "message": "merge conflict: resolve it first"}


def test_no_verdict_names_the_remedy(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each cause of exit code 2 ends with what the user can do: on standard error, and in the JSON."""
    align_by_hand(examples.plugin)

    def said(*arguments: str) -> str:
        code, document = checked(capsys, str(examples.plugin), *arguments)
        assert code == 2
        (problem,) = document["problems"]
        assert (problem["file"], problem["line"]) == ("go.mod", None)
        assert main(["check", str(examples.plugin), *arguments]) == 2
        assert problem["message"] in capsys.readouterr().err
        return str(problem["message"])

    assert said("--host", str(tmp_path / "none")).endswith("; correct --host")
    assert "`go mod vendor`" in said("--host", str(examples.host / "go.mod"))
    gomod = examples.host / "go.mod"
    whole = gomod.read_text()
    gomod.write_text(f"{whole}\nrequire example.com/more v1.0.0\n")
    assert "run `go mod vendor` in the host's folder" in said("--host", str(examples.host))
    gomod.write_text(whole)
    with monkeypatch.context() as patch:
        patch.setenv("GOMODCACHE", str(tmp_path / "empty"))
        assert "go mod download" in said("--offline")
    (examples.plugin / "layerg-pin.toml").unlink()
    assert "set it with `layerg-pin init --host REF`, --host or the setting" in said()
    (examples.plugin / "layerg-pin.toml").write_text('host = "../host"\n')
    monkeypatch.setenv("PATH", NO_GO)
    assert said().endswith("no go command was found: install Go, or put it on PATH")


def test_without_go_the_advice_is_a_command_that_works(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", NO_GO)
    monkeypatch.chdir(examples.plugin)
    assert main(["check"]) == 2
    assert capsys.readouterr().out.splitlines()[-1].startswith("`layerg-pin fix` sets ")
    main(["fix"])
    assert main(["check"]) == 2
    assert ": no differences found against " in capsys.readouterr().out


def test_a_private_module_that_cannot_be_loaded(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever it brings in is not known, before and after `fix`."""
    (examples.plugin / "extra.go").write_text('package main\n\nimport _ "example.invalid/private"\n')
    gomod = examples.plugin / "go.mod"
    gomod.write_text(gomod.read_text() + "\nrequire example.invalid/private v1.0.0\n")
    assert main(["fix", "--offline", str(examples.plugin)]) == 2
    out, errors = capsys.readouterr()
    assert "4 modules set to the host's version" in out
    assert "1 package of the plugin cannot be loaded: example.invalid/private (" in errors
    assert main(["check", "--offline", str(examples.plugin)]) == 2


def test_a_misspelt_code_is_reported_and_blocks_nothing(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    gomod = examples.plugin / "go.mod"
    comment = " // layerg-pin:ignore verison-mismatch until Monday"
    gomod.write_text(gomod.read_text().replace("zap v1.26.0", f"zap v1.26.0{comment}"))
    assert main(["check", str(examples.plugin)]) == 1
    assert (
        "warning: `verison-mismatch` is not a check's code (did you mean version-mismatch?)" in capsys.readouterr().out
    )
    assert main(["fix", "--tidy", str(examples.plugin)]) == 0
    assert f"zap v1.27.0{comment}" in gomod.read_text()


def test_the_contents_of_a_vendor_folder_are_not_compared(
    examples: Examples, capsys: pytest.CaptureFixture[str]
) -> None:
    align_by_hand(examples.plugin)
    go(examples.plugin, "mod", "vendor")
    assert main(["check", str(examples.plugin)]) == 0
    assert ", contents of vendor/); " in capsys.readouterr().out


def test_without_a_go_line_that_is_the_cause(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    align_by_hand(examples.plugin)
    gomod = examples.plugin / "go.mod"
    lines = gomod.read_text().splitlines(keepends=True)
    gomod.write_text("".join(line for line in lines if not line.startswith("go ")))
    main(["check", str(examples.plugin)])
    out = capsys.readouterr().out
    assert "go.mod has no go line, so Go reads every dependency's go.mod, and `go build` stops: " in out
    assert " requires [not-resolved]" not in out
    with pytest.raises(AssertionError, match=r"missing go\.sum entry|updates to go\.mod needed"):
        go_build(examples.plugin)


def test_a_replace_of_go_work_is_announced_as_one(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    align_by_hand(examples.plugin)
    work = examples.plugin / "go.work"
    work.write_text("go 1.23.0\n\nuse .\n\nreplace go.uber.org/zap => go.uber.org/zap v1.26.0\n")
    main(["check", str(examples.plugin)])
    out = capsys.readouterr().out
    assert "removes 1 replace from go.work" in out
    assert "out of the workspace" not in out


def test_no_image_of_an_unknown_release_is_proposed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = tmp_path / "plugin"  # hosts of other tests are beside tmp_path
    plugin.mkdir()
    (plugin / "go.mod").write_text(
        "module example.com/p\n\ngo 1.21\n\nrequire github.com/heroiclabs/nakama-common v1.32.0\n"
    )
    (plugin / "Dockerfile").write_text(
        "FROM heroiclabs/nakama-pluginbuilder:3.22.0 AS b\nRUN go build -buildmode=plugin -trimpath -o b.so\n"
        "FROM heroiclabs/nakama:3.22.9\nCOPY --from=b /b.so /nakama/data/modules/\n"
    )
    monkeypatch.setenv("PATH", NO_GO)
    assert main(["check", str(plugin)]) == 1
    out, errors = capsys.readouterr()
    assert "are different releases: use one release everywhere" in out
    assert "pluginbuilder:3.22.9" not in out
    assert "Nakama 3.22.9 is not a known release: use nakama@3.22.0" in out + errors
    assert "; correct the tag in Dockerfile:3 [host-unreadable]" in out
