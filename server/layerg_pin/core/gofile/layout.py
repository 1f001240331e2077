"""Locate the lines and aligned comment columns of a Go file's head, following gofmt's rules.

Sources: go/printer, which places comments at the ends of lines; text/tabwriter, which aligns them in columns.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby

from layerg_pin.core.gofile.go_syntax import GoFile, parse_go_file
from layerg_pin.core.lazy_pattern import LazyPattern
from layerg_pin.core.text import Span, TextEdit, apply_edits

_LINE_END = LazyPattern(r"[ \t\r]*(?:\n|\Z)")
_BLANK_LINES = LazyPattern(r"(?:[ \t\r]*\n)*")


def realign_comments(file: GoFile, edits: list[TextEdit]) -> tuple[TextEdit, ...]:
    """The edits, and further ones that realign trailing comments as gofmt would after them."""
    before = _columns(file)
    if not before:
        return tuple(sorted(edits, key=lambda edit: edit.span))
    after = parse_go_file(apply_edits(file.text, edits))
    wanted = _columns(after)
    changed = sorted(edit.span for edit in edits)
    kept = (each for each in file.comments if not is_inside(changed, each.span.start))
    moved = []
    for old, new in zip(kept, after.comments, strict=False):
        if old.span in before and new.span in wanted:
            (gap, width), (_, new_width) = before[old.span], wanted[new.span]
            if new_width != width and file.text[gap.start : gap.end] == " " * width:
                moved.append(TextEdit(gap, " " * new_width))
    return tuple(sorted((*edits, *moved), key=lambda edit: edit.span))


def end_of(file: GoFile, span: Span) -> int:
    """The end of a span, including its semicolon if it has one."""
    return file.semicolons.get(span.end, span.end)


def own_lines(file: GoFile, span: Span) -> Span | None:
    """The full lines of a span, including line ends, if there are only comments beside it; else None."""
    start, end = line_start(file, span.start), line_end(file, end_of(file, span))
    return None if start is None or end is None else Span(start, end)


def line_start(file: GoFile, offset: int) -> int | None:
    """The start of the line of `offset`, or of the first comment before it on the line; None if there is other text."""
    text = file.text
    while True:
        while offset > 0 and text[offset - 1] in " \t\r":
            offset -= 1
        index = bisect_left(file.comments, offset, key=lambda comment: comment.span.end)
        if index == len(file.comments) or file.comments[index].span.end != offset:
            return offset if offset == 0 or text[offset - 1] in "\n\ufeff" else None
        offset = file.comments[index].span.start


def line_end(file: GoFile, offset: int) -> int | None:
    """The offset after the next line end, if only comments follow `offset` on the line; else None."""
    text = file.text
    while True:
        while offset < len(text) and text[offset] in " \t\r":
            offset += 1
        index = bisect_left(file.comments, offset, key=lambda comment: comment.span.start)
        if index == len(file.comments) or file.comments[index].span.start != offset:
            break
        offset = file.comments[index].span.end
    if offset == len(text):
        return offset
    return offset + 1 if text[offset] == "\n" else None


def with_comments_above(file: GoFile, start: int) -> int:
    """The start of the comment lines directly above the line that starts at `start`."""
    while start > 0:
        end = start - 1 - file.text.startswith("\r\n", start - 2)
        index = bisect_left(file.comments, end, key=lambda comment: comment.span.end)
        if index == len(file.comments) or file.comments[index].span.end != end:
            break
        above = line_start(file, end)
        if above is None:
            break
        start = above
    return start


def blank_above(text: str, start: int) -> int:
    """The start of the blank lines directly above the line that starts at `start`."""
    while start > 0:
        above = text.rfind("\n", 0, start - 1) + 1
        if text[above:start].strip():
            break
        start = above
    return start


def blank_below(text: str, offset: int) -> int:
    """The end of the blank lines from `offset` on."""
    match = _BLANK_LINES.match(text, offset)
    return match.end() if match else offset


def is_inside(spans: Sequence[Span], offset: int) -> bool:
    """Whether an offset lies in one of the spans, which are sorted and do not overlap."""
    index = bisect_right(spans, offset, key=lambda span: span.start) - 1
    return index >= 0 and offset < spans[index].end


def _columns(file: GoFile) -> dict[Span, tuple[Span, int]]:
    """For each trailing comment: the span of the blanks before it, and the number of blanks that gofmt writes there."""
    columns: dict[Span, tuple[Span, int]] = {}
    for table in _tables(file):
        for column in range(max(map(len, table)) - 1):
            for pairs in _neighbours(table, column):
                widest = max(cell.end - cell.start for cell, _ in pairs)
                for cell, comment in pairs:
                    blanks = Span(cell.end, comment.start)
                    columns[comment] = blanks, widest - (cell.end - cell.start) + 1
    return columns


def _neighbours(table: Sequence[Sequence[Span]], column: int) -> Iterator[list[Sequence[Span]]]:
    """The cells of a column, each with the next one, grouped by successive rows that have both (Go: text/tabwriter)."""
    for has_both, rows in groupby(table, lambda row: len(row) > column + 1):
        if has_both:
            yield [row[column : column + 2] for row in rows]


def _tables(file: GoFile) -> list[list[list[Span]]]:
    """Groups of successive lines of code with trailing comments: for each line the spans of the code and of its
    comments.
    """
    text = file.text
    rows: list[list[Span]] = []
    for comment in (each.span for each in file.comments):
        if rows and not text[rows[-1][-1].end : comment.start].strip(" \t\r") and not _is_broken(text, rows[-1]):
            rows[-1].append(comment)
            continue
        line = text.rfind("\n", 0, comment.start) + 1
        code = text[line : comment.start].rstrip()
        if code.strip():
            rows.append([Span(line + len(code) - len(code.lstrip()), line + len(code)), comment])
    tables: list[list[list[Span]]] = []
    for row in rows:
        if not _LINE_END.match(text, row[-1].end) and not _is_broken(text, row):
            continue  # code follows the comment
        if tables and _follows(text, tables[-1][-1], row):
            tables[-1].append(row)
        else:
            tables.append([row])
    return tables


def _is_broken(text: str, row: Sequence[Span]) -> bool:
    """Whether the row's last comment continues on the next line, where gofmt aligns nothing."""
    return "\n" in text[row[-1].start : row[-1].end]


def _follows(text: str, above: Sequence[Span], row: Sequence[Span]) -> bool:
    between = text[above[-1].end : row[0].start]
    is_next = between.count("\n") == 1 and not between.strip() and not _is_broken(text, above)
    opens, begin = text[above[0].end - 1] == "(", text[row[0].start]
    return is_next and begin != "/" and opens == (begin == ")")
