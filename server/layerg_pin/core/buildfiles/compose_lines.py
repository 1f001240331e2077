"""The keys and values of a compose file, with their places: block and flow style, anchors, aliases and merge keys.

Source: https://yaml.org/spec/1.2.2/ and https://yaml.org/type/merge.html. It has a reader of its own, because a reader
of all of YAML in pure Python takes about a second for 16 KiB, and an editor would wait for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from layerg_pin.core.buildfiles.budget import Budget
from layerg_pin.core.text import Span

_LINE = re.compile(
    r"(?P<indent>[ ]*)(?P<item>-[ ]+)?(?:(?P<quote>[\"']?)(?P<key><<|[\w./-]+)(?P=quote)[ ]*:(?:[ ]+|$))?"
)
_BLOCK = re.compile(r"[|>][+-]?\d?[+-]?[ ]*(?:#.*)?$")
_ANCHOR = re.compile(r"&([\w.-]+)(?:[ \t]+|$)")
_ALIAS = re.compile(r"\*([\w.-]+)[ \t]*$")
_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n]++|\#[^\n]*)|(?P<mark>[][{},:])
    |(?P<word>"(?:[^"\\]|\\.)*+"|'(?:[^']|'')*+'|(?:[^][{},:\s\#]|:(?![\s,}\]])|(?<!\s)\#|[ ]+(?=[^][{},:\s\#]))++)""",
    re.VERBOSE | re.DOTALL,
)
_MERGE = "<<"
_MAX_DEPTH = 20
"""Of keys, aliases included. Compose files need about six."""
_MAX_NESTED = 100
"""Of keys, items and aliases of aliases."""
_COST = 10
"""In characters of a budget, of each key that an alias or a merge repeats: about the time it takes."""


class Entry(NamedTuple):
    """A key with its value, or an item of a list."""

    path: tuple[str, ...]
    """The keys above, its own last; an item's is that of its list."""
    value: Span
    item: bool
    block: str = ""
    """`|` or `>` for a text of several lines."""


class _Node:
    """A value: a scalar, a mapping or a list, with the node that it is an alias of."""

    def __init__(self, value: Span, block: str = "") -> None:
        self.value, self.block = value, block
        self.pairs: list[tuple[str, _Node]] = []
        """Of a mapping by key; the key of an item is empty."""
        self.alias: _Node | None = None


def entries(text: str, budget: Budget) -> Iterator[Entry]:
    """All entries, with what aliases and merge keys refer to in their place. Raises LimitExceeded."""
    yield from _emitted(_tree(text), (), budget, 0, is_item=False, is_alias=False)


def _emitted(
    node: _Node, path: tuple[str, ...], budget: Budget, depth: int, *, is_item: bool, is_alias: bool
) -> Iterator[Entry]:
    if len(path) > _MAX_DEPTH or depth > _MAX_NESTED:
        return
    if node.alias:
        budget.expand(_COST)
        yield from _emitted(node.alias, path, budget, depth + 1, is_item=is_item, is_alias=True)
        return
    if is_alias:
        budget.expand(_COST)
    if path:
        yield Entry(path, node.value, is_item, node.block)
    for key, child in _pairs(node, budget, _MAX_DEPTH):
        below = (*path, key) if key else path
        if key or not child.pairs or child.alias:
            yield from _emitted(child, below, budget, depth + 1, is_item=not key, is_alias=is_alias)


def _pairs(node: _Node, budget: Budget, depth: int) -> Iterator[tuple[str, _Node]]:
    """The keys of a mapping, those that it merges first; its own keys replace these."""
    merges = [child for key, child in node.pairs if key == _MERGE]
    seen = {key for key, _ in node.pairs if key}
    for merge in merges if depth else ():
        for source in [merge] if merge.alias or not merge.pairs else [child for _, child in merge.pairs] or [merge]:
            budget.expand(_COST)
            target = source
            for _ in range(_MAX_DEPTH):
                target = target.alias or target
            for key, child in _pairs(target, budget, depth - 1):
                budget.expand(_COST)
                if key and key not in seen:
                    seen.add(key)
                    yield key, child
    for key, child in node.pairs:
        if key != _MERGE:
            yield key, child


def _tree(text: str) -> _Node:
    """The file's nodes. Several documents are one mapping, as Docker Compose merges them."""
    root = _Node(Span(0, 0))
    above: list[tuple[int, _Node]] = []
    anchors: dict[str, _Node] = {}
    position = 0
    while position < len(text):
        line = _line(text, position)
        position = line.end + 1
        if text.startswith("---", line.start):
            above, anchors = [], {}
            continue
        match = _LINE.match(text, line.start, line.end)
        if match is None or not text[line.start : line.end].strip() or text.startswith("#", match.end()):
            continue
        rest = _without_comment(text, Span(match.end(), line.end))
        indent, key, item = len(match["indent"]), match["key"], match["item"] is not None
        # An item may stand as deep as the key of its list.
        while above and (above[-1][0] >= indent + (1 if item else 0)):
            above.pop()
        parent = above[-1][1] if above else root
        if item and key:
            rest = _without_comment(text, Span(match.end("item"), line.end))
        anchor = _ANCHOR.match(text, rest.start, rest.end)
        rest = Span(anchor.end(), rest.end) if anchor else rest
        node = _Node(rest)
        if block := _BLOCK.match(text, rest.start, rest.end):
            end = _block_end(text, position, indent)
            node = _Node(Span(min(position, end), end), text[rest.start])
            position = max(position, end)
        elif text.startswith(("{", "["), rest.start):
            node, end = _flow(text, rest.start, anchors)
            position = max(position, text.find("\n", end) + 1 or len(text))
        elif alias := _ALIAS.match(text, rest.start, rest.end):
            node.alias = anchors.get(alias[1])
        parent.pairs.append((key if key and not item else "", node))
        if anchor:
            anchors[anchor[1]] = node
        if key and not item and not block:
            above.append((indent, node))
    return root


def _flow(text: str, start: int, anchors: dict[str, _Node]) -> tuple[_Node, int]:
    """A mapping in braces or a list in brackets, and the offset of its end; of one that is not closed, of the text."""
    top = _Node(Span(start, start))
    stack: list[_Node] = []
    key = anchor = ""
    position = start
    last: _Node | None = None
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            break
        position, kind, piece = match.end(), match.lastgroup, match[0]
        if kind == "blank":
            continue
        if piece in ("{", "["):
            node = _Node(Span(match.start(), match.start())) if stack else top
            if stack:
                stack[-1].pairs.append((key, node))
            anchors |= {anchor: node} if anchor else {}
            stack.append(node)
            key = anchor = ""
            last = None
        elif piece in ("}", "]"):
            node = stack.pop()
            node.value = Span(node.value.start, position)
            key, last = "", None
            if not stack:
                return top, position
        elif piece == ",":
            key, last = "", None
        elif piece == ":":
            if last is not None and stack[-1].pairs and stack[-1].pairs[-1][1] is last:
                stack[-1].pairs.pop()
                key = text[last.value.start : last.value.end].strip("\"'")
            last = None
        else:
            words = piece
            if found := re.match(r"&([\w.-]+)[ ]*", words):
                anchor, words = found[1], words[found.end() :]
            if not words:
                continue
            last = _Node(Span(position - len(words), position))
            if words.startswith("*"):
                last.alias = anchors.get(words[1:].strip())
            stack[-1].pairs.append((key, last))
            anchors |= {anchor: last} if anchor else {}
            key = anchor = ""
    top.value = Span(start, len(text))
    return top, len(text)


def _block_end(text: str, position: int, indent: int) -> int:
    """Where a text of several lines ends: before the first line that is not deeper than its key."""
    while position < len(text):
        line = _line(text, position)
        content = text[line.start : line.end]
        if content.strip() and len(content) - len(content.lstrip(" ")) <= indent:
            break
        position = line.end + 1
    return min(position, len(text))


def _line(text: str, position: int) -> Span:
    end = text.find("\n", position)
    end = len(text) if end < 0 else end
    return Span(position, end - text.startswith("\r", end - 1) if end > position else end)


def _without_comment(text: str, span: Span) -> Span:
    value = text[span.start : span.end]
    hash_ = value.find(" #")
    kept = value[:hash_] if hash_ >= 0 and value[:1] not in ("'", '"') else value
    return Span(span.start, span.start + len(kept.rstrip()))
