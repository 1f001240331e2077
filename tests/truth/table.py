"""The truth table of a run, printed at its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

PROPERTY = "truth"
"""The property with a test's row, which pytest-xdist passes on to the main process."""

COLUMNS = ("variant", "plugin.Open", "check (folder)", "check (modules.txt)", "fix", "plugin.Open then")
_WIDTHS = (34, 40, 40, 40, 60, 40)


def table(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The rows in columns."""
    rows = [COLUMNS, *rows]
    shown = [
        [_cut(cell.replace("example.com/", ""), width) for cell, width in zip(row, _WIDTHS, strict=True)]
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
