"""Format the report of `upgrade` for people: as text, and as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from layerg_pin.cli.output.changed_files import ChangedFile, changed_files
from layerg_pin.cli.output.display import display_path
from layerg_pin.cli.output.text_report import report_rows
from layerg_pin.cli.output.upgrade_json import compiled_modules
from layerg_pin.core.analysis.release_changes import ModuleChange, ReleaseChanges, release_changes
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.markdown import code, escaped
from layerg_pin.core.text import LineIndex, count
from layerg_pin.engine.upgrade import Left, PluginUpgrade, Upgrade
from layerg_pin.system.terminal import Row
from layerg_pin.system.text_files import LineIndexes


class _Step(NamedTuple):
    """An old release, what the new one changes, and the plugins that were built for it."""

    number: str
    changes: ReleaseChanges | None
    plugins: list[PluginUpgrade]


def _steps(upgrade: Upgrade) -> list[_Step]:
    found: dict[str, _Step] = {}
    host, new = upgrade.target.host, upgrade.target.number
    for each in upgrade.plugins:
        if each.number not in found:
            found[each.number] = _Step(each.number, release_changes(host, each.number, new), [])
        found[each.number].plugins.append(each)
    return list(found.values())


def _proof(upgrade: Upgrade) -> str:
    return f"layerg-pin predict --host {upgrade.target.host.name}@{upgrade.target.number} PLUGIN.so"


def _title(upgrade: Upgrade, number: str, *, is_known: bool = True) -> str:
    host, new = upgrade.target.host.title, upgrade.target.number
    if number == new:
        return f"{host} {new}: the plugin is built for this release already"
    unknown = "" if is_known else ": what else differs is not known"
    return f"{host} {number} -> {new}{unknown}" if number else f"{host} {new}; the release before is not known"


def _module(change: ModuleChange) -> str:
    if change.before is None:
        return f"{change.path} {change.after} is added"
    return f"{change.path} {change.before} -> {change.after}" if change.after else f"{change.path} is removed"


def _other_modules(changes: ReleaseChanges, compiled: frozenset[str]) -> str:
    """The number of modules that only the server links; empty if there are none."""
    rest = [each for each in changes.modules if each.path not in compiled]
    new, gone = sum(each.before is None for each in rest), sum(each.after is None for each in rest)
    changed = len(rest) - new - gone
    numbers = ((changed, "changes", "change"), (new, "is added", "are added"), (gone, "is removed", "are removed"))
    parts = [f"{number} {one if number == 1 else many}" for number, one, many in numbers if number]
    return f"of the modules that the plugin does not compile, {', '.join(parts)}" if parts else ""


def _compiled_changes(changes: ReleaseChanges, compiled: frozenset[str]) -> list[ModuleChange]:
    return [each for each in changes.modules if each.path in compiled]


def _compiles(upgrade: Upgrade) -> Iterator[str]:
    """A sentence about each plugin that was compiled, and has no errors."""
    for plugin in upgrade.plugins:
        compiled = plugin.after.snapshot.compiled
        if compiled and not compiled.errors and not compiled.trouble and not _has_errors(plugin):
            yield f"{_name(plugin)} compiles with the API of {upgrade.target.host.title} {upgrade.target.number}"


def _has_errors(plugin: PluginUpgrade) -> bool:
    return any(each.severity is Severity.ERROR for each in plugin.after.findings)


def _place(path: str, line: int | None) -> str:
    return display_path(path) if line is None else f"{display_path(path)}:{line + 1}"


# Text


def upgrade_rows(upgrade: Upgrade, *, is_written: bool) -> Iterator[Row]:
    """The report as text: what is left first, then what changes."""
    for each in upgrade.plugins:
        yield from report_rows(each.after, is_fixed=True)
    yield from _compiles(upgrade)
    yield from _place_rows("left to do by hand:", upgrade.left)
    yield from _place_rows("elsewhere in the repository:", upgrade.elsewhere)
    for step in _steps(upgrade):
        yield ""
        yield _title(upgrade, step.number, is_known=step.changes is not None)
        if step.changes is None:
            continue
        yield from (f"  {each.name} {each.before} -> {each.after}" for each in step.changes.facts)
        for plugin in step.plugins:
            yield from _module_rows(plugin, step.changes)
    files = list(changed_files(upgrade))
    yield ""
    if not files:
        yield "no file changes"
    elif is_written:
        yield f"{count(len(files), 'file')} changed:"
    else:
        yield f"{count(len(files), 'file')} would change; nothing was written:"
    yield from (row for each in files for row in _file_rows(each))
    yield ""
    yield f"once the plugin is built, this shows whether the server loads it: {_proof(upgrade)}"


def _place_rows(head: str, places: Sequence[Left]) -> Iterator[Row]:
    if places:
        yield from ("", head)
        yield from (f"  {_place(each.path, each.line)}: {each.message}" for each in places)


def _module_rows(plugin: PluginUpgrade, changes: ReleaseChanges) -> Iterator[Row]:
    compiled = compiled_modules(plugin)
    mine = _compiled_changes(changes, compiled)
    name = _name(plugin)
    yield (
        f"  {name} compiles {count(len(mine), 'module')} that changes:"
        if len(mine) == 1
        else (f"  {name} compiles {len(mine)} modules that change{':' if mine else ''}")
    )
    yield from (f"    {_module(each)}" for each in mine)
    if rest := _other_modules(changes, compiled):
        yield f"  {rest}"


def _file_rows(file: ChangedFile) -> Iterator[Row]:
    for change in file.changes:
        yield f"  {_place(file.path, change.line)}: {change.message}"


def _name(plugin: PluginUpgrade) -> str:
    module = plugin.after.snapshot.gomod.module
    return module.text if module else display_path(plugin.after.folder)


# Markdown


def upgrade_markdown(upgrade: Upgrade, *, is_written: bool) -> Iterator[str]:
    """The report as Markdown, for the description of a pull request."""
    steps = _steps(upgrade)
    first = steps[0]
    title = _title(upgrade, first.number, is_known=first.changes is not None)
    yield f"## {escaped(title if len(steps) == 1 else _title(upgrade, ''))}"
    yield ""
    yield from _markdown_left(upgrade)
    for step in steps:
        if len(steps) > 1:
            title = _title(upgrade, step.number, is_known=step.changes is not None)
            yield from (f"### {escaped(title)}", "")
        if step.changes:
            yield from _table(
                ("", "before", "after"), ((each.name, each.before, each.after) for each in step.changes.facts)
            )
            for plugin in step.plugins:
                yield from _markdown_modules(plugin, step.changes)
    files = list(changed_files(upgrade))
    yield f"### {'Changed files' if is_written else 'Files that would change'}"
    yield ""
    for file in files:
        yield from (f"- {code(_place(file.path, each.line))}: {escaped(each.message)}" for each in file.changes)
    yield ""
    yield f"Once the plugin is built, this shows whether the server loads it: {code(_proof(upgrade))}"


def _markdown_left(upgrade: Upgrade) -> Iterator[str]:
    rows = [f"- {code(_place(each.path, each.line))}: {escaped(each.message)}" for each in upgrade.left]
    for plugin in upgrade.plugins:
        indexes = LineIndexes(plugin.after.snapshot.indexes())
        rows += (_markdown_finding(each, indexes.of(each.path)) for each in _important(plugin.after.findings))
    if rows:
        yield from ("### Left to do", "", *rows, "")
    else:
        names = ", ".join(code(_name(each)) for each in upgrade.plugins)
        yield from (f"Nothing is left to do for {names}.", "")
    for sentence in _compiles(upgrade):
        yield from (f"{escaped(sentence)}.", "")
    if upgrade.elsewhere:
        rows = [f"- {code(_place(each.path, each.line))}: {escaped(each.message)}" for each in upgrade.elsewhere]
        yield from ("### Elsewhere in the repository", "", *rows, "")


def _important(findings: Iterable[Finding]) -> list[Finding]:
    """The errors, those of the compiler first, then the warnings."""
    some = [each for each in findings if each.severity in (Severity.ERROR, Severity.WARNING)]
    return sorted(some, key=lambda each: (each.severity is not Severity.ERROR, each.code != "does-not-compile"))


def _markdown_finding(finding: Finding, index: LineIndex) -> str:
    line = index.line_of(finding.span.start)
    return (
        f"- {code(_place(finding.path, line))}: {finding.severity}: {escaped(finding.message)} ({code(finding.code)})"
    )


def _markdown_modules(plugin: PluginUpgrade, changes: ReleaseChanges) -> Iterator[str]:
    compiled = compiled_modules(plugin)
    if mine := _compiled_changes(changes, compiled):
        yield from (f"Modules that {code(_name(plugin))} compiles:", "")
        yield from _table(
            ("module", "before", "after"), ((each.path, each.before or "", each.after or "") for each in mine)
        )
    if rest := _other_modules(changes, compiled):
        yield from (f"{escaped(rest[0].upper() + rest[1:])}.", "")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    body = [f"| {' | '.join(escaped(cell) for cell in row)} |" for row in rows]
    if body:
        yield from (f"| {' | '.join(head)} |", "|---" * len(head) + "|", *body, "")
