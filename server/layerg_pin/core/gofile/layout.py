"""Where the lines and columns of a Go file's head begin and end, as gofmt sees them.

Sources: go/printer, which sets comments at the ends of lines; text/tabwriter, which makes columns of them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby

from layerg_pin.core.gofile.go_syntax import GoFile, parse_go_file
from layerg_pin.core.late_pattern import LatePattern
from layerg_pin.core.text import Span, TextEdit, apply_edits

_LINE_END = LatePattern(r"[ \t\r]*(?:\n|\Z)")
_BLANK_LINES = LatePattern(r"(?:[ \t\r]*\n)*")


def aligned(file: GoFile, edits: list[TextEdit]) -> tuple[TextEdit, ...]:
    """The edits, and those that move comments which stand in columns into the columns that gofmt makes afterwards."""
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
    """The end of what is under `span`, its semicolon included if it has one."""
    return file.semicolons.get(span.end, span.end)


def own_lines(file: GoFile, span: Span) -> Span | None:
    """The lines on which what is under `span` stands, line ends included, if nothing but comments stands beside it."""
    start, end = line_start(file, span.start), line_end(file, end_of(file, span))
    return None if start is None or end is None else Span(start, end)


def line_start(file: GoFile, offset: int) -> int | None:
    """The start of the line of `offset`, or the first comment before it there; None if other things stand there."""
    text = file.text
    while True:
        while offset > 0 and text[offset - 1] in " \t\r":
            offset -= 1
        index = bisect_left(file.comments, offset, key=lambda comment: comment.span.end)
        if index == len(file.comments) or file.comments[index].span.end != offset:
            return offset if offset == 0 or text[offset - 1] in "\n\ufeff" else None
        offset = file.comments[index].span.start


def line_end(file: GoFile, offset: int) -> int | None:
    """The offset behind the line end that follows `offset` and the comments behind it; None if something else does."""
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
    """The start of the comment lines right above the line that starts at `start`."""
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
    """The start of the blank lines right above the line that starts at `start`."""
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
    """Whether one of the spans, which are in order and do not overlap, holds what is at `offset`."""
    index = bisect_right(spans, offset, key=lambda span: span.start) - 1
    return index >= 0 and offset < spans[index].end


def _columns(file: GoFile) -> dict[Span, tuple[Span, int]]:
    """The blanks before each comment at the end of a line of code, and how many gofmt writes there."""
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
    """The cells of a column, each with the one after it, where successive rows have both (Go: text/tabwriter)."""
    for has_both, rows in groupby(table, lambda row: len(row) > column + 1):
        if has_both:
            yield [row[column : column + 2] for row in rows]


def _tables(file: GoFile) -> list[list[list[Span]]]:
    """Successive lines of code with comments at their ends: of each the span of the code and of every comment."""
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
            continue  # code follows
        if tables and _follows(text, tables[-1][-1], row):
            tables[-1].append(row)
        else:
            tables.append([row])
    return tables


def _is_broken(text: str, row: Sequence[Span]) -> bool:
    """Whether the last comment goes on in the next line, where no column does."""
    return "\n" in text[row[-1].start : row[-1].end]


def _follows(text: str, above: Sequence[Span], row: Sequence[Span]) -> bool:
    between = text[above[-1].end : row[0].start]
    is_next = between.count("\n") == 1 and not between.strip() and not _is_broken(text, above)
    opens, begin = text[above[0].end - 1] == "(", text[row[0].start]
    return is_next and begin != "/" and opens == (begin == ")")
