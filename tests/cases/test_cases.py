"""Every case file is a test: its findings are exactly the expected ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.case_file import read_case, write_case
from tests.cases.harness import run_case

CASES = sorted(Path(__file__).parent.glob("*/*.txt"))


def test_there_are_cases() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_case(path: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    text = path.read_bytes().decode()
    case = read_case(text)
    outcome = run_case(case, tmp_path)
    if request.config.getoption("--update"):
        path.write_bytes(write_case(case, outcome).encode())
        return
    assert list(outcome.found) == sorted(case.expected, key=lambda each: (each.file, each.line, each.column, each.code))
    assert list(outcome.fixes) == case.sections.get("fixes", "").splitlines()
    assert (outcome.fixed or "") == case.sections.get("fixed", "")
    assert write_case(case, outcome) == text, "the file is not as --update would write it"
