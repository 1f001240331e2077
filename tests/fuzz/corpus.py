"""Texts on which fuzzing or review once found a fault, each with its kind, minimised."""

CORPUS: list[tuple[str, str]] = [
    ("toml", "a = " + "[" * 5000),
    ("toml", "a = " + "{b=" * 5000),
    ("toml", 'host = "a\\u0000b"'),
    ("profile", "[" * 50_000),
]
