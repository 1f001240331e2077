"""Completion in fish and zsh, as Debian has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_completion import CASES, commands_only, offered, script
from tests.editors.home import debian


@pytest.mark.parametrize(("line", "expected"), CASES)
def test_fish(line: str, expected: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """fish also offers words that contain the begun one, which are left out here."""
    fish = debian("fish")
    functions = fish.root / "usr/share/fish/functions"
    code = f"set fish_function_path {functions}\nfunction layerg-pin; end\n{script('fish', capsys)}\n"
    shell = [*fish.command("usr/bin/fish"), "--no-config"]
    begun = line.split(" ")[-1]
    found = [each for each in offered(shell, f"{code}complete -C '{line}'\n", tmp_path) if each.startswith(begun)]
    assert commands_only(line, found) == expected


@pytest.mark.parametrize(("line", "expected"), CASES)
def test_zsh(line: str, expected: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The function runs with the variables that bashcompinit sets. Its `compgen` offers all words, of which `compadd`,
    which needs a terminal, takes those with the prefix.
    """
    zsh = debian("zsh")
    functions = (path for path in (zsh.root / "usr/share/zsh/functions").rglob("*") if path.is_dir())
    modules = (path.parent.parent for path in (zsh.root / "usr/lib").rglob("zsh/zle.so"))
    words = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    code = (
        f"fpath=({' '.join(map(str, functions))}) module_path=({' '.join(map(str, modules))})\n"
        "autoload -Uz compinit && compinit -u -d ./dump\n"
        f"{script('zsh', capsys)}\n"
        f"run() {{ emulate -L sh; setopt kshglob noshglob braceexpand ksharrays\n"
        f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _layerg_pin; print -l -- ${{COMPREPLY[@]}} }}\nrun"
    )
    found = [
        each for each in offered([*zsh.command("usr/bin/zsh"), "-f"], code, tmp_path) if each.startswith(words[-1])
    ]
    assert commands_only(line, found) == expected
