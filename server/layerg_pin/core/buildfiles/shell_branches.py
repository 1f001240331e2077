"""Follow the branches of a shell script, so that a variable has a value only if all branches agree on it.

Assignments apply to the rest of their branch. After `if`, `case`, a loop, the body of a function or a chain of `&&` and
`||`, a variable is unknown if branches give it different values. One that was unset before has the value that some
branches give it, because `[ -z "$V" ] && V=1` sets a default. A branch that ends the script is ignored. A variable
that a function sets to another value is unknown after each call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from layerg_pin.core.buildfiles.command_words import Environment
from layerg_pin.core.buildfiles.shell_words import Word
from layerg_pin.core.text import Span

_CLOSINGS = {"if": "fi", "case": "esac", "for": "done", "while": "done", "until": "done", "select": "done"}
_CHAIN, _FUNCTION, _GROUP = "&&", "function", "{"
_LEADING = ("then", "do", "else", "elif", "!", "{")
_MAX_DEPTH = 50
"""Limit on nested blocks; assignments in deeper ones are treated as those of the block around them."""
_NOWHERE = Span(0, 0)
"""The place of a variable that is not exported, which nothing reports."""
_SEEN = 200
"""In characters: how far before or after a command an operator is searched for."""


class _Block:
    """An open block, and the values that its finished branches give to variables."""

    def __init__(self, kind: str, before: Environment, name: str) -> None:
        self.kind, self.before = kind, before
        self.name = name
        """The name of a function."""
        self.branches = 0
        self.is_complete = False
        """Whether one of its branches certainly runs."""
        self.has_exit = False
        """Whether the current branch ends the script."""
        self.has_moved = False
        """Whether a finished branch ends in another working folder."""
        self.folder = before
        """The environment with the working folder of the last finished branch."""
        self._values: dict[str, str | None] = {}
        self._counts: dict[str, int] = {}
        self._exported: dict[str, Span] = {}

    @property
    def values(self) -> Mapping[str, str | None]:
        """The values that the finished branches give; None for an unknown one."""
        return self._values

    def finish_branch(self, environment: Environment) -> None:
        """Keep the values of the current branch, and restore those before the block."""
        if not self.has_exit:
            self.branches += 1
            self.has_moved |= not environment.is_in_folder_of(self.before)
            if environment.values is not self.before.values:
                self._keep(environment)
        self.has_exit = False
        environment.restore(self.before)
        if self.kind != _CHAIN:
            self.folder = environment.copy()
            environment.leave_to(self.before)

    def _keep(self, environment: Environment) -> None:
        for name, value in environment.values.items():
            if name in self.before.values and self.before.values[name] == value:
                continue
            self._values[name] = value if self._values.get(name, value) == value else None
            self._counts[name] = self._counts.get(name, 0) + 1
            if name in environment.exported:
                self._exported[name] = environment.exported[name].span

    def close(self, environment: Environment) -> None:
        """Set each variable, and the working folder, to what holds after the block."""
        if self.has_moved and self.kind != _FUNCTION:
            environment.leave_to(self.folder if self.kind != _CHAIN else environment)
            environment.is_folder_sure = False
        branches = self.branches + (not self.is_complete)
        for name, value in self._values.items():
            may_be_kept = self._counts[name] < branches and name in self.before.values
            known = value is not None and not may_be_kept
            span = self._exported.get(name, _NOWHERE)
            environment.set(name, Word(value or "", span, known), exported=name in self._exported)


class ShellBranches:
    """The open blocks of a script whose commands are processed one after the other."""

    def __init__(self, text: str, environment: Environment) -> None:
        self._text, self._environment = text, environment
        self._blocks: list[_Block] = []
        self._end = 0
        """The end of the command before."""
        self._name = ""
        """The last word of the command before, which names a function if its body follows."""
        self._functions: dict[str, Mapping[str, str | None]] = {}
        """The values that functions give to variables."""
        self._subshells: list[tuple[Environment, int]] = []
        """The environments before the open subshells, for their working folders, and the number of open blocks."""

    def enter(self, words: Sequence[Word]) -> None:
        """Open, divide or close blocks before a command is processed."""
        first, start = words[0].text, words[0].span.start
        gap = self._text[max(self._end, start - _SEEN) : start]
        before = self._end or self._text.rfind("\n", max(0, start - _SEEN), start) + 1 or max(0, start - _SEEN)
        self._enter_subshells(self._text[before:start])
        if self._is_in("case") and ";;" in gap:
            self._blocks[-1].finish_branch(self._environment)
        if first in ("else", "elif") and self._is_in("if"):
            self._blocks[-1].finish_branch(self._environment)
            self._blocks[-1].is_complete |= first == "else"
        elif self._is_in("case") and first == "*" and len(words) == 1:
            self._blocks[-1].is_complete = True
        elif first == "{" or words[-1].text == "{":
            is_function = ")" in gap or first == "function"
            self._open(_FUNCTION if is_function else _GROUP, self._name if first == "{" else words[-2].text)
        elif self._blocks and first in (_CLOSINGS.get(self._blocks[-1].kind), "}"):
            self._close(has_branch=";;" not in gap)
        opening = next((word.text for word in words[:3] if word.text not in _LEADING), "")
        if opening in _CLOSINGS:
            self._open(opening)
            if opening in ("for", "select"):
                place = [word.text for word in words].index(opening) + 1
                for name in words[place : place + 1]:
                    self._environment.set(name.text, Word("", name.span, known=False), exported=False)
        elif self._ends_script(opening) and self._blocks and self._blocks[-1].kind not in (_CHAIN, _GROUP):
            self._blocks[-1].has_exit = True
        elif opening in self._functions:
            self._call(opening)

    def _enter_subshells(self, between: str) -> None:
        """Apply the parentheses between two commands: a subshell has a working folder of its own."""
        marks = re.findall(r"[()]", re.sub(r"#[^\n]*|\(\s*\)", "", between)) if "(" in between or ")" in between else ()
        for mark in marks:
            if mark == "(" and len(self._subshells) < _MAX_DEPTH:
                self._subshells.append((self._environment.copy(), len(self._blocks)))
            elif mark == ")" and self._subshells:
                before, blocks = self._subshells[-1]
                if not self._is_in("case") or blocks >= len(self._blocks):  # else it ends a pattern
                    self._subshells.pop()
                    self._environment.leave_to(before)

    def _call(self, function: str) -> None:
        """Make the variables unknown to which a function gives another value."""
        for name, value in self._functions[function].items():
            if value is None or self._environment.values.get(name) != value:
                self._environment.set(name, Word("", _NOWHERE, known=False), exported=False)

    def _ends_script(self, word: str) -> bool:
        """Whether a command ends the script; `return` in a function only ends the function."""
        return word == "exit" or (word == "return" and not any(each.kind == _FUNCTION for each in self._blocks))

    def leave(self, words: Sequence[Word]) -> None:
        """Open a chain after its first command, and close it after its last one."""
        self._end, self._name = words[-1].span.end, words[-1].text
        after = self._text[self._end : self._end + _SEEN].lstrip(" \t\\\r\n" if self._is_continued() else " \t")
        if after.startswith(("&&", "||")):
            if not self._is_in(_CHAIN):
                self._open(_CHAIN)
        elif self._is_in(_CHAIN):
            self._close(has_branch=True)

    def _is_continued(self) -> bool:
        return self._text[self._end : self._end + _SEEN].lstrip(" \t").startswith("\\")

    def _is_in(self, kind: str) -> bool:
        return bool(self._blocks) and self._blocks[-1].kind == kind

    def _open(self, kind: str, name: str = "") -> None:
        if len(self._blocks) < _MAX_DEPTH:
            self._blocks.append(_Block(kind, self._environment.copy(), name))

    def _close(self, *, has_branch: bool) -> None:
        block = self._blocks.pop()
        if block.kind == _GROUP:
            return
        if has_branch:
            block.finish_branch(self._environment)
        block.close(self._environment)
        if block.kind == _FUNCTION and block.values:
            self._functions[block.name] = block.values
