"""Spans of our go.mod parser, and its result for files with invalid lines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from layerg_pin.core.gomod.mod_syntax import Block, Line, ModSyntax, Token
from layerg_pin.core.gomod.parser import GoMod, parse_gomod, parse_gowork
from layerg_pin.core.gomod.versions import canonical_version
from layerg_pin.core.text import Span
from tests.core.go_reading import values_of
from tests.core.gomod.odd_gomods import HEAD, ODD_GOMODS

EVERY_DIRECTIVE = """\
// top
module example.com/m // of the module

go 1.21
toolchain go1.21.3
godebug panicnil=1

require (
	example.com/a v1.2 // indirect; why
	"example.com/b" "v1.0.0" // direct
)

exclude example.com/a v1.3.0
replace example.com/a v1.2.0 => example.com/c/v2 v2.0.0+meta // fork
replace example.com/b => "../b \\x62"
retract [v1.0.0, v1.1.0]
tool example.com/a/cmd
ignore ./node_modules
"""


def texts() -> Iterator[str]:
    yield EVERY_DIRECTIVE
    for odd in ODD_GOMODS.values():
        yield odd if isinstance(odd, str) else odd.decode("utf-8", "surrogateescape")


def test_every_token_of_the_syntax_is_where_its_span_says() -> None:
    for text in texts():
        for token in _syntax_tokens(parse_gomod(text).syntax):
            assert _under(text, token.span) == token.text


def test_every_value_is_where_its_span_says() -> None:
    for text in texts():
        for token in _value_tokens(parse_gomod(text)):
            found = _under(text, token.span)
            assert found == token.text or found[0] == '"' or canonical_version(found) == token.text


def test_a_line_spans_its_words_and_not_its_comment() -> None:
    gomod = parse_gomod(EVERY_DIRECTIVE)
    assert [_under(EVERY_DIRECTIVE, require.line.span) for require in gomod.requires] == [
        "example.com/a v1.2",
        '"example.com/b" "v1.0.0"',
    ]
    assert [_under(EVERY_DIRECTIVE, exclude.line.span) for exclude in gomod.excludes] == [
        "exclude example.com/a v1.3.0"
    ]


def test_a_block_spans_from_its_directive_to_its_closing_parenthesis() -> None:
    blocks = [each for each in parse_gomod(EVERY_DIRECTIVE).syntax.statements if isinstance(each, Block)]
    assert [_under(EVERY_DIRECTIVE, block.span) for block in blocks] == [
        'require (\n\texample.com/a v1.2 // indirect; why\n\t"example.com/b" "v1.0.0" // direct\n)'
    ]


def test_comments_belong_to_the_line_that_they_end() -> None:
    gomod = parse_gomod(EVERY_DIRECTIVE)
    comments = [require.line.comment for require in gomod.requires]
    assert [comment and comment.text for comment in comments] == ["// indirect; why", "// direct"]


def test_quoted_words_are_unquoted_and_versions_completed() -> None:
    gomod = parse_gomod(EVERY_DIRECTIVE)
    assert [(each.module.text, each.version.text) for each in gomod.requires] == [
        ("example.com/a", "v1.2.0"),
        ("example.com/b", "v1.0.0"),
    ]
    fork, folder = gomod.replaces
    assert fork.target_version is not None
    assert (fork.target_version.text, folder.target.text) == ("v2.0.0", "../b b")


def test_problems_are_on_one_line_each_inside_the_text_and_ordered() -> None:
    for text in texts():
        problems = parse_gomod(text).problems
        assert [each.span for each in problems] == sorted(each.span for each in problems)
        for problem in problems:
            under = _under(text, problem.span)
            assert under, f"{problem} has nothing under it"
            assert "\n" not in under, f"{problem} reaches beyond its line"


BROKEN_LINES = {
    "unknown-directive": "requires example.com/x v1.0.0",
    "directive-alone": "require",
    "version-missing": "require example.com/x",
    "version-without-v": "require example.com/x 1.0.0",
    "wrong-major": "require example.com/x v2.0.0",
    "wrong-path": "require example.com/x/v1 v1.0.0",
    "too-many-words": "require example.com/x v1.0.0 v1.1.0",
    "string-not-closed": 'require "example.com/x v1.0.0',
    "raw-string-not-closed": "require `example.com/x v1.0.0",
    "raw-string": "require `example.com/x` v1.0.0",
    "old-comment": "/* require */",
    "old-comment-beside": "require example.com/x v1.0.0 /* indirect */",
    "closing-parenthesis": ")",
    "opening-parenthesis": "(",
    "no-break-space": "\u00a0",
    "control-character": "require example.com/x\x00 v1.0.0",
    "byte-order-mark": "\ufeffrequire example.com/x v1.0.0",
    "conflict-begins": "<<<<<<< HEAD",
    "conflict-middle": "=======",
    "conflict-ends": ">>>>>>> feature/x",
    "second-module": "module example.com/n",
    "second-go": "go 1.22",
    "bad-toolchain": "toolchain 1.21.3",
    "bad-godebug": "godebug panicnil",
    "bad-exclude": "exclude example.com/x",
    "bad-replace": "replace example.com/x ../x",
    "bad-retract": "retract v1.0.0, v1.1.0",
    "bad-tool": "tool",
    "bad-ignore": "ignore a b",
    "go-work-directive": "use ./a",
}
GOOD = (
    HEAD + "require example.com/a v1.0.0\n%sreplace example.com/a => ../a\nrequire example.com/b v1.0.0 // indirect\n"
)


@pytest.mark.parametrize("name", BROKEN_LINES)
def test_a_broken_line_leaves_all_others_read(name: str) -> None:
    line = BROKEN_LINES[name]
    _only_this_line_is_a_problem(GOOD, line)


BROKEN_LINES_IN_A_BLOCK = {
    "directive-repeated": "require example.com/x v1.0.0",
    "version-missing": "example.com/x",
    "version-half-typed": "example.com/x v1.",
    "wrong-major": "example.com/x v2.0.0",
    "too-many-words": "example.com/x v1.0.0 v1.1.0",
    "string-not-closed": '"example.com/x v1.0.0',
    "old-comment": "/* indirect */",
    "old-comment-beside": "example.com/x v1.0.0 /* indirect */",
    "opening-parenthesis": "(",
    "opening-parenthesis-after-path": "example.com/x (",
    "opening-parenthesis-after-word": "x (",
    "closing-parenthesis-after-version": "example.com/x v1.0.0 )",
    "no-break-space": "\u00a0",
    "control-character": "example.com/x\x00 v1.0.0",
    "conflict-begins": "<<<<<<< HEAD",
    "conflict-middle": "=======",
    "brackets": "[ ]",
}
GOOD_BLOCK = HEAD + "require (\n\texample.com/a v1.0.0\n%s\texample.com/b v1.0.0 // indirect\n)\n\ntool example.com/b\n"


@pytest.mark.parametrize("name", BROKEN_LINES_IN_A_BLOCK)
def test_a_broken_line_in_a_block_leaves_all_others_read(name: str) -> None:
    _only_this_line_is_a_problem(GOOD_BLOCK, "\t" + BROKEN_LINES_IN_A_BLOCK[name])


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("require ( /* direct */", ")"),
        ("require (", ") /* direct */"),
        ("require (", ") example.com/x v1.0.0"),
    ],
)
def test_a_block_with_a_broken_first_or_last_line_is_read(opening: str, closing: str) -> None:
    inner = "\texample.com/a v1.0.0\n\texample.com/b v1.0.0 // indirect\n"
    whole = parse_gomod(f"{HEAD}require (\n{inner})\nreplace example.com/a => ../a\n")
    broken = parse_gomod(f"{HEAD}{opening}\n{inner}{closing}\nreplace example.com/a => ../a\n")
    assert values_of(broken) == values_of(whole)
    assert len(broken.problems) == 1


UNCLOSED = HEAD + "tool example.com/t\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/b v1.0.0 // indirect\n"
AFTER = {
    "nothing": "",
    "comment": "\n// the end\n",
    "block": "\nexclude (\n\texample.com/a v1.1.0\n)\n",
    "two-blocks": "\nexclude (\n\texample.com/a v1.1.0\n)\n\nreplace (\n\texample.com/a => ../a\n)\n",
    "block-of-the-same-directive": "\nrequire (\n\texample.com/c v1.0.0\n)\n",
    "line": "\nreplace example.com/a => ../a\n",
    "line-of-two-words": "\ntoolchain go1.21.3\n",
    "line-of-the-same-directive": "\nrequire example.com/c v1.0.0\n",
    "lines-then-block": "\ntoolchain go1.21.3\nreplace example.com/a => ../a\nexclude (\n\texample.com/a v1.1.0\n)\n",
}


@pytest.mark.parametrize("name", AFTER)
def test_an_unclosed_block_loses_nothing_before_it_in_it_or_after_it(name: str) -> None:
    gomod = parse_gomod(UNCLOSED + AFTER[name])
    assert values_of(gomod) == values_of(parse_gomod(f"{UNCLOSED}){AFTER[name]}"))
    assert [UNCLOSED[: each.span.start].count("\n") for each in gomod.problems] == [6]


def test_a_module_required_twice_counts_with_its_highest_version() -> None:
    gomod = parse_gomod(
        HEAD + "require example.com/a v1.2.0\nrequire example.com/a v1.10.0\nrequire example.com/a v1.9.0\n"
    )
    counting = gomod.require("example.com/a")
    assert counting is not None
    assert counting.version.text == "v1.10.0"
    assert sorted(each.version.text for each in gomod.required["example.com/a"]) == ["v1.10.0", "v1.2.0", "v1.9.0"]
    assert gomod.require("example.com/b") is None


def test_a_gowork_is_read() -> None:
    text = (
        'go 1.21\ntoolchain go1.21.3\ngodebug panicnil=1\nuse ./a\nuse (\n\t./b // second\n\t"./c d"\n)\n'
        "replace example.com/a => ../a\n"
    )
    work = parse_gowork(text)
    assert work.problems == ()
    assert [use.text for use in work.uses] == ["./a", "./b", "./c d"]
    assert [_under(text, use.span) for use in work.uses] == ["./a", "./b", '"./c d"']
    assert [(each.module.text, each.target.text) for each in work.replaces] == [("example.com/a", "../a")]
    assert work.go is not None
    assert work.toolchain is not None
    assert (work.go.text, work.toolchain.text) == ("1.21", "go1.21.3")
    assert [(each.key, each.value) for each in work.godebugs] == [("panicnil", "1")]


@pytest.mark.parametrize(
    "line",
    ["module example.com/m", "require example.com/a v1.0.0", "exclude example.com/a v1.0.0", "use ./a ./b", "use"],
)
def test_a_gowork_with_a_foreign_line_keeps_the_rest(line: str) -> None:
    text = f"go 1.21\nuse ./a\n{line}\nuse ./b\n"
    work = parse_gowork(text)
    assert [use.text for use in work.uses] == ["./a", "./b"]
    assert [text[: each.span.start].count("\n") for each in work.problems] == [2]


def _only_this_line_is_a_problem(frame: str, line: str) -> None:
    """With an invalid line inserted, everything else is read the same, and only that line has problems."""
    gomod = parse_gomod(frame % f"{line}\n")
    assert values_of(gomod) == values_of(parse_gomod(frame % ""))
    start = frame.index("%s")
    assert gomod.problems
    assert all(start <= each.span.start <= each.span.end <= start + len(line) for each in gomod.problems)


def _under(text: str, span: Span) -> str:
    assert 0 <= span.start <= span.end <= len(text)
    return text[span.start : span.end]


def _syntax_tokens(syntax: ModSyntax) -> Iterator[Token]:
    for statement in syntax.statements:
        yield statement.verb
        for line in statement.lines if isinstance(statement, Block) else (statement,):
            yield from _line_tokens(line)


def _line_tokens(line: Line) -> Iterator[Token]:
    yield from line.tokens
    if line.comment:
        yield line.comment


def _value_tokens(gomod: GoMod) -> Iterator[Token]:
    for token in (gomod.module, gomod.go, gomod.toolchain, *gomod.tools, *gomod.ignores):
        if token:
            yield token
    for require in gomod.requires:
        yield from (require.module, require.version)
    for exclude in gomod.excludes:
        yield from (exclude.module, exclude.version)
    for replace in gomod.replaces:
        tokens = (replace.module, replace.version, replace.target, replace.target_version)
        yield from (token for token in tokens if token)
    for retract in gomod.retracts:
        yield from (retract.low, retract.high)
