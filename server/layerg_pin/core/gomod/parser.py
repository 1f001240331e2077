"""Parse go.mod and go.work tolerantly, with a span on every token and a problem for every invalid line.

Sources: golang.org/x/mod/modfile/rule.go and work.go; https://go.dev/ref/mod#go-mod-file.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from operator import is_
from typing import NamedTuple, TypeVar

from layerg_pin.core.gomod.directives import (
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
    unquoted_path,
)
from layerg_pin.core.gomod.mod_syntax import Block, Line, ModSyntax, Token, parse_syntax
from layerg_pin.core.gomod.size_limits import MAX_GOMOD, MAX_GOMOD_LINES, Excess, excess, unread_part
from layerg_pin.core.gomod.versions import is_higher
from layerg_pin.core.text import Problem, Span, same_lines

_MOD_VERBS = frozenset(
    ("module", "go", "toolchain", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore")
)
_WORK_VERBS = frozenset(("go", "toolchain", "godebug", "use", "replace"))
_NO_BLOCK = frozenset(("go", "toolchain"))


class GoMod(NamedTuple):
    """A parsed go.mod. `problems` are in file order."""

    text: str
    """The parsed part of the text, see `excess`."""
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
    """The requires of each module, the highest first, which is the effective one."""
    excess: Problem | None = None
    """A problem at line 1 if the text exceeds the limits (size_limits.py)."""

    @property
    def unreadable(self) -> tuple[Problem, ...]:
        """All problems: lines that Go would refuse, then the part beyond the limits."""
        return (*self.problems, self.excess) if self.excess else self.problems

    def requires_exactly(self, module: str, version: str) -> bool:
        """Whether the file requires a module at exactly this version."""
        require = self.require(module)
        return require is not None and not require.is_query and require.version.text == version

    def require(self, module: str) -> Require | None:
        """The effective require of `module`."""
        return self.required.get(module, (None,))[0]

    def has_same_requirements(self, other: "GoMod") -> bool:
        """Whether another go.mod has the same module, `go` line, requires, excludes and replaces, wherever they are."""
        mine = (self.module, self.go, self.requires, self.excludes, self.replaces)
        if mine == (other.module, other.go, other.requires, other.excludes, other.replaces):
            return True
        some = ((self.requires, other.requires), (self.excludes, other.excludes), (self.replaces, other.replaces))
        return (_token_text(self.module), _token_text(self.go)) == (
            _token_text(other.module),
            _token_text(other.go),
        ) and all(len(left) == len(right) and all(map(_same_content, left, right)) for left, right in some)

    def directive_at(self, line: Span) -> Require | Replace | Exclude | None:
        """The require, replace or exclude on a line, given by its span; or None."""
        content: tuple[Sequence[Require | Replace | Exclude], ...] = (self.requires, self.replaces, self.excludes)
        for some in content:
            at = bisect_left(some, line.start, key=_start)
            if at < len(some) and _start(some[at]) <= line.end:
                return some[at]
        return None


class GoWork(NamedTuple):
    """A parsed go.work."""

    text: str
    syntax: ModSyntax
    go: Token | None
    toolchain: Token | None
    godebugs: tuple[Godebug, ...]
    uses: tuple[Token, ...]
    replaces: tuple[Replace, ...]
    problems: tuple[Problem, ...]
    excess: Problem | None = None
    """As in GoMod."""

    @property
    def unreadable(self) -> tuple[Problem, ...]:
        """All problems: lines that Go would refuse, then the part beyond the limits."""
        return (*self.problems, self.excess) if self.excess else self.problems


def parse_gomod(text: str, before: GoMod | None = None) -> GoMod:
    """Parse a go.mod; never raises. Lines that Go would refuse are omitted and reported in `problems`.

    `before` is the result for an earlier text. Its content up to the first different line is reused.
    """
    found, same = _Directives(), 0
    text, cut = _within_bounds(text)
    if before and before.syntax.is_closed and not before.retracts:
        same = same_lines(before.text, text)
    syntax = parse_syntax(text, before.syntax if before and same else None, same, is_cut=cut is not None)
    text, cut = _cut(text, syntax.excess) if syntax.excess else (text, cut)
    if before and syntax.is_closed:
        found.reuse(before, same)
    else:
        same = 0  # an unclosed block ends at its first directive, which may be among the earlier lines
    problems = found.read(syntax, _MOD_VERBS, same)
    requires = tuple(found.requires)
    is_known = before and len(requires) == len(before.requires) and all(map(is_, requires, before.requires))
    return GoMod(
        text=text,
        syntax=syntax,
        module=found.module,
        go=found.go,
        toolchain=found.toolchain,
        godebugs=tuple(found.godebugs),
        requires=requires,
        excludes=tuple(found.excludes),
        replaces=tuple(found.replaces),
        retracts=tuple(found.retracts),
        tools=tuple(found.tools),
        ignores=tuple(found.ignores),
        problems=problems,
        required=before.required if before and is_known else _by_module(requires),
        excess=unread_part(text, "go.mod", cut) if cut else None,
    )


def parse_gowork(text: str) -> GoWork:
    """Parse a go.work; never raises. Lines that Go would refuse are omitted and reported in `problems`."""
    text, cut = _within_bounds(text)
    syntax, found = parse_syntax(text, is_cut=cut is not None), _Directives()
    text, cut = _cut(text, syntax.excess) if syntax.excess else (text, cut)
    problems = found.read(syntax, _WORK_VERBS)
    return GoWork(
        text=text,
        syntax=syntax,
        go=found.go,
        toolchain=found.toolchain,
        godebugs=tuple(found.godebugs),
        uses=tuple(found.uses),
        replaces=tuple(found.replaces),
        problems=problems,
        excess=unread_part(text, "go.work", cut) if cut else None,
    )


def _within_bounds(text: str) -> tuple[str, Excess | None]:
    cut = excess(text, MAX_GOMOD, MAX_GOMOD_LINES)
    return _cut(text, cut) if cut else (text, None)


def _cut(text: str, found: Excess) -> tuple[str, Excess]:
    return text[: found.start], found


def _token_text(token: Token | None) -> str | None:
    return token.text if token else None


def _same_content(left: Require | Exclude | Replace, right: Require | Exclude | Replace) -> bool:
    return left is right or left.content == right.content


def _by_module(requires: Sequence[Require]) -> Mapping[str, tuple[Require, ...]]:
    found = {require.module.text: (require,) for require in requires}
    if len(found) == len(requires):
        return found
    repeated: dict[str, list[Require]] = {}
    for require in requires:
        repeated.setdefault(require.module.text, []).append(require)
    return {path: _highest_first(each) for path, each in repeated.items()}


def _highest_first(requires: Sequence[Require]) -> tuple[Require, ...]:
    highest = 0
    for number, require in enumerate(requires):
        if is_higher(require.version.text, requires[highest].version.text):
            highest = number
    return requires[highest], *requires[:highest], *requires[highest + 1 :]


class _Directives:
    """Collects the directives of a file while it is parsed."""

    def __init__(self) -> None:
        self.module: Token | None = None
        self.go: Token | None = None
        self.toolchain: Token | None = None
        self.godebugs: list[Godebug] = []
        self.requires: list[Require] = []
        self.excludes: list[Exclude] = []
        self.replaces: list[Replace] = []
        self.retracts: list[Retract] = []
        self.tools: list[Token] = []
        self.ignores: list[Token] = []
        self.uses: list[Token] = []
        self.problems: list[Problem] = []

    def reuse(self, before: GoMod, end: int) -> None:
        """Reuse the directives on the lines before `end`."""
        self.module, self.go, self.toolchain = (
            token if token and token.span.start < end else None
            for token in (before.module, before.go, before.toolchain)
        )
        self.godebugs = _lines_before(before.godebugs, end)
        self.requires = _lines_before(before.requires, end)
        self.excludes = _lines_before(before.excludes, end)
        self.replaces = _lines_before(before.replaces, end)
        self.tools = [token for token in before.tools if token.span.start < end]
        self.ignores = [token for token in before.ignores if token.span.start < end]
        unread = frozenset(
            before.syntax.problems
        )  # syntax errors are found again, because the following lines may close a block or not
        self.problems = [each for each in before.problems if each.span.start < end and each not in unread]

    def read(self, syntax: ModSyntax, verbs: frozenset[str], start: int = 0) -> tuple[Problem, ...]:
        """Add the directives from offset `start` on. `verbs` are the file's known directives. Returns all problems."""
        self.problems += syntax.problems
        for statement in syntax.statements[syntax.count_before(start) :]:
            verb = statement.verb.text
            is_block = isinstance(statement, Block)
            if verb not in verbs or (is_block and verb in _NO_BLOCK):
                kind = "block type" if is_block else "directive"
                if statement.span.start >= start:
                    self.problems.append(Problem(f"unknown {kind}: {verb}", statement.verb.span))
                continue
            for line in statement.lines_from(start) if isinstance(statement, Block) else (statement,):
                try:
                    self._add(verb, line)
                except Refused as refused:
                    self.problems.append(_problem(refused, line))
        for retract in self.retracts:
            try:
                check_retract(self.module, retract)
            except Refused as refused:
                self.problems.append(_problem(refused, retract.line))
        return tuple(sorted(self.problems, key=lambda problem: problem.span))

    def _add(self, verb: str, line: Line) -> None:
        match verb:
            case "module":
                if self.module:
                    raise Refused("repeated module statement")
                self.module = unquoted(only_argument(line, "usage: module module/path"))
            case "go":
                if self.go:
                    raise Refused("repeated go statement")
                self.go = go_version(only_argument(line, "go directive expects exactly one argument"))
            case "toolchain":
                if self.toolchain:
                    raise Refused("repeated toolchain statement")
                self.toolchain = toolchain_name(only_argument(line, "toolchain directive expects exactly one argument"))
            case "godebug":
                self.godebugs.append(read_godebug(only_argument(line, "usage: godebug key=value"), line))
            case "require":
                module, version = module_version(line)
                is_query = version is not line.tokens[1] and unquoted(line.tokens[1]).text != version.text
                self.requires.append(
                    Require(module=module, version=version, indirect=is_indirect(line), is_query=is_query, line=line)
                )
            case "exclude":
                module, version = module_version(line)
                self.excludes.append(Exclude(module, version, line))
            case "replace":
                self.replaces.append(read_replace(line))
            case "retract":
                self.retracts.append(read_retract(line))
            case "tool":
                self.tools.append(unquoted(only_argument(line, "tool directive expects exactly one argument")))
            case "ignore":
                self.ignores.append(unquoted(only_argument(line, "ignore directive expects exactly one argument")))
            case "use":
                self.uses.append(unquoted_path(only_argument(line, "usage: use local/dir")))


_LineDirective = TypeVar("_LineDirective", Godebug, Require, Exclude, Replace)


def _lines_before(directives: Sequence[_LineDirective], end: int) -> list[_LineDirective]:
    return list(directives[: bisect_left(directives, end, key=_start)])


def _start(directive: Godebug | Require | Replace | Exclude) -> int:
    return directive.line.start


def _problem(refused: Refused, line: Line) -> Problem:
    return Problem(refused.message, refused.token.span if refused.token else line.span)
