"""Compare the types of a function with those that a host expects, as far as reading one file shows them.

    parameters = [ parameter { "," parameter } ]
    parameter  = [ name ] type                  all have a name, or none; `a, b T` is `a T, b T`
    type       = { "*" } [ package "." ] name   other types are literals

Source: https://go.dev/ref/spec#Type_identity. A literal type is never identical to one that has a name.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from layerg_pin.core.gofile.declarations import Declared
from layerg_pin.core.gofile.go_syntax import Import
from layerg_pin.core.lazy_pattern import LazyPattern

_PART = LazyPattern(r"[(\[{]|[)\]}]|,|[^()\[\]{},]+")
_NAMED = LazyPattern(r"(\w+)(?:\s+|(?=\*))(?!\.\s*\w)(\S[\s\S]*)")
_TYPE = LazyPattern(r"([*\s]*)(?:(\w+)\s*\.\s*)?(\w+)")
_KEYWORDS = frozenset(("chan", "func", "interface", "map", "struct"))
_LITERAL = LazyPattern(rf"[*\s]*(?:\[|\.\.\.|<-|(?:{'|'.join(sorted(_KEYWORDS))})\b)")
_BUILT_IN = frozenset(
    (
        *("any", "bool", "byte", "complex128", "complex64", "error", "float32", "float64", "int", "int16", "int32"),
        *("int64", "int8", "rune", "string", "uint", "uint16", "uint32", "uint64", "uint8", "uintptr"),
    )
)
_IS_LITERAL = "literal"
_POINTER = "*?"
"""A pointer to a type that is not known. It can be identical only to a pointer."""


class Types(NamedTuple):
    """The types of a function: `*database/sql.DB`, `error`. Empty for one that reading the file does not show."""

    parameters: tuple[str, ...]
    results: tuple[str, ...]

    def differ(self, other: "Types") -> bool:
        """Whether the types are certainly not those of another function."""
        return any(_differ(*pair) for pair in zip(self, other, strict=True))


def types_of(function: Declared, names: Mapping[str, str], dotted: Mapping[str, str]) -> Types:
    """The types of a function.

    `names` are the import paths of packages whose types are known to be no aliases, by their names in the file.
    `dotted` are the paths of types that a dot import declares, by their names.
    """
    results = function.results.strip()
    results = results[1:-1] if results.startswith("(") else results
    return Types(*(_types(each, names, dotted) for each in (function.parameters, results)))


def names_in_file(imports: tuple[Import, ...], packages: Mapping[str, str]) -> dict[str, str]:
    """The paths of imported packages by their names in a file. `packages` are their own names by path."""
    known = [each for each in imports if each.path.text in packages]
    return {each.name.text if each.name else packages[each.path.text]: each.path.text for each in known}


def types_of_dot_imports(imports: tuple[Import, ...], types: Types) -> dict[str, str]:
    """The paths of those of the types that a dot import declares, by their names."""
    dotted = {each.path.text for each in imports if each.name and each.name.text == "."}
    split = [each.lstrip("*").rpartition(".") for each in (*types.parameters, *types.results)]
    return {name: path for path, _, name in split if path in dotted}


def _differ(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether two lists have other lengths, or types at one place that are both known and not identical."""
    return len(left) != len(right) or any(map(_are_other, left, right))


def _are_other(left: str, right: str) -> bool:
    """Whether two types are certainly not identical."""
    if _POINTER in (left, right):
        return left[:1] != right[:1] and "" not in (left, right)
    return left != right and "" not in (left, right)


def _types(text: str, names: Mapping[str, str], dotted: Mapping[str, str]) -> tuple[str, ...]:
    fields = _fields(text)
    named = [_named(each) for each in fields]
    if any(named):
        found = ""
        types = []
        for field, pair in zip(reversed(fields), reversed(named), strict=True):
            found = pair or (found if field.isidentifier() else "")
            types.append(found)
        fields = types[::-1]
    return tuple(_type(each, names, dotted) for each in fields)


def _named(field: str) -> str:
    """The type of a parameter that has a name; empty if it has none, or is only the name."""
    match = _NAMED.fullmatch(field)
    return match[2] if match and match[1] not in _KEYWORDS else ""


def _fields(text: str) -> list[str]:
    """The text between the commas outside of brackets."""
    parts: list[list[str]] = [[]]
    depth = 0
    for match in _PART.finditer(text):
        part = match[0]
        depth += (part in "([{") - (part in ")]}")
        if part == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(part)
    fields = ["".join(each).strip() for each in parts]
    return fields if fields[-1] else fields[:-1]


def _type(text: str, names: Mapping[str, str], dotted: Mapping[str, str]) -> str:
    text = text.strip()
    while text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    if _LITERAL.match(text):
        return _IS_LITERAL
    match = _TYPE.fullmatch(text)
    if match is None:
        return ""
    pointers, package, name = re.sub(r"\s", "", match[1]), match[2], match[3]
    if package:
        found = f"{names[package]}.{name}" if package in names else ""
    elif name in dotted:
        found = f"{dotted[name]}.{name}"
    else:
        found = name if name in _BUILT_IN else ""
    unknown = _POINTER if pointers else ""
    return f"{pointers}{found}" if found else unknown
