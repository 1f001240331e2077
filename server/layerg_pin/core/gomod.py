"""A tolerant go.mod parser: what each directive says, with a span on every token, and what cannot be read.

Sources: golang.org/x/mod/modfile/rule.go; https://go.dev/ref/mod#go-mod-file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from layerg_pin.core.modsyntax import Block, Line, ModSyntax, Token, parse_syntax
from layerg_pin.core.text import Problem
from layerg_pin.core.versions import canonical_version, is_higher, major_mismatch, path_major


@dataclass(frozen=True, slots=True)
class Require:
    """`require MODULE VERSION`. The tokens' text is unquoted, and the version canonical; their spans are the file's."""

    module: Token
    version: Token
    indirect: bool
    line: Line


@dataclass(frozen=True, slots=True)
class Exclude:
    """`exclude MODULE VERSION`."""

    module: Token
    version: Token
    line: Line


@dataclass(frozen=True, slots=True)
class Replace:
    """`replace MODULE [VERSION] => TARGET [TARGET_VERSION]`; a target without a version is a folder."""

    module: Token
    version: Token | None
    target: Token
    target_version: Token | None
    line: Line


@dataclass(frozen=True, slots=True)
class Retract:
    """`retract VERSION`, with low and high the same token, or `retract [LOW, HIGH]`."""

    low: Token
    high: Token
    line: Line


@dataclass(frozen=True, slots=True)
class Godebug:
    """`godebug KEY=VALUE`."""

    key: str
    value: str
    line: Line


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


@dataclass(frozen=True, slots=True)
class GoMod:
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

    def require(self, module: str) -> Require | None:
        """The require of `module` that counts."""
        return self.required.get(module, (None,))[0]


@dataclass(frozen=True, slots=True)
class GoWork:
    """A go.work as far as it can be read."""

    text: str
    go: Token | None
    toolchain: Token | None
    godebugs: tuple[Godebug, ...]
    uses: tuple[Token, ...]
    replaces: tuple[Replace, ...]
    problems: tuple[Problem, ...]


_MOD_VERBS = frozenset(
    ("module", "go", "toolchain", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore")
)
_WORK_VERBS = frozenset(("go", "toolchain", "godebug", "use", "replace"))
_NO_BLOCK = frozenset(("go", "toolchain"))
_GO_VERSION = re.compile(r"[1-9][0-9]*\.(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))?([a-z]+[0-9]+)?")
_TOOLCHAIN = re.compile(r"default|go1|go1\..*")
_DIRECTORY = re.compile(r"\.{1,2}$|\.{1,2}[/\\]|[/\\]|[A-Za-z]:")


class _Refused(Exception):
    """A line that Go refuses: why, and at which token (the whole line without one)."""

    def __init__(self, message: str, token: Token | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.token = token


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
    found, problems = _read(parse_syntax(text), _WORK_VERBS)
    return GoWork(
        text,
        found.go,
        found.toolchain,
        tuple(found.godebugs),
        tuple(found.uses),
        tuple(found.replaces),
        problems,
    )


def is_directory(target: str) -> bool:
    """Whether a replace's target names a folder rather than a module (Go: modfile.IsDirectoryPath)."""
    return _DIRECTORY.match(target) is not None


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
            except _Refused as refused:
                problems.append(Problem(refused.message, refused.token.span if refused.token else line.span))
    return found, tuple(sorted(problems, key=lambda problem: problem.span))


def _add(found: _Directives, verb: str, line: Line) -> None:
    match verb:
        case "module":
            if found.module:
                raise _Refused("repeated module statement", line.verb)
            found.module = _unquote(_only(line, "usage: module module/path"))
        case "go":
            if found.go:
                raise _Refused("repeated go statement", line.verb)
            found.go = _go(_only(line, "go directive expects exactly one argument"))
        case "toolchain":
            if found.toolchain:
                raise _Refused("repeated toolchain statement", line.verb)
            found.toolchain = _toolchain(_only(line, "toolchain directive expects exactly one argument"))
        case "godebug":
            found.godebugs.append(_godebug(_only(line, "usage: godebug key=value"), line))
        case "require":
            module, version = _module_version(line)
            found.requires.append(Require(module, version, _is_indirect(line), line))
        case "exclude":
            module, version = _module_version(line)
            found.excludes.append(Exclude(module, version, line))
        case "replace":
            found.replaces.append(_replace(line))
        case "retract":
            found.retracts.append(_retract(line))
        case "tool":
            found.tools.append(_unquote(_only(line, "tool directive expects exactly one argument")))
        case "ignore":
            found.ignores.append(_unquote(_only(line, "ignore directive expects exactly one argument")))
        case "use":
            found.uses.append(_unquote(_only(line, "usage: use local/dir")))


def _only(line: Line, usage: str) -> Token:
    if len(line.tokens) != 1:
        raise _Refused(usage)
    return line.tokens[0]


def _go(token: Token) -> Token:
    if not _GO_VERSION.fullmatch(token.text):
        raise _Refused(f"invalid go version '{token.text}': must match format 1.23.0", token)
    return token


def _toolchain(token: Token) -> Token:
    if not _TOOLCHAIN.fullmatch(token.text):
        raise _Refused(f"invalid toolchain version '{token.text}': must match format go1.23.0 or default", token)
    return token


def _godebug(token: Token, line: Line) -> Godebug:
    key, equals, value = token.text.partition("=")
    if not equals or any(char in token.text for char in "\"`',"):
        raise _Refused("usage: godebug key=value", token)
    return Godebug(key, value, line)


def _module_version(line: Line) -> tuple[Token, Token]:
    if len(line.tokens) != 2:
        raise _Refused(f"usage: {line.verb.text} module/path v1.2.3")
    module, version = _unquote(line.tokens[0]), _version(line.tokens[1])
    _check_major(module, version)
    return module, version


def _check_major(module: Token, version: Token | None) -> None:
    major = path_major(module.text)
    if major is None:
        raise _Refused(f"{module.text}: invalid module path", module)
    if version and (mismatch := major_mismatch(version.text, major)):
        raise _Refused(f"{module.text}: {mismatch}", version)


def _replace(line: Line) -> Replace:
    tokens = line.tokens
    arrow = 1 if len(tokens) >= 2 and tokens[1].text == "=>" else 2
    if not arrow + 2 <= len(tokens) <= arrow + 3 or tokens[arrow].text != "=>":
        raise _Refused("usage: replace module/path [v1.2.3] => other/module v1.4, or => ../local/directory")
    module = _unquote(tokens[0])
    version = _version(tokens[1]) if arrow == 2 else None
    _check_major(module, version)
    target = _unquote(tokens[arrow + 1])
    if len(tokens) == arrow + 3:
        target_version = _version(tokens[arrow + 2])
        if is_directory(target.text):
            raise _Refused(f"replacement folder {target.text} cannot have a version", tokens[arrow + 2])
        return Replace(module, version, target, target_version, line)
    if not is_directory(target.text):
        if "@" in target.text:
            raise _Refused("replacement module must match format 'path version', not 'path@version'", target)
        raise _Refused("replacement without a version must be a folder (rooted, or starting with . or ..)", target)
    return Replace(module, version, target, None, line)


def _retract(line: Line) -> Retract:
    texts = [token.text for token in line.tokens]
    if len(texts) == 1 and texts[0] != "[":
        version = _version(line.tokens[0])
        return Retract(version, version, line)
    if len(texts) == 5 and (texts[0], texts[2], texts[4]) == ("[", ",", "]"):
        return Retract(_version(line.tokens[1]), _version(line.tokens[3]), line)
    raise _Refused("usage: retract v1.2.3, or retract [v1.2.3, v1.4.5]")


def _version(token: Token) -> Token:
    text = _unquote(token).text
    canonical = canonical_version(text)
    if canonical is None:
        raise _Refused(f'version "{text}" invalid: must be of the form v1.2.3', token)
    return Token(canonical, token.span)


def _unquote(token: Token) -> Token:
    """The token's meaning. Go takes only "…" for a quotation here: other quotes are reserved, raw strings refused."""
    text = token.text
    if text.startswith('"'):
        return Token(_unquote_string(token), token.span)
    if any(quote in text for quote in "\"'`"):
        raise _Refused("unquoted string cannot contain quote", token)
    return token


_ESCAPE = re.compile(r"""\\(?:[abfnrtv\\"]|[0-3][0-7]{2}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|(.?))""")


def _unquote_string(token: Token) -> str:
    """Go's strconv.Unquote for "…". Go's escapes are Python's, but for those that only one of the two knows."""
    try:
        if any(match[1] is not None for match in _ESCAPE.finditer(token.text)):
            raise ValueError
        text = str(ast.literal_eval(token.text))
        text.encode()
    except (ValueError, SyntaxError):
        raise _Refused("invalid quoted string", token) from None
    return text


def _is_indirect(line: Line) -> bool:
    """Whether the comment says `// indirect`, alone or before a semicolon (Go: modfile.isIndirect)."""
    words = line.comment.text.removeprefix("//").split() if line.comment else []
    return words == ["indirect"] or (len(words) > 1 and words[0] == "indirect;")
