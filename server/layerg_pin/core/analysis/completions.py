"""Completions in go.mod: module paths that the host has, and versions, the host's first."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.gomod.mod_syntax import Block
from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.gomod.versions import version_key
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.text import LineIndex, Span

_VERBS = ("require", "exclude", "replace")
_WORDS = re.compile(r"\S+")


class CompletionTarget(NamedTuple):
    """The word at the cursor: a module's path, or, with `module`, a version of that module."""

    verb: str
    span: Span
    module: str | None
    is_last: bool
    """Whether nothing follows the word on its line."""


class Candidate(NamedTuple):
    """A completion: `new` replaces the word at the cursor; `label` is its beginning."""

    label: str
    new: str
    detail: str


def completion_target_at(gomod: GoMod, index: LineIndex, offset: int) -> CompletionTarget | None:
    """The word at an offset; None if no module or version is possible there."""
    line = index.line_span(index.line_of(offset))
    text = gomod.text[line.start : line.end]
    if "//" in text[: offset - line.start] or "(" in text:
        return None
    words = [Span(line.start + each.start(), line.start + each.end()) for each in _WORDS.finditer(text)]
    before = [each for each in words if each.end < offset]
    verb = _block_verb(gomod, offset)
    if verb is None:
        if not before or gomod.text[before[0].start : before[0].end] not in _VERBS:
            return None
        verb, *_ = gomod.text[before[0].start : before[0].end].split()
        before = before[1:]
    if verb not in _VERBS or len(before) > 1:
        return None
    span = next((each for each in words if each.start <= offset <= each.end), Span(offset, offset))
    module = gomod.text[before[0].start : before[0].end].strip('"`') if before else None
    rest = gomod.text[span.end : line.end].strip()
    return CompletionTarget(verb, span, module, not rest or rest.startswith("//"))


def candidates(analysis: Analysis, target: CompletionTarget, cached: Iterable[str] = ()) -> Iterator[Candidate]:
    """The completions, best first. `cached` are versions of the module in the module cache."""
    host = analysis.snapshot.host
    modules = host.modules if isinstance(host, HostManifest) else {}
    if target.module is None:
        for path, module in sorted(modules.items()):
            if module.version and not (target.verb == "require" and path in analysis.snapshot.gomod.required):
                with_version = target.verb == "require" and target.is_last
                yield Candidate(path, f"{path} {module.version}" if with_version else path, f"{module.version} (host)")
        return
    on_host = modules.get(target.module)
    first = on_host.version if on_host else None
    if first and on_host:
        yield Candidate(first, first, f"host, {on_host.origin}")
    selected = analysis.build_list.selected.get(target.module)
    known = {*cached, *([selected] if selected else ())} - {first}
    for version in sorted(known, key=version_key, reverse=True):
        yield Candidate(version, version, "selected now" if version == selected else "in the module cache")


def _block_verb(gomod: GoMod, offset: int) -> str | None:
    """The verb of the block that contains an offset after its first line; an unclosed block extends to the next
    statement.
    """
    text, statements = gomod.text, gomod.syntax.statements
    for statement, after in zip(statements, (*statements[1:], None), strict=False):
        if not isinstance(statement, Block):
            continue
        end = statement.span.end
        if text[end - 1] != ")":
            end = after.span.start if after else len(text)
        if statement.span.start < offset <= end:
            opening = text.find("\n", statement.span.start)
            return statement.verb.text if opening != -1 and offset > opening else None
    return None
