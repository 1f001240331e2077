"""The formats of `check` for CI systems: the same findings in each, valid for their consumers."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from layerg_pin.cli.main import main
from layerg_pin.core.checks import CHECKS
from tests.cli.test_check import align_by_hand
from tests.conftest import Examples

MODULES = {"github.com/gofrs/uuid", "go.uber.org/zap", "google.golang.org/protobuf", "go.uber.org/multierr"}


@pytest.fixture
def plugin(examples: Examples, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example plugin in the working folder, outside of any CI."""
    for name in ("GITHUB_ACTIONS", "GITHUB_WORKSPACE", "GITHUB_STEP_SUMMARY", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(examples.plugin)
    return examples.plugin


def report(capsys: pytest.CaptureFixture[str], name: str) -> str:
    assert main(["check", "--format", name]) == 1
    return capsys.readouterr().out


def test_sarif(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = json.loads(report(capsys, "sarif"))
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [check.code for check in CHECKS]
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]
    results = [each for each in run["results"] if each["ruleId"] == "version-mismatch"]
    assert len(results) == len(MODULES)
    lines = (plugin / "go.mod").read_text().splitlines()
    for result in results:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        location = result["locations"][0]["physicalLocation"]
        assert location["artifactLocation"] == {"uri": "go.mod", "uriBaseId": "REPOSITORY"}
        region = location["region"]
        version = lines[region["startLine"] - 1][region["startColumn"] - 1 : region["endColumn"] - 1]
        assert version.startswith("v")
        assert version in result["message"]["text"]
        (change,) = result["fixes"][0]["artifactChanges"]
        assert change["artifactLocation"]["uri"] == "go.mod"
    assert len({each["partialFingerprints"]["layergPin/v1"] for each in run["results"]}) == len(run["results"])


def test_silenced_findings_are_counted(
    plugin: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (plugin / "layerg-pin.toml").write_text('host = "../host"\nseverity = { version-mismatch = "off" }\n')
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(plugin.parent / "summary.md"))
    text = {}
    for name in ("junit", "sarif", "github"):
        assert main(["check", "--format", name]) == 0
        text[name] = capsys.readouterr().out
    (run,) = json.loads(text["sarif"])["runs"]
    assert run["properties"] == {"silenced": 4}
    note = {"level": "note", "message": {"text": "example.com/backend: 4 findings silenced"}}
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": [note]}]
    assert not [each for each in run["results"] if each["ruleId"] == "version-mismatch"], "they would be open alerts"
    (suite,) = ET.fromstring(text["junit"]).findall("testsuite")
    assert [each.get("message") for each in suite.findall("testcase/skipped")] == ["4 findings silenced"]
    assert (suite.get("skipped"), suite.get("tests")) == ("1", str(len(suite.findall("testcase"))))
    assert "| 0 | 0 | 4 |\n" in (plugin.parent / "summary.md").read_text()


def test_fingerprints_stay_if_other_lines_change(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def fingerprints() -> set[str]:
        return {each["fingerprint"] for each in json.loads(report(capsys, "gitlab"))}

    before = fingerprints()
    gomod = plugin / "go.mod"
    gomod.write_text(f"// a comment\n\n{gomod.read_text()}")
    assert fingerprints() == before


def test_gitlab(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(report(capsys, "gitlab"))
    for each in found:
        assert set(each) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert each["severity"] in ("info", "minor", "major", "critical", "blocker")
    assert sum(each["check_name"] == "version-mismatch" for each in found) == len(MODULES)


def test_junit(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = ET.fromstring(report(capsys, "junit"))
    (suite,) = root.findall("testsuite")
    assert suite.get("name") == "example.com/backend"
    failures = suite.findall("testcase/failure")
    assert int(suite.get("failures", "")) == len(failures) >= len(MODULES)
    assert int(suite.get("tests", "")) == len(suite.findall("testcase"))


def test_rdjson_counts_bytes(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dockerfile = plugin / "Dockerfile"
    dockerfile.write_text('FROM golang:1.20.1\nRUN echo "höher 🎉" && go build -buildmode=plugin -o x.so .\n')
    document = json.loads(report(capsys, "rdjson"))
    assert document["source"] == {"name": "layerg-pin"}
    found = {each["code"]["value"]: each for each in document["diagnostics"]}
    span = found["build-flags"]["location"]["range"]
    line = dockerfile.read_bytes().splitlines()[span["start"]["line"] - 1]
    assert line[span["start"]["column"] - 1 :].startswith(b"go build ")
    assert found["version-mismatch"]["suggestions"]


def test_github(plugin: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """In GitHub Actions the annotations need no option, and paths are relative to the repository."""
    summary = plugin.parent / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(plugin.parent))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert main(["check"]) == 1
    out = capsys.readouterr().out
    annotations = [line for line in out.splitlines() if line.startswith("::error ")]
    assert len(annotations) >= len(MODULES)
    assert annotations[0].startswith("::error file=plugin/go.mod,line=")
    assert "| `example.com/backend` |" in summary.read_text()
    assert summary.read_text().count("- **error** ") == len(annotations)


def test_a_file_beside_the_text(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "sarif", "-o", "out.sarif"]) == 1
    assert "example.com/backend: 4 errors" in capsys.readouterr().out
    assert json.loads((plugin / "out.sarif").read_text())["version"] == "2.1.0"
    assert main(["check", "-o", "out.txt"]) == 2
    assert "error: -o needs a --format for programs" in capsys.readouterr().err
    assert main(["check", "--format", "json", "-o", "missing/out.json"]) == 2
    assert "missing/out.json cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["sarif", "github", "gitlab", "junit", "rdjson"])
def test_no_verdict_is_in_each_format(plugin: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main(["check", "--host", "../missing", "--format", name]) == 2
    out = capsys.readouterr().out
    assert "../missing does not exist" in json_unescaped(out, name)


def json_unescaped(out: str, name: str) -> str:
    document: Any = json.loads(out) if name in ("sarif", "gitlab", "rdjson") else out
    return json.dumps(document, ensure_ascii=False) if not isinstance(document, str) else document


def test_hostile_names_stay_text(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A module path with line breaks of a log, or with markup, cannot forge an annotation or an element."""
    gomod = plugin / "go.mod"
    gomod.write_text(f'{gomod.read_text()}\nrequire "x\\n::error::forged<failure/>" v1.0.0\n')
    for name in ("github", "junit"):
        assert main(["check", "--format", name]) in (1, 2)
        out = capsys.readouterr().out
        assert not any(line.startswith("::error::forged") for line in out.splitlines())
        assert "forged<failure" not in out or name == "github"


def test_junit_without_a_verdict_has_no_test_that_says_it_fits(
    plugin: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--host", "../missing", "--format", "junit"]) == 2
    out = capsys.readouterr().out
    assert " fits" not in out
    assert ET.fromstring(out).findall("testsuite/testcase/error")


@pytest.mark.parametrize("hosts", [1, 2])
def test_junit_without_a_verdict_has_the_reason_in_the_suite_of_the_plugin(
    hosts: int, plugin: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["check", *["--host", "../host", "--host", str(plugin.parent / "host")][: 2 * hosts], "--format", "junit"]
    align_by_hand(plugin)
    assert main(command) == 0
    suites = ET.fromstring(capsys.readouterr().out).findall("testsuite")
    assert [[each.get("name") for each in suite] for suite in suites] == [["no errors or warnings"]] * hosts
    monkeypatch.setenv("GOTOOLCHAIN", "wrong")  # Go refuses to run, so there is no verdict
    assert main(command) == 2
    suites = ET.fromstring(capsys.readouterr().out).findall("testsuite")
    assert all(str(each.get("name")).startswith("example.com/backend") for each in suites)
    assert [(each.get("tests"), each.get("failures"), each.get("errors")) for each in suites] == [
        ("1", "0", "1")
    ] * hosts
    assert all("invalid GOTOOLCHAIN" in str(each.get("message")) for suite in suites for each in suite.iter("error"))


def test_junit_lists_plugins_of_one_module_path_by_folder(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(examples.plugin, examples.plugin.with_name("copy"))
    monkeypatch.chdir(examples.plugin.parent)
    assert main(["check", "--format", "junit"]) == 1
    suites = ET.fromstring(capsys.readouterr().out).findall("testsuite")
    assert [each.get("name") for each in suites] == ["example.com/backend (copy)", "example.com/backend (plugin)"]
    for suite in suites:
        cases = [each.get("name") for each in suite.findall("testcase")]
        assert len(cases) == len(set(cases))


def test_a_dash_is_standard_output(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "sarif", "-o", "-"]) == 1
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"
    assert not (plugin / "-").exists()
