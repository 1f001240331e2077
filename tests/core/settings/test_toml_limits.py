"""The limits on a settings file count parts of keys and nesting, but not texts and comments."""

from __future__ import annotations

import pytest

from layerg_pin.core.settings.toml_limits import MAX_LENGTH, out_of_bounds

DOTS = "a." * 100


@pytest.mark.parametrize(
    "text",
    [
        "",
        'host = "../nakama"\npackages = ["./cmd/x", "./cmd/y"]\n[severity]\nversion-mismatch = "error"\n',
        f'host = "{DOTS}"',
        f"host = '{DOTS}'",
        f'host = """\n{DOTS}\n{DOTS}"""',
        f"host = '''{DOTS}'''",
        f"# {DOTS}\n" * 10,
        f'host = "\\"{DOTS}"',
        "a = [[[[1]]]]\n" * 100,
        'host = "unclosed',
        "a.b.c.d.e.f.g.h = 1",
        "x = 1.5\n" * 100,
    ],
)
def test_small_files_are_parsed(text: str) -> None:
    assert out_of_bounds(text) is None


@pytest.mark.parametrize(
    ("text", "words", "at"),
    [
        (DOTS + "a = 1", "parts", 15),
        (f"[{DOTS}a]", "parts", 16),
        (f"x = 1\n[[{DOTS}a]]", "parts", 23),
        (f"x = {{ {DOTS}a = 1 }}", "parts", 21),
        ('"a".' * 20 + "a = 1", "parts", 31),
        ("x = " + "[" * 17, "deep", 20),
        ("x = [\n" * 17, "deep", 100),
        ("x = " + "{a=" * 17, "deep", 52),
        ("#" * (MAX_LENGTH + 1), "longer", MAX_LENGTH),
    ],
)
def test_others_are_refused_at_their_place(text: str, words: str, at: int) -> None:
    problem = out_of_bounds(text)
    assert problem
    assert words in problem.message
    assert problem.span.start == at
