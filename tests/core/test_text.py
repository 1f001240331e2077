"""Positions and edits."""

from __future__ import annotations

import pytest

from layerg_pin.core.text import EditError, Encoding, LineIndex, Span, TextEdit, apply_edits

MIXED = "a\u00e9\u20ac\U0001f600b\nc"
"""Characters of one to four bytes; the last one is two units of UTF-16."""


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a", ""]),
        ("a\nb", ["a", "b"]),
        ("a\r\nb\r\n", ["a", "b", ""]),
        ("a\rb", ["a", "b"]),
        ("a\n\rb", ["a", "", "b"]),
        ("a\r\r\nb", ["a", "", "b"]),
        ("\n\n", ["", "", ""]),
        ("a\u2028b\u0085c\x0bd\x0ce\x1cf", ["a\u2028b\u0085c\x0bd\x0ce\x1cf"]),
    ],
)
def test_lines_end_as_in_the_protocol(text: str, lines: list[str]) -> None:
    index = LineIndex(text)
    spans = [index.line_span(line) for line in range(len(lines))]
    assert [text[span.start : span.end] for span in spans] == lines
    assert [index.line_of(span.start) for span in spans] == list(range(len(lines)))
    assert index.line_of(len(text)) == len(lines) - 1


def test_a_line_beyond_the_text_is_empty_at_its_end() -> None:
    assert LineIndex("a\nb").line_span(2) == Span(3, 3)
    assert LineIndex("").line_span(7) == Span(0, 0)
    assert LineIndex("a\nb").offset(9, 4, "utf-16") == 3


@pytest.mark.parametrize(
    ("encoding", "characters"),
    [("utf-8", [0, 1, 3, 6, 10, 11]), ("utf-16", [0, 1, 2, 3, 5, 6]), ("utf-32", [0, 1, 2, 3, 4, 5])],
)
def test_characters_count_in_units_of_the_encoding(encoding: Encoding, characters: list[int]) -> None:
    index = LineIndex(MIXED)
    assert [index.position(offset, encoding) for offset in range(6)] == [(0, each) for each in characters]
    assert [index.offset(0, each, encoding) for each in characters] == list(range(6))
    assert index.position(6, encoding) == (1, 0)
    assert index.position(7, encoding) == (1, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_a_character_beyond_its_line_means_the_end_of_the_line(encoding: Encoding) -> None:
    assert LineIndex(MIXED).offset(0, 99, encoding) == MIXED.index("\n")
    assert LineIndex("ab\r\ncd").offset(0, 99, encoding) == 2
    assert LineIndex("ab\r\ncd").offset(1, 99, encoding) == 6


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_position_within_a_character_means_one_of_its_ends(encoding: Encoding) -> None:
    assert LineIndex("\U0001f600").offset(0, 1, encoding) in (0, 1)


def test_a_byte_that_is_not_utf_8_counts_as_one() -> None:
    text = b"\xffa".decode("utf-8", "surrogateescape")
    encodings: tuple[Encoding, ...] = ("utf-8", "utf-16", "utf-32")
    assert [LineIndex(text).position(2, encoding) for encoding in encodings] == [(0, 2)] * 3


def test_half_a_surrogate_pair_that_an_editor_sent_has_a_position() -> None:
    r"""JSON can contain `"\ud83d"`, and so can a JavaScript string."""
    text = "\ud83da\n"
    encodings: tuple[Encoding, ...] = ("utf-8", "utf-16", "utf-32")
    for encoding in encodings:
        index = LineIndex(text)
        line, character = index.position(2, encoding)
        assert (line, index.offset(line, character, encoding)) == (0, 2)


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([], "abcdef"),
        ([TextEdit(Span(0, 0), "X")], "Xabcdef"),
        ([TextEdit(Span(6, 6), "X")], "abcdefX"),
        ([TextEdit(Span(2, 4), "")], "abef"),
        ([TextEdit(Span(4, 5), "Y"), TextEdit(Span(0, 2), "X")], "XcdYf"),
        ([TextEdit(Span(2, 2), "X"), TextEdit(Span(2, 2), "Y")], "abXYcdef"),
        ([TextEdit(Span(2, 4), "Y"), TextEdit(Span(2, 2), "X")], "abXYef"),
        ([TextEdit(Span(2, 4), "X"), TextEdit(Span(4, 6), "Y")], "abXY"),
        ([TextEdit(Span(2, 4), "X"), TextEdit(Span(4, 4), "Y")], "abXYef"),
        ([TextEdit(Span(0, 6), "")], ""),
    ],
)
def test_edits_apply_at_once(edits: list[TextEdit], expected: str) -> None:
    assert apply_edits("abcdef", edits) == expected


@pytest.mark.parametrize(
    "edits",
    [
        [TextEdit(Span(0, 3), ""), TextEdit(Span(2, 4), "")],
        [TextEdit(Span(1, 4), ""), TextEdit(Span(2, 2), "X")],
        [TextEdit(Span(2, 4), "X"), TextEdit(Span(2, 4), "X")],
        [TextEdit(Span(5, 7), "")],
        [TextEdit(Span(7, 7), "")],
        [TextEdit(Span(-1, 2), "")],
        [TextEdit(Span(3, 2), "")],
    ],
)
def test_edits_that_overlap_or_are_outside_are_refused(edits: list[TextEdit]) -> None:
    with pytest.raises(EditError):
        apply_edits("abcdef", edits)
