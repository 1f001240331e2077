"""Properties for all texts: nothing raises, positions are valid, and pins change only what they should."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerg_pin.core.analysis.build_list import build_list, roots_of
from layerg_pin.core.gomod.edits import pin_edits
from layerg_pin.core.gomod.mod_syntax import Block
from layerg_pin.core.gomod.modules_txt import parse_modules_txt
from layerg_pin.core.gomod.parser import GoMod, parse_gomod, parse_gowork
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.text import Encoding, LineIndex, Span, TextEdit, apply_edits
from tests.core.go_reading import read_with_go, values_of
from tests.core.gomod.gomod_texts import ANYTHING, NEARLY, PINS, valid_gomods

ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-16", "utf-32")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


@settings(max_examples=400, deadline=None)
@given(st.one_of(ANYTHING, NEARLY))
def test_a_gomod_reads_whatever_it_holds(text: str) -> None:
    gomod = parse_gomod(text)
    _assert_inside(text, (problem.span for problem in gomod.problems))
    _assert_inside(text, (require.version.span for require in gomod.requires))
    for statement in gomod.syntax.statements:
        lines = statement.lines if isinstance(statement, Block) else (statement,)
        _assert_inside(text, (statement.span, statement.verb.span, *(line.span for line in lines)))
        for line in lines:
            tokens = (*line.tokens, line.comment) if line.comment else line.tokens
            assert [text[token.span.start : token.span.end] for token in tokens] == [token.text for token in tokens]
    assert set(gomod.required) == {require.module.text for require in gomod.requires}
    build_list(roots_of(gomod), {})


@settings(max_examples=500, deadline=None)
@given(st.one_of(NEARLY, valid_gomods()), st.one_of(st.just(""), NEARLY, ANYTHING), st.floats(0, 1), st.floats(0, 1))
def test_an_edited_gomod_equals_a_fresh_parse(text: str, new: str, from_: float, to: float) -> None:
    edited, before = _edited(text, new, from_, to), parse_gomod(text)
    once = parse_gomod(edited, before)
    assert once == parse_gomod(edited)
    assert parse_gomod(text, once) == before


def test_a_block_that_loses_its_end_is_parsed_again() -> None:
    """The block ends before its first line that looks like a directive."""
    lines = "\texample.com/a v1.0.0\nrequire example.com/b v1.0.0\n\texample.com/c v1.0.0\n"
    closed = f"module m\n\nrequire (\n{lines})\n\nreplace (\n\texample.com/a => ../a\n)\n"
    edited = closed.replace(")\n\nreplace", "\nreplace")
    assert parse_gomod(edited, parse_gomod(closed)) == parse_gomod(edited)


@settings(max_examples=200, deadline=None)
@given(st.one_of(ANYTHING, NEARLY))
def test_a_gowork_reads_whatever_it_holds(text: str) -> None:
    work = parse_gowork(text)
    _assert_inside(text, (problem.span for problem in work.problems))
    _assert_inside(text, (use.span for use in work.uses))


@settings(max_examples=300, deadline=None)
@given(st.one_of(ANYTHING, NEARLY))
def test_a_modules_txt_reads_whatever_it_holds(text: str) -> None:
    read = parse_modules_txt(text)
    _assert_inside(text, (problem.span for problem in read.problems))
    for module in read.modules:
        under = text[module.span.start : module.span.end]
        assert under.split() == [each for each in (module.path, module.version) if each]


_LISTED = st.lists(
    st.sampled_from(
        (
            "# example.com/a v1.0.0\n",
            "# example.com/b v1.2.3 => ../b\n",
            "# example.com/c => example.com/d v1.0.0\n",
            "# example.com/d v1\n",
            "## explicit; go 1.21\n",
            "## workspace\n",
            "example.com/a\n",
            "example.com/a/sub\r\n",
            "no module, no package\n",
            "\n",
            "#",
            " ",
        )
    ),
    max_size=20,
).map("".join)


@settings(max_examples=1000, deadline=None)
@given(_LISTED, st.one_of(st.just(""), _LISTED, ANYTHING), st.floats(0, 1), st.floats(0, 1))
def test_an_edited_modules_txt_equals_a_fresh_parse(text: str, new: str, from_: float, to: float) -> None:
    edited, before = _edited(text, new, from_, to), parse_modules_txt(text)
    once = parse_modules_txt(edited, before)
    assert once == parse_modules_txt(edited)
    assert parse_modules_txt(text, once) == before


@settings(max_examples=40, deadline=None)
@given(valid_gomods())
def test_problems_depend_only_on_their_line(text: str) -> None:
    """An invalid line before a directive does not change the result for the other lines."""
    lines = _LINES.findall(text)
    whole = values_of(parse_gomod(text))
    for at in range(len(lines) + 1):
        before = "".join(lines[:at])
        if before and not before.endswith("\n"):
            continue
        broken = parse_gomod(f"{before}<<<<<<< HEAD\n{''.join(lines[at:])}")
        assert values_of(broken) == whole
        (problem,) = broken.problems
        assert len(before) <= problem.span.start < problem.span.end <= len(before) + len("<<<<<<< HEAD")


@settings(max_examples=300, deadline=None)
@given(ANYTHING)
def test_positions_lead_back(text: str) -> None:
    index = LineIndex(text)
    for encoding in ENCODINGS:
        for offset in range(len(text) + 1):
            line, character = index.position(offset, encoding)
            if text[offset - 1 : offset + 1] == "\r\n" and offset:
                assert index.offset(line, character, encoding) == offset - 1  # inside a line end: the line's end
            else:
                assert index.offset(line, character, encoding) == offset
            assert 0 <= line <= len(re.findall(r"\r\n|\n|\r", text))
            assert index.offset(line, character + 1000, encoding) == index.line_span(line).end


@settings(max_examples=300, deadline=None)
@given(ANYTHING)
def test_positions_count_as_the_encodings_do(text: str) -> None:
    index = LineIndex(text)
    for offset in range(len(text) + 1):
        before = re.split(r"\r\n|\n|\r(?!\n)", text[:offset]) if text[offset : offset + 1] != "\n" else None
        if before is None:
            continue
        assert index.position(offset, "utf-32") == (len(before) - 1, len(before[-1]))
        units = len(before[-1].encode("utf-16-le", "surrogatepass")) // 2
        assert index.position(offset, "utf-16") == (len(before) - 1, units)


@settings(max_examples=300, deadline=None)
@given(ANYTHING, st.data())
def test_edits_replace_what_they_span_and_nothing_else(text: str, data: st.DataObject) -> None:
    offsets = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8, unique=True)))
    pieces = list(zip(offsets[::2], offsets[1::2], strict=False))
    edits = [TextEdit(Span(start, end), data.draw(st.text(max_size=3))) for start, end in pieces]
    expected = text
    for edit in reversed(edits):
        expected = expected[: edit.span.start] + edit.new + expected[edit.span.end :]
    assert apply_edits(text, data.draw(st.permutations(edits))) == expected


@settings(max_examples=100, deadline=None)
@given(valid_gomods(), PINS)
def test_pins_are_required_afterwards_and_all_else_is_as_it_was(text: str, pins: list[ModuleVersion]) -> None:
    before = parse_gomod(text)
    assert before.problems == (), "the strategy draws what Go accepts"
    after_text = apply_edits(text, pin_edits(before, pins))
    after = parse_gomod(after_text)
    assert after.problems == ()
    for pin in pins:
        assert {require.version.text for require in after.required[pin.path]} == {pin.version}
        if pin.path not in before.required:
            assert [require.indirect for require in after.required[pin.path]] == [True]
    assert _content(after, leaving_out=pins) == _content(before, leaving_out=pins)
    added = _added(_with_versions(before, pins), after_text)
    new = [f"{pin.path} {pin.version} // indirect" for pin in pins if pin.path not in before.required]
    assert sorted(words for line in added if (words := re.sub(r"^require |[()]", "", line.strip()))) == sorted(new)
    ends = {line[len(line.rstrip("\r\n")) :] for line in _LINES.findall(text)} - {""} or {"\n"}
    assert {line[len(line.rstrip("\r\n")) :] for line in added} <= ends


@settings(max_examples=50, deadline=None)
@given(valid_gomods(), PINS)
def test_pins_that_are_set_need_no_edits(text: str, pins: list[ModuleVersion]) -> None:
    after = parse_gomod(apply_edits(text, pin_edits(parse_gomod(text), pins)))
    assert pin_edits(after, pins) == ()
    assert pin_edits(after, reversed(pins)) == ()


@settings(max_examples=50, deadline=None)
@given(valid_gomods(), PINS)
def test_pins_leave_sorted_blocks_sorted(text: str, pins: list[ModuleVersion]) -> None:
    text = re.sub(r'"(\S+)"', r"\1", text)  # Go writes no unneeded quotes
    before, after = parse_gomod(text), parse_gomod(apply_edits(text, pin_edits(parse_gomod(text), pins)))
    assert len(_blocks(after)) in (len(_blocks(before)), len(_blocks(before)) + 1)
    was_sorted = [paths == sorted(paths) for paths in _blocks(before)]
    is_sorted = [paths == sorted(paths) for paths in _blocks(after)]
    if len(was_sorted) == len(is_sorted):
        assert all(now for was, now in zip(was_sorted, is_sorted, strict=True) if was)
    else:
        assert is_sorted.count(True) == was_sorted.count(True) + 1


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("line", ["go 1.21", "require example.com/a v1.0.0", "require example.com/a v1.0.0 // why"])
def test_a_new_statement_is_separated_by_a_blank_line(line: str, end: str) -> None:
    gomod = parse_gomod(f"module example.com/m\n\n{line}{end}")
    after = apply_edits(gomod.text, pin_edits(gomod, [ModuleVersion("example.com/b", "v1.0.0")]))
    statement = "require example.com/b v1.0.0 // indirect\n"
    assert after.rstrip("\n") == f"module example.com/m\n\n{line}\n\n{statement}".rstrip("\n")
    assert after.endswith("\n")


def test_what_the_strategy_calls_valid_go_calls_valid(tmp_path: Path) -> None:
    """Includes go.mod texts with pins applied, so that the properties above apply to Go's files."""
    path = tmp_path / "go.mod"

    @settings(max_examples=30, deadline=None, database=None)
    @given(valid_gomods(), PINS)
    def accepted(text: str, pins: list[ModuleVersion]) -> None:
        for each in (text, apply_edits(text, pin_edits(parse_gomod(text), pins))):
            path.write_bytes(each.encode())
            judgement = read_with_go(path)
            assert judgement.values is not None, judgement.words
            assert judgement.values == values_of(parse_gomod(each))

    accepted()


def _edited(text: str, new: str, from_: float, to: float) -> str:
    """A text with `new` in place of the part between two positions from 0 to 1."""
    start, end = sorted((round(from_ * len(text)), round(to * len(text))))
    return text[:start] + new + text[end:]


def _assert_inside(text: str, spans: Iterable[Span]) -> None:
    assert all(0 <= span.start <= span.end <= len(text) for span in spans)


def _blocks(gomod: GoMod) -> list[list[str]]:
    """The first words of the lines of each require block."""
    statements = gomod.syntax.statements
    blocks = [each for each in statements if isinstance(each, Block) and each.verb.text == "require"]
    return [[line.tokens[0].text for line in block.lines] for block in blocks]


def _content(gomod: GoMod, leaving_out: Iterable[ModuleVersion]) -> dict[str, object]:
    """The content of a go.mod without the requires of some modules."""
    paths = {module.path for module in leaving_out}
    values = values_of(gomod)
    return {**values, "require": [require for require in values["require"] if require[0] not in paths]}


def _with_versions(gomod: GoMod, pins: Iterable[ModuleVersion]) -> str:
    """The text with only the pinned versions of requires replaced, if they differ."""
    text = gomod.text
    versions = {pin.path: pin.version for pin in pins}
    for require in reversed(gomod.requires):
        version = versions.get(require.module.text, require.version.text)
        if version != require.version.text:
            text = text[: require.version.span.start] + version + text[require.version.span.end :]
    return text


def _added(before: str, after: str) -> list[str]:
    """The inserted lines; all previous lines must be unchanged and in order."""
    remaining = _LINES.findall(after)
    added: list[str] = []
    for line in _LINES.findall(before):
        while remaining and remaining[0] != line and remaining[0].rstrip("\r\n") != line:
            added.append(remaining.pop(0))
        assert remaining, f"the line {line!r} is gone"
        remaining.pop(0)
    return added + remaining
