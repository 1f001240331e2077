"""Parse YAML into nodes with their places in the text, without expanding aliases.

Source: https://yaml.org/spec/1.2.2/. The tree is built from the events of PyYAML's pure Python parser, which needs no
recursion and resolves no tags. An alias refers to the node of its anchor, so a small file stays small ("billion
laughs"). Merge keys are https://yaml.org/type/merge.html.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import yaml

from layerg_pin.core.buildfiles.budget import Budget, LimitExceeded
from layerg_pin.core.text import Problem, Span

MAX_DEPTH = 50
"""Limit on nested mappings and sequences. Compose files need about six."""
_MAX_MERGES = 20
"""Limit on a chain of mappings that merge each other, or of aliases that refer to each other."""
_REFERENCE_COST = 10
"""The characters of expanded text that each followed alias or merged key counts as: about the time it takes."""
_MERGE_KEY = "<<"
_PROPERTIES = re.compile(r"(?:[&!]\S*[ \n\r]+)+")
"""The anchor and the tag in front of a value."""
_TAB = re.compile(r"(^[ \t]*)|\t", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scalar:
    """A text; `span` includes its quotation marks; for a block scalar it starts after the line of the `|` or `>`."""

    value: str
    span: Span
    style: str = ""
    """`'` or `"` for a quoted scalar, `|` or `>` for a block scalar; empty for a plain one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sequence:
    """A list; the parser fills `items`."""

    span: Span
    """The place where it starts."""
    items: "list[Node]" = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mapping:
    """A mapping; the parser fills `entries`, which keep their order."""

    span: Span
    """The place where it starts."""
    entries: "list[tuple[str, Node]]" = field(default_factory=list)
    """The scalar keys with their values; entries whose key is a mapping, a sequence or an alias are omitted."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alias:
    """A reference to an earlier node, which may be one that contains this alias."""

    target: "Node"
    span: Span


Node = Scalar | Sequence | Mapping | Alias


class YamlFile(NamedTuple):
    """The root nodes of a file's documents, or the reason why the file cannot be read."""

    documents: tuple[Node, ...] = ()
    problem: Problem | None = None


class _Loader(yaml.SafeLoader):
    """The parser with a limit on flow collections, whose cost grows with the square of their depth."""

    def fetch_flow_collection_start(self, TokenClass: type) -> None:
        if self.flow_level >= MAX_DEPTH:
            raise _too_deep()
        super().fetch_flow_collection_start(TokenClass)


def parse_yaml(text: str, budget: Budget) -> YamlFile:
    """Parse a file. Raises LimitExceeded for a file with too many nodes, or nodes that are nested too deeply."""
    text = _TAB.sub(lambda match: " " if match[1] is None else match[1], text) if "\t" in text else text
    try:
        return YamlFile(tuple(_documents(text, budget)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = min(mark.index, len(text)) if mark else 0
        reason = error.problem or error.context or "the file ends too early"
    except yaml.reader.ReaderError as error:
        at, reason = error.position, error.reason
    except _UnknownAnchorError as error:
        at, reason = error.offset, str(error)
    except (ValueError, OverflowError):  # of int() and chr(), for a `%YAML` directive or a `\U` escape
        at, reason = budget.at, "a number is out of range"
    end = at + (not text.startswith(("\r", "\n"), at))
    return YamlFile(problem=Problem(f"not read: invalid YAML: {reason}", Span(at, min(end, len(text)))))


def resolve(node: Node, budget: Budget) -> Node | None:
    """The node that an alias refers to, or the node itself; None for an alias that refers to itself."""
    for _ in range(_MAX_MERGES):
        if not isinstance(node, Alias):
            return node
        budget.count_expanded(_REFERENCE_COST)
        node = node.target
    return None


def entries(node: Node | None, budget: Budget) -> Iterator[tuple[str, Node]]:
    """The entries of a mapping or of an alias of one: merged ones first, unless the mapping has the key itself.

    Raises LimitExceeded.
    """
    yield from _entries(node, budget, _MAX_MERGES)


def items(node: Node | None, budget: Budget) -> list[Node]:
    """The items of a sequence or of an alias of one. Raises LimitExceeded."""
    found = resolve(node, budget) if node else None
    return found.items if isinstance(found, Sequence) else []


def _entries(node: Node | None, budget: Budget, depth: int) -> Iterator[tuple[str, Node]]:
    found = resolve(node, budget) if node else None
    if not isinstance(found, Mapping) or not depth:
        return
    seen = {key for key, _ in found.entries}
    for key, value in found.entries:
        if key != _MERGE_KEY:
            continue
        for source in items(value, budget) or [value]:
            budget.count_expanded(_REFERENCE_COST)
            for name, merged in _entries(source, budget, depth - 1):
                budget.count_expanded(_REFERENCE_COST)
                if name not in seen:
                    seen.add(name)
                    yield name, merged
    yield from (entry for entry in found.entries if entry[0] != _MERGE_KEY)


class _UnknownAnchorError(Exception):
    def __init__(self, name: str, offset: int) -> None:
        super().__init__(f"the alias *{name} refers to no anchor before it")
        self.offset = offset


def _documents(text: str, budget: Budget) -> Iterator[Node]:
    """The root node of each document. Raises LimitExceeded, _UnknownAnchorError and PyYAML's errors."""
    anchors: dict[str, Node] = {}
    open_collections: list[_Collection] = []
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.DocumentStartEvent):
            anchors = {}
        elif isinstance(event, yaml.CollectionEndEvent):
            open_collections.pop()
        elif isinstance(event, yaml.NodeEvent):
            span = _span(event)
            budget.at = span.start
            budget.count_node()
            node = _node(event, span, text, anchors)
            if event.anchor and not isinstance(node, Alias):
                anchors[event.anchor] = node
            if open_collections:
                open_collections[-1].add(node)
            else:
                yield node
            if isinstance(node, Sequence | Mapping):
                if len(open_collections) >= MAX_DEPTH:
                    raise _too_deep()
                open_collections.append(_Collection(node))


class _Collection:
    """A mapping or sequence that is being parsed."""

    def __init__(self, node: Sequence | Mapping) -> None:
        self._node = node
        self._key: Node | None = None
        """The key whose value comes next."""

    def add(self, node: Node) -> None:
        if isinstance(self._node, Sequence):
            self._node.items.append(node)
        elif self._key is None:
            self._key = node
        else:
            if isinstance(self._key, Scalar):
                self._node.entries.append((self._key.value, node))
            self._key = None


def _span(event: yaml.NodeEvent) -> Span:
    start, end = event.start_mark, event.end_mark
    return Span(start.index if start else 0, end.index if end else 0)  # a parser's events have both


def _node(event: yaml.NodeEvent, span: Span, text: str, anchors: dict[str, Node]) -> Node:
    if isinstance(event, yaml.AliasEvent):
        name = event.anchor or ""
        if name not in anchors:
            raise _UnknownAnchorError(name, span.start)
        return Alias(target=anchors[name], span=span)
    if isinstance(event, yaml.MappingStartEvent):
        return Mapping(span=Span(span.start, span.start))
    if not isinstance(event, yaml.ScalarEvent):
        return Sequence(span=Span(span.start, span.start))
    properties = _PROPERTIES.match(text, *span)  # PyYAML's mark is that of the anchor or the tag
    start = properties.end() if properties else span.start
    style = event.style or ""
    if style in ("|", ">"):
        start = text.find("\n", start, span.end) + 1 or span.end
    return Scalar(value=event.value, span=Span(start, span.end), style=style)


def _too_deep() -> LimitExceeded:
    return LimitExceeded(f"more than {MAX_DEPTH} nested mappings and lists")
