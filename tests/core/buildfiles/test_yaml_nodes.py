"""YAML is parsed into nodes with their places, aliases are not expanded, and a broken file is refused at its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerg_pin.core.buildfiles.budget import EVENT_LOOP_LIMITS, Budget, LimitExceeded
from layerg_pin.core.buildfiles.compose import parse_compose
from layerg_pin.core.buildfiles.yaml_nodes import MAX_DEPTH, Alias, Mapping, Node, Scalar, entries, items, parse_yaml
from tests.core.gomod.gomod_texts import ANYTHING


def parsed(text: str) -> Node:
    file = parse_yaml(text, Budget())
    assert file.problem is None
    (document,) = file.documents
    return document


def written(text: str) -> dict[str, str]:
    """The scalars of a mapping, as the text has them."""
    found = entries(parsed(text), Budget())
    return {key: text[each.span.start : each.span.end] for key, each in found if isinstance(each, Scalar)}


def test_spans_of_scalars() -> None:
    text = (
        "a: plain text  # comment\n'b': \"quoted \\\"text\\\"\"\nc: &anchor !tag 'x'\nd: |\n  two\n  lines\n"
        "e: >-  # why\n  folded\nf:\ng: one\n  value\n"
    )
    assert written(text) == {
        "a": "plain text",
        "b": '"quoted \\"text\\""',
        "c": "'x'",
        "d": "  two\n  lines\n",
        "e": "  folded\n",
        "f": "",
        "g": "one\n  value",
    }


def test_line_ends_of_windows_and_tabs_between_tokens() -> None:
    assert written("\ufeffa:\tb\t# why\r\nc: d\t\r\n") == {"a": "b", "c": "d"}


def test_flow_collections() -> None:
    (pair,) = items(dict(entries(parsed('a: [{"b":c, d: [e]}]'), Budget()))["a"], Budget())
    assert [key for key, _ in entries(pair, Budget())] == ["b", "d"]


def test_own_entries_replace_merged_ones() -> None:
    text = "a: &a {k: 1, l: 1}\nb: &b {l: 2, m: 2}\nc: {<<: [*b, *a], k: 3}\n"
    merged = dict(entries(parsed(text), Budget()))["c"]
    found = {key: each.value for key, each in entries(merged, Budget()) if isinstance(each, Scalar)}
    assert found == {"l": "2", "m": "2", "k": "3"}


def test_an_alias_refers_to_one_node() -> None:
    root = dict(entries(parsed("a: &a [x]\nb: *a\n"), Budget()))
    assert isinstance(root["b"], Alias)
    assert root["b"].target is root["a"]


def test_aliases_that_refer_to_themselves_end() -> None:
    root = parsed("&a\n<<: *a\nb: &b [*b]\n")
    assert [key for key, _ in entries(root, Budget())] == ["b"]
    with pytest.raises(LimitExceeded):
        list(entries(parsed("&a\n<<: [*a, *a]\n"), Budget()))


def test_several_documents() -> None:
    file = parse_yaml("a: &x 1\n---\nb: 2\n", Budget())
    assert [isinstance(each, Mapping) for each in file.documents] == [True, True]
    unknown = parse_yaml("a: &x 1\n---\nb: *x\n", Budget()).problem
    assert unknown
    assert unknown.message == "not read: invalid YAML: the alias *x refers to no anchor before it"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("services:\n  a: b: c\n", 1, "mapping values are not allowed here"),
        ("services:\n\ta: b\n", 1, "found character '\\t' that cannot start any token"),
        ("services:\n  a: [b\n", 2, "expected ',' or ']', but got '<stream end>'"),
        ("services:\n  a: b\n c: d\n", 2, "expected <block end>, but found '<block mapping start>'"),
        ("a: 1\nb: \x07\n", 1, "special characters are not allowed"),
        ("a: 1\nb: \udcff\n", 1, "special characters are not allowed"),
        ("a: 1\nb: *c\n", 1, "the alias *c refers to no anchor before it"),
        ('a: "\\UFFFFFFFF"\n', 0, "a number is out of range"),
    ],
)
def test_a_broken_file_is_refused_at_its_line(text: str, line: int, reason: str) -> None:
    unread = parse_compose(text).unread
    assert unread
    assert unread.message == f"not read: invalid YAML: {reason}"
    assert text.count("\n", 0, unread.span.start) == line


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "[{a: "])
def test_deep_nesting_is_refused(opening: str) -> None:
    file = parse_compose("services: 1\na:\n " + opening * 5000)
    assert file.unread
    assert f"more than {MAX_DEPTH} nested mappings and lists" in file.unread.message


def test_the_number_of_nodes_is_bounded() -> None:
    budget = Budget(EVENT_LOOP_LIMITS)
    with pytest.raises(LimitExceeded, match="more than 1,000 keys, values and items"):
        parse_yaml("- a\n" * 2000, budget)
    assert budget.is_spent


@given(ANYTHING | st.text(alphabet="ab:-[]{}&*!|>\"'#\n\t \\%?<"))
def test_anything_can_be_parsed(text: str) -> None:
    try:
        file = parse_yaml(text, Budget())
    except LimitExceeded:
        return
    if file.problem:
        assert 0 <= file.problem.span.start <= len(text)
