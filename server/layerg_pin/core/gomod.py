"""A tolerant go.mod and go.work parser: what the file says, with a span on every token, and what cannot be read.

Sources: golang.org/x/mod/modfile/rule.go and work.go; https://go.dev/ref/mod#go-mod-file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from layerg_pin.core.directives import (
    Exclude,
    Godebug,
    Refused,
    Replace,
    Require,
    Retract,
    check_retract,
    go_version,
    is_indirect,
    module_version,
    only_argument,
    read_godebug,
    read_replace,
    read_retract,
    toolchain_name,
    unquoted,
)
from layerg_pin.core.modsyntax import Block, Line, ModSyntax, Token, parse_syntax
from layerg_pin.core.text import Problem, Span
from layerg_pin.core.versions import is_higher

_MOD_VERBS = frozenset(
    ("module", "go", "toolchain", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore")
)
_WORK_VERBS = frozenset(("go", "toolchain", "godebug", "use", "replace"))
_NO_BLOCK = frozenset(("go", "toolchain"))


class GoMod(NamedTuple):
    """A go.mod as far as it can be read; `problems` are in file order."""

    text: str
    syntax: ModSyntax
    module: Token | None
    go: Token | None
    toolchain: Token | None
    godebugs: tuple[Godebug, ...]
    requires: tuple[Require, ...]
    excludes: tuple[Exclude, ...]
    replaces: tuple[Replace, ...]
    retracts: tuple[Retract, ...]
    tools: tuple[Token, ...]
    ignores: tuple[Token, ...]
    problems: tuple[Problem, ...]
    required: Mapping[str, tuple[Require, ...]]
    """The requires of each module, the highest first: it is the one that counts for Go."""

    def pins(self, module: str, version: str) -> bool:
        """Whether the file requires a module at just this version."""
        require = self.require(module)
        return require is not None and not require.is_query and require.version.text == version

    def require(self, module: str) -> Require | None:
        """The require of `module` that counts."""
        return self.required.get(module, (None,))[0]

    def about_module(self, line: Span) -> Require | Replace | Exclude | None:
        """What stands on a line, if it speaks of a module; `line` is the line's span."""
        found: list[Require | Replace | Exclude] = [*self.requires, *self.replaces, *self.excludes]
        return next((each for each in found if line.start <= each.line.span.start <= line.end), None)


class GoWork(NamedTuple):
    """A go.work as far as it can be read."""

    text: str
    syntax: ModSyntax
    go: Token | None
    toolchain: Token | None
    godebugs: tuple[Godebug, ...]
    uses: tuple[Token, ...]
    replaces: tuple[Replace, ...]
    problems: tuple[Problem, ...]


def parse_gomod(text: str) -> GoMod:
    """Read a go.mod; never raises. Lines that Go would refuse are left out and stand in `problems`."""
    syntax = parse_syntax(text)
    found, problems = _read(syntax, _MOD_VERBS)
    return GoMod(
        text,
        syntax,
        found.module,
        found.go,
        found.toolchain,
        tuple(found.godebugs),
        tuple(found.requires),
        tuple(found.excludes),
        tuple(found.replaces),
        tuple(found.retracts),
        tuple(found.tools),
        tuple(found.ignores),
        problems,
        _by_module(found.requires),
    )


def parse_gowork(text: str) -> GoWork:
    """Read a go.work; never raises. Lines that Go would refuse are left out and stand in `problems`."""
    syntax = parse_syntax(text)
    found, problems = _read(syntax, _WORK_VERBS)
    return GoWork(
        text,
        syntax,
        found.go,
        found.toolchain,
        tuple(found.godebugs),
        tuple(found.uses),
        tuple(found.replaces),
        problems,
    )


@dataclass(slots=True)
class _Directives:
    module: Token | None = None
    go: Token | None = None
    toolchain: Token | None = None
    godebugs: list[Godebug] = field(default_factory=list)
    requires: list[Require] = field(default_factory=list)
    excludes: list[Exclude] = field(default_factory=list)
    replaces: list[Replace] = field(default_factory=list)
    retracts: list[Retract] = field(default_factory=list)
    tools: list[Token] = field(default_factory=list)
    ignores: list[Token] = field(default_factory=list)
    uses: list[Token] = field(default_factory=list)


def _by_module(requires: Iterable[Require]) -> dict[str, tuple[Require, ...]]:
    found: dict[str, tuple[Require, ...]] = {}
    for require in requires:
        path, others = require.module.text, found.get(require.module.text, ())
        highest = not others or is_higher(require.version.text, others[0].version.text)
        found[path] = (require, *others) if highest else (*others, require)
    return found


def _read(syntax: ModSyntax, verbs: frozenset[str]) -> tuple[_Directives, tuple[Problem, ...]]:
    found = _Directives()
    problems = list(syntax.problems)
    for statement in syntax.statements:
        verb = statement.verb.text
        is_block = isinstance(statement, Block)
        if verb not in verbs or (is_block and verb in _NO_BLOCK):
            kind = "block type" if is_block else "directive"
            problems.append(Problem(f"unknown {kind}: {verb}", statement.verb.span))
            continue
        for line in statement.lines if isinstance(statement, Block) else (statement,):
            try:
                _add(found, verb, line)
            except Refused as refused:
                problems.append(_problem(refused, line))
    for retract in found.retracts:
        try:
            check_retract(found.module, retract)
        except Refused as refused:
            problems.append(_problem(refused, retract.line))
    return found, tuple(sorted(problems, key=lambda problem: problem.span))


def _problem(refused: Refused, line: Line) -> Problem:
    return Problem(refused.message, refused.token.span if refused.token else line.span)


def _add(found: _Directives, verb: str, line: Line) -> None:
    match verb:
        case "module":
            if found.module:
                raise Refused("repeated module statement")
            found.module = unquoted(only_argument(line, "usage: module module/path"))
        case "go":
            if found.go:
                raise Refused("repeated go statement")
            found.go = go_version(only_argument(line, "go directive expects exactly one argument"))
        case "toolchain":
            if found.toolchain:
                raise Refused("repeated toolchain statement")
            found.toolchain = toolchain_name(only_argument(line, "toolchain directive expects exactly one argument"))
        case "godebug":
            found.godebugs.append(read_godebug(only_argument(line, "usage: godebug key=value"), line))
        case "require":
            module, version = module_version(line)
            is_query = unquoted(line.tokens[1]).text != version.text
            found.requires.append(Require(module, version, is_indirect(line), is_query, line))
        case "exclude":
            module, version = module_version(line)
            found.excludes.append(Exclude(module, version, line))
        case "replace":
            found.replaces.append(read_replace(line))
        case "retract":
            found.retracts.append(read_retract(line))
        case "tool":
            found.tools.append(unquoted(only_argument(line, "tool directive expects exactly one argument")))
        case "ignore":
            found.ignores.append(unquoted(only_argument(line, "ignore directive expects exactly one argument")))
        case "use":
            found.uses.append(unquoted(only_argument(line, "usage: use local/dir")))
