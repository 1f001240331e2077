r"""Parse the common syntax of go.mod and go.work: lines of tokens, single or in blocks, with a span on each.

    file    = { "\n" | line | block }
    block   = token { token } "(" "\n" { line } ")" "\n"
    line    = token { token } [ "//" comment ] "\n"
    token   = quoted | raw | "(" | ")" | "[" | "]" | "{" | "}" | "," | word

Source: golang.org/x/mod/modfile/read.go. Unlike Go's parser, this one continues after an error with the next line.
"""

import re
from bisect import bisect_left
from typing import NamedTuple

from layerg_pin.core.gomod.size_limits import MAX_OTHER_LINES, MAX_WORDS, Excess
from layerg_pin.core.text import Problem, Span


class Token(NamedTuple):
    """A token: its source text, including quotes, and its start and end offset."""

    text: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        """The token's span."""
        return Span(self.start, self.end)


class Line(NamedTuple):
    """A directive's line. `tokens` are the arguments; `verb` precedes them, or the parenthesis of their block."""

    verb: Token
    tokens: tuple[Token, ...]
    """Not empty in a block."""
    comment: Token | None
    in_block: bool

    @property
    def start(self) -> int:
        """The start of the line's first token."""
        return (self.tokens[0] if self.in_block else self.verb).start

    @property
    def span(self) -> Span:
        """From the first token of the line to the last, without the comment."""
        return Span(self.start, (self.tokens[-1] if self.tokens else self.verb).end)


class Block(NamedTuple):
    """A parenthesised block of lines."""

    verb: Token
    opening: Token
    """The opening parenthesis."""
    lines: tuple[Line, ...]
    span: Span
    """From the verb to the closing parenthesis."""

    def lines_before(self, offset: int) -> tuple[Line, ...]:
        """The lines above the one that starts at `offset`."""
        return self.lines[: bisect_left(self.lines, offset, key=_start)]

    def lines_from(self, offset: int) -> tuple[Line, ...]:
        """The line that starts at `offset`, and those below."""
        return self.lines[bisect_left(self.lines, offset, key=_start) :]


class ModSyntax(NamedTuple):
    """The statements of a file in order, and its syntax errors."""

    statements: tuple[Line | Block, ...]
    comments: tuple[Token, ...]
    """All comments, on lines of their own and after directives."""
    problems: tuple[Problem, ...]
    is_closed: bool
    """Whether every block is valid in Go: it has one word before its parenthesis, and is closed."""
    others: tuple[int, ...] = ()
    """The offsets of lines that are neither blank, comments nor two plain words."""
    excess: Excess | None = None
    """The part that was not parsed, because there are too many such lines above it."""

    def count_before(self, offset: int) -> int:
        """The number of statements that end before the line that starts at `offset`."""
        return bisect_left(self.statements, offset, key=lambda each: each.span.end)


_BLANKS = re.compile(r"[ \t\r]*")
_QUOTED = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"')
_RAW = re.compile(r"`[^`\n]*`")
_WORD = re.compile(r"(?:(?!//|/\*)[^\s()\[\]{},])+")
_PLAIN = r"[\w.~+!-]+(?:/[\w.~+!-]+)*"
_TWO_WORDS = re.compile(rf"[ \t\r]*({_PLAIN})[ \t\r]+({_PLAIN})[ \t\r]*(//[^\n]*)?(?:\n|\Z)", re.ASCII)
"""Two words and an optional comment, such as a line of a require block."""
_PUNCTUATION = "()[]{},"
_SPECIAL = {"\ufeff": "byte order mark (U+FEFF): save the file without it"}
_DIRECTIVES = frozenset(
    ("module", "go", "toolchain", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore", "use")
)


class _Scanned(NamedTuple):
    tokens: tuple[Token, ...]
    comment: Token | None
    problem: Problem | None


def parse_syntax(text: str, before: ModSyntax | None = None, same: int = 0, *, is_cut: bool = False) -> ModSyntax:
    """Parse the text of a go.mod or go.work; never raises. A text that `is_cut` may end inside a block.

    `before` is the result for a text with the same lines up to offset `same` and must be closed. Its statements before
    `same` are reused, and parsing starts there.
    """
    parser = _Parser()
    if before:
        parser.reuse(before, same)
    return parser.parse(text, same, is_cut=is_cut)


class _Parser:
    def __init__(self) -> None:
        self.statements: list[Line | Block] = []
        self.comments: list[Token] = []
        self.problems: list[Problem] = []
        self.header: tuple[Token, ...] = ()
        """The tokens of the open block, including its parenthesis."""
        self.lines: list[Line] = []
        self.is_closed = True
        self.others: list[int] = []
        self.excess: Excess | None = None

    def reuse(self, before: ModSyntax, end: int) -> None:
        """Reuse the result for the lines before `end`."""
        count = before.count_before(end)
        self.statements = list(before.statements[:count])
        self.comments = list(before.comments[: bisect_left(before.comments, end, key=_start)])
        self.problems = [problem for problem in before.problems if problem.span.start < end]
        self.others = list(before.others[: bisect_left(before.others, end)])
        following = before.statements[count] if count < len(before.statements) else None
        if isinstance(following, Block) and following.span.start < end:
            self.header = (following.verb, following.opening)
            self.lines = list(following.lines_before(end))

    def parse(self, text: str, start: int, *, is_cut: bool) -> ModSyntax:
        at = start
        while at < len(text):
            if plain := _TWO_WORDS.match(text, at):  # nearly all lines
                self._plain(plain)
                at = plain.end()
                continue
            end = text.find("\n", at) + 1 or len(text)
            scanned = _scan(text, at, end)
            if scanned.tokens or scanned.problem:
                if len(self.others) == MAX_OTHER_LINES:
                    return self._cut(at)
                self.others.append(at)
            at = end
            if scanned.comment:
                self.comments.append(scanned.comment)
            if scanned.problem:
                self.problems.append(scanned.problem)
            if scanned.tokens and (scanned.problem is None or self._is_border(scanned.tokens)):
                self._line(scanned.tokens, scanned.comment)
        if is_cut:
            self._end_block(len(text))
        if self.header:
            self._unclosed()
        return self._read()

    def _cut(self, at: int) -> ModSyntax:
        """Stop before the line at `at`, because there are too many lines above it."""
        self.excess = Excess(f"longer than {MAX_OTHER_LINES:,} lines other than requirements", at)
        self._end_block(at)
        return self._read()

    def _end_block(self, end: int) -> None:
        """End the open block, if any, at `end`, where the text was cut."""
        if self.header:
            self._add_block(self.header, end)
            self.header = ()

    def _read(self) -> ModSyntax:
        return ModSyntax(
            statements=tuple(self.statements),
            comments=tuple(self.comments),
            problems=tuple(sorted(self.problems, key=lambda problem: problem.span)),
            is_closed=self.is_closed,
            others=tuple(self.others),
            excess=self.excess,
        )

    def _plain(self, line: re.Match[str]) -> None:
        """Add a line of two words, neither of which opens or closes a block."""
        words = Token(line[1], *line.span(1)), Token(line[2], *line.span(2))
        comment = None
        if line[3] is not None:
            text, start = line[3].removesuffix("\r"), line.start(3)
            comment = Token(text, start, start + len(text))
            self.comments.append(comment)
        if self.header:
            self.lines.append(Line(self.header[0], words, comment, True))
        else:
            self.statements.append(Line(words[0], words[1:], comment, False))

    def _is_border(self, tokens: tuple[Token, ...]) -> bool:
        """Whether a line with a syntax error still opens or closes a block."""
        return tokens[0].text == ")" if self.header else _opens(tokens)

    def _line(self, tokens: tuple[Token, ...], comment: Token | None) -> None:
        if self.header and _opens(tokens) and tokens[0].text in _DIRECTIVES:
            self._unclosed()  # blocks cannot be nested, so the previous one is not closed, as happens while typing
        if self.header:
            self._inside(tokens, comment)
        elif _opens(tokens):
            self.header = tokens
        elif len(tokens) > 2 and tokens[-2].text == "(" and tokens[-1].text == ")":
            self._add_block(tokens[:-1], tokens[-1].span.end)
        else:
            self.statements.append(Line(tokens[0], tokens[1:], comment, False))

    def _inside(self, tokens: tuple[Token, ...], comment: Token | None) -> None:
        if tokens[0].text != ")":
            self.lines.append(Line(self.header[0], tokens, comment, True))
            return
        if len(tokens) > 1:
            self.problems.append(Problem("expected a new line after the closing parenthesis", tokens[1].span))
        self._add_block(self.header, tokens[0].span.end)
        self.header = ()

    def _unclosed(self) -> None:
        """End an unclosed block before its first line that looks like a directive."""
        self.is_closed = False
        verb, parenthesis = self.header[0], self.header[-1]
        self.problems.append(Problem(f"the {verb.text} block opened here is never closed", parenthesis.span))
        lines = self.lines
        ends = (
            index for index, line in enumerate(lines) if line.tokens[0].text in _DIRECTIVES and len(line.tokens) > 1
        )
        end = next(ends, len(lines))
        self.lines = lines[:end]
        self._add_block(self.header, self.lines[-1].span.end if self.lines else parenthesis.span.end)
        self.header = ()
        for line in lines[end:]:
            self.statements.append(Line(line.tokens[0], line.tokens[1:], line.comment, False))

    def _add_block(self, header: tuple[Token, ...], end: int) -> None:
        *words, opening = header
        start = words[0].span.start
        if len(words) > 1:
            self.is_closed = False
            kind = " ".join(word.text for word in words)
            self.problems.append(Problem(f"unknown block type: {kind}", Span(start, words[-1].span.end)))
        else:
            self.statements.append(Block(words[0], opening, tuple(self.lines), Span(start, end)))
        self.lines = []


def _start(each: Line | Token) -> int:
    return each.start


def _opens(tokens: tuple[Token, ...]) -> bool:
    return len(tokens) > 1 and tokens[-1].text == "("


def _scan(text: str, start: int, end: int) -> _Scanned:
    """The tokens of the line from `start` to `end`, and the comment after them."""
    tokens: list[Token] = []
    at = start
    while True:
        blanks = _BLANKS.match(text, at, end)
        at = blanks.end() if blanks else at
        if at == end or text[at] == "\n":
            return _Scanned(tuple(tokens), None, None)
        if text.startswith("//", at):
            comment = text[at:end].removesuffix("\n").removesuffix("\r")
            return _Scanned(tuple(tokens), Token(comment, at, at + len(comment)), None)
        found = _token(text, at, end)
        if isinstance(found, Problem):
            return _Scanned(tuple(tokens), None, found)
        if len(tokens) == MAX_WORDS:
            return _Scanned(tuple(tokens), None, Problem(f"a line of more than {MAX_WORDS} words", tokens[0].span))
        tokens.append(found)
        at = found.end


def _token(text: str, at: int, end: int) -> Token | Problem:
    char = text[at]
    if char in _PUNCTUATION:
        return Token(char, at, at + 1)
    if char in '"`':
        match = (_QUOTED if char == '"' else _RAW).match(text, at, end)
        if match is None:
            rest = text[at:end].rstrip("\r\n")
            return Problem("unexpected end of line in string", Span(at, at + len(rest)))
        return Token(match[0], at, match.end())
    if text.startswith("/*", at):
        return Problem("comments must start with //, not /*", Span(at, at + 2))
    match = _WORD.match(text, at, end)
    word = match[0] if match else ""
    if not word.isprintable() or not word:
        word = _printable_prefix(word)
    if not word:
        return Problem(f"unexpected character {_SPECIAL.get(char, ascii(char))}", Span(at, at + 1))
    if text.startswith("/*", at + len(word)):
        return Problem("comments must start with //, not /*", Span(at + len(word), at + len(word) + 2))
    return Token(word, at, at + len(word))


def _printable_prefix(word: str) -> str:
    """The prefix that Go accepts as a word. Bytes that are not UTF-8, lone surrogates here, are printable."""
    for index, char in enumerate(word):
        if not char.isprintable() and not "\udc80" <= char <= "\udcff":
            return word[:index]
    return word
