"""`layerg-pin fix` announces what it changes in go.work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from tests.conftest import Examples
from tests.lsp.test_workspaces import TITLE, workspace


def test_fix_announces_edits_of_go_work(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    work = workspace(examples)
    main(["check", "--format", "json", str(examples.plugin)])
    findings = json.loads(capsys.readouterr().out)["plugins"][0]["findings"]
    (found,) = (each for each in findings if each["code"] == "workspace-module")
    assert TITLE in found["fixes"]
    main(["check", str(examples.plugin)])
    assert f"fix: {TITLE}" in capsys.readouterr().out
    before = work.read_text()
    main(["fix", "--diff", str(examples.plugin)])
    assert "-\t./multierr // ours\n" in capsys.readouterr().out
    assert work.read_text() == before
    main(["fix", str(examples.plugin)])
    out = capsys.readouterr().out
    assert "go.work: changed\n  removed use: ./multierr\n" in out
    assert work.read_text() == "go 1.23\n\nuse (\n\t./plugin\n)\n"


def test_a_replace_that_leaves_go_work_is_announced(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    work = workspace(examples)
    work.write_text("go 1.23\n\nuse ./plugin\n\nreplace go.uber.org/multierr => ./multierr\n")
    main(["fix", str(examples.plugin)])
    assert "  removed replace: go.uber.org/multierr => ./multierr\n" in capsys.readouterr().out
    assert "replace" not in Path(work).read_text()
