"""What `make release-check` refuses before a release."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.packaging.conftest import run

SCRIPT: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "release_check.py"))
changelog_problems: Callable[[str, str], Iterator[str]] = SCRIPT["changelog_problems"]
placeholder_problems: Callable[[Path], Iterator[str]] = SCRIPT["placeholder_problems"]

HEADER = "# Changelog\n\n"
RELEASED = "## [1.2.0] - 2026-01-31\n\n### Fixed\n\n- A.\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEADER}{RELEASED}", []),
        (f"{HEADER}## [Unreleased]\n\n{RELEASED}", []),
        (f"{HEADER}## [Unreleased]\n\n- B.\n\n{RELEASED}", ["under [Unreleased]"]),
        (f"{HEADER}## [Unreleased]\n\n- B.\n", ["under [Unreleased]", "no section"]),
        (f"{HEADER}{RELEASED.replace(' - 2026-01-31', '')}", ["no section"]),
        (f"{HEADER}{RELEASED.replace('1.2.0', '1.2.01')}", ["no section"]),
    ],
)
def test_the_changelog_is_that_of_the_version(text: str, said: list[str]) -> None:
    problems = list(changelog_problems(text, "1.2.0"))
    assert len(problems) == len(said)
    assert all(words in problem for words, problem in zip(said, problems, strict=True))


def test_the_placeholder_of_the_repository_is_refused(tmp_path: Path) -> None:
    run("git", "init", "--quiet", cwd=tmp_path)
    (tmp_path / "a.toml").write_text('url = "https://github.com/someone/layerg-pin"\n')
    run("git", "add", ".", cwd=tmp_path)
    assert list(placeholder_problems(tmp_path)) == []
    (tmp_path / "b.toml").write_text(f'url = "https://github.com/{SCRIPT["PLACEHOLDER"]}"\n')
    run("git", "add", ".", cwd=tmp_path)
    (problem,) = placeholder_problems(tmp_path)
    assert problem.endswith(" in b.toml")
