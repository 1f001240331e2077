"""Parse PowerShell scripts (`.ps1`) for the commands that build plugins.

The text is translated into shell syntax of the same length, so that offsets stay, and is read by the parser of shell
scripts. Source: https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about (variables, quoting
rules, special characters, splatting). A variable that is set in a block is unknown if it had another value before.
"""

from __future__ import annotations

import re
import shlex
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from layerg_pin.core.buildfiles.budget import Budget, check_words
from layerg_pin.core.buildfiles.build_file import BuildFile
from layerg_pin.core.buildfiles.command_words import MAX_VALUE, Environment
from layerg_pin.core.buildfiles.script_results import parse_translated
from layerg_pin.core.buildfiles.shell_words import Word, commands
from layerg_pin.core.text import Span

_NAME = r"(?:(?P<scope>env|script|global|local|private|using):)?(?P<name>\w{1,200}+)"
_REFERENCE = rf"\$(?:{_NAME}|\{{{_NAME.replace('P<', 'P<braced_')}\}}|\(\${_NAME.replace('P<', 'P<inner_')}\))"
_TOKEN = re.compile(
    rf"""(?P<block><\#(?:[^\#]|\#(?!>))*+(?:\#>)?)
    |(?P<comment>(?<![^\s;(){{}}|&])\#[^\n]*)
    |@(?P<here>["'])[ \t\r]*+\n(?P<lines>(?:(?![ \t]*+["']@)[^\n]*+\n)*+)(?P<end>[ \t]*+["']@)?
    |"(?P<double>(?:[^"`]|`(?s:.)|"")*+)(?P<closed>"?)
    |(?P<single>'[^']*+')
    |(?P<reference>{_REFERENCE})
    |(?P<splat>(?<![^\s(])@(?=\w))
    |(?P<continued>`(?=[ \t]*+\r?\n))
    |`(?P<escaped>[^\n])
    |(?P<plain>[\\`'])
    |(?P<brace>[{{}}])""",
    re.VERBOSE | re.IGNORECASE,
)
_IN_DOUBLE = re.compile(rf"""(?P<reference>{_REFERENCE})|`(?s:.)|""|(?P<plain>\\)""", re.IGNORECASE)
_TYPE = r"(?:\[[^\]\n]{1,100}+\]++[ \t]*+){0,9}+"
_ASSIGNMENT = re.compile(rf"{_TYPE}\${_NAME}[ \t]*+(?P<added>\+?)=(?!=)[ \t]*+", re.IGNORECASE)
_LITERAL = r"""(?:"(?P<double>(?:[^"\\]|\\.)*+)"|'(?P<single>[^']*+)'|(?P<bare>\d[\w.-]*+|\$\{[^{}\n]*+\}|\$\w++))"""
_VALUE = re.compile(rf"{_LITERAL}(?![ \t]*+,\s*+[\"'\d])")
_PIECE = r"""(?:[^()"'\\]|\\.|"(?:[^"\\]|\\.)*+"|'[^']*+')"""
_CONTENT = rf"(?:{_PIECE}|\((?:{_PIECE}|\({_PIECE}*+\))*+\))*+"
"""What a pair of parentheses contains: at most two more pairs inside each other."""
_TERM = rf"(?P<term>(?=[$(\[])(?:\$\{{[^{{}}\n]*+\}}|[\w.$:\[\]]|\({_CONTENT}\))++)"
"""An expression without operators, whose value is unknown, such as `$PWD.Path` and `(Get-Location)`."""
_ITEM = re.compile(rf"\s*+(?:{_LITERAL}|{_TERM})[ \t\r]*+(?:,|(?=\n)|\Z)")
_LIST = re.compile(
    rf"""@?\((?P<items>{_CONTENT})\)|(?P<row>(?=["'$])(?:,\s*+|(?=[^\n;,()]){_PIECE}|\({_CONTENT}\))++)"""
)
_WITHOUT_VALUE = re.compile(rf"(?:{_TYPE}\$\w++[ \t]*+,[ \t]*+)*+")
"""Parameters in front of one with a default value."""
_COMMA = re.compile(r"[ \t]*+,[ \t]*+(?=[\[$])")
_REST = re.compile(r"[ \t]*+([^\s][^\n]?)")
_VARIABLE = re.compile(r"\$(?:\{([^{}\n]*+)\}|(\w++))")

_NOWHERE = Span(0, 0)
_UNKNOWN = Word("", _NOWHERE, known=False)
_MAX_ITEMS = 1000
"""Limit on the items of a list that grows by `+=`."""
_MAX_NAME = 300
"""Limit on the characters of a variable with its scope, in front of an operator."""


def parse_powershell(text: str, budget: Budget | None = None) -> BuildFile:
    """Parse a PowerShell script; never raises. Without a `budget`, the limits of one file apply."""
    budget = budget or Budget()
    reader = _Reader(budget)
    return parse_translated(text, budget, reader.environment, reader.expand, reader.read)


class _Reader:
    """Translates a script, and keeps its variables.

    In the translation a variable is `${name}`, in lower case, and an environment variable `${:NAME}`, both filled up
    with blanks.
    """

    def __init__(self, budget: Budget) -> None:
        self.environment = Environment()
        self._variables = Environment()
        self._lists: dict[str, tuple[Word, ...]] = {}
        """The items of variables that are lists, of which some may be unknown."""
        self._budget = budget
        self._braces: list[int] = []
        """The offsets of braces."""
        self._depths: list[int] = []
        """The number of open braces after each of them."""

    def expand(self, reference: str) -> str | None:
        """The value of a variable; None if it is unknown."""
        match = _VARIABLE.fullmatch(reference)
        if match is None:
            return None
        name = (match[1] or match[2] or "").strip().lower()
        if name.startswith(":"):
            return self.environment.values.get(name[1:].upper())
        return "." if name in ("pwd", "psscriptroot") else self._variables.values.get(name)

    def read(self, text: str) -> tuple[str, Iterator[Sequence[Word]]]:
        """The script in shell syntax, and its commands."""
        shell = self._translated(text)
        return shell, self._commands(text, shell)

    def _translated(self, text: str) -> str:
        depth = 0

        def token(match: re.Match[str]) -> str:
            nonlocal depth
            whole = match[0]
            if match["brace"]:
                depth = max(0, depth + (1 if whole == "{" else -1))
                self._braces.append(match.start())
                self._depths.append(depth)
                return ";"
            if match["double"] is not None:
                return f'"{_IN_DOUBLE.sub(_in_double, match["double"])}"' if match["closed"] else _blank(whole)
            if match["here"]:
                mark, other = ('"', "'") if match["here"] == '"' else ("'", '"')
                lines = match["lines"].replace(mark, other)
                first = whole[2 : match.start("lines") - match.start()]
                last = (match["end"] or "")[:-2] + f"{mark} " if match["end"] else ""
                return f" {mark}{first}{lines}{last}" if last else _blank(whole)
            if match["reference"]:
                return _translated_reference(match)
            if match["escaped"]:
                return f"\\{whole[1]}"
            if match["splat"]:
                return "$"
            if match["single"]:
                return whole
            if match["plain"]:
                return "/" if whole == "\\" else "\u2019"
            return "\\" if match["continued"] else _blank(whole)

        return _TOKEN.sub(token, text)

    def _commands(self, text: str, shell: str) -> Iterator[Sequence[Word]]:
        """The commands, applying assignments. Raises LimitExceeded."""
        done = 0
        for words in commands(shell, Span(0, len(shell)), self.expand, self._budget):
            start = words[0].span.start
            if start < done:
                continue
            match = _assignment(text, start)
            if match is None and words[0].text.startswith(("=", "+=")):  # the variable was empty, and is no word
                match = _ASSIGNMENT.match(text, max(0, text.rfind("$", max(0, start - _MAX_NAME), start)))
                match = match if match and match.end() > start else None
            if match is None:
                is_cd = words[0].text.lower() in ("set-location", "push-location", "sl", "cd")
                yield [words[0]._replace(text="cd"), *words[1:]] if is_cd else self._with_lists(shell, words)
            while match:
                done = self._assign(shell, match)
                following = _COMMA.match(shell, done)
                match = _assignment(text, following.end()) if following else None

    def _with_lists(self, shell: str, words: Sequence[Word]) -> Sequence[Word]:
        """The words of a command, with the items of a list in place of a variable whose value as a whole is unknown."""
        if not self._lists or all(word.known for word in words):
            return words
        found: list[Word] = []
        for word in words:
            name = None if word.known else _VARIABLE.fullmatch(shell, *word.span)
            items = self._lists.get((name[1] or name[2]).strip().lower(), ()) if name else ()
            self._budget.count_expanded(sum(len(item.text) + 1 for item in items))
            found += [item._replace(span=word.span) for item in items] or [word]
            check_words(len(found))
        return found

    def _assign(self, shell: str, match: re.Match[str]) -> int:
        """Apply an assignment; the offset at which its value ends."""
        scope, name = (match["scope"] or "").lower(), match["name"]
        value, items, end = self._value(shell, match.end())
        rest = _REST.match(shell, end)
        if rest and not rest[1].startswith((";", ")", "#", ",")):
            value, items = None, None  # an operator follows
        position = bisect_right(self._braces, match.start())
        is_sure = not position or not self._depths[position - 1]
        environment, name = (self.environment, name.upper()) if scope == "env" else (self._variables, name.lower())
        before = self._lists.pop(name, None) if scope != "env" else None
        is_list = before is not None if match["added"] else shell.startswith("@", match.end()) or len(items or ()) > 1
        if match["added"]:
            value, items = self._longer(environment.values.get(name), before, items if is_sure else None)
        elif not is_sure and name in environment.values:
            items = None
        known = value is not None and (is_sure or environment.values.get(name, value) == value)
        word = Word(f"{name}={value or ''}", Span(match.start(), end), known)
        environment.set(name, word, exported=scope == "env")
        if items is not None and is_list and scope != "env":
            self._lists[name] = items
        return end

    def _longer(
        self, value: str | None, items: tuple[Word, ...] | None, added: tuple[Word, ...] | None
    ) -> tuple[str | None, tuple[Word, ...] | None]:
        """The value and the items of a list after `+=`; None for other variables."""
        if items is None or len(items) > _MAX_ITEMS:
            return None, None
        if added is None:
            added = (_UNKNOWN,)
        self._budget.count_expanded(len(items) + len(added) + len(value or ""))
        is_known = value is not None and all(item.known for item in added)
        return (f"{value} {_joined(added)}" if is_known else None), (*items, *added)

    def _value(self, shell: str, start: int) -> tuple[str | None, tuple[Word, ...] | None, int]:
        """The value of a literal or a list, None if it is unknown; its items, None if they cannot be told apart; and
        the offset of its end.
        """
        literal = _VALUE.match(shell, start)
        if literal:
            item = self._item(literal)
            return (item.text if item.known else None), (item,), literal.end()
        listed = _LIST.match(shell, start)
        if listed is None:
            return None, None, start
        content = listed["items"] if listed["items"] is not None else listed["row"]
        items: list[Word] = []
        position, size = 0, 0
        while literal := _ITEM.match(content, position):
            items.append(_UNKNOWN if literal["term"] else self._item(literal))
            size += len(items[-1].text) + 3
            if size > MAX_VALUE:
                return None, None, listed.end()
            position = literal.end()
        if content[position:].strip():
            return None, None, listed.end()
        is_known = all(item.known for item in items)
        return (_joined(items) if is_known else None), tuple(items), listed.end()

    def _item(self, literal: re.Match[str]) -> Word:
        """A literal with its variables replaced. The result ends before the first `$(…)`."""
        if literal["single"] is not None:
            return _UNKNOWN._replace(text=literal["single"], known=True)
        written = literal["double"] if literal["double"] is not None else literal["bare"]
        written, command, _ = written.partition("$(")
        known = not command
        parts: list[str] = []
        position = 0
        for reference in _VARIABLE.finditer(written):
            value = self.expand(reference[0])
            self._budget.count_expanded(len(value or ""))
            known = known and value is not None
            parts += (written[position : reference.start()], value or "")
            position = reference.end()
        return Word("".join((*parts, written[position:])), _NOWHERE, known)


def _joined(items: Sequence[Word]) -> str:
    """The items as words of a shell."""
    return " ".join(shlex.quote(item.text) for item in items)


def _assignment(text: str, start: int) -> re.Match[str] | None:
    """The start of an assignment, or of the next parameter that has a default value."""
    skipped = _WITHOUT_VALUE.match(text, start)
    return _ASSIGNMENT.match(text, skipped.end() if skipped else start)


def _blank(text: str) -> str:
    return re.sub(r"[^\r\n]", " ", text)


def _in_double(match: re.Match[str]) -> str:
    """A part of a quotation: a reference, an escape, or two quotation marks for one."""
    if match["reference"]:
        return _translated_reference(match)
    return "/" if match["plain"] else f"\\{match[0][1]}"


def _translated_reference(match: re.Match[str]) -> str:
    scope = (match["scope"] or match["braced_scope"] or match["inner_scope"] or "").lower()
    name = match["name"] or match["braced_name"] or match["inner_name"]
    content = f":{name}" if scope == "env" else name.lower()
    room = len(match[0]) - 3
    if len(content) > room:  # `$x`, which is already in the form that a shell has
        return match[0]
    return f"${{{content.ljust(room)}}}"
