"""`layerg-pin host diff`: the differences between two hosts, and the unknown facts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from layerg_pin.cli.main import main
from tests.conftest import Examples


def difference(capsys: pytest.CaptureFixture[str], before: str, after: str) -> dict[str, Any]:
    assert main(["host", "diff", before, after, "--format", "json", "--offline"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert list(document) == ["version", "hosts", "facts", "modules", "packages"]
    return document


def facts(document: dict[str, Any]) -> dict[str, tuple[str | None, str | None, bool]]:
    return {each["name"]: (each["before"], each["after"], each["certain"]) for each in document["facts"]}


def test_two_releases(capsys: pytest.CaptureFixture[str]) -> None:
    document = difference(capsys, "nakama@3.22.0", "nakama@3.24.0")
    found = facts(document)
    assert found["Go release"] == ("go1.22.4", "go1.23.2", True)
    assert found["platforms"] == ("linux/amd64, linux/arm64", "linux/amd64, linux/arm64", True)
    assert found["-trimpath"] == ("yes", "yes", True)
    assert [each["name"] for each in document["modules"]["changed"]] == [
        "github.com/heroiclabs/nakama-common",
        "google.golang.org/protobuf",
    ]
    (added,) = document["modules"]["added"]
    assert (added["name"], added["before"]) == ("github.com/dgryski/dgoogauth", None)
    assert document["packages"] == {"added": 2, "removed": 1, "same": 269}


def test_text_names_what_differs_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["host", "diff", "nakama@3.22.0", "nakama@3.24.0"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[:3] == [
        "nakama@3.22.0 -> nakama@3.24.0",
        "  plugin API           github.com/heroiclabs/nakama-common v1.32.0 -> v1.34.0",
        "  Go release           go1.22.4 -> go1.23.2",
    ]
    assert "    changed  google.golang.org/protobuf           v1.34.1 -> v1.34.2" in rows
    assert rows[-1].startswith("  the same             host, platforms, C library")


def test_the_other_direction_swaps_both_sides(capsys: pytest.CaptureFixture[str]) -> None:
    there = difference(capsys, "nakama@3.22.0", "layerg@0.1.1")
    back = difference(capsys, "layerg@0.1.1", "nakama@3.22.0")
    for one, other in (("changed", "changed"), ("added", "removed"), ("removed", "added")):
        swapped = [{**each, "before": each["after"], "after": each["before"]} for each in back["modules"][other]]
        assert there["modules"][one] == swapped
    assert there["packages"]["added"] == back["packages"]["removed"]


def test_a_floating_go_release_is_not_the_same_as_itself(capsys: pytest.CaptureFixture[str]) -> None:
    found = facts(difference(capsys, "layerg@0.1.1", "layerg@0.1.1"))
    assert found["Go release"][2] is False
    assert found["C library"][2] is True
    assert main(["host", "diff", "layerg@0.1.1", "nakama@3.24.0"]) == 0
    assert "not compared         Go release: go1.23 (unknown patch release) -> go1.23.2" in capsys.readouterr().out
    assert facts(difference(capsys, "layerg@0.1.1", "nakama@3.22.0"))["Go release"][2] is True


def test_unknown_packages_are_not_compared(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    modules_txt, gomod = str(examples.host / "vendor" / "modules.txt"), str(examples.host / "go.mod")
    assert difference(capsys, str(examples.host), gomod)["packages"] is None
    assert main(["host", "diff", str(examples.host), modules_txt]) == 0
    assert "lists all packages that it can link, not those that it links" in capsys.readouterr().out


def test_in_the_folder_of_a_host(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(examples.host)
    assert main(["host", "diff", ".", "."]) == 0
    assert "  no difference was found" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("hosts", [("nakama@3.22.0", "../none"), ("../none", "nakama@3.22.0")])
def test_a_host_that_cannot_be_read(hosts: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["host", "diff", *hosts]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "../none" in captured.err


def test_a_profile_with_a_blank_fact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = tmp_path / "layerg-host.json"
    assert main(["host", "export", "--host", "nakama@3.22.0", "-o", str(profile)]) == 0
    profile.write_text(profile.read_text().replace('"gcflags": ""', '"gcflags": " "', 1))
    capsys.readouterr()
    assert main(["host", "diff", str(profile), "nakama@3.22.0"]) == 0
