"""Format the report of an upgrade as Markdown: for a pull request, and for editors, which preview it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from layerg_pin.core.analysis.release_changes import ReleaseChanges
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.markdown import code, escaped
from layerg_pin.engine.changed_files import changed_files
from layerg_pin.engine.patch_text import patch_rows
from layerg_pin.engine.upgrade import PluginUpgrade, Upgrade
from layerg_pin.engine.upgrade_words import (
    Display,
    compile_sentences,
    compiled_changes,
    compiled_modules,
    other_modules,
    place_words,
    plugin_name,
    steps,
    title,
    verification_command,
)
from layerg_pin.system.text_files import LineIndexes


def upgrade_markdown(upgrade: Upgrade, display: Display, *, is_written: bool) -> Iterator[str]:
    """The report as Markdown, and below it the patch of what would change if nothing is written yet."""
    known = steps(upgrade)
    first, number = known[0], "" if len(known) > 1 else known[0].number
    yield f"## {escaped(title(upgrade, number, is_known=len(known) > 1 or first.changes is not None))}"
    yield ""
    yield from _left(upgrade, display)
    for step in known:
        if len(known) > 1:
            yield from (f"### {escaped(title(upgrade, step.number, is_known=step.changes is not None))}", "")
        if step.changes:
            yield from _table(
                ("", "before", "after"), ((each.name, each.before, each.after) for each in step.changes.facts)
            )
            for plugin in step.plugins:
                yield from _modules(upgrade, plugin, step.changes, display)
    if files := list(changed_files(upgrade)):
        yield from (f"### {'Changed files' if is_written else 'Files that would change'}", "")
        for file in files:
            yield from (_row(file.path, each.line, escaped(each.message), display) for each in file.changes)
    else:
        yield "No file changes."
    yield ""
    yield f"Once the plugin is built, this shows whether the server loads it: {code(verification_command(upgrade))}"
    patch = [] if is_written else list(patch_rows(upgrade.before, upgrade.after, display))
    if patch:
        yield from ("", *_fenced(patch))


def _left(upgrade: Upgrade, display: Display) -> Iterator[str]:
    rows = [_row(each.path, each.line, escaped(each.message), display) for each in upgrade.manual_steps]
    for plugin in upgrade.plugins:
        indexes = LineIndexes(plugin.after.snapshot.indexes())
        for each in _important(plugin.after.findings):
            line = indexes.of(each.path).line_of(each.span.start)
            message = f"{each.severity}: {escaped(each.message)} ({code(each.code)})"
            rows.append(_row(each.path, line, message, display))
    if rows:
        yield from ("### Left to do", "", *rows, "")
    else:
        names = ", ".join(code(plugin_name(upgrade, each, display)) for each in upgrade.plugins)
        yield from (f"Nothing is left to do for {names}.", "")
    for sentence in compile_sentences(upgrade, display):
        yield from (f"{escaped(sentence)}.", "")
    if upgrade.elsewhere:
        rows = [_row(each.path, each.line, escaped(each.message), display) for each in upgrade.elsewhere]
        yield from ("### Elsewhere in the repository", "", *rows, "")


def _row(path: str, line: int | None, markdown: str, display: Display) -> str:
    return f"- {code(place_words(path, line, display))}: {markdown}"


def _important(findings: Iterable[Finding]) -> list[Finding]:
    """The errors, those of the compiler first, then the warnings."""
    some = [each for each in findings if each.severity in (Severity.ERROR, Severity.WARNING)]
    return sorted(some, key=lambda each: (each.severity is not Severity.ERROR, each.code != "does-not-compile"))


def _modules(upgrade: Upgrade, plugin: PluginUpgrade, changes: ReleaseChanges, display: Display) -> Iterator[str]:
    compiled = compiled_modules(plugin)
    if mine := compiled_changes(changes, compiled):
        yield from (f"Modules that {code(plugin_name(upgrade, plugin, display))} compiles:", "")
        yield from _table(
            ("module", "before", "after"), ((each.path, each.before or "", each.after or "") for each in mine)
        )
    if rest := other_modules(changes, compiled):
        yield from (f"{escaped(rest[0].upper() + rest[1:])}.", "")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    body = [f"| {' | '.join(escaped(cell) for cell in row)} |" for row in rows]
    if body:
        yield from (f"| {' | '.join(head)} |", "|---" * len(head) + "|", *body, "")


def _fenced(patch: Sequence[str]) -> list[str]:
    longest = max((len(run) for row in patch for run in re.findall("`+", row)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}diff", *(row.rstrip("\r\n").replace("\t", "    ") for row in patch), fence]
