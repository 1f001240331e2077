"""Completion at every place of a go.mod."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerg_pin.core.analysis.completions import CompletionTarget, completion_target_at
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.text import LineIndex


def target(marked: str) -> tuple[CompletionTarget | None, str]:
    """The kind of completion at the mark `|`, and the word there."""
    text = marked.replace("|", "", 1)
    found = completion_target_at(parse_gomod(text), LineIndex(text), marked.index("|"))
    return found, text[found.span.start : found.span.end] if found else ""


@pytest.mark.parametrize(
    ("marked", "verb", "word", "module", "is_last"),
    [
        ("require |", "require", "", None, True),
        ("require a.b/c|", "require", "a.b/c", None, True),
        ("require a.b|/c v1.0.0", "require", "a.b/c", None, False),
        ("require a.b/c v1|", "require", "v1", "a.b/c", True),
        ('require "a.b/c" |', "require", "", "a.b/c", True),
        ("require (\n\ta.b|\n)", "require", "a.b", None, True),
        ("require (\n\t|\n)", "require", "", None, True),
        ("require (\n\t|\n", "require", "", None, True),
        ("require (\n\ta.b/c v1.2.3\n\td.e|\n\nreplace (\n)\n", "require", "d.e", None, True),
        ("exclude (\n\ta.b/c |v1.2.3\n)", "exclude", "v1.2.3", "a.b/c", True),
        ("replace a.b|", "replace", "a.b", None, True),
        ("require a.b/c | // indirect", "require", "", "a.b/c", True),
    ],
)
def test_places(marked: str, verb: str, word: str, module: str | None, is_last: bool) -> None:
    found, at = target(marked)
    assert found
    assert (found.verb, at, found.module, found.is_last) == (verb, word, module, is_last)


@pytest.mark.parametrize(
    "marked", ["|", "req|uire", "require|", "module |", "go |", "require ( |", "require a.b/c v1 |", "require a // |"]
)
def test_other_places(marked: str) -> None:
    assert target(marked) == (None, "")


@given(st.text(alphabet='require (\n\t)v1./"|`', max_size=60), st.integers(0, 60))
def test_no_text_is_too_odd(text: str, offset: int) -> None:
    found = completion_target_at(parse_gomod(text), LineIndex(text), min(offset, len(text)))
    if found:
        assert 0 <= found.span.start <= found.span.end <= len(text)
        assert "\n" not in text[found.span.start : found.span.end]
