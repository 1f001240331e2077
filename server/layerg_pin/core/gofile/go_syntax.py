r"""Parse the head of a Go file, its package clause and imports, with a span on everything.

    head        = "package" name end { declaration }
    declaration = "import" ( spec | "(" { spec } ")" ) end
    spec        = [ name | "." ] string end
    end         = ";" | "\n" | end of the text | none before ")"

Source: https://go.dev/ref/spec#Source_file_organization. Unlike Go's parser, this one continues after an error with the
next line. Like Go's, it stops at the first declaration that is not an import.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from unicodedata import category

from layerg_pin.core.gomod.directives import Refused, unquoted
from layerg_pin.core.gomod.mod_syntax import Token
from layerg_pin.core.lazy_pattern import LazyPattern
from layerg_pin.core.text import Problem, Span


class Import(NamedTuple):
    """An import: its unquoted path, and its name (`_`, `.` or an alias), if any. Spans are those in the file."""

    path: Token
    name: Token | None
    span: Span
    """From the name, or else the path, to the path's end."""

    @property
    def is_blank(self) -> bool:
        return self.name is not None and self.name.text == "_"


class Declaration(NamedTuple):
    """An import declaration, single or in parentheses."""

    imports: tuple[Import, ...]
    span: Span
    """From `import` to the end of the path or the closing parenthesis."""
    parentheses: Span | None

    @property
    def is_cgo(self) -> bool:
        """Whether the comment above, or one inside, is C code."""
        return any(each.path.text == "C" for each in self.imports)


class GoFile(NamedTuple):
    """The parsed head of a Go file."""

    text: str
    package: Token | None
    imports: tuple[Import, ...]
    problems: tuple[Problem, ...]
    declarations: tuple[Declaration, ...]
    comments: tuple[Token, ...]
    """All comments before the first declaration that is not an import."""
    semicolons: Mapping[int, int]
    """The end of each explicit semicolon, by the end of the token before it."""
    is_closed: bool
    """Whether every block, comment and raw string is closed. If not, its extent is unknown."""


def parse_go_file(text: str) -> GoFile:
    """Parse the package clause and the imports of a Go file; never raises."""
    return _Parser(text).parse()


_LEXEME = LazyPattern(
    r"""(?P<blank>[ \t\r]+) | (?P<newline>\n) | (?P<comment>//[^\n]*|/\*[\s\S]*?\*/)
    | (?P<string>"(?:[^"\\\n]|\\[^\n])*+"|`[^`]*`) | (?P<word>[^\W\d]\w*)
    | (?P<broken>"[^\n]*|`[\s\S]*|/\*[\s\S]*) | (?P<other>[\s\S])""",
    re.VERBOSE,
)
_OTHER_DECLARATIONS = frozenset(("const", "func", "type", "var"))
_AFTER_BLOCK = _OTHER_DECLARATIONS.union(("import", "package", ")", ""))
_KEYWORDS = _OTHER_DECLARATIONS.union(
    ("break", "case", "chan", "continue", "default", "defer", "else", "fallthrough", "for", "go", "goto", "if"),
    ("import", "interface", "map", "package", "range", "return", "select", "struct", "switch"),
)
_IN_NAMES = frozenset(("Lu", "Ll", "Lt", "Lm", "Lo", "Nd"))
_NOT_IN_PATHS = frozenset("!\"#$%&'()*,:;<=>?[\\]^{|}` \ufffd")


class _Lexeme(NamedTuple):
    kind: str
    text: str
    span: Span


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.declarations: list[Declaration] = []
        self.problems: list[Problem] = []
        self.comments: list[Token] = []
        self.semicolons: dict[int, int] = {}
        self.in_block = False
        self.is_closed = True
        self.lexemes = self._read()
        self.next = next(self.lexemes)

    def parse(self) -> GoFile:
        package = self._package()
        is_lost = package is None
        while self.next.kind != "end" and self.next.text not in _OTHER_DECLARATIONS:
            if self.next.kind == "newline":
                self._take()
            elif self.next.text == "import":
                self._declaration()
                is_lost = False
            else:
                if not is_lost:
                    self._report("expected a declaration", self.next)
                self._skip_line()
                is_lost = True
        return GoFile(
            text=self.text,
            package=package,
            imports=tuple(each for declaration in self.declarations for each in declaration.imports),
            problems=tuple(sorted(self.problems, key=lambda problem: problem.span)),
            declarations=tuple(self.declarations),
            comments=tuple(self.comments),
            semicolons=self.semicolons,
            is_closed=self.is_closed,
        )

    def _package(self) -> Token | None:
        self._skip_newlines()
        if self.next.text != "package":
            self._report("expected a package clause", self.next)
            return None
        keyword = self._take()
        self._skip_newlines()
        name = self._name()
        if name is None:
            self._report("missing package name", keyword)
            return None
        self._end(name.span.end)
        return name

    def _declaration(self) -> None:
        keyword = self._take()
        self._skip_newlines()
        if self.next.text == "(":
            self._block(keyword)
        elif found := self._import(keyword):
            self.declarations.append(Declaration((found,), Span(keyword.span.start, found.span.end), None))

    def _block(self, keyword: _Lexeme) -> None:
        last = opening = self._take()
        imports: list[Import] = []
        self.in_block = True
        self._skip_newlines()
        while self.next.text not in _AFTER_BLOCK:
            if found := self._import(self.next):
                imports.append(found)
            self._skip_newlines()
        self.in_block = False
        if self.next.text == ")":
            last = self._take()
            self._end(last.span.end)
        else:
            self._report("the import block opened here is never closed", opening)
            self.is_closed = False
        end = last.span.end
        self.declarations.append(
            Declaration(tuple(imports), Span(keyword.span.start, end), Span(opening.span.start, end))
        )

    def _import(self, first: _Lexeme) -> Import | None:
        """Parse an import up to the end of its line. A missing path is reported at the name, or else at `first`."""
        if self.next.text == ".":
            dot = self._take()
            name: Token | None = Token(dot.text, *dot.span)
        else:
            name = self._name()
        ends_here = self.next.kind == "newline"
        if name and name.text == ".":
            self._skip_newlines()
        if self.next.kind != "string":
            if self.next.kind != "broken":
                where = name.span if name else first.span
                self.problems.append(Problem("missing import path; require quoted string", where))
            if not ends_here and self.next.text not in _AFTER_BLOCK:
                self._skip_line()
            return None
        quoted = self._take()
        path = self._path(quoted)
        self._end(quoted.span.end)
        return Import(path, name, Span((name or quoted).span.start, quoted.span.end)) if path else None

    def _path(self, quoted: _Lexeme) -> Token | None:
        if quoted.text.startswith("`"):
            path = Token(quoted.text[1:-1].replace("\r", ""), *quoted.span)
        else:
            try:
                path = unquoted(Token(quoted.text, *quoted.span))
            except (Refused, OverflowError):  # OverflowError: a \U escape beyond Unicode
                self._report("invalid quoted string", quoted)
                return None
        if not path.text or not path.text.isprintable() or not _NOT_IN_PATHS.isdisjoint(path.text):
            self._report("invalid import path", quoted)
        return path

    def _name(self) -> Token | None:
        word = self.next
        is_name = word.text.isascii() or all(char == "_" or category(char) in _IN_NAMES for char in word.text)
        if word.kind != "word" or word.text in _KEYWORDS or not is_name:
            return None
        self._take()
        return Token(word.text, *word.span)

    def _end(self, end: int) -> None:
        """Continue with the next line or statement; report tokens before it."""
        if self.next.text == ";":
            self.semicolons[end] = self._take().span.end
        elif self.next.kind not in ("newline", "end") and not (self.in_block and self.next.text == ")"):
            self._report("expected a new line or a semicolon", self.next)
            self._skip_line()

    def _skip_line(self) -> None:
        while self.next.kind not in ("newline", "end") and not (self.in_block and self.next.text == ")"):
            if self._take().text == ";":
                return

    def _skip_newlines(self) -> None:
        while self.next.kind == "newline":
            self._take()

    def _take(self) -> _Lexeme:
        taken = self.next
        self.next = next(self.lexemes, taken)
        return taken

    def _report(self, message: str, lexeme: _Lexeme) -> None:
        if lexeme.kind != "broken":  # `_read` has already reported those
            self.problems.append(_problem(message, lexeme))

    def _read(self) -> Iterator[_Lexeme]:
        for match in _LEXEME.finditer(self.text, self.text.startswith("\ufeff")):
            kind, word = match.lastgroup or "", match[0]
            span = Span(match.start(), match.end())
            if kind == "comment":
                comment = word.removesuffix("\r")
                self.comments.append(Token(comment, span.start, span.start + len(comment)))
                if "\n" in word:
                    yield _Lexeme("newline", word, span)
            elif kind == "broken":
                what = {'"': "string", "`": "raw string"}.get(word[0], "comment")
                self.is_closed = self.is_closed and what == "string"
                broken = _Lexeme(kind, word, span)
                self.problems.append(_problem(f"{what} not terminated", broken))
                yield broken
            elif kind != "blank":
                yield _Lexeme(kind, word, span)
        yield _Lexeme("end", "", Span(len(self.text), len(self.text)))


def _problem(message: str, lexeme: _Lexeme) -> Problem:
    """A problem at the first line of a lexeme."""
    line = lexeme.text.partition("\n")[0].rstrip("\r")
    return Problem(message, Span(lexeme.span.start, lexeme.span.start + len(line)))
