"""Compute the edits that add blank imports to a Go file, or remove imports.

The edits keep a gofmt-formatted file formatted. Since gofmt aligns trailing comments of consecutive lines, this may
include edits of the blanks before such comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from layerg_pin.core.gofile.go_syntax import Declaration, GoFile, Import, parse_go_file
from layerg_pin.core.gofile.layout import (
    blank_above,
    blank_below,
    end_of,
    is_inside,
    line_end,
    line_start,
    own_lines,
    realign_comments,
    with_comments_above,
)
from layerg_pin.core.gomod.mod_syntax import Token
from layerg_pin.core.lazy_pattern import LazyPattern
from layerg_pin.core.text import Span, TextEdit, newline_of

__all__ = ["Declaration", "GoFile", "Import", "blank_import_edits", "parse_go_file", "remove_import_edits"]

_BLANK_LINE = LazyPattern(r"^[ \t\r]*\n", re.MULTILINE)
_DIRECTIVE = LazyPattern(r"^//go:", re.MULTILINE)


def blank_import_edits(file: GoFile, packages: Iterable[str]) -> tuple[TextEdit, ...]:
    """Edits that add a blank import for each package that the file does not import yet.

    They go into the first import block, unless it is cgo's: sorted by path into the last group of lines with a path of
    another module (a dot in the first element), or into a new group at the block's end. No import is inserted between a
    comment and the import below it. Without a block, a new declaration follows the last one.
    Empty for a file without a package clause, or with an unclosed block, comment or string.
    """
    missing = sorted(set(packages).difference(each.path.text for each in file.imports))
    if not missing or file.package is None or not file.is_closed:
        return ()
    newline = newline_of(file.text)
    block = _block_for_more(file)
    if block is None:
        return realign_comments(file, [_new_declaration(file, file.package, missing, newline)])
    return realign_comments(file, list(_into_block(file, *block, missing, newline)))


def remove_import_edits(file: GoFile, imports: Iterable[Import]) -> tuple[TextEdit, ...]:
    """Edits that remove imports with the comments on their lines; a declaration is removed with its last import.

    Comment lines directly above are removed if they can only belong to what is removed: those above a removed
    declaration, and those above a group of lines that is removed completely. Above a group of which some lines stay,
    they may be its heading. Comments with a `//go:` directive stay.
    Empty for a file with an unclosed block, comment or string.
    """
    if not file.is_closed:
        return ()
    gone = {each.span for each in imports}
    cuts = [cut for declaration in file.declarations for cut in _cuts(file, declaration, gone)]
    return realign_comments(file, [TextEdit(cut, "") for cut in _with_blank_lines(file, cuts)])


def _block_for_more(file: GoFile) -> tuple[Declaration, Span] | None:
    """The first suitable import block and the span of its parentheses; None if there is none.

    Blocks of cgo are skipped, and blocks that gofmt would rearrange: with comments only, or with comments between the
    last path and the parenthesis on one line.
    """
    for declaration in file.declarations:
        inside = declaration.parentheses
        if inside is None or declaration.is_cgo:
            continue
        last = end_of(file, declaration.imports[-1].span) if declaration.imports else inside.start + 1
        is_apart = bool(declaration.imports) and line_start(file, inside.end - 1) is not None
        if is_apart or not file.text[last : inside.end - 1].strip():
            return declaration, inside
    return None


def _into_block(
    file: GoFile, block: Declaration, inside: Span, packages: Sequence[str], newline: str
) -> Iterator[TextEdit]:
    closing = inside.end - 1
    if not block.imports:
        yield TextEdit(Span(inside.start + 1, closing), newline + _specs(packages, newline))
        return
    runs = [run for run in _runs(file, block) if _takes_more(file, run)]
    places: dict[int, list[str]] = {}
    rest: list[str] = []
    for package in packages:
        found = (place for run in reversed(runs) if (place := _place(file, run, package)) is not None)
        place = next(found, None)
        (rest if place is None else places.setdefault(place, [])).append(package)
    for place, some in places.items():
        yield TextEdit(Span(place, place), _specs(some, newline))
    last_line = line_start(file, closing)
    if rest and last_line is not None:
        yield TextEdit(Span(last_line, last_line), newline + _specs(rest, newline))
    elif rest:
        end = block.imports[-1].span.end
        yield TextEdit(Span(end, end), "".join(f'; _ "{package}"' for package in rest))


def _takes_more(file: GoFile, run: Sequence[tuple[Import, Span]]) -> bool:
    """Whether a group has a path of another module, and no comment that gofmt would move, such as one before a path."""
    is_foreign = any("." in each.path.text.split("/")[0] for each, _ in run)
    return is_foreign and not any("/*" in file.text[lines.start : each.path.span.start] for each, lines in run)


def _place(file: GoFile, run: Sequence[tuple[Import, Span]], package: str) -> int | None:
    """The offset for a package in a group sorted by path; None if that separates the group from the comment above."""
    after = next((lines.start for each, lines in run if each.path.text > package), run[-1][1].end)
    first = run[0][1].start
    return after if after > first or with_comments_above(file, first) == first else None


def _new_declaration(file: GoFile, package: Token, packages: Sequence[str], newline: str) -> TextEdit:
    """A new declaration after the last import or the package clause, separated by a blank line unless both are single
    imports.
    """
    last = file.declarations[-1] if file.declarations else None
    single = len(packages) == 1
    lines = (
        f'import _ "{packages[0]}"{newline}' if single else f"import ({newline}{_specs(packages, newline)}){newline}"
    )
    joins = single and last is not None and last.parentheses is None and not last.is_cgo
    before = "" if joins else newline
    end = end_of(file, last.span if last else package.span)
    offset = line_end(file, end)
    if offset is None:
        return TextEdit(Span(end, end), newline + before + lines)
    if not file.text.endswith("\n", 0, offset):
        before += newline
    after = newline if blank_below(file.text, offset) == offset < len(file.text) else ""
    return TextEdit(Span(offset, offset), before + lines + after)


def _specs(packages: Iterable[str], newline: str) -> str:
    return "".join(f'\t_ "{package}"{newline}' for package in packages)


def _cuts(file: GoFile, declaration: Declaration, gone: set[Span]) -> Iterator[Span]:
    """The spans to remove from a declaration, in order."""
    span = declaration.span
    is_read = declaration.parentheses is None or not any(
        span.start < each.span.start < span.end for each in file.problems
    )
    if declaration.imports and is_read and gone.issuperset(each.span for each in declaration.imports):
        lines = own_lines(file, span)
        yield Span(_with_own_comments(file, lines.start), lines.end) if lines else Span(span.start, end_of(file, span))
        return
    for each in declaration.imports:
        if each.span in gone and own_lines(file, each.span) is None:
            yield Span(each.span.start, end_of(file, each.span))
    for run in _runs(file, declaration):
        going = [lines for each, lines in run if each.span in gone]
        if len(going) == len(run):
            yield Span(_with_own_comments(file, going[0].start), going[-1].end)
        else:
            yield from going
    if declaration.imports and declaration.imports[-1].span in gone:
        last = max((each.span.end for each in declaration.imports if each.span not in gone), default=span.start)
        comments = [comment.span for comment in file.comments]
        for line in _BLANK_LINE.finditer(
            file.text, last, span.end
        ):  # gofmt allows no blank line after a block's last import
            if not is_inside(comments, line.start()):
                yield Span(line.start(), line.end())


def _with_blank_lines(file: GoFile, cuts: Iterable[Span]) -> Iterator[Span]:
    """The spans to remove, extended to blank lines that gofmt would not keep."""
    text = file.text
    openings = {line_end(file, each.parentheses.start + 1) for each in file.declarations if each.parentheses}
    for first, *others in _neighbouring(text, cuts):
        start, end = first.start, others[-1].end if others else first.end
        above, below = blank_above(text, start), blank_below(text, end)
        if line_start(file, start) != start or (end < len(text) and text[end - 1] != "\n"):
            yield from (first, *others)
        elif above in openings or below == len(text):
            yield Span(above, below)
        elif above < start:
            yield Span(start, below)
        elif others and below == end:
            yield from (first, Span(others[0].start, end))
        elif text.startswith(("//", "/*"), end):  # gofmt separates such a comment from the line above
            yield Span(start, end - 1 - text.endswith("\r\n", start, end))
        else:
            yield Span(start, end)


def _neighbouring(text: str, cuts: Iterable[Span]) -> list[list[Span]]:
    """The spans in order. Adjacent ones are merged, and ones separated only by blanks are grouped."""
    groups: list[list[Span]] = []
    for cut in sorted(cuts):
        last = groups[-1][-1] if groups else None
        if last and last.end == cut.start:
            groups[-1][-1] = Span(last.start, cut.end)
        elif last and not text[last.end : cut.start].strip():
            groups[-1].append(cut)
        else:
            groups.append([cut])
    return groups


def _runs(file: GoFile, declaration: Declaration) -> list[list[tuple[Import, Span]]]:
    """The imports that are alone on their lines, with these lines, grouped by adjacency."""
    runs: list[list[tuple[Import, Span]]] = []
    for each in declaration.imports:
        lines = own_lines(file, each.span)
        if lines is None:
            continue
        if runs and runs[-1][-1][1].end == lines.start:
            runs[-1].append((each, lines))
        else:
            runs.append([(each, lines)])
    return runs


def _with_own_comments(file: GoFile, start: int) -> int:
    """The start of the comment lines directly above, unless one is a directive, which does not belong to the line
    below.
    """
    above = with_comments_above(file, start)
    return start if _DIRECTIVE.search(file.text, above, start) else above
