"""Parse Windows batch files (`.bat`, `.cmd`) for the commands that build plugins.

The text is translated into shell syntax of the same length, so that offsets stay, and is read by the parser of shell
scripts. Source: https://learn.microsoft.com/windows-server/administration/windows-commands/windows-commands (`set`,
`if`, `cmd`). A variable that is set in a condition or a block is unknown if it had another value before.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from layerg_pin.core.buildfiles.budget import Budget
from layerg_pin.core.buildfiles.build_file import BuildFile, CommentForm
from layerg_pin.core.buildfiles.command_words import Environment
from layerg_pin.core.buildfiles.script_results import parse_translated
from layerg_pin.core.buildfiles.shell_words import Word, commands
from layerg_pin.core.text import Span

_REFERENCE = re.compile(
    r"%(?:%~?\w?|\*|~?\w{0,20}\d|(?P<name>\w[\w().-]{0,200}+)(?P<change>:[^%\n]{0,200}+)?%)|!(?P<late>\w{1,200}+)!"
)
_TOKEN = re.compile(
    r"""(?P<comment>(?:^|(?<=[&(]))[ \t@(]{0,20}+(?:rem\b|::)[^\n]*)
    |(?P<label>^[ \t]*+:[^\n]*)
    |(?P<silent>(?:^|(?<=[&(]))[ \t]*+@+)
    |(?P<opened>"(?:[^"\\\n]|\\(?!\n).)*+)(?P<closed>"?)
    |(?P<continued>\^(?=[ \t]*+\r?\n))
    |\^(?P<escaped>[^\n])
    |(?P<plain>[\\'`#])
    |(?P<paren>[()])""",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
_PLAIN = {"\\": "/", "'": "\u2019", "`": "\u2019", "#": "\uff03", '"': " "}
"""Characters that have a meaning only in shells, and the characters that replace them."""
_PLAIN_CHARACTER = re.compile(r"[\\'`#\"]")
_BACKSLASH = re.compile(r"\\(?!\")")
_SET = re.compile(r'"?(?P<name>[^\s="]+)\s*+=(?P<value>.*)', re.DOTALL)
_OPERATORS = ("==", "equ", "neq", "lss", "leq", "gtr", "geq")
_STARTERS = frozenset(("call", "start", "/wait", "/b", "/d"))
"""Words before the program that a command runs."""


def parse_batch(text: str, budget: Budget | None = None) -> BuildFile:
    """Parse a batch file; never raises. Without a `budget`, the limits of one file apply."""
    budget = budget or Budget()
    reader = _Reader(budget)
    file = parse_translated(text, budget, reader.environment, reader.expand, reader.read)
    return file._replace(comments=CommentForm.REM)


class _Reader:
    """Translates a batch file, and keeps its variables, whose names are in upper case."""

    def __init__(self, budget: Budget) -> None:
        self.environment = Environment()
        self._budget = budget
        self._joined: dict[str, tuple[str, str] | None] = {}
        """References followed by letters, such as `$$NAMErest`: the name and the rest; None if two look alike."""
        self._parens: list[int] = []
        """The offsets of parentheses."""
        self._depths: list[int] = []
        """The number of open parentheses after each of them."""

    def expand(self, reference: str) -> str | None:
        """The value of `%NAME%`, which the translation has made `$$NAME`; None if it is unknown."""
        if not reference.startswith("$$"):
            return None
        name, rest = self._joined.get(reference, (reference[2:], "")) or ("", "")
        if name.upper() == "CD":
            return f".{rest}"
        value = self.environment.values.get(name.upper())
        return None if value is None else value + rest

    def read(self, text: str) -> tuple[str, Iterator[Sequence[Word]]]:
        """The file in shell syntax, and its commands."""
        shell = self._translated(text)
        return shell, self._commands(shell)

    def _translated(self, text: str) -> str:
        shell = _REFERENCE.sub(self._reference, text)
        depth = 0

        def token(match: re.Match[str]) -> str:
            nonlocal depth
            whole = match[0]
            match match.lastgroup:
                case "comment" | "label" | "silent":
                    depth += whole.count("(") if match.lastgroup == "silent" else 0
                    return re.sub(r"[^\r(]" if match.lastgroup == "silent" else r"[^\r]", " ", whole)
                case "closed" if match["closed"]:
                    return _BACKSLASH.sub("/", whole)
                case "closed":
                    return _PLAIN_CHARACTER.sub(lambda each: _PLAIN[each[0]], whole)
                case "continued":
                    return "\\"
                case "escaped":
                    return f"\\{match['escaped']}"
                case "plain":
                    return _PLAIN[whole]
            depth = max(0, depth + (1 if whole == "(" else -1))
            self._parens.append(match.start())
            self._depths.append(depth)
            return whole

        return _TOKEN.sub(token, shell)

    def _reference(self, match: re.Match[str]) -> str:
        name = match["name"] or match["late"]
        if not name or match["change"] or not re.fullmatch(r"\w+", name, re.ASCII):
            return f"${'_' * (len(match[0]) - 1)}"  # an argument, a part of a value: unknown
        text, end = match.string, match.end()
        following = re.compile(r"\w{0,200}", re.ASCII).match(text, end)
        if following and following[0]:
            key = f"$${name}{following[0]}"
            split = (name, following[0])
            self._joined[key] = split if self._joined.get(key, split) == split else None
        return f"$${name}"

    def _commands(self, shell: str) -> Iterator[Sequence[Word]]:
        """The commands without conditions, applying `set`. Raises LimitExceeded."""
        for found in commands(shell, Span(0, len(shell)), self.expand, self._budget):
            words, is_sure = _without_condition(found)
            while words and words[0].text.lower() in _STARTERS and words[0].known:
                words = words[1:]
            if not words:
                continue
            name = words[0].text.lower()
            if name == "set":
                self._set(shell, words, is_sure=is_sure and not self._depth_at(words[0].span.start))
            elif name in ("cd", "chdir", "pushd"):
                paths = [word for word in words[1:] if word.text.lower() != "/d"]
                yield (words[0]._replace(text="cd"), *paths[:1])
            else:
                yield words

    def _depth_at(self, offset: int) -> int:
        position = bisect_right(self._parens, offset)
        return self._depths[position - 1] if position else 0

    def _set(self, shell: str, words: Sequence[Word], *, is_sure: bool) -> None:
        """Apply `set NAME=VALUE`. All variables are environment variables."""
        if len(words) < 2:
            return
        span = Span(words[1].span.start, words[-1].span.end)
        match = _SET.match(shell[span.start : span.end])
        asks = words[1].text.lower() in ("/p", "/a")
        if asks and len(words) > 2:
            match = _SET.match(shell[words[2].span.start : span.end])
        if match is None:
            return
        name, value = match["name"].upper(), match["value"].strip()
        if words[1].inner:
            value = value.removesuffix('"')
        known = not asks
        parts: list[str] = []
        position = 0
        for reference in re.finditer(r"\$\$?\w+|\$\*", value, re.ASCII):
            expanded = self.expand(reference[0])
            self._budget.count_expanded(len(expanded or ""))
            known = known and expanded is not None
            parts += (value[position : reference.start()], expanded or "")
            position = reference.end()
        value = "".join((*parts, value[position:]))
        before = self.environment.values.get(name, value)
        word = Word(value, span, known and (is_sure or before == value))
        self.environment.set(name, word._replace(text=f"{name}={value}"), exported=True)


def _without_condition(words: Sequence[Word]) -> tuple[Sequence[Word], bool]:
    """The words after `if CONDITION`, `else` and `do`, and whether there was none of them."""
    is_sure = True
    while words and words[0].text.lower() in ("if", "else", "do"):
        is_sure = False
        is_if = words[0].text.lower() == "if"
        words = words[1:]
        if not is_if:
            continue
        while words and words[0].text.lower() in ("/i", "not"):
            words = words[1:]
        first = words[0].text.lower() if words else ""
        second = words[1].text.lower() if len(words) > 1 else ""
        if first in ("exist", "defined", "errorlevel", "cmdextversion"):
            words = words[2:]
        elif second in _OPERATORS:
            words = words[3:]
        else:
            words = words[2:] if second.startswith("==") or first.endswith("==") else words[1:]
    return words, is_sure
