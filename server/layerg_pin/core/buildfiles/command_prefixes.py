"""Skip the words before the program that a command runs, such as `sudo`, `timeout 60`, `wsl -d Ubuntu` and `cmd /c`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from layerg_pin.core.buildfiles.shell_words import Word
from layerg_pin.core.text import Span

_KEYWORDS = ("if", "then", "else", "elif", "while", "until", "do", "{", "!", "")
_OF_POWERSHELL = ("-ExecutionPolicy", "-executionpolicy", "-ep", "-WorkingDirectory", "-Version")
_PROGRAMS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("command", "eval", "invoke-expression", "iex", "nohup", "setsid", "winpty"), ()),
    "cmd": (),
    "doas": ("-u", "-C"),
    "env": ("-u", "-C", "--unset", "--chdir"),
    "exec": ("-a",),
    "nice": ("-n",),
    "powershell": _OF_POWERSHELL,
    "pwsh": _OF_POWERSHELL,
    "sudo": ("-u", "-g", "-h", "-p", "-C", "-D", "-U", "--user", "--group", "--chdir"),
    "time": ("-f", "-o"),
    "timeout": ("-k", "-s", "--kill-after", "--signal"),
    "wsl": ("-d", "-u", "--distribution", "--user", "--cd", "--shell-type"),
}
"""Programs that run the command in their arguments, each with those of its options that take a value."""
_FOLDERS: Mapping[str, Sequence[str]] = {
    "env": ("-C", "--chdir"),
    "sudo": ("-D", "--chdir"),
    "wsl": ("--cd",),
    "powershell": ("-WorkingDirectory",),
    "pwsh": ("-WorkingDirectory",),
}
"""For each program, its options that name the working folder of the command."""
_OPTION = re.compile(r"-.*|/[a-z]", re.IGNORECASE | re.DOTALL)


def program_position(words: Sequence[Word]) -> int:
    """The position of the first word that is none of these prefixes; the number of words if there is none."""
    position = 0
    while position < len(words) and words[position].known:
        name = _name(words[position])
        valued = _PROGRAMS.get(name)
        if valued is None and name not in _KEYWORDS:
            break
        position += 1
        while position < len(words) and _OPTION.fullmatch(words[position].text):
            position += 2 if words[position].text in (valued or ()) else 1
        position += name == "timeout"
    return min(position, len(words))


def folders_of(prefixes: Sequence[Word]) -> Iterator[Word]:
    """The working folders that the words before a program give it, as in `env -C DIR`."""
    options: Sequence[str] = ()
    for before, word in pairwise((Word("", Span(0, 0)), *prefixes)):
        options = _FOLDERS.get(_name(word), options)
        option, equals, value = word.text.partition("=")
        if before.text in options:
            yield word
        elif equals and option in options:
            yield word._replace(text=value)
        elif "-C" in options and word.text.startswith("-C") and len(word.text) > len("-C"):
            yield word._replace(text=word.text.removeprefix("-C"))


def _name(word: Word) -> str:
    return word.text.rsplit("/", 1)[-1].lower().removesuffix(".exe")


def is_script(words: Sequence[Word]) -> bool:
    """Whether the words after prefixes are a script in quotation marks, as in `cmd /c "cd x && go build"`."""
    return len(words) == 1 and words[0].inner is not None and " " in words[0].text
