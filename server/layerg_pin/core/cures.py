"""The edits that make a plugin's go.mod agree with its host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from layerg_pin.core.finding import Fix
from layerg_pin.core.gomod import GoMod
from layerg_pin.core.manifest import Graph, ModuleVersion
from layerg_pin.core.modsyntax import Block, Line
from layerg_pin.core.mvs import BuildList, build_list
from layerg_pin.core.text import Span, TextEdit
from layerg_pin.core.versions import is_higher

_FEW = 50
"""Up to so many pins are tried one by one: it takes a reading of the whole graph for each."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """The pins that lead to the host's versions, and those that another module's requirements would overrule."""

    single: tuple[ModuleVersion, ...]
    """Pins that hold when set alone."""
    together: tuple[ModuleVersion, ...]
    """Pins that hold when all of them are set; some may be needed only because of the others."""
    blocked: Mapping[ModuleVersion, tuple[ModuleVersion, ...]]
    """Pins that do nothing even when all others are set: the way to what asks for more, as far as it is known."""
    untried: frozenset[ModuleVersion]
    """Pins whose module's go.mod is not in the module cache, so that what they bring with them is not known."""


def align(
    selection: BuildList, graph: Graph, pins: Sequence[ModuleVersion], agreeing: Sequence[ModuleVersion]
) -> Alignment:
    """Sort pins by what minimal version selection would make of them.

    `agreeing` are the host's versions of shared modules that need no pin now. Where the other pins move such a module,
    as a lower version of what asked for it does, it is pinned together with them.
    """
    possible = [pin for pin in pins if pin not in selection.roots.excluded]
    single = [pin for pin in possible if _holds_alone(selection, graph, pin, exactly=len(possible) <= _FEW)]
    blocked: dict[ModuleVersion, tuple[ModuleVersion, ...]] = {pin: () for pin in pins if pin not in possible}
    together = possible
    while together:
        tried = build_list(selection.roots.pinned(together), graph)
        failed = [pin for pin in together if tried.selected.get(pin.path) != pin.version]
        moved = [
            module
            for module in agreeing
            if tried.selected.get(module.path, module.version) != module.version
            and selection.selected.get(module.path) == module.version
            and module not in (*together, *blocked)
        ]
        if not failed and not moved:
            break
        if moved:
            together = [*together, *moved]
            continue
        blocked |= {pin: tried.chain(ModuleVersion(pin.path, tried.selected.get(pin.path, ""))) for pin in failed}
        together = [pin for pin in together if pin not in blocked]
    untried = frozenset(pin for pin in (*pins, *together) if pin not in graph)
    return Alignment(tuple(single), tuple(together), blocked, untried)


def _holds_alone(selection: BuildList, graph: Graph, pin: ModuleVersion, *, exactly: bool) -> bool:
    """Whether a pin holds when it is set alone; not `exactly`, whether what is selected now asks for no more."""
    if exactly:
        return build_list(selection.roots.pinned((pin,)), graph).selected.get(pin.path) == pin.version
    asker = selection.asker(pin.path)
    return not asker or not is_higher(asker[-1].version, pin.version)


def fix_all(gomod: GoMod, pins: Sequence[ModuleVersion], alignment: Alignment, also: str = "") -> Fix | None:
    """The fix that sets `pins` at once; None where there is nothing to set. `also` is what else its title says."""
    edits = pin_edits(gomod, pins)
    if not edits:
        return None
    one, all_of_them = f"Pin {pins[0].path} to {pins[0].version} (host)", f"Align all {len(pins)} modules with the host"
    deed = one if len(pins) == 1 else all_of_them
    untried = " (untried)" if alignment.untried.intersection(pins) else ""
    return Fix(f"{deed}{also}{untried}", edits, tuple(pin.path for pin in pins))


def pin_fix(gomod: GoMod, pin: ModuleVersion, alignment: Alignment, also: str = "") -> Fix | None:
    """The fix that pins one module; None where go.mod has the pin already, or it would do nothing."""
    return fix_all(gomod, (pin,), alignment, also) if pin in alignment.single else None


def pin_edits(gomod: GoMod, pins: Iterable[ModuleVersion]) -> tuple[TextEdit, ...]:
    """Edits that make go.mod require each pin: the version token alone, or a new line where `go mod tidy` puts it."""
    edits: list[TextEdit] = []
    new: list[ModuleVersion] = []
    for pin in pins:
        requires = gomod.required.get(pin.path, ())
        edits += [
            TextEdit(require.version.span, pin.version)
            for require in requires
            if require.is_query or require.version.text != pin.version
        ]
        if not requires:
            new.append(pin)
    return (*edits, *_new_requires(gomod, sorted(new)))


def _new_requires(gomod: GoMod, pins: Sequence[ModuleVersion]) -> Iterable[TextEdit]:
    if not pins:
        return
    newline = "\r\n" if "\r\n" in gomod.text else "\n"
    block = _indirect_block(gomod)
    if block is None:
        yield _new_statement(gomod, pins, newline)
        return
    start = gomod.text.rfind("\n", 0, block.lines[0].span.start) + 1
    indent = gomod.text[start : block.lines[0].span.start]
    if indent.strip():
        indent = "\t"
    paths = {require.line.span: require.module.text for require in gomod.requires}
    places: dict[int, list[str]] = {}
    for pin in pins:
        after = next((line for line in block.lines if paths.get(line.span, "") > pin.path), None)
        offset = _start_with_comments(gomod.text, after) if after else _line_end(gomod.text, block.lines[-1].span.end)
        places.setdefault(offset, []).append(f"{indent}{pin.path} {pin.version} // indirect{newline}")
    for offset, lines in places.items():
        unended = offset == len(gomod.text) and not gomod.text.endswith("\n")
        yield TextEdit(Span(offset, offset), (newline if unended else "") + "".join(lines))


def _indirect_block(gomod: GoMod) -> Block | None:
    """The block that new indirect requires belong to: the last one that is all indirect, else the last with any."""
    indirect = {id(require.line) for require in gomod.requires if require.indirect}
    blocks = [block for block in gomod.syntax.statements if isinstance(block, Block) and block.verb.text == "require"]
    mixed = [block for block in blocks if any(id(line) in indirect for line in block.lines)]
    pure = [block for block in mixed if all(id(line) in indirect for line in block.lines)]
    return next(reversed(pure or mixed), None)


def _new_statement(gomod: GoMod, pins: Sequence[ModuleVersion], newline: str) -> TextEdit:
    """A statement of its own after the last require, as `go mod tidy` sets the indirect ones apart."""
    if len(pins) == 1:
        lines = [f"require {pins[0].path} {pins[0].version} // indirect"]
    else:
        lines = ["require (", *(f"\t{pin.path} {pin.version} // indirect" for pin in pins), ")"]
    ends = [statement.span.end for statement in gomod.syntax.statements if statement.verb.text == "require"]
    offset = _line_end(gomod.text, max(ends)) if ends else len(gomod.text)
    before = "" if offset == 0 else newline if gomod.text[:offset].endswith("\n") else newline * 2
    after = newline if gomod.text[offset:].lstrip(" \t\r")[:1] not in ("", "\n") else ""
    return TextEdit(Span(offset, offset), before + newline.join(lines) + newline + after)


def _start_with_comments(text: str, line: Line) -> int:
    """The offset of the line, or of the first of the comment lines right above it, which belong to it."""
    start = text.rfind("\n", 0, line.span.start) + 1
    while start > 0:
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above:start].lstrip().startswith("//"):
            break
        start = above
    return start


def _line_end(text: str, offset: int) -> int:
    """The offset behind the line end that follows `offset`."""
    end = text.find("\n", offset)
    return len(text) if end < 0 else end + 1
