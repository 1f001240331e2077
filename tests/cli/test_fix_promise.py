"""`fix` ends with 0 only if no fix is left, `check` announces exactly what it does, and a workspace gets one patch."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from layerg_pin.core.analysis.verdict import fixes_left
from layerg_pin.core.finding import Finding, Fix, Fixes, Severity
from layerg_pin.core.text import Span, TextEdit
from tests.cli.test_check import ALL_AT_HOST, align_by_hand, checked
from tests.conftest import Examples, contents, go, go_build
from tests.platform_marks import uses_git

UUID = """package uuid

import "errors"

type UUID string

func (u UUID) String() string { return string(u) }

func NewV4() (UUID, error) { return "", errors.New("none") }

func FromString(text string) (UUID, error) { return UUID(text), nil }
"""


def workspace(examples: Examples) -> Path:
    """Two plugins in a workspace that also uses a module which the host links. Returns the go.work."""
    root = examples.plugin.parent
    shutil.copytree(examples.plugin, root / "second")
    gomod = root / "second" / "go.mod"
    gomod.write_text(gomod.read_text().replace("example.com/backend", "example.com/second"))
    (root / "uuid").mkdir()
    (root / "uuid" / "go.mod").write_text("module github.com/gofrs/uuid\n\ngo 1.23\n")
    (root / "uuid" / "uuid.go").write_text(UUID)
    work = root / "go.work"
    work.write_text("go 1.23\n\nuse (\n\t./plugin\n\t./second\n\t./uuid\n)\n")
    return work


def test_the_diff_of_a_workspace_is_what_fix_writes(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    work = workspace(examples)
    root = work.parent
    monkeypatch.chdir(root)
    before = contents(root)
    assert main(["fix", "--diff"]) == 0
    patch, errors = capsys.readouterr()
    assert contents(root) == before
    assert [line for line in patch.splitlines() if line.startswith("+++")] == ["+++ b/plugin/go.mod", "+++ b/go.work"]
    assert patch.count("-\t./uuid\n") == 1
    assert "nothing to write:\nexample.com/second: fits" in errors
    assert main(["check"]) == 1
    advice = "`layerg-pin fix --tidy` sets 4 modules to the host's version and takes 1 module out of the workspace\n"
    assert capsys.readouterr().out.endswith(f"\n\n{advice}")
    main(["fix"])
    assert {path for path, data in contents(root).items() if data != before.get(path)} == {
        str(examples.plugin / "go.mod"),
        str(work),
    }
    go_build(examples.plugin, work=work)


@uses_git
def test_the_diff_of_a_workspace_applies(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = workspace(examples).parent
    monkeypatch.chdir(root)
    before = contents(root)
    main(["fix", "--diff"])
    patch = capsys.readouterr().out
    main(["fix"])
    written = contents(root)
    for path, data in before.items():
        Path(path).write_bytes(data)
    subprocess.run(["git", "apply"], input=patch, text=True, check=True)
    assert contents(root) == written


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (None, "sets 4 modules to the host's version"),
        (("\ngo 1.23", "\ngo 1.99"), "sets 4 modules to the host's version and sets the go line to 1."),
        (("\n)\n\nrequire", "\n)\n\nreplace go.uber.org/zap => ../zap\n\nrequire"), "changes 1 replace"),
    ],
)
def test_the_advice_counts_as_fix_does(
    examples: Examples, capsys: pytest.CaptureFixture[str], change: tuple[str, str] | None, words: str
) -> None:
    gomod = examples.plugin / "go.mod"
    if change:
        zap = go(examples.plugin, "list", "-m", "-f", "{{.Dir}}", "go.uber.org/zap@v1.26.0")
        shutil.copytree(zap.strip(), examples.plugin.parent / "zap")
        assert change[0] in gomod.read_text()
        gomod.write_text(gomod.read_text().replace(*change, 1))
    main(["check", str(examples.plugin)])
    advice = capsys.readouterr().out.splitlines()[-1]
    assert words in advice
    before = gomod.read_text()
    main(["fix", str(examples.plugin)])
    out = capsys.readouterr().out
    number = re.search(r"sets (\d+) modules? to", advice)
    assert number
    assert f"{number[1]} modules set to the host's version" in out
    assert ("replace" in advice) == ("removed replace: " in out)
    assert ("go line" in advice) == ("  go 1.99 -> go 1." in out)
    assert gomod.read_text() != before


def test_a_held_version_is_counted(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    text = (examples.host / "vendor" / "modules.txt").read_text()
    host = examples.host.parent / "modules.txt"
    host.write_text(text.replace("# go.uber.org/multierr v1.11.0", "# go.uber.org/multierr v1.9.0"))
    main(["check", str(examples.plugin), "--host", str(host)])
    advice = capsys.readouterr().out.splitlines()[-1]
    assert "sets 4 modules to the host's version and excludes 1 version" in advice
    main(["fix", str(examples.plugin), "--host", str(host)])
    assert capsys.readouterr().out.count("excluded: ") == 1


def test_nothing_to_do_is_not_advised(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    align_by_hand(examples.plugin)
    main(["check", str(examples.plugin)])
    assert "layerg-pin fix" not in capsys.readouterr().out


def test_after_fix_ended_with_0_no_fix_is_offered(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    """Otherwise it says what the user must do, and ends with 1."""
    gomod = examples.plugin / "go.mod"
    release = go(examples.plugin, "env", "GOVERSION").strip().removeprefix("go")
    gomod.write_text(gomod.read_text().replace("\ngo 1.23", f"\ngo {release}", 1))
    assert len(ALL_AT_HOST) == 4
    code = main(["fix", "--tidy", str(examples.plugin)])
    out = capsys.readouterr().out
    assert "= fix:" not in out
    document = checked(capsys, str(examples.plugin))[1]
    findings = document["plugins"][0]["findings"]
    offered = [each for each in findings if each["fixes"] and each["severity"] in ("error", "warning")]
    assert (code == 0) == (not offered)
    assert ("= remaining fix: " in out) == bool(offered)


def test_which_findings_have_fixes_left() -> None:
    fix = Fix("Pin a to v1 (host)", (TextEdit(Span(0, 0), "x"),), ())
    warning = Finding(
        code="blank-import",
        severity=Severity.WARNING,
        message="m",
        path="/p/main.go",
        span=Span(0, 1),
        fixes=Fixes(lambda: (fix,)),
    )
    assert fixes_left((warning,))
    assert not fixes_left((warning._replace(severity=Severity.INFORMATION),))
    assert not fixes_left((warning._replace(fixes=Fixes()),))


def test_a_merge_conflict_is_resolved_before_anything_is_written(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(examples.plugin)  # paths are shown relative to it
    gosum = examples.plugin / "go.sum"
    whole = gosum.read_text()
    gosum.write_text(f"{whole}<<<<<<< HEAD\n=======\n>>>>>>> feature\n")
    before = contents(examples.plugin)
    place = f"go.sum:{len(whole.splitlines()) + 1}"
    assert main(["check", str(examples.plugin)]) == 1
    out = capsys.readouterr().out
    assert f"{place}:1: error: merge conflict: resolve it first [syntax]" in out
    assert out.count("[syntax]") == 1
    assert "layerg-pin fix" not in out
    assert main(["fix", str(examples.plugin)]) == 2
    assert f"{place}: merge conflict: resolve it first; nothing was written" in capsys.readouterr().err
    assert contents(examples.plugin) == before


def test_an_unreadable_go_work_is_reported_at_its_line(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(examples.plugin)  # paths are shown relative to it
    work = examples.plugin.parent / "go.work"
    work.write_text("go 1.23\n\nuses ./plugin\n")
    assert main(["check", str(examples.plugin)]) == 1
    assert f"{Path('../go.work')}:3:1: error: unknown directive: uses [syntax]" in capsys.readouterr().out
    assert main(["fix", str(examples.plugin)]) == 2
    assert "go.work:3: unknown directive: uses: nothing was written, fix it first" in capsys.readouterr().err
