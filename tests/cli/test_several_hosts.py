"""`layerg-pin check` with several hosts: the table, the findings below it, the JSON and the exit code."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from layerg_pin.cli.main import main
from tests.cli.test_check import align_by_hand
from tests.conftest import Examples
from tests.platform_marks import uses_links


@pytest.fixture
def two(examples: Examples, monkeypatch: pytest.MonkeyPatch) -> Examples:
    """The example plugin, which fits `../host` but not `../older`, and from whose folder the command is run."""
    align_by_hand(examples.plugin)
    older = examples.host.parent / "older"
    older.mkdir()
    for name in ("go.mod", "modules.txt"):
        text = (examples.host / ("vendor" if name == "modules.txt" else "") / name).read_text()
        (older / name).write_text(text.replace("go.uber.org/zap v1.27.0", "go.uber.org/zap v1.26.0"))
    monkeypatch.chdir(examples.plugin)
    return examples


def test_a_line_for_each_host_and_findings_for_those_with_errors(
    two: Examples, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--host", "../host", "--host", "../older", "--host", "../none"]) == 1
    rows = capsys.readouterr().out.split("\n")
    assert rows[0].startswith("example.com/backend  ../host   fits (42 linked packages")
    assert rows[1] == "example.com/backend  ../older  1 error"
    assert rows[2].startswith("example.com/backend  ../none   no verdict: the host ../none does not exist")
    assert rows[3:5] == ["", "example.com/backend against ../older:"]
    assert "go.uber.org/zap is v1.27.0, host has v1.26.0" in rows[5]
    assert rows[-3:] == ["", "`layerg-pin fix --tidy --host ../older` sets 1 module to the host's version", ""]


def test_no_verdict_on_one_host_means_no_verdict_on_all(two: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--host", "../host", "--host", "../none"]) == 2
    assert "no verdict on example.com/backend against ../none: " in capsys.readouterr().err
    assert main(["check", "--host", "../host", "--host", "../host"]) == 0
    assert capsys.readouterr().out.startswith("example.com/backend: fits ../host (")


def test_a_plugin_that_cannot_be_read_is_missing_for_all_hosts(
    two: Examples, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(tmp_path / "absent"), "--host", "../host", "--host", "../older", "--format", "json"]) == 2
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert [each["plugins"] for each in document["hosts"]] == [[], []]
    assert [len(each["problems"]) for each in document["hosts"]] == [1, 1]
    assert len(captured.err.splitlines()) == 1


def test_json_has_the_keys_of_one_host_and_all_hosts(two: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--host", "../host", "--format", "json"]) == 0
    alone = json.loads(capsys.readouterr().out)
    assert main(["check", "--host", "../host", "--host", "../older", "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert {key: document[key] for key in alone} == alone
    first, second = document["hosts"]
    assert list(first) == ["reference", "plugins", "summary", "problems"]
    assert (first["reference"], first["plugins"]) == ("../host", alone["plugins"])
    assert (second["reference"], second["summary"]["error"]) == ("../older", 1)
    assert [each["module"] for each in second["plugins"][0]["findings"]] == ["go.uber.org/zap"]


def test_warnings_are_counted_and_shown_with_strict(two: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    (two.plugin / "layerg-pin.toml").write_text('[severity]\nversion-mismatch = "warning"\n')
    hosts = ["--host", "../host", "--host", "../older"]
    assert main(["check", *hosts]) in (0, 2)
    out = capsys.readouterr().out
    assert "1 warning not shown: use --strict" in out
    assert "host has v1.26.0" not in out
    assert main(["check", *hosts, "--strict"]) == 1
    assert "host has v1.26.0" in capsys.readouterr().out


@uses_links
def test_the_formats_for_ci_name_the_host(two: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    (two.host.parent / "copy").symlink_to(two.host.parent / "older")
    hosts = [word for name in ("../host", "../older", "../copy") for word in ("--host", name)]
    assert main(["check", *hosts, "--format", "junit"]) == 1
    suites = ElementTree.fromstring(capsys.readouterr().out)
    assert [(each.get("name"), each.get("failures")) for each in suites if each.get("name") != "layerg-pin"] == [
        ("example.com/backend against ../host", "0"),
        ("example.com/backend against ../older", "1"),
        ("example.com/backend against ../copy", "1"),
    ]
    assert main(["check", *hosts, "--format", "gitlab"]) == 1
    found = [each for each in json.loads(capsys.readouterr().out) if "host has v1.26.0" in each["description"]]
    assert [each["description"].partition(":")[0] for each in found] == ["../older", "../copy"]
    assert len({each["fingerprint"] for each in found}) == 2
