"""Parse the comments that suppress a check at a line.

    // layerg-pin:ignore CODE REASON                  above the line, or at its end; also in Go files
    # layerg-pin:ignore CODE REASON                   the same in a build file; in a Dockerfile only above the line
    rem layerg-pin:ignore CODE REASON                 in a batch file, also after `::`
    // indirect; layerg-pin:ignore CODE REASON        at the end of an indirect require

Any text but a semicolon after `// indirect` would make the require direct (Go: modfile.isIndirect).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from layerg_pin.core.buildfiles.build_file import BuildFile, CommentForm
from layerg_pin.core.gomod.mod_syntax import Token
from layerg_pin.core.text import LineIndex, Problem, Span, did_you_mean

_TEXT = r"[ \t]*layerg.?pin[^\r\n]*"
_HASH = rf"(?:^|(?<=[ \t]))#+{_TEXT}"
_SLASHES = rf"(?:^|(?<=[ \t,{{}}\[\]]))//{_TEXT}"
_FORMS = {
    CommentForm.HASH: _HASH,
    CommentForm.HASH_LINE: _HASH,
    CommentForm.HASH_OR_SLASHES: f"{_HASH}|{_SLASHES}",
    CommentForm.SLASHES: _SLASHES,
    CommentForm.REM: rf"(?:^|(?<=[&(]))[ \t@(]{{0,20}}+((?:rem[ \t]|::){_TEXT})",
}
_MISPLACED = {
    CommentForm.HASH_LINE: "put it on a line of its own, above the instruction",
    CommentForm.SLASHES: "write // instead of #",
    CommentForm.REM: "write rem instead of #",
}
"""What to do where `#` begins no comment."""
_QUOTED = r"(?<![\w\\])(?:\"(?:[^\"\\]|\\.)*+\"|'[^']*+')"
_OPEN = r"(?<![\w\\])[\"']"
_MAX_BEFORE = 500
"""In characters: the part of a line before a comment that is searched for an open quotation mark."""
_PREFIX = "layerg-pin:"
_NAME = f"{_PREFIX}ignore"
_INTENDED = (
    r"(?://|#+|::|rem\b)\s*(?:indirect;\s*)?(?P<prefix>layerg[-_ ]?pin\s*:|layerg[-_]?pin(?=\s+ignore\b))"
    r"(?P<blank>\s*)(?P<word>[\w-]*)(?:\s+(?P<code>\S+))?"
)
"""Matches the comment and likely misspellings of it, in any case."""
_MAX_UNKNOWN = 200
"""Limit on the ineffective comments that are reported for one file."""
_IGNORE = rf"(?://|#+|::|[Rr][Ee][Mm]\b)\s*(?:indirect;\s*)?{_NAME}\s+([a-z-]+)"


def suppressed_lines(index: LineIndex, comments: Iterable[Token]) -> frozenset[tuple[str, int]]:
    """The codes that a text's comments suppress, each with its 0-based line."""
    if _NAME not in index.text:
        return frozenset()
    found: set[tuple[str, int]] = set()
    above: set[str] = set()
    by_line = {index.line_of(comment.span.start): comment for comment in comments}
    for line in sorted(by_line):
        comment = by_line[line]
        match = re.match(_IGNORE, comment.text)
        span = index.line_span(line)
        alone = not index.text[span.start : comment.span.start].strip()
        if line - 1 not in by_line or not _is_comment_line(index, line - 1):
            above = set()
        if match:
            found.add((match[1], line))
            above |= {match[1]} if alone else set()
        if alone:
            found |= {(code, line + 1) for code in above}
    return frozenset(found)


def unknown_codes(index: LineIndex, comments: Iterable[Token], codes: Collection[str]) -> Iterator[Problem]:
    """Problems for comments that are meant to suppress a check but have an unknown code or keyword."""
    if "layerg" not in index.text.lower():  # much faster than to examine each comment
        return
    found = _unknown_codes(comments, codes)
    yield from islice(found, _MAX_UNKNOWN - 1)
    if last := next(found, None):
        yield last._replace(message=f"{last.message}; comments after this one are not examined")


def _unknown_codes(comments: Iterable[Token], codes: Collection[str]) -> Iterator[Problem]:
    for comment in comments:
        intended = re.match(_INTENDED, comment.text, re.IGNORECASE)
        if intended is None:
            continue
        word, code = intended["word"], intended["code"] or ""
        span = Span(comment.start + intended.start("word"), comment.start + intended.end("word"))
        written = f"{intended['prefix']}{intended['blank']}{word}"
        if written != _NAME:
            if intended["prefix"] != _PREFIX:
                if not word.lower().startswith("ig"):
                    continue  # an ordinary sentence about layerg-pin
                span = Span(comment.start + intended.start("prefix"), comment.start + intended.end("word"))
            yield Problem(f"{written} has no effect: write {_NAME} CODE REASON", span)
            continue
        if code:
            span = Span(comment.start + intended.start("code"), comment.start + intended.end("code"))
        known = re.match("[a-z-]+", code)
        if known is None or known[0] not in codes:
            what = (
                f"`{code}` is not a check's code{did_you_mean(code.lower(), codes)}"
                if code
                else f"{_NAME} without a check's code"
            )
            yield Problem(f"{what}: this comment has no effect", span)


def build_comments(text: str, file: BuildFile) -> Iterator[Token]:
    """The comments of a build file that may suppress a check, as its format defines comments."""
    if "pin" not in text.lower():
        return
    alone = file.comments is CommentForm.HASH_LINE
    for match in re.finditer(_FORMS[file.comments], text, re.IGNORECASE | re.MULTILINE):
        part = max(0, match.start() - _MAX_BEFORE)
        before = text[max(part, text.rfind("\n", part, match.start()) + 1) : match.start()]
        if not (before.strip() if alone else _is_open(before)):
            group = match.lastindex or 0
            yield Token(match[group], *match.span(group))


def misplaced_comments(text: str, file: BuildFile) -> Iterator[Problem]:
    """Problems for comments that look as if they suppressed a check where the format has no such comment."""
    advice = _MISPLACED.get(file.comments)
    if advice is None or _NAME not in text:
        return
    counted = {comment.start for comment in build_comments(text, file)}
    found = (each for each in re.finditer(_HASH, text, re.MULTILINE) if each.start() not in counted)
    for match in islice(found, _MAX_UNKNOWN):
        if re.match(_IGNORE, match[0]):
            yield Problem(f"{_NAME} has no effect here: {advice}", Span(*match.span()))


def _is_open(before: str) -> bool:
    """Whether a quotation mark in this part of a line is not closed, so that what follows is text."""
    return re.search(_OPEN, re.sub(_QUOTED, "", before)) is not None


def _is_comment_line(index: LineIndex, line: int) -> bool:
    span = index.line_span(line)
    return index.text[span.start : span.end].lstrip().lower().startswith(("//", "#", "::", "rem "))
