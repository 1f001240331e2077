"""Find the symbols that a host looks up and that a plugin does not declare, and the functions that are nearly them."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from layerg_pin.core.gofile.declarations import code_of, declared_names
from layerg_pin.core.known.known_hosts import EntrySymbol, known_host
from layerg_pin.core.lazy_pattern import LazyPattern

_FUNCTION = LazyPattern(r"^func[ \t]+(\w+)\(([^()\n]{0,1000})\)[ \t]*([^{\n]{0,100})", re.MULTILINE)
_NEAR = 0.8
"""The ratio of difflib above which a name is a misspelt one."""


class MissingEntry(NamedTuple):
    """The symbols that a host looks up and that a plugin does not declare."""

    host: str
    """The host's title."""
    names: tuple[str, ...]
    meant: tuple[str, ...]
    """Functions that the plugin declares, and that are probably meant."""

    def __str__(self) -> str:
        meant = f" (it declares {' and '.join(self.meant)})" if self.meant else ""
        return f"{' and '.join(self.names)}, which package main does not declare{meant}"


def missing_entry(texts: Sequence[str], module: str | None) -> MissingEntry | None:
    """The symbols that the host of a module looks up and that no text of the plugin's main packages declares.

    None if all are declared, or if there is no text.
    """
    known = known_host(module)
    if not texts or known is None or known.optional:
        return None
    symbols = [each for each in known.symbols if each.name.isidentifier()]
    declared = [declared_names(text) for text in texts if any(each.name in text for each in symbols)]
    left = [each for each in symbols if not any(each.name in names for names in declared)]
    meant = [name for each in left if (name := _nearest(each, texts))]
    return MissingEntry(known.published.title, tuple(each.name for each in left), tuple(meant)) if left else None


def _nearest(symbol: EntrySymbol, texts: Iterable[str]) -> str:
    """The only function with nearly the name of a symbol, else the only one with its signature; empty if none is."""
    from difflib import get_close_matches  # imported here: most plugins declare the symbol

    found = {match[1]: match.groups()[1:] for text in texts for match in _FUNCTION.finditer(code_of(text))}
    folded = {name.casefold() for name in found}
    near = get_close_matches(symbol.name.casefold(), folded, n=2, cutoff=_NEAR)
    named = [name for name in found if name.casefold() in near]
    if named:
        return named[0] if len(named) == 1 else ""
    declared = _FUNCTION.match(symbol.declaration)
    alike = [name for name, types in found.items() if declared and _types(types) == _types(declared.groups()[1:])]
    return alike[0] if len(alike) == 1 else ""


def _types(signature: Sequence[str]) -> list[str]:
    """The types of parameters and result, without the names of packages, which a file may rename."""
    parameters, result = signature
    words = [each.split() for each in parameters.split(",")] if parameters.strip() else []
    types = [each[-1] for each in words if each]
    return [re.sub(r"\w+\.", "", each) for each in (*types, result.strip())]
