"""Parse a Makefile for the commands that build plugins.

Source: https://www.gnu.org/software/make/manual/. Variables have their last value in every recipe, since make reads the
whole file first. A variable that is set twice, in a conditional or for a single target is unknown.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from layerg_pin.core.buildfiles.budget import Budget, LimitExceeded
from layerg_pin.core.buildfiles.build_file import BuildFile, BuildStep
from layerg_pin.core.buildfiles.command_results import MAX_STEPS, CommandResult, drifts_of, to_build_file
from layerg_pin.core.buildfiles.command_words import MAX_VALUE, Environment
from layerg_pin.core.buildfiles.shell_script import CommandContext, parse_commands
from layerg_pin.core.buildfiles.shell_words import REFERENCE, Word
from layerg_pin.core.text import Span

_ASSIGNMENT = re.compile(
    r"[ ]*(?P<export>export[ \t]+)?(?:override[ \t]+)?(?P<name>[\w.-]+)[ \t]*(?P<how>[:?+!]?|::)=[ \t]*", re.ASCII
)
_EXPORT = re.compile(r"[ ]*export\b[ \t]*(?P<names>[^=\n]*)$", re.ASCII | re.MULTILINE)
_OF_TARGET = re.compile(r"[^\t#=\s][^#=\n]*?:[ \t]*(?:export[ \t]+)?(?P<name>[\w.-]+)[ \t]*[:?+]?=", re.ASCII)
_OPENING = re.compile(r"[ ]*(?:ifeq|ifneq|ifdef|ifndef|define)\b")
_CLOSING = re.compile(r"[ ]*(?:endif|endef)\b")
_PREFIX = re.compile(r"[ \t@+-]*")
_NAME = re.compile(r"\$(?:\((\w[\w.-]*)\)|\{(\w[\w.-]*)\}|(\w))", re.ASCII)


_MAKE = re.compile(r"(?:\$[({]MAKE[)}]|\bg?make\b)([^\n;&|]*)")
_MAX_PREREQUISITES = 50
_MAX_TARGETS = 500


class _Rule(NamedTuple):
    """The first line of a rule."""

    targets: tuple[str, ...]
    prerequisites: tuple[str, ...]


class _Variables:
    """The variables of a Makefile, expanded on demand, and its rules."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.raw: dict[str, str | None] = {}
        self.spans: dict[str, Span] = {}
        self.exported: set[str] = set()
        self.exports_all = False
        self.rules: list[_Rule] = []
        self._known: dict[str, str | None] = {}
        self._done: set[str] = set()

    def assign(self, name: str, how: str, value: str, span: Span, *, sure: bool) -> None:
        before = self.raw.get(name)
        if not sure or how == "!" or (name in self.raw and (how != "+" or before is None)):
            self.raw[name] = None
        else:
            self.raw[name] = f"{before or ''} {value}"[: MAX_VALUE + 1].strip()
        self.spans[name] = span

    def expand(self, reference: str) -> str | None:
        """The value of `$(NAME)`; None for functions, automatic and shell variables, and unset ones."""
        match = _NAME.fullmatch(reference)
        return self.value(match[1] or match[2] or match[3]) if match else None

    def value(self, name: str) -> str | None:
        """The value of a variable; None if unknown. Raises LimitExceeded.

        Variables in its value are expanded first, in a loop, because chains of them can exceed Python's stack.
        """
        pending = [name]
        while pending:
            last = pending[-1]
            if last not in self._known:
                self._known[last] = None  # during expansion: a variable that refers to itself is unknown
                pending += (each for each in self._named(last) if each not in self._known)
            else:
                pending.pop()
                if last not in self._done:
                    self._done.add(last)
                    self._known[last] = self._expanded(self.raw.get(last))
        return self._known[name]

    def _named(self, name: str) -> Iterator[str]:
        """The variables in the value of a variable."""
        raw = self.raw.get(name)
        for match in REFERENCE.finditer(raw) if raw and len(raw) <= MAX_VALUE else ():
            if found := _NAME.fullmatch(match[0]):
                yield found[1] or found[2] or found[3]

    def _expanded(self, raw: str | None) -> str | None:
        if raw is None or len(raw) > MAX_VALUE:
            return None
        parts: list[str] = []
        size = position = 0
        for match in REFERENCE.finditer(raw):
            found = _NAME.fullmatch(match[0])
            value = self._known.get(found[1] or found[2] or found[3]) if found else None
            if value is None:
                return None
            self.budget.count_expanded(len(value))
            parts += (raw[position : match.start()], value)
            size += len(parts[-1]) + len(parts[-2])
            position = match.end()
            if size > MAX_VALUE:
                return None
        return "".join((*parts, raw[position:]))


def parse_makefile(
    text: str, budget: Budget | None = None, targets: Sequence[str] | None = None, caller: Environment | None = None
) -> BuildFile:
    """Parse a Makefile; never raises. Without a `budget`, the limits of one file apply.

    With `targets`, only the recipes needed to make them are read; an empty list means the first target. `caller` has
    the variables of the command that runs make.
    """
    budget = budget or Budget()
    variables = _Variables(budget)
    found: dict[int, list[CommandResult]] = {}
    unread = None
    try:
        budget.count_characters(len(text))
        _run(text, variables, found, targets, caller)
    except LimitExceeded as error:
        unread = budget.problem(error)
    left: dict[int, list[BuildStep]] = {}
    drifts = [drift for rule, each in found.items() for drift in drifts_of(each, left.setdefault(rule, []))]
    by_target = {target: number for number, rule in enumerate(variables.rules) for target in rule.targets}
    for rule, each in found.items():
        needed = variables.rules[rule].prerequisites[:_MAX_PREREQUISITES]
        before = [*islice((step for name in needed for step in left.get(by_target.get(name, -1), ())), MAX_STEPS)]
        drifts += drifts_of(each, before) if before else ()
    every = [each for rule in found.values() for each in rule]
    return to_build_file(every, drifts=drifts)._replace(unread=unread, steps=_steps(variables.rules, found))


def _steps(rules: list[_Rule], found: dict[int, list[CommandResult]]) -> dict[str, tuple[BuildStep, ...]]:
    """The steps of each target, including those of its prerequisites; the first target also as ""."""
    by_rule = {rule: tuple(step for each in parts for step in each.steps) for rule, parts in found.items()}
    by_target: dict[str, list[BuildStep]] = {}
    for number, rule in enumerate(rules):
        for target in rule.targets if by_rule.get(number) else ():
            known = by_target.setdefault(target, [])
            known += by_rule[number][: MAX_STEPS - len(known)]
    if not by_target:
        return {}
    steps: dict[str, tuple[BuildStep, ...]] = {}
    names = [target for rule in rules for target in rule.targets if target != ".PHONY"]
    for rule in rules:
        if len(steps) >= _MAX_TARGETS:
            break
        needed = [step for name in rule.prerequisites[:_MAX_PREREQUISITES] for step in by_target.get(name, ())]
        for target in rule.targets:
            own = (*needed, *by_target.get(target, ()), *steps.get(target, ()))[:MAX_STEPS]
            if own and len(steps) < _MAX_TARGETS:
                steps[target] = own
    first = next((name for name in names if not name.startswith(".")), "")
    return {**steps, "": steps[first]} if first in steps else steps


def _run(
    text: str,
    variables: _Variables,
    found: dict[int, list[CommandResult]],
    targets: Sequence[str] | None,
    caller: Environment | None,
) -> None:
    """Parse a whole Makefile, and collect the commands of each rule's recipe. Raises LimitExceeded."""
    recipes = list(_read(text, variables))
    if targets is not None:
        reached = _reached(text, variables.rules, recipes, targets)
        recipes = [each for each in recipes if each[0] in reached]
    environment = caller.copy() if caller else Environment()
    for name in sorted(variables.exported | (variables.raw.keys() if variables.exports_all else set())):
        value = variables.value(name)
        span = variables.spans.get(name, Span(0, 0))
        variables.budget.at = span.start
        environment.set(name, Word(value or "", span, value is not None), exported=True)
    place = CommandContext(text, variables.budget)
    for rule, recipe in recipes:
        variables.budget.at = recipe.start
        found.setdefault(rule, []).extend(parse_commands(place, recipe, environment.copy(), variables.expand))


def _reached(
    text: str, rules: Sequence[_Rule], recipes: Sequence[tuple[int, Span]], targets: Sequence[str]
) -> frozenset[int]:
    """The numbers of the rules needed to make some targets, including prerequisites and `$(MAKE) TARGET`."""
    by_target: dict[str, list[int]] = {}
    for number, rule in enumerate(rules):
        for target in rule.targets:
            by_target.setdefault(target, []).append(number)
    first = next((target for rule in rules for target in rule.targets[:1] if not target.startswith(".")), "")
    if any(target not in by_target for target in targets):  # a pattern rule or an unknown name
        return frozenset(range(-1, len(rules)))
    pending = list(targets) or [first]
    unknown = [target for target in by_target if "$" in target]
    made: set[str] = set()
    found: set[int] = set()
    lines: dict[int, list[str]] = {}
    for number, span in recipes:
        lines.setdefault(number, []).append(text[span.start : span.end])
    while pending:
        target = pending.pop()
        if target in made:
            continue
        made.add(target)
        for number in by_target.get(target, ()):
            if number in found:  # already reached through another of its targets
                continue
            found.add(number)
            needed = rules[number].prerequisites[:_MAX_PREREQUISITES]
            pending += needed
            if any("$" in each for each in needed):
                pending += unknown
                unknown = []
            for line in lines.get(number, ()):
                pending += [each for match in _MAKE.finditer(line) for each in match[1].split() if each in by_target]
    return frozenset(found)


def _read(text: str, variables: _Variables) -> Iterator[tuple[int, Span]]:
    """Parse all assignments and rules. Yields each recipe command: the rule's number and the span without the tab."""
    depth = 0
    in_rule = False
    for line in _logical_lines(text):
        content = text[line.start : line.end]
        if content.startswith("\t") and in_rule:
            yield len(variables.rules) - 1, Span(_after_prefix(text, line.start + 1), line.end)
        elif _OPENING.match(content):
            depth += 1
        elif _CLOSING.match(content):
            depth = max(0, depth - 1)
        elif match := _ASSIGNMENT.match(content):
            in_rule = False
            value = re.sub(r"\\\r?\n[ \t]*", " ", re.sub(r"(?<!\\)#[^\n]*", "", content[match.end() :])).strip()
            span = Span(line.start + match.start("name"), line.start + len(content.rstrip()))
            variables.assign(match["name"], match["how"], value, span, sure=depth == 0)
            variables.exported |= {match["name"]} if match["export"] else set()
        elif match := _EXPORT.match(content):
            names = match["names"].split()
            variables.exports_all = variables.exports_all or not names
            variables.exported.update(names)
        elif match := _OF_TARGET.match(content):
            variables.raw[match["name"]] = None
        elif content.strip() and not content.lstrip().startswith("#"):
            in_rule = ":" in content
            semicolon = content.find(";")
            if in_rule:
                targets, _, prerequisites = content.partition(":")
                needed = prerequisites.partition(";")[0].lstrip(":").replace("|", " ").replace("\\", " ").split()
                variables.rules.append(_Rule(tuple(targets.split()), tuple(needed)))
            if in_rule and semicolon >= 0:
                yield len(variables.rules) - 1, Span(_after_prefix(text, line.start + semicolon + 1), line.end)


def _after_prefix(text: str, start: int) -> int:
    """The start of a recipe's command after make's prefixes `@`, `-` and `+`."""
    match = _PREFIX.match(text, start)
    return match.end() if match else start


def _logical_lines(text: str) -> Iterator[Span]:
    """Lines joined with their continuation lines."""
    start = position = 0
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        position = end + 1
        if not text[max(start, end - 2) : end].rstrip("\r").endswith("\\") or end == len(text):
            yield Span(start, end)
            start = position
    if start < len(text):
        yield Span(start, len(text))
