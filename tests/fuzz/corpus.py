"""What fuzzing, or thinking, has found once: a kind of text and the text, small."""

CORPUS: list[tuple[str, str]] = [
    ("toml", "a = " + "[" * 5000),
    ("toml", "a = " + "{b=" * 5000),
    ("toml", 'host = "a\\u0000b"'),
    ("profile", "[" * 50_000),
]
