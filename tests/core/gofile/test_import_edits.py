"""Parsing and editing the head of a Go file, with hand-written and random texts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from layerg_pin.core.gofile.go_syntax import GoFile, parse_go_file
from layerg_pin.core.gofile.import_edits import blank_import_edits, remove_import_edits
from layerg_pin.core.gomod.mod_syntax import Token
from layerg_pin.core.text import Span, TextEdit, apply_edits
from tests.core.gofile.odd_gofiles import ADDED, ODD_GO_FILES, REMOVED
from tests.core.gomod.gomod_texts import ANYTHING

PACKAGES = ("a.b/c", "b.c", "github.com/x/y", "z.z/z", "a", "n/m")


@pytest.mark.parametrize("name", ODD_GO_FILES)
def test_an_odd_file_is_read(name: str) -> None:
    odd = ODD_GO_FILES[name]
    file = parse_go_file(odd.text)
    assert _imports(file) == list(odd.imports)
    assert [_under(odd.text, problem.span) for problem in file.problems] == list(odd.problems)
    assert (file.package and file.package.text) == odd.package


@pytest.mark.parametrize("name", ADDED)
def test_blank_imports_come_where_gofmt_has_them(name: str) -> None:
    added = ADDED[name]
    edits = blank_import_edits(parse_go_file(added.before), added.packages)
    assert apply_edits(added.before, edits) == added.after
    assert blank_import_edits(parse_go_file(added.after), added.packages) == () or not edits


@pytest.mark.parametrize("name", REMOVED)
def test_removing_an_import_leaves_gofmt_output(name: str) -> None:
    removed = REMOVED[name]
    file = parse_go_file(removed.before)
    gone = [each for each in file.imports if each.path.text in removed.paths]
    assert apply_edits(removed.before, remove_import_edits(file, gone)) == removed.after


def test_several_packages_at_one_place_are_one_edit() -> None:
    file = parse_go_file('package p\n\nimport (\n\t"a.b"\n\t"d.e"\n)\n')
    at = file.text.index('\t"d.e"')
    assert blank_import_edits(file, ("c.d", "b.c")) == (TextEdit(Span(at, at), '\t_ "b.c"\n\t_ "c.d"\n'),)


def test_an_import_spans_its_name_and_path_and_knows_whether_it_is_blank() -> None:
    text = 'package p\n\nimport (\n\t"a" // c\n\t_ /* c */ "b"\n\tx "c"\n)\nimport . `d`\n'
    file = parse_go_file(text)
    assert [_under(text, each.span) for each in file.imports] == ['"a"', '_ /* c */ "b"', 'x "c"', ". `d`"]
    assert [_under(text, each.path.span) for each in file.imports] == ['"a"', '"b"', '"c"', "`d`"]
    assert [each.is_blank for each in file.imports] == [False, True, False, False]
    block, single = file.declarations
    assert block.parentheses is not None
    assert _under(text, block.parentheses)[:: len(_under(text, block.parentheses)) - 1] == "()"
    assert (_under(text, block.span)[:8], _under(text, single.span)) == ("import (", "import . `d`")
    assert [comment.text for comment in file.comments] == ["// c", "/* c */"]


def test_nothing_is_read_behind_the_imports() -> None:
    text = 'package p\n\nimport "a"\n\n// Doc.\nvar x = 1 // c\n\n/*'
    file = parse_go_file(text)
    assert file.problems == ()
    assert [comment.text for comment in file.comments] == ["// Doc."]


BROKEN_LINES = {
    "path-half-typed": '"a',
    "raw-path-is-bad": "`a b`",
    "path-without-quotes": "a/b",
    "path-in-single-quotes": "'a'",
    "name-alone": "x",
    "dot-alone": ".",
    "keyword": "if",
    "number": "12",
    "two-paths": '"a" "b"',
    "comma": '"a",',
    "brackets": "[]{}",
    "conflict": "<<<<<<< HEAD",
    "version": '"a" v1.0.0',
    "control-character": "\x00",
    "byte-order-mark": "\ufeff",
    "no-break-space": "\u00a0",
    "backslash": "\\",
    "semicolon": ";",
    "slash": "/",
}


@pytest.mark.parametrize("name", BROKEN_LINES)
@pytest.mark.parametrize("frame", ['package p\n\nimport (\n\t"x"\n%s\ty "y"\n)\n\nimport "z"\n\nvar v int\n'])
def test_a_broken_line_in_a_block_leaves_all_others_read(name: str, frame: str) -> None:
    line = f"\t{BROKEN_LINES[name]}\n"
    file = parse_go_file(frame % line)
    others = [each for each in _imports(file) if each in ("x", "y y", "z")]
    assert others == ["x", "y y", "z"]
    assert file.is_closed
    start = frame.index("%s")
    assert file.problems
    assert all(start <= each.span.start <= each.span.end <= start + len(line) for each in file.problems)
    for packages in (PACKAGES, PACKAGES[:1]):
        after = apply_edits(file.text, blank_import_edits(file, packages))
        assert line in after
        assert set(PACKAGES) >= set(_imports(parse_go_file(after), blank=True)) >= set(packages) - {"a"}


def test_every_token_is_where_its_span_says() -> None:
    for odd in ODD_GO_FILES.values():
        file = parse_go_file(odd.text)
        for token in _verbatim_tokens(file):
            assert _under(odd.text, token.span) == token.text
        for each in file.imports:
            assert re.fullmatch(r'".*"|`.*`', _under(odd.text, each.path.span), re.DOTALL)


LONG = {
    "quotes": '"' * 30_000,
    "raw-quotes": "`" * 30_001,
    "comments-not-closed": "/*" * 30_000,
    "blocks-not-closed": "package p\n" + "import (" * 30_000,
    "dots": "package p\nimport (\n" + ". " * 30_000,
    "semicolons": "package p" + ";" * 30_000,
    "junk": "package p\n" + "junk\n" * 30_000,
    "blank-lines": 'package p\nimport (\n"a.b"\n' + "\n" * 30_000 + '_ "c.d"\n)\n' + "\n" * 30_000,
    "comments": 'package p\nimport "a" ' + "/**/ " * 30_000,
    "comments-of-two-lines": 'package p\nimport "a" ' + "/*\n*/ " * 10_000,
    "comment-lines": "package p\nimport (\n" + "// c\n" * 30_000 + '"a.b"\n)\n',
    "block": "package p\nimport (\n" + '\t"a.b" // c\n' * 5_000 + ")\n",
    "runs": "package p\nimport (\n" + '\t"a.b"\n\n// c\n' * 5_000 + ")\n",
    "one-line": "package p\nimport (" + '"a.b" /**/; ' * 5_000 + ")\n",
    "declarations": "package p\n" + 'import "a" // c\n' * 5_000,
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", LONG)
def test_a_long_text_takes_linear_time(name: str) -> None:
    """The limit has a margin for a busy machine; more than linear time would take minutes."""
    file = parse_go_file(LONG[name])
    apply_edits(file.text, blank_import_edits(file, PACKAGES))
    apply_edits(file.text, remove_import_edits(file, file.imports[::2]))


_WORDS = (
    *("package", "package p", "import", "import (", "(", ")", "func", "var x int", "if", "x", "_", ".", ";", ","),
    *('"', "`", "'", '"a"', '"b.c"', "`d.e/f`", '"a b"', '_ "g.h"', 'x "i"', '"C"', "\\", "\ufeff", "\u00e9"),
    *("//", "// c", "// c\n", "//go:generate x\n", "/*", "*/", "/* c */", "/* c\nd */", "\n", "\n", "\r\n", "\t", " "),
)
NEARLY = st.one_of(
    st.lists(st.sampled_from(_WORDS), max_size=40).map("".join),
    st.lists(st.sampled_from(_WORDS), max_size=40).map(" ".join),
    st.lists(st.one_of(st.sampled_from(_WORDS), ANYTHING), max_size=20).map(" ".join),
)
"""Texts of words from the heads of Go files, mostly invalid."""

_SPECS = st.builds(
    "{}{}".format,
    st.sampled_from(["", "", "_ ", "x ", ". ", "x /* c */ "]),
    st.sampled_from(['"a"', '"b.c"', '"d.e/f"', '"f.g/h/i"', "`j.k`", '"C"', '"m"']),
)
_ENDS = st.sampled_from(["\n", "\n", "\n", " // c\n", " /* c */\n", ";\n", " /* c\nd */\n", "\n\n", "\n// c\n", "; "])
_BLOCKS = st.builds(
    "import ({}{}){}".format,
    st.sampled_from(["", "\n", "\n", "\n", " // c\n", "\n\n", "\n\t// c\n"]),
    st.lists(st.builds("\t{}{}".format, _SPECS, _ENDS), max_size=6).map("".join),
    _ENDS,
)
_DECLARATIONS = st.one_of(_BLOCKS, st.builds("{}import {}{}".format, st.sampled_from(["", "// c\n"]), _SPECS, _ENDS))
VALID = st.builds(
    "{}package p{}{}{}".format,
    st.sampled_from(["", "", "// Doc.\n", "\ufeff"]),
    _ENDS,
    st.lists(_DECLARATIONS, max_size=4).map("".join),
    st.sampled_from(["", "\nfunc f() {}\n", "func f() {}\n", "// c"]),
).flatmap(lambda text: st.sampled_from([text, text, text.replace("\n", "\r\n")]))
"""Heads that are valid Go, though often not formatted."""


@settings(max_examples=300, deadline=None)
@given(st.one_of(ANYTHING, NEARLY, VALID), st.data())
@example("package p\nimport (\n.\n)", None)
def test_every_text_is_read_and_edited(text: str, data: st.DataObject | None) -> None:
    file = parse_go_file(text)
    for span in _spans(file):
        assert 0 <= span.start <= span.end <= len(text)
    for problem in file.problems:
        assert "\n" not in _under(text, problem.span)
    assert [_under(text, token.span) for token in _verbatim_tokens(file)] == [
        token.text for token in _verbatim_tokens(file)
    ]
    edits = blank_import_edits(file, PACKAGES)
    after = parse_go_file(apply_edits(text, edits))
    assert blank_import_edits(after, PACKAGES) == () or not edits
    assert bool(edits) == (file.package is not None and file.is_closed and not set(PACKAGES) <= _paths(file))
    assert {*_imports(file), *(_new(file) if edits else ())} <= set(_imports(after))
    gone = data.draw(st.lists(st.sampled_from(file.imports), unique=True)) if data and file.imports else []
    parse_go_file(apply_edits(text, remove_import_edits(file, gone)))


@settings(max_examples=300, deadline=None)
@given(VALID, st.data())
def test_added_imports_can_be_removed_again(text: str, data: st.DataObject) -> None:
    file = parse_go_file(text)
    assert file.problems == ()
    after = parse_go_file(apply_edits(text, blank_import_edits(file, PACKAGES)))
    assert after.problems == ()
    gone = data.draw(st.lists(st.sampled_from(file.imports), unique=True)) if file.imports else []
    left = parse_go_file(apply_edits(text, remove_import_edits(file, gone)))
    assert left.problems == ()
    assert _imports(left) == [_shown(each.path, each.name) for each in file.imports if each not in gone]
    assert left.package == file.package
    added = [each for each in after.imports if each.is_blank and each.path.text not in _paths(file)]
    back = parse_go_file(apply_edits(after.text, remove_import_edits(after, added)))
    assert (_imports(back), back.problems) == (_imports(file), ())
    kept = [comment.text for comment in file.comments]
    assert [comment.text for comment in after.comments] == kept
    if all(
        declaration.imports for declaration in file.declarations
    ):  # otherwise an empty declaration was removed with its comments
        assert [comment.text for comment in back.comments] == kept


@settings(max_examples=200, deadline=None)
@given(VALID)
def test_a_preamble_stays_with_its_import(text: str) -> None:
    """Comment lines above an import or a block, which may be C code, stay above the same line."""
    after = apply_edits(text, blank_import_edits(parse_go_file(text), PACKAGES))
    below = r"import \(|(?:import |\t)[^(\"`\r\n]*[\"`][^\"`]*[\"`]"
    commented = re.compile(rf"^[\t ]*// c\r?\n(?:{below})", re.MULTILINE)
    assert Counter(commented.findall(after)) >= Counter(commented.findall(text))


def _new(file: GoFile) -> list[str]:
    return [f"_ {package}" for package in PACKAGES if package not in _paths(file)]


def _paths(file: GoFile) -> set[str]:
    return {each.path.text for each in file.imports}


def _imports(file: GoFile, *, blank: bool = False) -> list[str]:
    """The imports as `path` or `name path`; of blank imports only the path."""
    if blank:
        return [each.path.text for each in file.imports if each.is_blank]
    return [_shown(each.path, each.name) for each in file.imports]


def _shown(path: Token, name: Token | None) -> str:
    return f"{name.text} {path.text}" if name else path.text


def _under(text: str, span: Span) -> str:
    return text[span.start : span.end]


def _verbatim_tokens(file: GoFile) -> Iterator[Token]:
    """The tokens whose text equals the file's text at their span."""
    yield from file.comments
    yield from (each.name for each in file.imports if each.name)
    if file.package:
        yield file.package


def _spans(file: GoFile) -> Iterator[Span]:
    yield from (token.span for token in _verbatim_tokens(file))
    yield from (problem.span for problem in file.problems)
    for declaration in file.declarations:
        yield declaration.span
        yield declaration.parentheses or declaration.span
        for each in declaration.imports:
            yield from (each.span, each.path.span)
