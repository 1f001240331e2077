"""Texts of any size and form are parsed within limits; the rest is a problem at line 1."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerg_pin.core.gomod import mod_syntax
from layerg_pin.core.gomod import parser as gomod_module
from layerg_pin.core.gomod.modules_txt import parse_modules_txt
from layerg_pin.core.gomod.parser import parse_gomod, parse_gowork
from layerg_pin.core.gomod.size_limits import (
    MAX_GOMOD,
    MAX_GOMOD_LINES,
    MAX_MODULES_TXT_LINES,
    MAX_OTHER_LINES,
    MAX_WORDS,
)

HEAD = "module a.b/c\n\ngo 1.21\n\n"
LARGE = {
    "requires": HEAD + "require (\n" + "".join(f"\ta.b/m{n} v1.0.{n % 9}\n" for n in range(200_000)) + ")\n",
    "the same require": HEAD + "require (\n" + "\ta.b/m v1.0.1\n" * 600_000 + ")\n",
    "excludes": HEAD + "".join(f"exclude a.b/m v1.0.{n}\n" for n in range(300_000)),
    "retracts": HEAD + "".join(f"retract [v1.0.{n}, v1.1.{n}]\n" for n in range(300_000)),
    "replaces": HEAD + "".join(f"replace a.b/m{n} => ../m{n}\n" for n in range(300_000)),
    "comments": HEAD + "// a comment that fills the file\n" * 300_000,
    "one comment": HEAD + "// " + "x" * 10_000_000,
    "one line of words": HEAD + "require ( " + "a " * 5_000_000,
    "one string": HEAD + 'require "' + '\\"' * 5_000_000,
    "broken lines": HEAD + "b c d e\n" * 1_250_000,
    "blank lines": HEAD + "\n" * 10_000_000,
    "conflicts": HEAD + "<<<<<<< a\n" * 1_000_000,
    "blocks": HEAD + "require (\n)\n" * 900_000,
    "one open block": HEAD + "require (\n" + "\ta.b/m v1.0.1 // indirect\n" * 400_000,
    "no line end": "x" * 10_000_000,
}


@pytest.mark.parametrize("kind", LARGE)
@pytest.mark.parametrize("parse", [parse_gomod, parse_gowork])
def test_a_large_file_is_read_within_bounds(kind: str, parse: object) -> None:
    text = LARGE[kind]
    assert len(text) > 3_000_000
    assert callable(parse)
    began = time.thread_time()
    read = parse(text)
    assert time.thread_time() - began < 1  # usually a twentieth of that
    assert text.startswith(read.text)
    assert len(read.text) <= MAX_GOMOD
    assert read.text.count("\n") <= MAX_GOMOD_LINES
    assert len(read.problems) <= MAX_OTHER_LINES + 1
    assert read.excess.span.start == 0
    assert read.unreadable[-1] is read.excess
    assert ("only its first" in read.excess.message) == (kind != "no line end")
    assert not any("never closed" in each.message for each in read.problems)


def test_files_at_the_bounds_are_read_whole() -> None:
    requires = "require (\n" + "".join(f"\ta.b/m{n} v1.0.0\n" for n in range(MAX_GOMOD_LINES - 6)) + ")\n"
    assert parse_gomod(HEAD + requires).excess is None
    assert len(parse_gomod(HEAD + requires).requires) == MAX_GOMOD_LINES - 6
    more = parse_gomod(HEAD + requires + "\n")
    assert more.excess
    assert "go.mod is longer than 6,000 lines" in more.excess.message
    excludes = "".join(f"exclude a.b/m v1.0.{n}\n" for n in range(MAX_OTHER_LINES - 1))
    assert parse_gomod("go 1.21\n" + excludes).excess is None
    comment = "//" + "x" * (MAX_GOMOD - len(HEAD) - 2)
    assert parse_gomod(HEAD + comment).excess is None
    assert parse_gomod(HEAD + comment + "x").excess


def test_a_line_of_very_many_words_is_a_problem() -> None:
    read = parse_gomod(HEAD + "require a.b/m v1.0.0 " + "a " * MAX_WORDS + "\nrequire a.b/n v1.0.0\n")
    assert [each.message for each in read.problems] == [f"a line of more than {MAX_WORDS} words"]
    assert [each.module.text for each in read.requires] == ["a.b/n"]


_LINES = st.lists(
    st.sampled_from(
        (
            *("require (", "\ta.b/c v1.0.0", ")", "exclude a.b/c v1.0.0", "// c", "", "\ta b c d", "go 1.21", 'a "'),
            *("replace a.b/c => ./z", "module a", "retract v1.0.0", "\ta.b/" + "c" * 90 + " v1.0.0", ")x", "require("),
        )
    ),
    max_size=25,
)


@given(_LINES, _LINES, st.integers(0, 25), st.booleans())
def test_an_edit_reads_as_the_whole_does(lines: list[str], new: list[str], at: int, replaces: bool) -> None:
    edited = [*lines[:at], *new[:2], *lines[at + replaces :]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gomod_module, "MAX_GOMOD", 400)
        patch.setattr(gomod_module, "MAX_GOMOD_LINES", 12)
        patch.setattr(mod_syntax, "MAX_OTHER_LINES", 5)
        before = parse_gomod("\n".join(lines))
        assert parse_gomod("\n".join(edited), before) == parse_gomod("\n".join(edited))


LISTINGS = {
    "modules": "".join(f"# a.b/m{n} v1.0.0\n## explicit\na.b/m{n}\n" for n in range(250_000)),
    "blank lines": "\n" * 10_000_000,
    "comments": "# x\n" * 2_500_000,
    "one line": "# " + "x " * 5_000_000,
}


@pytest.mark.parametrize("kind", LISTINGS)
def test_a_large_listing_is_read_within_bounds(kind: str) -> None:
    text = LISTINGS[kind]
    began = time.thread_time()
    read = parse_modules_txt(text)
    assert time.thread_time() - began < 3
    assert read.excess
    assert read.excess.span.start == 0
    assert text.startswith(read.text)
    assert read.text.count("\n") <= MAX_MODULES_TXT_LINES
    assert parse_modules_txt(text, read) == read
