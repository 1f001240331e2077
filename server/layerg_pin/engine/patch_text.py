"""Format changed files as a patch for `git apply` and `patch`."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping

from layerg_pin.core.text import printable

_LINE = r"[^\n]*\n|[^\n]+"


def patch_rows(before: Mapping[str, str], after: Mapping[str, str], display: Callable[[str], str]) -> Iterator[str]:
    """The rows of a patch that changes files, given by absolute path; each row has its line ending.

    `display` shortens a path.
    """
    for path, text in before.items():
        yield from _file_diff(display(path), text, after.get(path, text))


def _file_diff(name: str, before: str, after: str) -> Iterator[str]:
    name = name.replace(os.sep, "/")
    old, new = re.findall(_LINE, before), re.findall(_LINE, after)
    rows = difflib.unified_diff(old, new)
    for mark, side, _ in zip(("---", "+++"), "ab", rows, strict=False):
        yield f"{mark} {_patch_name(f'{side}/{name}')}\n"
    for row in rows:
        yield row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n"


def _patch_name(name: str) -> str:
    """A file's name in the header of a patch, as Git and GNU patch read it (Git: quote.c, diff.c).

    A name with unprintable characters is quoted, and one with blanks ends with a tab.
    """
    if printable(name) == name and not set(name) & {'"', "\\"}:
        return f"{name}\t" if " " in name else name
    return f'"{"".join(map(_patch_byte, os.fsencode(name)))}"'


def _patch_byte(byte: int) -> str:
    char = chr(byte)
    return char if char.isascii() and char.isprintable() and char not in '"\\' else f"\\{byte:03o}"
