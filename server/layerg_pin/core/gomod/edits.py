"""Compute text edits that apply changes to a go.mod or go.work.

Edits touch the fewest characters: comments, order, indentation and line endings stay.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from layerg_pin.core.gomod.directives import Exclude
from layerg_pin.core.gomod.mod_syntax import Block, Line, ModSyntax
from layerg_pin.core.gomod.parser import GoMod, GoWork
from layerg_pin.core.gomod.versions import version_key
from layerg_pin.core.model.modules import ModuleVersion, Replacement
from layerg_pin.core.paths import has_drive, joined, relative_path
from layerg_pin.core.text import Span, TextEdit, newline_of

_BARE = frozenset("\"'`()[]{},")


class Changes(NamedTuple):
    """Changes to a go.mod, and to the go.work around it."""

    pins: tuple[ModuleVersion, ...] = ()
    """The versions to require."""
    dropped: tuple[str, ...] = ()
    """Modules whose requires are removed."""
    excludes: tuple[ModuleVersion, ...] = ()
    replaces: tuple[tuple[ModuleVersion, Replacement], ...] = ()
    """Modules at a version, left of `=>`, each with its replacement."""
    unreplaced: tuple[str, ...] = ()
    """Modules whose replaces are removed."""
    members: tuple[str, ...] = ()
    """Module paths of workspace members whose `use` lines are removed."""
    go: str = ""
    """The new version of the `go` line; empty to keep it."""
    no_toolchain: bool = False
    """Whether to remove the `toolchain` line."""

    def __bool__(self) -> bool:
        lists = self.pins or self.dropped or self.excludes or self.replaces or self.unreplaced or self.members
        return bool(lists or self.go or self.no_toolchain)

    def __or__(self, other: "Changes") -> "Changes":
        """Both changes combined."""
        return merge_changes((self, other)) if self and other else self or other

    @property
    def modules(self) -> tuple[str, ...]:
        """The paths of the changed modules, without duplicates."""
        replaced = (module.path for module, _ in self.replaces)
        pinned = (pin.path for pin in self.pins)
        return tuple(dict.fromkeys((*pinned, *replaced, *self.unreplaced, *self.members)))


def merge_changes(changes: Iterable[Changes]) -> Changes:
    """All changes combined, without duplicates. A module gets one version, and a pinned module is not dropped."""
    some = tuple(changes)
    pins: dict[str, ModuleVersion] = {}
    for pin in (pin for each in some for pin in each.pins):
        pins.setdefault(pin.path, pin)
    return Changes(
        pins=tuple(pins.values()),
        dropped=tuple(dict.fromkeys(path for each in some for path in each.dropped if path not in pins)),
        excludes=tuple(dict.fromkeys(exclude for each in some for exclude in each.excludes)),
        replaces=tuple(dict.fromkeys(replaced for each in some for replaced in each.replaces)),
        unreplaced=tuple(dict.fromkeys(path for each in some for path in each.unreplaced)),
        members=tuple(dict.fromkeys(path for each in some for path in each.members)),
        go=next((each.go for each in some if each.go), ""),
        no_toolchain=any(each.no_toolchain for each in some),
    )


def gomod_edits(gomod: GoMod, changes: Changes, folder: str = "") -> tuple[TextEdit, ...]:
    """The edits of a go.mod in the absolute folder `folder`; empty if it needs no change."""
    new: dict[str, list[str]] = {"require": [], "exclude": [], "replace": []}
    edits = list(_pinned(gomod, changes.pins, new["require"]))
    edits += _removed(
        gomod.text, gomod.syntax, [each.line for path in changes.dropped for each in gomod.required.get(path, ())]
    )
    edits += _excluded(gomod, changes.excludes, new["exclude"])
    edits += _replaced(gomod, changes, folder, new["replace"])
    if changes.go and gomod.go and gomod.go.text != changes.go:
        edits.append(TextEdit(gomod.go.span, changes.go))
    if changes.no_toolchain:
        edits += _removed(gomod.text, gomod.syntax, list(_lines(gomod.syntax, "toolchain")))
    return (*edits, *_new_statements(gomod, new))


def pin_edits(gomod: GoMod, pins: Iterable[ModuleVersion]) -> tuple[TextEdit, ...]:
    """Edits that make go.mod require each pin: they replace the version, or add a line where `go mod tidy` would."""
    return gomod_edits(gomod, Changes(tuple(pins)))


def gowork_edits(work: GoWork, folder: str, members: Iterable[str], unreplaced: Sequence[str]) -> tuple[TextEdit, ...]:
    """The edits that remove `use` lines and replaces from a go.work in the absolute folder `folder`.

    `members` are absolute folders, `unreplaced` module paths.
    """
    removed_lines = {joined(folder, each) for each in members}
    replaced = [each.line for each in work.replaces if each.module.text in unreplaced]
    spans = {use.span for use in work.uses if joined(folder, use.text) in removed_lines}
    lines = [line for line in _lines(work.syntax, "use") if line.tokens and line.tokens[0].span in spans]
    return tuple(_removed(work.text, work.syntax, [*lines, *replaced]))


def exclude_removals(gomod: GoMod, modules: Iterable[ModuleVersion]) -> tuple[TextEdit, ...]:
    """The edits that remove the excludes of these versions."""
    named = {(each.path, each.version) for each in modules}
    lines = [each.line for each in gomod.excludes if (each.module.text, each.version.text) in named]
    return tuple(_removed(gomod.text, gomod.syntax, lines))


def _pinned(gomod: GoMod, pins: Iterable[ModuleVersion], rows: list[str]) -> Iterator[TextEdit]:
    new: list[ModuleVersion] = []
    for pin in pins:
        requires = gomod.required.get(pin.path, ())
        for require in requires:
            if require.is_query or require.version.text != pin.version:
                yield TextEdit(require.version.span, pin.version)
        if not requires:
            new.append(pin)
    if not new:
        return
    lines = {pin.path: f"{pin.path} {pin.version} // indirect" for pin in sorted(new)}
    block = _indirect_block(gomod)
    if block is None:
        rows += lines.values()
        return
    paths = {require.line.span: require.module.text for require in gomod.requires}
    yield from _into_block(
        gomod.text,
        block,
        [
            (next((line for line in block.lines if paths.get(line.span, "") > path), None), row)
            for path, row in lines.items()
        ],
    )


def _excluded(gomod: GoMod, excludes: Sequence[ModuleVersion], rows: list[str]) -> Iterator[TextEdit]:
    if not excludes:
        return
    known = {(exclude.module.text, exclude.version.text) for exclude in gomod.excludes}
    new = sorted(
        (each for each in excludes if (each.path, each.version) not in known),
        key=lambda each: (each.path, version_key(each.version)),
    )
    block = _last_block(gomod.syntax, "exclude")
    single = [each for each in gomod.excludes if not each.line.in_block]
    if block is None and single and new:
        yield from _convert_to_block(gomod.text, single[-1], new)
        return
    if block is None:
        rows += [str(each) for each in new]
        return
    keys = {exclude.line.span: (exclude.module.text, version_key(exclude.version.text)) for exclude in gomod.excludes}
    yield from _into_block(
        gomod.text,
        block,
        [
            (
                next(
                    (
                        line
                        for line in block.lines
                        if line.span in keys and keys[line.span] > (each.path, version_key(each.version))
                    ),
                    None,
                ),
                str(each),
            )
            for each in new
        ],
    )


def _convert_to_block(text: str, exclude: Exclude, new: Sequence[ModuleVersion]) -> Iterator[TextEdit]:
    """Convert a one-line statement into a block that contains the new lines as well."""
    newline, line = newline_of(text), exclude.line
    key = (exclude.module.text, version_key(exclude.version.text))
    before = [each for each in new if (each.path, version_key(each.version)) < key]
    above = "".join(f"\t{each}{newline}" for each in before)
    below = "".join(f"\t{each}{newline}" for each in new if each not in before)
    yield TextEdit(Span(line.verb.span.end, line.tokens[0].span.start), f" ({newline}{above}\t")
    end = _line_end(text, line.span.end)
    unended = "" if text.endswith("\n", 0, end) else newline
    yield TextEdit(Span(end, end), f"{unended}{below}){newline}")


def _replaced(gomod: GoMod, changes: Changes, folder: str, rows: list[str]) -> Iterator[TextEdit]:
    """Rewrite existing replaces and remove those of `changes.unreplaced`; new ones are added to `rows` if there is no
    block.
    """
    if not changes.replaces and not changes.unreplaced:
        return
    replaced_again = {module.path for module, _ in changes.replaces}
    removed_lines = [
        each.line
        for each in gomod.replaces
        if each.module.text in changes.unreplaced and each.module.text not in replaced_again
    ]
    new: list[str] = []
    for module, target in changes.replaces:
        row = f"{module} => {_target(target, folder)}"
        found = [each for each in gomod.replaces if each.module.text == module.path]
        kept = next((each for each in found if each.version and each.version.text == module.version), None)
        kept = kept or next((each for each in found if each.version is None), None)
        if kept is None:
            new.append(row)
            continue
        span = Span(kept.line.tokens[0].span.start, kept.line.tokens[-1].span.end)
        if gomod.text[span.start : span.end] != row:
            yield TextEdit(span, row)
    yield from _removed(gomod.text, gomod.syntax, removed_lines)
    block = _last_block(gomod.syntax, "replace")
    if block is None or all(any(line is each for each in removed_lines) for line in block.lines):
        rows += new
    else:
        yield from _into_block(gomod.text, block, [(None, row) for row in new])


def _target(target: Replacement, folder: str) -> str:
    if target.version is not None:
        return f"{target.path} {target.version}"
    path = relative_path(target.path, folder) if folder else target.path
    is_marked = path.startswith(("../", "/")) or path in (".", "..") or has_drive(path)
    path = path if is_marked else f"./{path}"
    return json.dumps(path, ensure_ascii=False) if _BARE.intersection(path) or any(map(str.isspace, path)) else path


def _into_block(text: str, block: Block, rows: Iterable[tuple[Line | None, str]]) -> Iterator[TextEdit]:
    """Insert lines into a block, each before the given line, or at the end for None."""
    newline = newline_of(text)
    start = text.rfind("\n", 0, block.lines[0].span.start) + 1
    indent = text[start : block.lines[0].span.start]
    if indent.strip():
        indent = "\t"
    places: dict[int, list[str]] = {}
    for before, row in rows:
        offset = _start_with_comments(text, before) if before else _line_end(text, block.lines[-1].span.end)
        places.setdefault(offset, []).append(f"{indent}{row}{newline}")
    for offset, lines in places.items():
        unended = offset == len(text) and not text.endswith("\n")
        yield TextEdit(Span(offset, offset), (newline if unended else "") + "".join(lines))


def _indirect_block(gomod: GoMod) -> Block | None:
    """The block for new indirect requires: the last one with only indirect requires, else the last one with any."""
    indirect = {id(require.line) for require in gomod.requires if require.indirect}
    blocks = _blocks(gomod.syntax, "require")
    mixed = [block for block in blocks if any(id(line) in indirect for line in block.lines)]
    pure = [block for block in mixed if all(id(line) in indirect for line in block.lines)]
    return next(reversed(pure or mixed), None)


def _last_block(syntax: ModSyntax, verb: str) -> Block | None:
    """The last non-empty block of a directive."""
    return next((block for block in reversed(_blocks(syntax, verb)) if block.lines), None)


def _blocks(syntax: ModSyntax, verb: str) -> list[Block]:
    return [each for each in syntax.statements if isinstance(each, Block) and each.verb.text == verb]


def _lines(syntax: ModSyntax, verb: str) -> Iterator[Line]:
    for statement in syntax.statements:
        if statement.verb.text == verb:
            yield from statement.lines if isinstance(statement, Block) else (statement,)


def _new_statements(gomod: GoMod, new: dict[str, list[str]]) -> Iterator[TextEdit]:
    """Insert new statements after the last require, in blocks of their own as `go mod tidy` does for indirect ones."""
    statements = [_statement(verb, rows) for verb, rows in new.items() if rows]
    if not statements:
        return
    text, newline = gomod.text, newline_of(gomod.text)
    ends = [statement.span.end for statement in gomod.syntax.statements if statement.verb.text == "require"]
    offset = _line_end(text, max(ends)) if ends else len(text)
    before = "" if offset == 0 else newline if text[:offset].endswith("\n") else newline * 2
    after = newline if text[offset:].lstrip(" \t\r")[:1] not in ("", "\n") else ""
    body = (newline * 2).join(newline.join(lines) for lines in statements)
    yield TextEdit(Span(offset, offset), before + body + newline + after)


def _statement(verb: str, rows: Sequence[str]) -> list[str]:
    if len(rows) == 1:
        return [f"{verb} {rows[0]}"]
    return [f"{verb} (", *(f"\t{row}" for row in rows), ")"]


def _removed(text: str, syntax: ModSyntax, lines: Sequence[Line]) -> Iterator[TextEdit]:
    """Remove lines with their trailing comments, and blocks that become empty. Consecutive blank lines are merged."""
    if not lines:
        return
    removed_lines = {id(line) for line in lines}
    for statement in syntax.statements:
        inner = statement.lines if isinstance(statement, Block) else (statement,)
        if inner and all(id(line) in removed_lines for line in inner):
            yield TextEdit(_whole_lines(text, statement.span, with_blank=True), "")
        else:
            for line in inner:
                if id(line) in removed_lines:
                    yield TextEdit(_whole_lines(text, line.span, with_blank=False), "")


def _whole_lines(text: str, span: Span, *, with_blank: bool) -> Span:
    """The full lines of a span, and the blank line below if there is one above as well."""
    start = text.rfind("\n", 0, span.start) + 1
    end = _line_end(text, span.end)
    above = text[text.rfind("\n", 0, max(start - 1, 0)) + 1 : start].strip() if start else ""
    below = text[end : _line_end(text, end)]
    if with_blank and not above and below and not below.strip():
        end = _line_end(text, end)
    elif with_blank and not above and end == len(text) and start:
        start = text.rfind("\n", 0, start - 1) + 1
    return Span(start, end)


def _start_with_comments(text: str, line: Line) -> int:
    """The offset of the line, or of the first comment line directly above it, which belongs to it."""
    start = text.rfind("\n", 0, line.span.start) + 1
    while start > 0:
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above:start].lstrip().startswith("//"):
            break
        start = above
    return start


def _line_end(text: str, offset: int) -> int:
    """The offset after the next line end."""
    end = text.find("\n", offset)
    return len(text) if end < 0 else end + 1
