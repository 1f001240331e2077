"""Read values of YAML build files as words of a shell, and their scripts as commands."""

from collections.abc import Iterator
from typing import NamedTuple

from layerg_pin.core.buildfiles.budget import Budget, LimitExceeded, check_words
from layerg_pin.core.buildfiles.build_file import BuildFile
from layerg_pin.core.buildfiles.command_results import CommandResult
from layerg_pin.core.buildfiles.command_words import Environment
from layerg_pin.core.buildfiles.shell_script import CommandContext, parse_commands
from layerg_pin.core.buildfiles.shell_words import Expand, Word, commands, expanded
from layerg_pin.core.buildfiles.yaml_nodes import (
    Alias,
    Mapping,
    Node,
    Scalar,
    Sequence,
    entries,
    items,
    parse_yaml,
    resolve,
)
from layerg_pin.core.text import Problem, Span

_MAX_NESTED = 10
"""Limit on nested lists of commands (GitLab's limit)."""
_ENTRY_COST = 10
"""The characters of expanded text that each entry counts as if it is read again through an alias."""


class YamlWords:
    """Reads the values of one text. Its methods raise LimitExceeded."""

    def __init__(self, text: str, budget: Budget, expand: Expand) -> None:
        self.text, self.budget, self.expand = text, budget, expand

    def with_values(self, expand: Expand) -> "YamlWords":
        """The same text with other values of variables."""
        return YamlWords(self.text, self.budget, expand)

    def mapping(self, node: Node | None) -> dict[str, Node]:
        """The entries of a mapping; empty for another node."""
        found = list(entries(node, self.budget))
        if isinstance(node, Alias):
            self.budget.count_expanded(_ENTRY_COST * len(found))
        return dict(found)

    def word(self, node: Node | None) -> Word | None:
        """A scalar as one word, with its variables replaced; None for an empty one and for other nodes."""
        scalar = resolve(node, self.budget) if node else None
        if not isinstance(scalar, Scalar):
            return None
        self.budget.at = scalar.span.start

        def expand(reference: str) -> str | None:
            value = self.expand(reference)
            self.budget.count_expanded(len(value or ""))
            return value

        text, known = expanded(scalar.value.strip(), expand)
        inner = _without_quotes(scalar)
        is_verbatim = inner == scalar.span or self.text[inner.start : inner.end] == scalar.value
        return Word(text, scalar.span, known, inner if is_verbatim else None) if text or not known else None

    def words(self, node: Node | None) -> list[Word]:
        """The items of a list, each as one word."""
        return [word for each in items(node, self.budget) if (word := self.word(each))]

    def command(self, node: Node | None) -> list[Word]:
        """The words of a command: those of a list, or of a text that is split as a shell splits it."""
        scalar = resolve(node, self.budget) if node else None
        return list(self._split(scalar)) if isinstance(scalar, Scalar) else self.words(node)

    def set_variables(self, node: Node | None, environment: Environment) -> None:
        """Set and export the variables of `NAME: value` or `- NAME=value`. Those without a value have the user's."""
        for name, value in entries(node, self.budget):
            if word := self.word(value):
                environment.set(name, word, exported=True)
        for word in self.words(node):
            name, equals, _ = word.text.partition("=")
            if equals:
                environment.set(name, word, exported=True)

    def run(
        self, node: Node | None, place: CommandContext, environment: Environment, depth: int = 0
    ) -> Iterator[CommandResult]:
        """Parse the commands of a script, or of a list of scripts in one shell."""
        found = resolve(node, self.budget) if node else None
        if isinstance(found, Sequence) and depth < _MAX_NESTED:
            for each in found.items:
                yield from self.run(each, place, environment, depth + 1)
        elif isinstance(found, Scalar):
            span = _without_quotes(found)
            self.budget.at = span.start
            self.budget.count_expanded(span.end - span.start)  # several jobs can run the same script
            yield from parse_commands(place, span, environment, self.expand, folded=found.style != "|")

    def _split(self, scalar: Scalar) -> Iterator[Word]:
        self.budget.at = scalar.span.start
        number = 0
        span = _without_quotes(scalar)
        for words in commands(self.text, span, self.expand, self.budget, folded=scalar.style != "|"):
            number += len(words)
            check_words(number)
            yield from words


def _without_quotes(scalar: Scalar) -> Span:
    """The text of a scalar without its quotation marks, which no shell sees."""
    start, end = scalar.span
    return Span(start + 1, end - 1) if scalar.style in ("'", '"') else scalar.span


class YamlText(NamedTuple):
    """A text whose YAML is parsed."""

    text: str
    documents: tuple[Node, ...]
    unread: BuildFile | None
    """The result if the file cannot be read."""


def load_yaml(text: str, budget: Budget) -> YamlText:
    """Parse the YAML of a build file; never raises."""
    try:
        budget.count_characters(len(text))
        parsed = parse_yaml(text, budget)
    except LimitExceeded as error:
        return YamlText(text, (), BuildFile(unread=Problem(f"not read: {error}", Span(budget.at, budget.at))))
    return YamlText(text, parsed.documents, BuildFile(unread=parsed.problem) if parsed.problem else None)


def is_mapping(node: Node, budget: Budget) -> bool:
    """Whether a node, or the one that an alias refers to, is a mapping."""
    return isinstance(resolve(node, budget), Mapping)
