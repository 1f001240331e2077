"""Find the functions and variables that a Go file declares at package level."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from layerg_pin.core.lazy_pattern import LazyPattern


class Declared(NamedTuple):
    """A function without type parameters, or a variable."""

    offset: int
    """Of its name in the file."""
    is_function: bool
    parameters: str = ""
    """Of a function: the text between the parentheses, without comments."""
    results: str = ""
    """Of a function: the text between the parameters and the body, without comments."""


_NO_CODE = LazyPattern(
    r"""(?P<comment>//[^\n]*|/\*[\s\S]*?(?:\*/|\Z))"""
    r"""|"(?:[^"\\\n]|\\.)*+"|`[^`]*+`|'(?:[^'\\\n]|\\.)++'"""
)
_LINE_TEXT = LazyPattern(r"[^\n]")
_BRACKETS = LazyPattern(r"[(\[{]|[)\]}]|[^()\[\]{}]+")
_VAR_BLOCK = LazyPattern(r"(?:^|[;\n])[ \t\r]*+var\s*+\Z")
_CONTINUED = LazyPattern(r"[-+*/%&|^<>=!,.:][ \t\r]*+\n")
"""An operator or comma at the end of a line, which continues the statement."""
_FUNCTION = LazyPattern(r"(?:^|[;\n])[ \t\r]*+func\s++(\w++)\s*+\(([^)]*+)\)([^{;\n]*+)")
_VARIABLES = LazyPattern(r"(?:^|[;\n])[ \t\r]*+var\s++(\w++(?:\s*+,\s*+\w++)*+)")
_SPECS = LazyPattern(r"(?:^|[;\n])[ \t\r]*+(\w++(?:\s*+,\s*+\w++)*+)")
_NAME = LazyPattern(r"\w+")


def code_of(text: str) -> str:
    """The text of a Go file with blanks instead of comments and of the contents of strings. Offsets stay."""
    return _NO_CODE.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    """Blanks of the same length. A comment that contains a newline acts like one."""
    return _LINE_TEXT.sub(" ", match[0]) if match["comment"] else f'"{" " * (len(match[0]) - 2)}"'


def declarations(text: str) -> Mapping[str, Declared]:
    """What a Go file declares, by name. Methods, types and constants are left out.

    Source: https://go.dev/ref/spec#Declarations_and_scope. Files that do not compile give some result.
    """
    code = code_of(text)
    package_level, variable_blocks = _package_level(code)
    specs = _CONTINUED.sub(lambda match: match[0][0] + " " * (len(match[0]) - 1), variable_blocks)
    lists = [*_VARIABLES.finditer(package_level), *_SPECS.finditer(specs)]
    found = {
        name[0]: Declared(each.start(1) + name.start(), is_function=False)
        for each in lists
        for name in _NAME.finditer(each[1])
    }
    for each in _FUNCTION.finditer(package_level):
        parameters, results = (code[each.start(number) : each.end(number)] for number in (2, 3))
        found[each[1]] = Declared(each.start(1), is_function=True, parameters=parameters, results=results)
    return found


def _package_level(code: str) -> tuple[str, str]:
    """The code outside of all brackets, and the specs in each `var (…)`, with blanks instead of everything else."""
    outside: list[str] = []
    blocks: list[str] = []
    depth, is_block = 0, False
    for match in _BRACKETS.finditer(code):
        token = match[0]
        opens, closes = token in "([{", token in ")]}"
        if closes:
            depth = max(depth - 1, 0)
        if opens and depth == 0:
            is_block = token == "(" and _VAR_BLOCK.search("".join(outside[-1:])) is not None
        is_spec = is_block and depth == 1 and not opens
        outside.append(token if depth == 0 else " " * len(token))
        is_edge = is_block and depth == 0 and (opens or closes)
        blocks.append(token if is_spec else "\n" if is_edge else " " * len(token))
        depth += opens
    return "".join(outside), "".join(blocks)
