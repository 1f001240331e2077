"""Parse a docker-bake.hcl or docker-bake.json for the images that it builds.

In HCL, only blocks with literal values and references to variables are read; other expressions are unknown. A matrix,
a function and `for` make what they touch unknown. Source: https://docs.docker.com/build/bake/reference/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from layerg_pin.core.buildfiles.budget import Budget, LimitExceeded
from layerg_pin.core.buildfiles.build_file import BuildFile, CommentForm, ImageBuild
from layerg_pin.core.buildfiles.command_results import to_build_file
from layerg_pin.core.buildfiles.compose_variables import ComposeVariables
from layerg_pin.core.known.known_hosts import HOST_NAMES
from layerg_pin.core.text import Problem, Span

_TOKEN = re.compile(
    r"""(?P<skip>[ \t\r]++|\#[^\n]*+|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?)
    |(?P<line>\n)
    |<<-?(?P<heredoc>\w++)[ \t\r]*+\n
    |"(?P<string>(?:[^"\\\n]|\\[^\n])*+)"
    |(?P<word>[\w.*-]++)
    |(?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)
_INTERPOLATION = re.compile(r"\$\{(\w+)\}")
_MAX_DEPTH = 50
_MAX_INHERITED = 10
_MERGE_COST = 20
"""The characters of expanded text that each inherited target counts as."""

Value = str | dict[str, "Value"] | list["Value"] | None
"""A value; None for one that is not known."""


class _Reference(str):
    """The name of a variable."""

    __slots__ = ()


def parse_bake(text: str, variables: ComposeVariables, budget: Budget | None = None) -> BuildFile:
    """Parse a bake file with the variables of the commands that run it; never raises."""
    budget = budget or Budget()
    builds: list[ImageBuild] = []
    try:
        budget.count_characters(len(text))
        blocks = _of_json(text) if text.lstrip().startswith("{") else _Hcl(text, budget).body("")
        builds += _builds(blocks, variables, budget)
    except LimitExceeded as error:
        return BuildFile(unread=budget.problem(error))
    except (ValueError, RecursionError) as error:
        reason = error if isinstance(error, _SyntaxError) else "it is invalid JSON"
        return BuildFile(unread=Problem(f"not read: {reason}", Span(budget.at, budget.at)))
    uncertainties: tuple[Problem, ...] = ()
    if "dockerfile-inline" in text and any(word in text.lower() for word in ("buildmode", *HOST_NAMES)):
        uncertainties = (Problem("dockerfile-inline is not read", Span(text.find("dockerfile-inline"), len(text))),)
    return to_build_file((), (), (), builds)._replace(uncertainties=uncertainties, comments=CommentForm.HASH_OR_SLASHES)


class _SyntaxError(ValueError):
    pass


def _of_json(text: str) -> dict[str, Value]:
    found = json.loads(text)
    return found if isinstance(found, dict) else {}


class _Hcl:
    """Reads a text in HCL. Blocks become mappings: `target "a" {…}` is `{"target": {"a": {…}}}`."""

    def __init__(self, text: str, budget: Budget) -> None:
        self._text, self._budget = text, budget
        self._tokens = self._split()
        self._kind, self._value = "line", ""
        self._depth = 0
        self._next()

    def _split(self) -> Iterator[tuple[str, str]]:
        position = 0
        while match := _TOKEN.match(self._text, position):
            position, kind = match.end(), match.lastgroup or "mark"
            if kind == "skip":
                continue
            self._budget.at = match.start()
            self._budget.count_node()
            if kind == "heredoc":
                closing = re.compile(rf"^[ \t]*{match['heredoc']}[ \t\r]*$", re.MULTILINE).search(self._text, position)
                position = closing.end() if closing else len(self._text)
                yield "other", ""
                if not closing:
                    break
            else:
                yield kind, match[kind]
        yield "end", ""

    def _next(self) -> None:
        self._kind, self._value = next(self._tokens, ("end", ""))

    def _skip_lines(self) -> None:
        while self._kind == "line":
            self._next()

    def body(self, closing: str) -> dict[str, Value]:
        """The attributes and blocks up to a closing brace, or to the end."""
        self._enter()
        found: dict[str, Value] = {}
        while True:
            self._skip_lines()
            if self._kind == "end" or (closing and self._value == closing and self._kind == "mark"):
                self._next()
                self._depth -= 1
                return found
            if self._kind not in ("word", "string"):
                raise _SyntaxError(f"a name is expected, not {self._value or 'a here-document'}")
            name = self._value
            self._next()
            labels = []
            while self._kind in ("string", "word"):
                labels.append(self._value)
                self._next()
            if self._value in ("=", ":") and self._kind == "mark" and not labels:
                self._next()
                found[name] = self._expression()
                if self._value == "," and self._kind == "mark":
                    self._next()
            elif self._value == "{" and self._kind == "mark":
                self._next()
                place = found
                for each in (name, *labels)[:-1]:
                    inner = place.setdefault(each, {})
                    place = inner if isinstance(inner, dict) else {}
                last = (name, *labels)[-1]
                before = place.get(last)
                place[last] = {**(before if isinstance(before, dict) else {}), **self.body("}")}
            else:
                raise _SyntaxError(f"`=` or a block is expected after {name[:40]}")

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise LimitExceeded(f"more than {_MAX_DEPTH} nested blocks and lists")

    def _expression(self) -> Value:
        kind, value = self._kind, self._value
        self._next()
        if kind == "mark" and value == "{":
            found: Value = self.body("}")
        elif kind == "mark" and value == "[":
            found = self._list()
        else:
            found = value if kind == "string" else _literal(value) if kind == "word" else None
            if kind == "mark" and value in "(-!":
                self._skip_rest(value)
        if self._kind in ("line", "end") or (self._kind == "mark" and self._value in ",]}"):
            return found
        self._skip_rest("")
        return None

    def _list(self) -> Value:
        self._enter()
        found: list[Value] = []
        while True:
            self._skip_lines()
            if self._kind == "end" or (self._kind == "mark" and self._value == "]"):
                self._next()
                self._depth -= 1
                return found
            if self._kind == "mark" and self._value == ",":
                self._next()
                continue
            found.append(self._expression())

    def _skip_rest(self, opened: str) -> None:
        """Skip the rest of an expression that is not read, up to the end of its line or of what contains it."""
        depth = int(opened == "(")
        while self._kind != "end":
            if self._kind == "mark" and self._value in "([{":
                depth += 1
            elif self._kind == "mark" and self._value in ")]}":
                if not depth:
                    return
                depth -= 1
            elif not depth and (self._kind == "line" or (self._kind == "mark" and self._value == ",")):
                return
            self._next()


def _literal(word: str) -> Value:
    return word if re.fullmatch(r"\d[\d.]*|true|false", word) else None if word == "null" else _Reference(word)


def _mapping(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _texts(value: Value) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _builds(blocks: Mapping[str, Value], variables: ComposeVariables, budget: Budget) -> Iterator[ImageBuild]:
    """The build of each target that has a Dockerfile."""
    defaults = {name: _mapping(each).get("default", "") for name, each in _mapping(blocks.get("variable")).items()}
    defaults |= {
        name: value for name, value in blocks.items() if name not in ("variable", "target", "group", "function")
    }

    def known(value: Value, depth: int = _MAX_INHERITED) -> str | None:
        """The text of a value with its variables."""
        if not isinstance(value, str) or not depth:
            return str(value).lower() if isinstance(value, bool | int | float) else None
        budget.count_expanded(len(value))
        names = [str(value)] if isinstance(value, _Reference) else _INTERPOLATION.findall(value)
        found = {name: _of_variable(name, known(defaults.get(name), depth - 1), variables) for name in names}
        if isinstance(value, _Reference):
            return found[str(value)]
        if None in found.values() or "%{" in value or len(names) != value.count("${"):
            return None
        return _INTERPOLATION.sub(lambda match: found[match[1]] or "", value)

    targets, groups = _mapping(blocks.get("target")), _mapping(blocks.get("group")).values()
    inherited = {each for target in targets.values() for each in _texts(_mapping(target).get("inherits"))}
    built = {each for group in groups for each in _texts(_mapping(group).get("targets"))}
    for name in sorted(targets.keys() - (inherited - built - {"default"})):
        budget.count_found()
        target = _inherited(targets, name, _MAX_INHERITED, budget)
        if "dockerfile-inline" in target:
            continue
        context, file = known(target.get("context", ".")), known(target.get("dockerfile", "Dockerfile"))
        if context is None or file is None or "://" in context:
            continue
        has_matrix = "matrix" in target
        arguments = {key: None if has_matrix else known(each) for key, each in _mapping(target.get("args")).items()}
        platforms = target.get("platforms")
        several = platforms if isinstance(platforms, list) else []
        folder = context.removeprefix("./").rstrip("/") or "."
        dockerfile = file if folder == "." else f"{folder}/{file}"
        platform = known(several[0]) if len(several) == 1 else None
        for each in ({}, *variables.arguments):
            yield ImageBuild(dockerfile, folder, {**arguments, **each}, platform)


def _of_variable(name: str, default: str | None, variables: ComposeVariables) -> str | None:
    """The value of a variable: that of the environment, or its default; None if they are not known to agree."""
    if not variables.has(name):
        return default
    value = variables.expand(f"${{{name}}}")
    return value if value == default or not default else None


def _inherited(targets: Mapping[str, Value], name: str, depth: int, budget: Budget) -> dict[str, Value]:
    """The attributes of a target with those of the targets that it inherits from."""
    budget.count_expanded(_MERGE_COST)
    own = _mapping(targets.get(name))
    found: dict[str, Value] = {}
    for each in _texts(own.get("inherits")) if depth else ():
        budget.count_expanded(len(_mapping(found.get("args"))))
        found = _merged(found, _inherited(targets, each, depth - 1, budget))
    return _merged(found, own)


def _merged(before: dict[str, Value], after: dict[str, Value]) -> dict[str, Value]:
    merged = {**before, **after}
    if "args" in before and "args" in after:
        merged["args"] = {**_mapping(before["args"]), **_mapping(after["args"])}
    return merged
