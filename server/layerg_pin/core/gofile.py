r"""The head of a Go file, its package clause and imports, and the edits that add blank imports and take imports away.

    head        = "package" name end { declaration }
    declaration = "import" ( spec | "(" { spec } ")" ) end
    spec        = [ name | "." ] string end
    end         = ";" | "\n" | end of text, or none before ")"

Source: https://go.dev/ref/spec#Source_file_organization. Unlike Go's reader, this one goes on after an error, with the
next line; like it, it stops where anything but imports is declared.

The edits leave a text that gofmt would not change, if it was one. Where gofmt aligns trailing comments, that takes edits
of the blanks before them too.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from unicodedata import category

from layerg_pin.core.directives import Refused, unquoted
from layerg_pin.core.modsyntax import Token
from layerg_pin.core.text import Problem, Span, TextEdit, apply_edits


@dataclass(frozen=True, slots=True)
class Import:
    """One import: the path, unquoted, and the name before it (`_`, `.`, an alias) if there is one; spans are the file's."""

    path: Token
    name: Token | None
    span: Span
    """From the name, or the path without one, to the path's end."""

    @property
    def is_blank(self) -> bool:
        return self.name is not None and self.name.text == "_"
