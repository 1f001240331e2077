"""Format the report of `upgrade` as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from layerg_pin.cli.output.display import display_path
from layerg_pin.cli.output.text_report import report_rows
from layerg_pin.core.analysis.release_changes import ReleaseChanges
from layerg_pin.core.text import count
from layerg_pin.engine.changed_files import ChangedFile, changed_files
from layerg_pin.engine.upgrade import ManualStep, PluginUpgrade, Upgrade
from layerg_pin.engine.upgrade_words import (
    compile_sentences,
    compiled_changes,
    compiled_modules,
    module_words,
    other_modules,
    place_words,
    plugin_name,
    steps,
    title,
    verification_command,
)
from layerg_pin.system.terminal import Row


def upgrade_rows(upgrade: Upgrade, *, is_written: bool) -> Iterator[Row]:
    """The report as text: what is left first, then what changes."""
    for each in upgrade.plugins:
        yield from report_rows(each.after, plugin_name(upgrade, each, display_path), is_fixed=True)
    yield from compile_sentences(upgrade, display_path)
    yield from _place_rows("left to do by hand:", upgrade.manual_steps)
    yield from _place_rows("elsewhere in the repository:", upgrade.elsewhere)
    yield from _difference_rows(upgrade)
    yield from tuple(_changed_rows(upgrade, is_written=is_written)) or ("", "no file changes")
    yield ""
    yield f"once the plugin is built, this shows whether the server loads it: {verification_command(upgrade)}"


def quiet_upgrade_rows(upgrade: Upgrade, *, is_written: bool) -> list[Row]:
    """What is left, and the changed files if they are written: a preview shows them as a patch."""
    rows: list[Row] = []
    for each in upgrade.plugins:
        rows += report_rows(each.after, plugin_name(upgrade, each, display_path), is_fixed=True)
    rows += _place_rows("left to do by hand:", upgrade.manual_steps)
    rows += _changed_rows(upgrade, is_written=True) if is_written else ()
    return rows[1:] if rows[:1] == [""] else rows


def _difference_rows(upgrade: Upgrade) -> Iterator[Row]:
    """The differences between the releases, with the modules that the plugins compile."""
    for step in steps(upgrade):
        yield ""
        yield title(upgrade, step.number, is_known=step.changes is not None)
        if step.changes is None or step.number == upgrade.target.number:
            continue
        yield from (f"  {each.name} {each.before} -> {each.after}" for each in step.changes.facts)
        for plugin in step.plugins:
            yield from _module_rows(upgrade, plugin, step.changes)


def _changed_rows(upgrade: Upgrade, *, is_written: bool) -> Iterator[Row]:
    """The changed files; empty if there are none."""
    if files := list(changed_files(upgrade)):
        what = "changed:" if is_written else "would change; nothing was written:"
        yield from ("", f"{count(len(files), 'file')} {what}")
        yield from (row for each in files for row in _file_rows(each))


def _place_rows(head: str, places: Sequence[ManualStep]) -> Iterator[Row]:
    if places:
        yield from ("", head)
        yield from (f"  {place_words(each.path, each.line, display_path)}: {each.message}" for each in places)


def _module_rows(upgrade: Upgrade, plugin: PluginUpgrade, changes: ReleaseChanges) -> Iterator[Row]:
    compiled = compiled_modules(plugin)
    mine = compiled_changes(changes, compiled)
    name = plugin_name(upgrade, plugin, display_path)
    yield (
        f"  {name} compiles {count(len(mine), 'module')} that changes:"
        if len(mine) == 1
        else (f"  {name} compiles {len(mine) or 'no'} modules that change{':' if mine else ''}")
    )
    yield from (f"    {module_words(each)}" for each in mine)
    if rest := other_modules(changes, compiled):
        yield f"  {rest}"


def _file_rows(file: ChangedFile) -> Iterator[Row]:
    for change in file.changes:
        yield f"  {place_words(file.path, change.line, display_path)}: {change.message}"
