"""Completion in bash. For PowerShell, which Debian does not have, only the form of the script is tested.

tests/editors has those of fish and zsh.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from tests.platform_marks import uses_bash

CASES = [
    ("layerg-pin ch", ["check"]),
    ("layerg-pin host ex", ["export"]),
    ("layerg-pin host export --f", ["--format"]),
    ("layerg-pin host export --format ren", ["renovate"]),
    ("layerg-pin check --strict --exit", ["--exit-zero"]),
    ("layerg-pin check --format sa", ["sarif"]),
    ("layerg-pin --color never check --color al", ["always"]),
    ("layerg-pin completion z", ["zsh"]),
    ("layerg-pin help upg", ["upgrade"]),
    ("layerg-pin cache ", ["clean", "dir"]),
]


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


def offered(shell: Sequence[str], code: str, folder: Path) -> list[str]:
    """The lines that a shell, given as a command, prints."""
    done = subprocess.run(
        [*shell, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.stderr == ""
    return sorted(line.partition("\t")[0] for line in done.stdout.splitlines() if line)


def commands_only(line: str, found: list[str]) -> list[str]:
    """What was found, without options if none was begun."""
    return found if "-" in line.split(" ")[-1] else [each for each in found if not each.startswith("-")]


@uses_bash
@pytest.mark.parametrize(("line", "expected"), CASES)
def test_bash(line: str, expected: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    code = f"{script('bash', capsys)}\nCOMP_WORDS=({quoted})\nCOMP_CWORD={len(words) - 1}\n_layerg_pin\n"
    found = offered(["bash"], code + 'printf "%s\\n" "${COMPREPLY[@]}"', tmp_path)
    assert commands_only(line, found) == expected


@uses_bash
def test_bash_leaves_paths_to_the_shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = f"{script('bash', capsys)}\nCOMP_WORDS=(layerg-pin check --host '')\nCOMP_CWORD=3\n_layerg_pin\n"
    assert (
        offered(["bash"], code + 'printf "%s\\n" "${COMPREPLY[@]}"; complete -p layerg-pin >/dev/null', tmp_path) == []
    )


def test_powershell(capsys: pytest.CaptureFixture[str]) -> None:
    text = script("powershell", capsys)
    assert text.startswith("Register-ArgumentCompleter -Native -CommandName layerg-pin")
    assert "        'host export --format' = 'profile renovate dependabot'\n" in text
    assert (text.count("{"), text.count("(")) == (text.count("}"), text.count(")"))
