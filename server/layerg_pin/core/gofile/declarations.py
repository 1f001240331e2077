"""Find the functions and variables that a Go file declares at package level."""

import re

from layerg_pin.core.lazy_pattern import LazyPattern

_NO_CODE = LazyPattern(
    r"""(?P<comment>//[^\n]*|/\*[\s\S]*?(?:\*/|\Z))"""
    r"""|"(?:[^"\\\n]|\\.)*+"|`[^`]*+`|'(?:[^'\\\n]|\\.)++'"""
)
_BRACKETS = LazyPattern(r"[(\[{]|[)\]}]|[^()\[\]{}]+")
_VAR_BLOCK = LazyPattern(r"(?:^|[;\n])[ \t\r]*+var\s*+\Z")
_CONTINUED = LazyPattern(r"([-+*/%&|^<>=!,.:])[ \t\r]*+\n")
"""An operator or comma at the end of a line, which continues the statement."""
_FUNCTION = LazyPattern(r"(?:^|[;\n])[ \t\r]*+func\s++(\w++)\s*+\(")
_VARIABLES = LazyPattern(r"(?:^|[;\n])[ \t\r]*+var\s++(\w++(?:\s*+,\s*+\w++)*+)")
_SPECS = LazyPattern(r"(?:^|[;\n])[ \t\r]*+(\w++(?:\s*+,\s*+\w++)*+)")


def code_of(text: str) -> str:
    """The text of a Go file with a blank or newline instead of each comment, and empty strings."""
    return _NO_CODE.sub(lambda match: ("\n" if "\n" in match[0] else " ") if match["comment"] else '""', text)


def declared_names(text: str) -> frozenset[str]:
    """The functions without type parameters, and the variables. Methods are none of them.

    Source: https://go.dev/ref/spec#Declarations_and_scope. Files that do not compile give some result.
    """
    package_level, variable_blocks = _package_level(code_of(text))
    lists = _VARIABLES.findall(package_level)
    for block in variable_blocks:
        lists += _SPECS.findall(_CONTINUED.sub(r"\1 ", block))
    variables = {name for each in lists for name in re.split(r"\s*,\s*", each)}
    return frozenset(_FUNCTION.findall(package_level)) | variables


def _package_level(code: str) -> tuple[str, list[str]]:
    """The code outside of all brackets; and the specs in each `var (…)`. Inner brackets are empty."""
    kept: list[str] = []
    blocks: list[str] = []
    depth, is_block = 0, False
    for match in _BRACKETS.finditer(code):
        token = match[0]
        if token in "([{":
            if depth == 0:
                is_block = token == "(" and _VAR_BLOCK.search("".join(kept[-1:])) is not None
                blocks += [""] if is_block else []
                kept.append(token)
            depth += 1
        elif token in ")]}":
            depth = max(depth - 1, 0)
            kept += [token] if depth == 0 else []
            if depth == 1 and is_block:
                blocks[-1] += token
        elif depth == 0:
            kept.append(token)
        elif depth == 1 and is_block:
            blocks[-1] += token
    return "".join(kept), blocks
